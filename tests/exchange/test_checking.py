"""What a file must say consistently."""

from __future__ import annotations

import pytest

from exchange.plan_files.checking import Shared, check
from exchange.plan_files.reading import read_bytes
from exchange.plan_files.validation import validate
from tests.exchange.plan_texts import EXAMPLE, RELATED, SMALL, edited
from tests.typography import plain

KNOWN = Shared(
    organisations=frozenset({"inria"}),
    sectors=frozenset({"energie"}),
    units=frozenset({"projet"}),
)

LEVEL = """\
          - code: niveau
            title: Niveau
            kind: output
            measurement: stock
            unit: entreprise
            targets:
              - kind: level
                value: 9
                starts_on: 2024-01-01
                due_on: 2024-12-31
                wording: N
                source: seed
            observations:
              - {period_start: 2024-01-01, period_end: 2024-06-30, value: 1, source: seed}
"""
QUOTA = "{kind: quota, periods: [PERIODS], wording: Q, source: seed}"
TARGET = "{kind: total, value: 100, due_on: 2028-12-31, wording: Cent, source: seed}"
OBSERVATION = "{period_start: 2024-01-01, period_end: 2024-12-31, value: 23, source: seed}"
YEAR = "{starts_on: 2024-01-01, ends_on: 2024-12-31, value: 3}"
MEASURE = "objectives[o1].measures[pack]"
INDICATOR = f"{MEASURE}.indicators[aidees]"


def found(text: str) -> list[str]:
    """What is inconsistent, without the file and the line."""
    document = read_bytes(text.encode(), "p")
    readable = validate(document)[1]
    assert readable is not None
    lines = document.describe(check(readable, KNOWN))
    return [plain(line).split(":", 2)[2].strip() for line in lines]


