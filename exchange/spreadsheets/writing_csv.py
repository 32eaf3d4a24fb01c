"""CSV files of a selection: for spreadsheets in French, or for programs."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from exchange.spreadsheets.cells import plain_number
from exchange.spreadsheets.columns import COLUMNS, Kind
from exchange.spreadsheets.contents import in_words
from exchange.spreadsheets.formulas import neutralise
from exchange.spreadsheets.selection import Selection, lines_of


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV is written."""

    separator: str
    encoding: str
    decimal_mark: str
    date_format: str


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        # The mark at the start is how Excel knows UTF-8.
        "csv": Dialect(";", "utf-8-sig", ",", "%d/%m/%Y"),
        "csv-virgule": Dialect(",", "utf-8", ".", "%Y-%m-%d"),
    }
)


def write_csv(path: Path, kind: Kind, selection: Selection, dialect: Dialect) -> None:
    """Write the lines of a selection."""
    columns = [column for column in COLUMNS[kind] if column.key != "result"]
    with path.open("w", encoding=dialect.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=dialect.separator, lineterminator="\r\n")
        writer.writerow([column.title for column in columns])
        for line in lines_of(kind, selection):
            written = {
                **{key: _text(key, value, dialect) for key, value in line.fixed.items()},
                **{key: _text(key, value, dialect) for key, value in line.cells.items()},
                "version": str(line.mark),
            }
            writer.writerow([written.get(column.key, "") for column in columns])


def _text(key: str, value: Any, dialect: Dialect) -> str:
    match value:
        case None:
            return ""
        case date():
            return value.strftime(dialect.date_format)
        case Decimal():
            # A number is no formula, even a negative one.
            return plain_number(value, dialect.decimal_mark)
    return neutralise(in_words(key, value))
