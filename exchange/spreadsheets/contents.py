"""What a row says of a value or of a milestone, and the mark of the version it starts from.

A prefilled file carries, in each row, which version the person had before their eyes and a
fingerprint of what they were given. So a row they left alone is told from a row they changed, even
when the database has moved since; and a change made on an outdated row is told instead of
overwriting a colleague's.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from exchange.spreadsheets.cells import plain_number
from exchange.spreadsheets.columns import (
    ADVANCEMENTS,
    NO,
    QUALIFIERS,
    YES,
    Kind,
    content_keys,
)
from indicators.formats import format_exact


@dataclass(frozen=True, slots=True)
class Content:
    """What a contribution says, by the columns of a file."""

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    qualifier: str = "exact"
    advancement: str = ""
    provisional: bool = False
    source: str = ""
    locator: str = ""
    comment: str = ""
    reason: str = ""

    def overlaid(self, given: Mapping[str, Any]) -> Content:
        """Return this with the cells that are not blank in its place."""
        changed = {
            key: value for key, value in given.items() if not same(getattr(self, key), value)
        }
        return replace(self, **changed) if changed else self

    def cells(self, kind: Kind) -> dict[str, Any]:
        """Return what stands in each column to fill; None for a blank cell."""
        return {key: _or_blank(getattr(self, key)) for key in content_keys(kind)}


def _or_blank(value: Any) -> Any:
    return None if value == "" else value


def _comparable(value: Any) -> Any:
    """Return a value such that what reads the same is equal: 23 and 23.00, \\r\\n and \\n."""
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n").strip()
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values of a column say the same."""
    return bool(_comparable(one) == _comparable(other))


def fingerprint(cells: Mapping[str, Any]) -> str:
    """Return a short mark of what the cells to fill hold."""
    written = "\x1f".join(f"{key}={_written(cells[key])}" for key in sorted(cells))
    return f"{zlib.crc32(written.encode('utf-8', 'replace')):08x}"


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return YES if value else NO
        case Decimal():
            return plain_number(value)
    return str(_comparable(value))


@dataclass(frozen=True, slots=True)
class Mark:
    """The content of the column Version: from which version, and with what fingerprint."""

    version: str
    fingerprint: str

    def __str__(self) -> str:
        return f"{self.version}-{self.fingerprint}"


_MARK = re.compile(r"(0|[BP]\d{1,18}\.\d{1,9})-([0-9a-f]{8})")


def read_mark(text: str) -> Mark | None:
    """Return the mark of a row; None when there is none that can be read."""
    match = _MARK.fullmatch(text.strip())
    return None if match is None else Mark(match[1], match[2])


NO_VERSION = "0"


def version_of(pk: int, revision: int, *, is_open: bool) -> str:
    """Return the name of a version: B for what is being entered, P for what is published."""
    return f"{'B' if is_open else 'P'}{pk}.{revision}"


_QUALIFIER_WORDS = {code: word for word, code in QUALIFIERS.items()}
ADVANCEMENT_WORDS = {code: word for word, code in ADVANCEMENTS.items()}


def in_words(key: str, value: Any) -> str:
    """Return what a cell to fill holds, in the words of the file."""
    match key:
        case _ if value is None or value == "":
            return ""
        case "qualifier":
            return _QUALIFIER_WORDS.get(value, str(value))
        case "advancement":
            return ADVANCEMENT_WORDS.get(value, str(value))
        case "provisional":
            return YES if value else NO
        case "value" | "numerator" | "denominator":
            return plain_number(value)
    return str(value)


def on_page(key: str, value: Any) -> str:
    """Return the same as a page writes it: ``−12 500,5``, where the file has to be read back."""
    if isinstance(value, Decimal):
        return format_exact(value)
    return in_words(key, value)


LABELS: Mapping[str, Any] = {
    "value": _("valeur"),
    "numerator": _("numérateur"),
    "denominator": _("dénominateur"),
    "qualifier": _("précision"),
    "advancement": _("état"),
    "provisional": _("provisoire"),
    "source": _("source"),
    "locator": _("endroit"),
    "comment": _("commentaire"),
    "reason": _("motif"),
}