def test_right_files() -> None:
    assert [found(text) for text in (SMALL, EXAMPLE, RELATED)] == [[], [], []]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # Codes
        (
            "  - {code: seed,",
            "  - {code: seed, kind: press, title: Autre}\n  - {code: seed,",
            "sources[seed].code: « seed » est déjà donné ligne 11 ; une seule fois",
        ),
        (
            "          - code: aidees",
            LEVEL.replace("code: niveau", "code: aidees") + "          - code: aidees",
            f"{INDICATOR}.code: « aidees » est déjà donné ligne 25 ; une seule fois",
        ),
        (
            "      - code: pack\n",
            "      - code: pack\n        former_codes: [kit, pack, kit]\n",
            [
                (
                    f"{MEASURE}.former_codes[2]: « pack » est encore le code d’un élément du "
                    "fichier ; "
                    "un ancien code ne sert plus"
                ),
                f"{MEASURE}.former_codes[3]: « kit » est déjà donné ligne 18 ; une seule fois",
            ],
        ),
        (
            "slug: petit,",
            "slug: petit, former_slugs: [petit],",
            "plan.former_slugs: « petit » est le slug actuel ; un ancien slug ne sert plus",
        ),
        # References
        (
            "advancement: in_progress, source: seed",
            "advancement: in_progress, source: sead",
            (
                f"{MEASURE}.milestones[guichet].updates[1].source: « sead » n’est pas dans "
                "« sources » "
                "(vouliez-vous dire « seed » ?) ; déclarez-le ou choisissez : seed"
            ),
        ),
        (
            "unit: entreprise",
            "unit: entreprises",
            (
                f"{INDICATOR}.unit: « entreprises » n’est pas dans « units » (vouliez-vous dire "
                "« entreprise » ?) ; déclarez-le ou choisissez : entreprise, projet"
            ),
        ),
        (
            "title: Pack IA",
            (
                "title: Pack IA\n        notes: [n]\n        sectors: [sante, energie, sante]\n"
                "        organisations: [{organisation: cnrs, role: lead}]"
            ),
            [
                f"{MEASURE}.notes[1]: « n » n’est pas dans « notes » ; déclarez-le",
                f"{MEASURE}.sectors[3]: « sante » est déjà donné ligne 20 ; une seule fois",
                (
                    f"{MEASURE}.organisations[1].organisation: « cnrs » n’est pas dans "
                    "« organisations » ; déclarez-le ou choisissez : agence, inria"
                ),
            ],
        ),
        (
            "title: Premier axe",
            "title: Premier axe\n    parent: o2",
            (
                "objectives[o1].parent: « o2 » n’est pas dans « objectives » ; déclarez-le ou "
                "choisissez : o1"
            ),
        ),
        (
            "title: Premier axe",
            "title: Premier axe\n    parent: o1",
            "objectives[o1].parent: « o1 » serait partie de lui-même ; un autre parent, ou aucun",
        ),
        (
            "  - code: o1\n",
            (
                "  - {code: a, kind: axis, title: A, parent: b}\n"
                "  - {code: b, kind: axis, title: B, parent: a}\n  - code: o1\n"
            ),
            [
                "objectives[a].parent: « a » serait partie de lui-même ; un autre parent, ou aucun",
                "objectives[b].parent: « b » serait partie de lui-même ; un autre parent, ou aucun",
            ],
        ),
        # The region and the plan
        (
            "name: Grand Est}",
            "name: Grand Est, fictitious: true}",
            (
                "region.insee_code: « 44 » ne va pas avec fictitious: true ; une région fictive "
                "porte "
                "un code en X (X01), une région réelle son code INSEE (44)"
            ),
        ),
        (
            "public: true",
            "related_to: petit",
            "plan.related_to: un plan n’est pas lié à lui-même ; un autre slug",
        ),
        (
            "public: true",
            "limits: {on_track_from: 0.8}",
            (
                "plan.limits: limites incohérentes ; attendu : 0 < watch_from ≤ on_track_from ≤ 1 "
                "et "
                "0 ≤ early_below ≤ 1"
            ),
        ),
        (
            "public: true",
            "starts_on: 2024-01-01",
            (
                "plan.starts_on: 2024-01-01 n’est énoncé par aucune affirmation retenue ; ajoutez "
                "dans claims subject: starts_on, date: 2024-01-01, retained: true"
            ),
        ),
        (
            "public: true}",
            (
                "budget: 350}\nclaims:\n"
                "  - {code: b, subject: budget, statement: B, amount: 340, source: seed, "
                "retained: true}"
            ),
            (
                "plan.budget: 350 n’est énoncé par aucune affirmation retenue ; ajoutez dans "
                "claims "
                "subject: budget, amount: 350, retained: true (retenu à présent : 340)"
            ),
        ),
        (
            "public: true}",
            (
                "public: true}\nclaims:\n"
                "  - {code: b, subject: budget, statement: B, amount: 340, source: seed, "
                "retained: true}"
            ),
            (
                "claims[b].retained: 340 est retenu, et le plan n’a pas de budget ; donnez-le au "
                "plan "
                "ou mettez retained: false"
            ),
        ),
        (
            "public: true}",
            "public: true}\nclaims:\n  - {code: b, subject: budget, statement: B, retained: true}",
            "claims[b]: affirmation sans source ; donnez source, ou derivation si elle est déduite",
        ),
        (
            "public: true}",
            (
                "public: true}\nclaims:\n"
                "  - {code: a, subject: budget, statement: A, source: seed, retained: true}\n"
                "  - {code: b, subject: budget, statement: B, source: seed, retained: true}"
            ),
            "claims[b].retained: « a » est déjà retenu pour budget ; un seul par objet",
        ),
        # Measures and milestones
        (
            "title: Pack IA",
            "title: Pack IA\n        starts_on: 2025-01-01\n        ends_on: 2024-12-31",
            f"{MEASURE}.ends_on: 2024-12-31 précède le début (2025-01-01) ; le même jour ou après",
        ),
        (
            "title: Pack IA",
            "title: Pack IA\n        state: abandoned\n        state_reason: ' '",
            f"{MEASURE}.state: abandon sans motif ; ajoutez state_reason",
        ),
        (
            "              - {as_of: 2024-06-01,",
            (
                "              - {as_of: 2024-06-01, advancement: done, source: seed}\n"
                "              - {as_of: 2024-06-01,"
            ),
            (
                f"{MEASURE}.milestones[guichet].updates[2].as_of: « 2024-06-01 » est déjà donné "
                f"ligne "
                "23 ; une seule fois"
            ),
        ),
        # Indicators and targets
        (
            "unit: entreprise",
            "unit: entreprise\n            baseline: {value: 3}",
            f"{INDICATOR}.baseline: valeur initiale sans source ; ajoutez source",
        ),
        (
            "kind: total",
            "kind: level",
            (
                f"{INDICATOR}.targets[1].kind: « level » ne va pas avec un indicateur « flow » ; "
                "admis : quota, total, threshold"
            ),
        ),
        (
            "kind: total",
            "kind: total, operator: at_most",
            (
                f"{INDICATOR}.targets[1].operator: « at_most » ne va pas avec une cible « total » "
                f"; "
                "admis : at_least"
            ),
        ),
        (
            "value: 100,",
            "value: 0,",
            (
                f"{INDICATOR}.targets[1].value: 0 n’est pas admis ; un nombre strictement positif "
                f"est "
                "attendu"
            ),
        ),
        (
            "value: 100,",
            "",
            f"{INDICATOR}.targets[1].value: valeur absente ; un nombre est attendu",
        ),
        (
            "due_on: 2028-12-31",
            "starts_on: 2029-01-01, due_on: 2028-12-31",
            (
                f"{INDICATOR}.targets[1].due_on: l’échéance du 2028-12-31 précède le début du "
                "2029-01-01 ; échéance attendue le même jour ou après"
            ),
        ),
        (
            TARGET,
            QUOTA.replace("PERIODS", f"{YEAR}, {YEAR.replace('01-01', '12-31')}"),
            (
                f"{INDICATOR}.targets[1].periods: la période du 2024-12-31 au 2024-12-31 recouvre "
                f"la "
                "précédente, qui s’achève le 2024-12-31 ; des périodes séparées sont attendues"
            ),
        ),
        (
            TARGET,
            QUOTA.replace("PERIODS", YEAR).replace("quota,", "quota, value: 3,"),
            (
                f"{INDICATOR}.targets[1].value: un quota n’a pas de valeur d’ensemble ; ses "
                f"valeurs "
                "sont dans periods"
            ),
        ),
        (
            "wording: Cent",
            "wording: Cent, abandoned_on: 2025-01-01",
            f"{INDICATOR}.targets[1].abandoned_on: abandon sans motif ; ajoutez abandonment_reason",
        ),
        # Observations
        (
            "value: 23,",
            "",
            f"{INDICATOR}.observations[1].value: valeur absente ; un nombre est attendu",
        ),
        (
            "value: 23,",
            "value: 23, numerator: 1, denominator: 2,",
            [
                (
                    f"{INDICATOR}.observations[1].numerator: un indicateur « flow » n’a pas de "
                    "numerator ; il a value"
                ),
                (
                    f"{INDICATOR}.observations[1].denominator: un indicateur « flow » n’a pas de "
                    "denominator ; il a value"
                ),
            ],
        ),
        (
            "period_end: 2024-12-31",
            "period_end: 2023-12-31",
            (
                f"{INDICATOR}.observations[1].period_end: la période s’achève le 2023-12-31, "
                f"avant de "
                "débuter le 2024-01-01 ; fin attendue le même jour ou après"
            ),
        ),
        (
            OBSERVATION,
            f"{OBSERVATION}\n              - {OBSERVATION}",
            (
                f"{INDICATOR}.observations[2]: « 2024-01-01, 2024-12-31 » est déjà donné ligne 33 "
                f"; "
                "une seule fois"
            ),
        ),
        (
            OBSERVATION,
            (
                "{period_start: 2024-12-31, period_end: 2024-12-31, value: 1, source: seed}\n"
                "              - {period_start: 2024-03-01, period_end: 2024-03-31, value: 1, "
                "source: seed}\n"
                f"              - {OBSERVATION}"
            ),
            [
                (
                    f"{INDICATOR}.observations[1].period_start: la période recouvre celle de la "
                    f"ligne "
                    "35 (du 2024-01-01 au 2024-12-31) ; des périodes séparées sont attendues"
                ),
                (
                    f"{INDICATOR}.observations[2].period_start: la période recouvre celle de la "
                    f"ligne "
                    "35 (du 2024-01-01 au 2024-12-31) ; des périodes séparées sont attendues"
                ),
            ],
        ),
    ],
)
def test_what_does_not_fit_together(old: str, new: str, expected: str | list[str]) -> None:
    lines = [expected] if isinstance(expected, str) else expected
    assert found(edited(SMALL, (old, new))) == lines


