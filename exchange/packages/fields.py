"""What a table of a package holds: its columns, and how a value is written in each variant.

The texts are French whoever asks, as the data are: a package has the same bytes for everyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from plans.formulas import harmless

Value = str | int | Decimal | date | bool | None
Row = Mapping[str, Value]


class Variant(Enum):
    """The two ways a table is written."""

    MACHINE = "csv"
    """Commas, decimal points, no byte order mark: for programs."""
    SPREADSHEET = "csv-fr"
    """Semicolons, decimal commas, a byte order mark: what a French spreadsheet opens rightly."""

    @property
    def delimiter(self) -> str:
        return "," if self is Variant.MACHINE else ";"

    @property
    def encoding(self) -> str:
        return "utf-8" if self is Variant.MACHINE else "utf-8-sig"

    @property
    def decimal_mark(self) -> str:
        return "." if self is Variant.MACHINE else ","

    @property
    def booleans(self) -> tuple[str, str]:
        """True and false, in writing."""
        return ("true", "false") if self is Variant.MACHINE else ("oui", "non")


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its name, its type in a Table Schema, and what it says."""

    name: str
    description: str
    type: str = "string"
    required: bool = False
    format: str = ""

    def schema(self, variant: Variant) -> dict[str, Any]:
        """Return the column as a Table Schema describes it."""
        described: dict[str, Any] = {"name": self.name, "type": self.type}
        if self.format:
            described["format"] = self.format
        described["description"] = self.description
        if self.type == "number":
            described["decimalChar"] = variant.decimal_mark
        if self.type == "boolean":
            true, false = variant.booleans
            described |= {"trueValues": [true], "falseValues": [false]}
        if self.required:
            described["constraints"] = {"required": True}
        return described


@dataclass(frozen=True, slots=True)
class Reference:
    """Columns that name a row of another table."""

    fields: tuple[str, ...]
    table: str
    to: tuple[str, ...] = ("code",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a package. Each begins with the plan and whether it is fictitious."""

    name: str
    title: str
    columns: tuple[Field, ...]
    key: tuple[str, ...] = ("code",)
    references: tuple[Reference, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*EVERYWHERE, *self.columns)

    def path(self, variant: Variant) -> str:
        """Return where the table stands in the archive."""
        return f"{variant.value}/{self.name}.csv"

    def resource_name(self, variant: Variant) -> str:
        return self.name if variant is Variant.MACHINE else f"{self.name}-fr"

    def schema(self, variant: Variant) -> dict[str, Any]:
        """Return the Table Schema."""
        twin = "" if variant is Variant.MACHINE else "-fr"
        described: dict[str, Any] = {
            "fields": [field.schema(variant) for field in self.fields],
            "missingValues": [""],
            "primaryKey": list(self.key),
        }
        if self.references:
            described["foreignKeys"] = [
                {
                    "fields": list(one.fields),
                    "reference": {"resource": f"{one.table}{twin}", "fields": list(one.to)},
                }
                for one in self.references
            ]
        return described


EVERYWHERE = (
    Field("plan", "Identifiant du plan.", required=True),
    Field(
        "fictitious",
        "Vrai pour un plan de démonstration : rien de ce qu’il contient n’est réel.",
        "boolean",
        required=True,
    ),
)


def written(value: Value, variant: Variant) -> str:
    """Return a value as a cell; nothing where there is none, never zero."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return variant.booleans[0 if value else 1]
    if isinstance(value, Decimal):
        return plain(value).replace(".", variant.decimal_mark)
    if isinstance(value, date):
        return value.isoformat()
    return harmless(value) if isinstance(value, str) else str(value)


def plain(value: Decimal) -> str:
    """Return a number without the zeros that only its column adds: 30, not 30.000000."""
    return format(value.normalize() if value else Decimal(0), "f")
