"""What is wrong: with a whole file, or with one cell of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class FileError(Exception):
    """A file that cannot be read at all; the message says in French why and what to do."""


class Level(StrEnum):
    """How much a remark weighs."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to say about one cell of a row; `column` is empty for the row as a whole."""

    column: str
    message: str
    level: Level = Level.ERROR

    def as_stored(self, cell: str) -> dict[str, Any]:
        """Return what is kept of it, with the cell's name in the file."""
        return {
            "cell": cell,
            "column": self.column,
            "message": self.message,
            "level": self.level.value,
        }