def test_a_level_has_its_checkpoints_inside_its_dates() -> None:
    text = SMALL + LEVEL.replace(
        "value: 9",
        "value: 9\n                checkpoints: [{on: 2024-12-31, value: 5}, {on: 2024-06-30, "
        "value: 5}]",
    )
    assert found(text) == [
        (
            f"{MEASURE}.indicators[niveau].targets[1].checkpoints: le point de passage du "
            "2024-12-31 n’est pas entre le début (2024-01-01) et l’échéance (2024-12-31)"
        )
    ]


def test_periods_of_a_stock_may_overlap() -> None:
    value = "{period_start: 2024-03-01, period_end: 2024-09-30, value: 2, source: seed}"
    more = f"              - {value}\n"
    assert found(SMALL + LEVEL + more) == []


def test_a_ratio_has_a_numerator_and_a_positive_denominator() -> None:
    ratio = LEVEL.replace("stock", "ratio").replace(
        "value: 1, source", "value: 1, denominator: 0, source"
    )
    path = f"{MEASURE}.indicators[niveau].observations[1]"
    assert found(SMALL + ratio) == [
        f"{path}.numerator: valeur absente ; un nombre est attendu",
        f"{path}.denominator: 0 n’est pas admis ; un nombre strictement positif est attendu",
        f"{path}.value: un rapport n’a pas de value ; il a numerator et denominator",
    ]


def test_what_is_set_aside_is_not_called_missing() -> None:
    assert found(edited(SMALL, ("kind: official", "kind: officiel"))) == []
