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
_FOLDED = tuple(zip(_ACCENTED, _PLAIN, strict=True))
_WRITTEN_AS_ONE = {"oe": "œŒ", "ae": "æÆ"}
HYPHENS = "-\u2010\u2011"
BEFORE_A_WORD = f"(?:^|[^[:alnum:]{_ACCENTED[:-2]}{''.join(_LIGATURES)}])"
"""What stands before a word: no letter, also where the database knows no letter with an accent."""
AFTER_A_WORD = BEFORE_A_WORD.replace("^|", "$|", 1)

NamedT = TypeVar("NamedT")


def folded(words: str) -> str:
    """Words in small letters, without accents, ligatures or hyphens."""
    for ligature, letters in _LIGATURES.items():
        words = words.replace(ligature, letters)
    plain = unicodedata.normalize("NFKD", words.replace("\x00", " "))
    letters_only = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return letters_only.replace("’", "'").replace("-", " ").lower()


def folded_column(column: str) -> Func:
    """The same folding, by the database: small letters last, whatever its collation knows."""
    text: F | Func = F(column)
    for ligature, letters in _LIGATURES.items():
        text = Replace(text, Value(ligature), Value(letters))
    plain = Func(
        text, Value(_ACCENTED), Value(_PLAIN), function="translate", output_field=TextField()
    )
    return Lower(plain)


def holds(word: str, columns: Iterable[str]) -> Q:
    """Return the condition that one of the columns holds the letters of a folded word."""
    return reduce(or_, (Q(Contains(folded_column(column), word)) for column in columns))


def spelled(word: str) -> str:
    """Return a regular expression of PostgreSQL for what begins with a folded word, as written.

    It is the same folding again, for texts that are not folded: to match a long text takes much
    less time than to fold it.
    """
    letters = []
    rest = word
    while rest:
        taken = 2 if rest[:2] in _WRITTEN_AS_ONE else 1
        letters.append(_spelled(rest[:taken], is_last=len(rest) == taken))
        rest = rest[taken:]
    return f"[{HYPHENS}]?".join(letters)


def _spelled(letters: str, *, is_last: bool) -> str:
    if letters in _WRITTEN_AS_ONE:
        one_by_one = f"[{HYPHENS}]?".join(_spelled(letter, is_last=False) for letter in letters)
        return f"(?:{one_by_one}|[{_WRITTEN_AS_ONE[letters]}])"
    ways = {letters, letters.upper()} if len(letters.upper()) == 1 else {letters}
    ways.update(accented for accented, plain in _FOLDED if plain.lower() == letters)
    if is_last:
        # Half a ligature: "co" begins "cœur".
        ways.update(
            ligature
            for pair, ones in _WRITTEN_AS_ONE.items()
            if pair[0] == letters
            for ligature in ones
        )
    return f"[{''.join(sorted(ways))}]"


def alphabetical(column: str) -> Func:
    """What `order_by` takes to list rows by a text as people look for it."""
    # By bytes after the folding: digits, then letters, on every installation.
    return Collate(folded_column(column), "C")


def in_alphabetical_order(
    things: Iterable[NamedT], name: Callable[[NamedT], str] = str
) -> list[NamedT]:
    """List what is loaded already in the same order."""
    return sorted(things, key=lambda thing: (folded(name(thing)), name(thing)))
