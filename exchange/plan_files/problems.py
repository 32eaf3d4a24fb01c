"""What is wrong in plan files: one line each, with the file, the line and the path in the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from django.utils.translation import gettext as _

Path: TypeAlias = tuple[str | int, ...]
"""The way from the root of a file to one of its values: keys, and ranks (from 0) in lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at one place of a file; `message` also says what would be right."""

    path: Path
    message: str


class PlanFileError(Exception):
    """Files that cannot be loaded, with every reason, each on one line."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def unknown_value(given: str, allowed: Iterable[str]) -> str:
    """Say that a value is none of those allowed, and which one it looks like."""
    return _("« %(given)s » n’est pas une valeur admise%(guess)s ; admis : %(allowed)s") % {
        "given": given,
        "guess": guess(given, allowed),
        "allowed": ", ".join(allowed),
    }


def guess(given: str, allowed: Iterable[str]) -> str:
    """Return ` (vouliez-vous dire « … » ?)`, or nothing when nothing looks alike."""
    close = difflib.get_close_matches(given, list(allowed), n=1)
    return _(" (vouliez-vous dire « %(close)s » ?)") % {"close": close[0]} if close else ""
