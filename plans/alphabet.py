"""The folding of French words, for what is listed and what is searched: in Python and in SQL.

Accents, capitals and ligatures do not count, a hyphen is a space: "Énergie" stands before "Zone",
"Île-de-France" among the I. The collation of the database is not asked: a stock PostgreSQL has no
`unaccent`, the embedded one no ICU, and two installations would not list alike.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Collate, Lower, Replace
from django.db.models.lookups import Contains

_ACCENTED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝŸ’-"
_PLAIN = "aaaaaaceeeeiiiinooooouuuuyyAAAAAACEEEEIIIINOOOOOUUUUYY' "
_LIGATURES = {"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE"}

NamedT = TypeVar("NamedT")


def folded(words: str) -> str:
    """Words in small letters, without accents, ligatures or hyphens."""
    for ligature, letters in _LIGATURES.items():
        words = words.replace(ligature, letters)
    plain = unicodedata.normalize("NFKD", words.replace("\x00", " "))
    letters_only = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return letters_only.replace("’", "'").replace("-", " ").lower()


def folded_column(column: str | Func) -> Func:
    """The same folding, by the database: small letters last, whatever its collation knows."""
    text: F | Func = F(column) if isinstance(column, str) else column
    for ligature, letters in _LIGATURES.items():
        text = Replace(text, Value(ligature), Value(letters))
    plain = Func(
        text, Value(_ACCENTED), Value(_PLAIN), function="translate", output_field=TextField()
    )
    return Lower(plain)


def holds(word: str, columns: Iterable[str]) -> Q:
    """Return the condition that one of the columns holds the letters of a folded word."""
    return reduce(or_, (Q(Contains(folded_column(column), word)) for column in columns))


def alphabetical(column: str) -> Func:
    """What `order_by` takes to list rows by a text as people look for it."""
    # By bytes after the folding: digits, then letters, on every installation.
    return Collate(folded_column(column), "C")


def in_alphabetical_order(
    things: Iterable[NamedT], name: Callable[[NamedT], str] = str
) -> list[NamedT]:
    """List what is loaded already in the same order."""
    return sorted(things, key=lambda thing: (folded(name(thing)), name(thing)))
