"""The columns of the files: their titles, how they are recognised, who fills them.

The titles belong to the file format: they are French whatever the language of the pages, so that
a file written by one person is read for another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from indicators.models import Qualifier
from measures.models import Advancement


class Kind(StrEnum):
    """What the rows of a sheet are."""

    VALUES = "values"
    MILESTONES = "milestones"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    key: str
    title: str
    width: int
    filled: bool = False
    """Whether a person fills it in; the others identify the row or help to fill it in."""
    required: bool = False
    """Whether a file without it cannot be read."""
    aliases: tuple[str, ...] = field(default=())
    help: str = ""


SHEET_TITLES: Mapping[Kind, str] = MappingProxyType(
    {Kind.VALUES: "Valeurs", Kind.MILESTONES: "Jalons"}
)
INSTRUCTIONS_TITLE = "Mode d’emploi"
SOURCES_TITLE = "Sources"
RESULT_TITLE = "Résultat du contrôle"

WITHDRAW = "RETIRER"
YES, NO = "oui", "non"

QUALIFIERS: Mapping[str, str] = MappingProxyType(
    {
        "valeur exacte": Qualifier.EXACT.value,
        "au moins": Qualifier.AT_LEAST.value,
        "environ": Qualifier.ABOUT.value,
        "au plus": Qualifier.AT_MOST.value,
    }
)
ADVANCEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "prévu": Advancement.PLANNED.value,
        "en cours": Advancement.IN_PROGRESS.value,
        "fait": Advancement.DONE.value,
        "abandonné": Advancement.ABANDONED.value,
    }
)

_PLAN = Column("plan", "Plan", 18, aliases=("code du plan", "plan (code)"))
_TAIL = (
    Column(
        "provisional",
        "Provisoire",
        11,
        filled=True,
        help="oui ou non ; vide : inchangé, ou non pour une nouvelle saisie.",
    ),
    Column(
        "source",
        "Source",
        22,
        filled=True,
        aliases=("code de la source", "code source"),
        help="Le code d’une source du plan (feuille Sources). Sans source, rien ne se publie.",
    ),
    Column(
        "locator",
        "Endroit dans la source",
        22,
        filled=True,
        aliases=("endroit", "page"),
        help="Page, tableau, paragraphe.",
    ),
    Column(
        "comment",
        "Commentaire public",
        32,
        filled=True,
        aliases=("commentaire",),
        help="Se lit avec la valeur sur le site public.",
    ),
    Column(
        "reason",
        "Motif",
        28,
        filled=True,
        aliases=("motif de correction", "motif de correction ou de retrait", "motif du retrait"),
        help="Obligatoire pour corriger ou retirer ce qui est publié ; il est public.",
    ),
    Column(
        "withdrawal",
        "Retrait",
        10,
        filled=True,
        aliases=("retirer",),
        help=f"{WITHDRAW} retire la valeur publiée (relecteurs et gestionnaires).",
    ),
    Column(
        "version",
        "Version",
        16,
        help="Repère technique : dit d’où part la ligne, pour ne pas écraser une saisie faite "
        "entre-temps. Vide, la ligne s’impose.",
    ),
    Column("result", RESULT_TITLE, 44, help="Écrit par le contrôle, jamais lu."),
)

COLUMNS: Mapping[Kind, tuple[Column, ...]] = MappingProxyType(
    {
        Kind.VALUES: (
            _PLAN,
            Column(
                "indicator",
                "Indicateur",
                22,
                required=True,
                aliases=("code de l’indicateur", "code indicateur", "code"),
            ),
            Column("title", "Titre", 44, aliases=("titre de l’indicateur", "intitulé")),
            Column("unit", "Unité", 14),
            Column(
                "start",
                "Début de période",
                13,
                required=True,
                aliases=("début", "du", "période du", "date de début"),
            ),
            Column(
                "end",
                "Fin de période",
                13,
                required=True,
                aliases=("fin", "au", "période au", "date de fin"),
            ),
            Column("target", "Cible", 26),
            Column("previous", "Valeur précédente", 20),
            Column(
                "value",
                "Valeur",
                14,
                filled=True,
                aliases=("valeur constatée", "valeur observée"),
                help="Un nombre : 35 000 ou 2,5. Zéro est zéro ; vide : inchangé.",
            ),
            Column(
                "numerator",
                "Numérateur",
                14,
                filled=True,
                help="Pour un rapport seulement, avec son dénominateur.",
            ),
            Column(
                "denominator",
                "Dénominateur",
                14,
                filled=True,
                help="Pour un rapport seulement ; strictement positif.",
            ),
            Column(
                "qualifier",
                "Précision",
                14,
                filled=True,
                aliases=("précision de la valeur",),
                help="valeur exacte, au moins, environ ou au plus.",
            ),
            *_TAIL,
        ),
        Kind.MILESTONES: (
            _PLAN,
            Column(
                "measure",
                "Mesure",
                22,
                required=True,
                aliases=("code de la mesure", "code mesure"),
            ),
            Column(
                "milestone",
                "Jalon",
                22,
                required=True,
                aliases=("code du jalon", "code jalon"),
            ),
            Column("title", "Titre", 44, aliases=("titre du jalon", "intitulé")),
            Column("due", "Échéance", 13),
            Column("previous", "État précédent", 24),
            Column(
                "as_of",
                "Constaté le",
                13,
                filled=True,
                required=True,
                aliases=("date du constat", "constat", "date"),
                help="Le jour auquel l’état est constaté, 31/12/2026.",
            ),
            Column(
                "advancement",
                "État",
                13,
                filled=True,
                required=True,
                aliases=("état du jalon", "avancement"),
                help="prévu, en cours, fait ou abandonné.",
            ),
            *_TAIL,
        ),
    }
)

CONTENT: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        Kind.VALUES: ("value", "numerator", "denominator", "qualifier"),
        Kind.MILESTONES: ("advancement",),
    }
)
SHARED_CONTENT = ("provisional", "source", "locator", "comment", "reason")


def content_keys(kind: Kind) -> tuple[str, ...]:
    """Return the columns whose cells are what a person says, without the mark to withdraw."""
    return CONTENT[kind] + SHARED_CONTENT


# Unknown words at the top of a file are read by people too: only letters and digits count.
_NOT_WORD = re.compile(r"[^0-9a-z]+")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return a text without accents, capitals, punctuation and repeated spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("æ", "ae"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", bare).strip()


_BY_TITLE: Mapping[Kind, Mapping[str, Column]] = MappingProxyType(
    {
        kind: MappingProxyType(
            {
                plain(name): column
                for column in columns
                for name in (*column.aliases, column.key, column.title)
            }
        )
        for kind, columns in COLUMNS.items()
    }
)


@dataclass(frozen=True, slots=True)
class Headers:
    """A row of titles, matched with the columns of one kind of sheet."""

    kind: Kind
    places: Mapping[str, int]
    """Column key → place in the row, from 0."""
    ignored: tuple[tuple[int, str], ...]
    repeated: tuple[str, ...]

    @property
    def missing(self) -> tuple[Column, ...]:
        """The columns without which the rows cannot be read."""
        missing = [
            column
            for column in COLUMNS[self.kind]
            if column.required and column.key not in self.places
        ]
        if self.kind == Kind.VALUES and not self.places.keys() & {"value", "numerator"}:
            missing += [column for column in COLUMNS[self.kind] if column.key == "value"]
        return tuple(missing)


def match_headers(kind: Kind, titles: Sequence[tuple[int, str]]) -> Headers:
    """Match a row's texts with the columns of a kind, whatever their case, accents and spaces."""
    places: dict[str, int] = {}
    ignored: list[tuple[int, str]] = []
    repeated: list[str] = []
    for place, title in titles:
        column = _BY_TITLE[kind].get(plain(title))
        if column is None:
            ignored.append((place, title))
        elif column.key in places:
            repeated.append(column.title)
        else:
            places[column.key] = place
    return Headers(kind, MappingProxyType(places), tuple(ignored), tuple(repeated))


def best_headers(titles: Sequence[tuple[int, str]]) -> Headers:
    """Match a row's texts with the kind of sheet that recognises most of them."""
    return max(
        (match_headers(kind, titles) for kind in Kind),
        key=lambda headers: (-len(headers.missing), len(headers.places)),
    )


def letters_of(place: int) -> str:
    """Return the letters of a column (from 0): A, B … Z, AA."""
    letters = ""
    number = place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_name(place: int, row: int) -> str:
    """Return the name of a cell as a spreadsheet shows it: H12."""
    return f"{letters_of(place)}{row}"
