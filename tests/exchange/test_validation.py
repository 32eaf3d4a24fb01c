"""What a file may hold, key by key, and what is said of what it may not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from exchange.plan_files.reading import Block, Items, read_bytes
from exchange.plan_files.schema import Entry, PlanFile
from exchange.plan_files.validation import Readable, validate
from tests.exchange.plan_texts import EXAMPLE, RELATED, SMALL, edited
from tests.typography import plain


def problems(text: str) -> list[str]:
    document = read_bytes(text.encode(), "plan.yaml")
    return [plain(line)[10:] for line in document.describe(validate(document)[2])]


def what_remains(text: str) -> Readable:
    readable = validate(read_bytes(text.encode(), "plan.yaml"))[1]
    assert readable is not None
    return readable


def keys_of(entry: type[Entry], path: str = "") -> Iterator[str]:
    """Every key of the format, as a path without ranks."""
    for name, field in entry.model_fields.items():
        here = f"{path}{name}"
        yield here
        for inner in entries_in(field.annotation):
            yield from keys_of(inner, f"{here}.")


def entries_in(annotation: Any) -> Iterator[type[Entry]]:
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        yield annotation
    for argument in get_args(annotation):
        yield from entries_in(argument)


def keys_in(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, Block):
        for name, inner in value.items():
            yield f"{path}{name}"
            yield from keys_in(inner, f"{path}{name}.")
    elif isinstance(value, Items):
        for item in value:
            yield from keys_in(item, path)


def wherever(key: str) -> str:
    """An indicator has the same keys on the plan, an objective or a measure."""
    return key.removeprefix("objectives.").removeprefix("measures.") if "indicators" in key else key


def test_the_documented_example_uses_every_key() -> None:
    roots = [read_bytes(text.encode(), "plan.yaml").root for text in (EXAMPLE, RELATED)]
    used = {wherever(key) for root in roots for key in keys_in(root)}
    assert {wherever(key) for key in keys_of(PlanFile)} - used == set()


def test_the_documented_examples_are_right() -> None:
    assert (problems(EXAMPLE), problems(RELATED)) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "kind: axis",
            "kind: axes",
            (
                "14: objectives[o1].kind: « axes » n’est pas une valeur admise (vouliez-vous "
                "dire « axis » ?) ; admis : axis, objective, cross_cutting"
            ),
        ),
        (
            "title: Premier axe",
            "titre: Premier axe",
            [
                "13: objectives[o1].title: clé obligatoire absente ; ajoutez-la",
                (
                    "15: objectives[o1].titre: clé inconnue (vouliez-vous dire « title » ?) ;"
                    " admises : code, former_codes, kind, parent, title, summary, source, locator, "
                    "notes, indicators, measures"
                ),
            ],
        ),
        (
            "title: Premier axe",
            "title: ' '",
            "15: objectives[o1].title: texte vide ; un texte est attendu",
        ),
        (
            "title: Premier axe",
            "title:",
            "15: objectives[o1].title: valeur manquante ; une valeur est attendue",
        ),
        (
            "title: Premier axe",
            "title: [a]",
            ("15: objectives[o1].title: une liste ou des clés ; une seule valeur est attendue"),
        ),
        (
            "title: Premier axe",
            "title: |\n      un\n      deux",
            "15: objectives[o1].title: plusieurs lignes ; une seule ligne est attendue",
        ),
        (
            "title: Premier axe",
            f"title: {'x' * 201}",
            (
                f"15: objectives[o1].title: « {'x' * 59}… » : Assurez-vous que cette valeur "
                "comporte au plus 200 caractères (actuellement 201)."
            ),
        ),
        (
            "code: o1",
            "code: axe n° 1",
            (
                "13: objectives[axe n° 1].code: « axe n° 1 » : Ce champ ne doit contenir que "
                "des lettres, des nombres, des tirets bas (_) et des traits d’union."
            ),
        ),
        (
            "unit: entreprise",
            "unit: une entreprise",
            (
                "29: objectives[o1].measures[pack].indicators[aidees].unit: « une entreprise "
                "» n’est pas un code ; admis : lettres sans accent, chiffres, - et _"
            ),
        ),
        (
            "public: true",
            "public: true, sectors: [~]",
            "3: plan.sectors[1]: valeur manquante ; une valeur est attendue",
        ),
        (
            "value: 23,",
            "value: '23,5',",
            (
                "33: objectives[o1].measures[pack].indicators[aidees].observations[1].value: "
                "« 23,5 » n’est pas un nombre ; attendu : des chiffres, avec un point pour les "
                "décimales et sans espace, comme 35000 ou 2.5"
            ),
        ),
        (
            "value: 23,",
            "value: 1.1234567,",
            (
                "33: objectives[o1].measures[pack].indicators[aidees].observations[1].value: "
                "« 1.1234567 » : Assurez-vous qu’il n’y a pas plus de 6 chiffres après la virgule."
            ),
        ),
        (
            "period_start: 2024-01-01",
            "period_start: 01/01/2024",
            (
                "33: objectives[o1].measures[pack].indicators[aidees].observations[1]."
                "period_start: « 01/01/2024 » n’est pas une date ; attendu : année-mois-jour, "
                "comme "
                "2019-06-20"
            ),
        ),
        (
            "period_start: 2024-01-01",
            "period_start: 2024-02-30",
            (
                "33: objectives[o1].measures[pack].indicators[aidees].observations[1]."
                "period_start: « 2024-02-30 » n’existe pas au calendrier ; attendu : une date qui "
                "existe"
            ),
        ),
        *(
            (
                "period_start: 2024-01-01",
                f"period_start: {day}",
                (
                    "33: objectives[o1].measures[pack].indicators[aidees].observations[1]."
                    f"period_start: « {day} » n’est pas vraisemblable ; attendu : de 1900 à 2199"
                ),
            )
            for day in ("0001-01-01", "9999-12-31")
        ),
        (
            "public: true",
            "public: oui",
            "3: plan.public: « oui » n’est pas une valeur admise ; admis : true, false",
        ),
        (
            "title: Délibération}",
            "title: Délibération, published_on: juin 2019}",
            (
                "11: sources[seed].published_on: « juin 2019 » n’est pas une date ; admis : "
                "2019-06-20, 2019-06 ou 2019"
            ),
        ),
        (
            "title: Délibération}",
            "title: Délibération, url: javascript:alert(1)}",
            "11: sources[seed].url: « javascript:alert(1) » : Saisissez une URL valide.",
        ),
        (
            "name_plural: entreprises}",
            "name_plural: entreprises, decimals: -1}",
            "9: units[entreprise].decimals: « -1 » n’est pas un nombre entier, 0 ou plus",
        ),
        (
            'insee_code: "44"',
            'insee_code: "4"',
            (
                "2: region.insee_code: « 4 » : Deux chiffres, comme 44 ; X suivi de deux "
                "chiffres pour une région fictive."
            ),
        ),
        (
            "format: 1",
            "format: 2",
            "1: format: « 2 » n’est pas une valeur admise ; admis : 1",
        ),
        (
            "updates:\n              - {as_of: 2024-06-01, advancement: in_progress, source: seed}",
            "updates: aucun",
            (
                "22: objectives[o1].measures[pack].milestones[guichet].updates: une liste est"
                " attendue (lignes qui commencent par « - »)"
            ),
        ),
        (
            'region: {insee_code: "44", slug: grand-est, name: Grand Est}',
            "region: Grand Est",
            "2: region: des clés sont attendues (lignes « clé: valeur »)",
        ),
    ],
)
def test_what_is_wrong_is_told_with_what_is_allowed(
    old: str, new: str, expected: str | list[str]
) -> None:
    lines = [expected] if isinstance(expected, str) else expected
    assert problems(edited(SMALL, (old, new))) == lines


def test_every_problem_is_told_at_once() -> None:
    text = edited(
        SMALL, ("public: true", "public: oui"), ("kind: axis", "kind: axes"), ("23", "vingt-trois")
    )
    assert [line.split(": «")[0] for line in problems(text)] == [
        "3: plan.public",
        "14: objectives[o1].kind",
        "33: objectives[o1].measures[pack].indicators[aidees].observations[1].value",
    ]


def test_empty_lists_and_texts_may_be_written() -> None:
    assert problems(edited(SMALL, ("kind: axis", "kind: axis\n    summary:\n    notes: "))) == []


def test_what_is_wrong_is_set_aside_and_the_rest_is_looked_at() -> None:
    text = edited(
        SMALL,
        ("kind: official", "kind: officiel"),
        ("title: Premier axe", "title: [x]"),
        ("slug: petit", "slug: petit, starts_on: hier"),
    )
    readable = what_remains(text)
    assert readable.contents.sources == ()
    assert readable.set_aside["sources"] == frozenset({"seed"})
    assert [entry.title for entry in readable.contents.objectives] == ["?"]
    assert readable.contents.objectives[0].measures[0].path == ("objectives", 0, "measures", 0)
    assert readable.plan is not None
    assert (readable.plan.slug, readable.plan.starts_on) == ("petit", None)


def test_entries_keep_their_place_when_those_before_are_set_aside() -> None:
    text = edited(
        SMALL,
        (
            "  - {code: entreprise,",
            "  - {code: projet}\n  - {code: entreprise,",
        ),
    )
    [unit] = what_remains(text).contents.units
    assert (unit.code, unit.path) == ("entreprise", ("units", 1))
