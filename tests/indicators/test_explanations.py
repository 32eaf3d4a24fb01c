"""Why a status is what it is, in the sentence a citizen reads: one case per status and reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from indicators.evaluation import Evaluation
from indicators.explanations import explain
from indicators.models import Indicator, Target, Unit
from indicators.progress import (
    Frequency,
    Measurement,
    Observed,
    Operator,
    PeriodQuota,
    Qualifier,
    Series,
    TargetKind,
    evaluate,
)
from indicators.progress import Target as Terms
from plans.models import Plan
from tests.typography import plain

UNIT = Unit(code="entreprises", name="entreprise", name_plural="entreprises")


def year(number: int, value: int, stated: Qualifier = Qualifier.EXACT) -> Observed:
    return Observed(
        start=date(number, 1, 1),
        end=date(number, 12, 31),
        value=Decimal(value),
        qualifier=stated,
        sequence=number,
    )


def sentence(
    *observed: Observed,
    on: date,
    measurement: Measurement = Measurement.FLOW,
    target: Target | None = None,
    baseline: int | None = None,
    baseline_stated: Qualifier = Qualifier.EXACT,
    **terms: Any,
) -> str:
    """Return the sentence, its no-break spaces made plain so that the tests read as text."""
    series = Series(
        measurement=measurement,
        observations=observed,
        baseline=None if baseline is None else Decimal(baseline),
        baseline_on=None if baseline is None else date(2024, 12, 31),
        frequency=Frequency.YEAR,
    )
    asked = Terms(**terms) if terms else None
    evaluation = Evaluation(
        indicator=Indicator(
            plan=Plan(), unit=UNIT, measurement=measurement, baseline_qualifier=baseline_stated
        ),
        target=target,
        series=series,
        terms=asked,
        result=evaluate(series, asked, on=on),
        observations={},
    )
    return plain(explain(evaluation))


QUOTA: dict[str, Any] = {
    "kind": TargetKind.QUOTA,
    "periods": tuple(
        PeriodQuota(start=date(number, 1, 1), end=date(number, 12, 31), value=Decimal(35))
        for number in (2020, 2021, 2022)
    ),
}
TOTAL: dict[str, Any] = {
    "kind": TargetKind.TOTAL,
    "value": Decimal(100),
    "start": date(2021, 1, 1),
    "due": date(2024, 12, 31),
}
LEVEL: dict[str, Any] = {
    "kind": TargetKind.LEVEL,
    "value": Decimal(5000),
    "start": date(2024, 12, 31),
    "due": date(2029, 12, 31),
}
STOCK = Measurement.STOCK
DERIVED = "Le total visé est déduit des valeurs par période."


def test_on_track_says_what_was_expected_and_that_a_partial_sum_is_a_minimum() -> None:
    assert sentence(year(2020, 30), year(2021, 41), on=date(2023, 3, 1), **QUOTA) == (
        "L’échéance du 31 décembre 2022 est passée, mais les données publiées s’arrêtent au "
        "31 décembre 2021 : au moins 71 entreprises pour une cible de 105 entreprises (68 %). "
        "C’est un minimum (périodes échues renseignées : 2 sur 3). " + DERIVED
    )
    assert sentence(year(2020, 30), year(2021, 41), on=date(2022, 3, 1), **QUOTA) == (
        "Au 31 décembre 2021, la valeur est de 71 entreprises ; la trajectoire prévoyait "
        "70 entreprises à cette date : 101 % du rythme attendu. " + DERIVED
    )


def test_behind_from_a_baseline() -> None:
    observed = Observed(start=date(2026, 1, 1), end=date(2026, 12, 31), value=Decimal(3000))
    assert sentence(observed, on=date(2027, 3, 1), measurement=STOCK, baseline=2500, **LEVEL) == (
        "Au 31 décembre 2026, la valeur est de 3 000 entreprises ; la trajectoire prévoyait "
        "3 499 entreprises à cette date, depuis une valeur initiale de 2 500 entreprises : "
        "50 % du chemin attendu."
    )


def test_without_baseline_a_level_is_counted_from_zero_and_says_so() -> None:
    observed = Observed(start=date(2026, 1, 1), end=date(2026, 12, 31), value=Decimal(3000))
    assert sentence(observed, on=date(2027, 3, 1), measurement=STOCK, **LEVEL).endswith(
        "La valeur initiale n’étant pas connue, l’avancement est compté depuis zéro."
    )


@pytest.mark.parametrize(
    ("terms", "on", "expected"),
    [
        (
            QUOTA,
            date(2022, 6, 1),
            (
                "Aucune valeur n’a été publiée pour les 2 périodes échues. "
                "Cela ne veut pas dire que rien n’a été fait."
            ),
        ),
        (
            QUOTA,
            date(2021, 6, 1),
            (
                "Aucune valeur n’a été publiée pour la seule période échue. "
                "Cela ne veut pas dire que rien n’a été fait."
            ),
        ),
        (
            {"kind": TargetKind.TOTAL, "value": Decimal(3)},
            date(2026, 11, 21),
            "Aucune valeur n’a été publiée. Cela ne veut pas dire que rien n’a été fait.",
        ),
        (
            TOTAL | {"start": date(2027, 1, 1), "due": date(2028, 12, 31)},
            date(2026, 11, 21),
            "La cible ne court qu’à partir du 1er janvier 2027 ; rien n’est encore attendu.",
        ),
    ],
    ids=["two periods", "one period", "no date", "upcoming"],
)
def test_nothing_published(terms: dict[str, Any], on: date, expected: str) -> None:
    assert sentence(on=on, **terms) == expected


def test_without_target() -> None:
    assert sentence(on=date(2026, 11, 21)) == (
        "Aucune cible chiffrée n’est fixée. Aucune valeur n’a été publiée."
    )
    assert sentence(year(2020, 200), on=date(2026, 11, 21)) == (
        "Aucune cible chiffrée n’est fixée. Dernière valeur publiée : 200 entreprises (2020)."
    )


@pytest.mark.parametrize(
    ("years", "expected"),
    [
        (
            [35, 40, 36],
            "Chaque période a atteint sa valeur : 111 entreprises en tout, pour 105 entreprises. ",
        ),
        (
            [35, 34, 36],
            (
                "Toutes les périodes sont échues et renseignées ; 2 sur 3 ont atteint la valeur "
                "visée. "
            ),
        ),
        (
            [1, 2, 36],
            "Toutes les périodes sont échues et renseignées ; 1 sur 3 a atteint la valeur visée. ",
        ),
        (
            [1, 2, 3],
            (
                "L’échéance du 31 décembre 2022 est passée et les données la couvrent : "
                "6 entreprises pour une cible de 105 entreprises (6 %). "
            ),
        ),
    ],
    ids=["achieved", "partly", "one", "missed"],
)
def test_a_quota_that_ended(years: list[int], expected: str) -> None:
    observed = [year(2020 + index, value) for index, value in enumerate(years)]
    assert sentence(*observed, on=date(2023, 1, 1), **QUOTA) == expected + DERIVED


def test_a_total_that_is_reached() -> None:
    assert sentence(year(2021, 105), on=date(2022, 1, 1), **TOTAL) == (
        "Au 31 décembre 2021, 105 entreprises pour une cible de 100 entreprises : "
        "la cible est atteinte."
    )


def test_a_rounded_rate_never_reads_as_reached() -> None:  # edge case 14
    assert "(99 %)" in sentence(
        year(2021, 996),
        on=date(2025, 1, 1),
        **(TOTAL | {"value": Decimal(1000), "due": date(2021, 12, 31)}),
    )


def test_open_ended_says_which_date_is_unknown() -> None:
    due_unknown = TOTAL | {"due": None}
    start_unknown = TOTAL | {"start": None}
    assert sentence(year(2021, 70), on=date(2022, 1, 1), **due_unknown) == (
        "Au 31 décembre 2021, 70 entreprises pour une cible de 100 entreprises (70 %) ; "
        "aucune échéance n’est connue : on ne peut dire si le rythme suffit."
    )
    assert "aucune date de début n’est connue" in sentence(
        year(2021, 70), on=date(2022, 1, 1), **start_unknown
    )


def test_too_early_to_judge() -> None:
    month = Observed(start=date(2021, 1, 1), end=date(2021, 1, 31), value=Decimal(1))
    assert sentence(month, on=date(2021, 3, 1), **TOTAL) == (
        "Au 31 janvier 2021, la valeur est de 1 entreprise ; moins de 10 % du chemin était prévu "
        "à cette date : il est trop tôt pour juger du rythme."
    )


DECREASE: dict[str, Any] = {
    "kind": TargetKind.LEVEL,
    "operator": Operator.AT_MOST,
    "value": Decimal(80),
    "start": date(2024, 12, 31),
    "due": date(2025, 12, 31),
}


def test_going_the_wrong_way() -> None:
    observed = Observed(start=date(2025, 1, 1), end=date(2025, 6, 30), value=Decimal(110))
    assert sentence(observed, on=date(2025, 9, 1), measurement=STOCK, baseline=100, **DECREASE) == (
        "Au 30 juin 2025, la valeur est de 110 entreprises : partie de 100 entreprises, elle "
        "s’éloigne de la cible (au plus 80 entreprises)."
    )


@pytest.mark.parametrize(
    ("baseline", "terms", "reason"),
    [
        (None, DECREASE, "la cible est à la baisse et la valeur initiale n’est pas connue"),
        (80, DECREASE, "la cible est égale à la valeur initiale"),
        (60, DECREASE, "la valeur initiale respectait déjà la cible"),
        (
            None,
            LEVEL | {"value": Decimal(0)},
            "la cible n’est pas positive et la valeur initiale est inconnue",
        ),
    ],
)
def test_a_rate_that_cannot_be_computed_says_why(
    baseline: int | None, terms: dict[str, Any], reason: str
) -> None:
    value = Decimal(-5) if terms["value"] == 0 else Decimal(110)
    observed = Observed(start=date(2025, 1, 1), end=date(2025, 6, 30), value=value)
    assert sentence(
        observed, on=date(2025, 9, 1), measurement=STOCK, baseline=baseline, **terms
    ).startswith(f"Le taux d’avancement ne se calcule pas : {reason}. Dernière valeur publiée : ")


def test_a_threshold_counts_the_observations_that_hold() -> None:
    assert sentence(
        year(2020, 82),
        year(2021, 79),
        on=date(2022, 3, 1),
        kind=TargetKind.THRESHOLD,
        value=Decimal(80),
    ) == (
        "Dernière valeur : 79 entreprises (2021), pour un seuil d’au moins 80 entreprises. "
        "Observations qui tiennent le seuil : 1 sur 2."
    )


def test_abandoned_by_decision_or_with_its_measure() -> None:
    decided = Target(abandoned_on=date(2023, 6, 1), abandonment_reason="Crédits non votés.")
    terms = TOTAL | {"abandoned": True}
    assert sentence(year(2021, 7), on=date(2024, 1, 1), target=decided, **terms) == (
        "La cible a été abandonnée le 1er juin 2023. Crédits non votés. "
        "Dernière valeur publiée : 7 entreprises (2021)."
    )
    assert sentence(on=date(2024, 1, 1), target=Target(), **terms) == (
        "La mesure a été abandonnée, et sa cible avec elle. Aucune valeur n’a été publiée."
    )


@pytest.mark.parametrize(
    "typed", ["crédits non votés", "Crédits non votés", " Crédits non votés. "]
)
def test_the_reason_of_an_abandonment_is_a_sentence_however_it_was_typed(typed: str) -> None:
    decided = Target(abandoned_on=date(2023, 6, 1), abandonment_reason=typed)
    said = sentence(on=date(2024, 1, 1), target=decided, **(TOTAL | {"abandoned": True}))
    assert said == (
        "La cible a été abandonnée le 1er juin 2023. Crédits non votés. "
        "Aucune valeur n’a été publiée."
    )


# --- What is not stated exactly is not said exactly -------------------------------------------

STATED = {
    Qualifier.AT_LEAST: ("au moins 40", "d’au moins 40"),
    Qualifier.ABOUT: ("environ 40", "d’environ 40"),
    Qualifier.AT_MOST: ("au plus 40", "d’au plus 40"),
    Qualifier.EXACT: ("40", "de 40"),
}
ALONE: dict[str, Any] = {"measurement": STOCK, "on": date(2025, 9, 1)}
REACHED = {"kind": TargetKind.LEVEL, "start": date(2023, 12, 31)}
# Each status that says a value: the day, the terms, the sentence around "40" or "de 40".
SAID: dict[str, tuple[dict[str, Any], str]] = {
    "no target": (
        ALONE,
        (
            "Aucune cible chiffrée n’est fixée. "
            "Dernière valeur publiée : {value} entreprises (2024)."
        ),
    ),
    "threshold": (
        ALONE | {"kind": TargetKind.THRESHOLD, "value": Decimal(50)},
        (
            "Dernière valeur : {value} entreprises (2024), pour un seuil d’au moins "
            "50 entreprises. Observations qui tiennent le seuil : 0 sur 1."
        ),
    ),
    "threshold not to pass": (
        ALONE | {"kind": TargetKind.THRESHOLD, "value": Decimal(50), "operator": Operator.AT_MOST},
        (
            "Dernière valeur : {value} entreprises (2024), pour un seuil d’au plus "
            "50 entreprises. Observations qui tiennent le seuil : 1 sur 1."
        ),
    ),
    "achieved": (
        ALONE | REACHED | {"value": Decimal(30), "baseline": 10, "due": date(2025, 12, 31)},
        (
            "Au 31 décembre 2024, {value} entreprises pour une cible de 30 entreprises, depuis "
            "une valeur initiale de 10 entreprises : la cible est atteinte."
        ),
    ),
    "at most, achieved": (
        ALONE
        | REACHED
        | {
            "value": Decimal(45),
            "baseline": 60,
            "due": date(2025, 12, 31),
            "operator": Operator.AT_MOST,
        },
        (
            "Au 31 décembre 2024, {value} entreprises pour une cible d’au plus 45 entreprises, "
            "depuis une valeur initiale de 60 entreprises : la cible est atteinte."
        ),
    ),
    "missed": (
        ALONE | REACHED | {"value": Decimal(50), "baseline": 10, "due": date(2024, 12, 31)},
        (
            "L’échéance du 31 décembre 2024 est passée et les données la couvrent : {value} "
            "entreprises pour une cible de 50 entreprises, depuis une valeur initiale de "
            "10 entreprises (75 % du chemin)."
        ),
    ),
    "overdue": (
        ALONE | REACHED | {"value": Decimal(50), "baseline": 10, "due": date(2025, 6, 30)},
        (
            "L’échéance du 30 juin 2025 est passée, mais les données publiées s’arrêtent au "
            "31 décembre 2024 : {value} entreprises pour une cible de 50 entreprises, depuis une "
            "valeur initiale de 10 entreprises (75 % du chemin)."
        ),
    ),
    "not computable": (
        ALONE | REACHED | {"value": Decimal(30), "operator": Operator.AT_MOST},
        (
            "Le taux d’avancement ne se calcule pas : la cible est à la baisse et la valeur "
            "initiale n’est pas connue. Dernière valeur publiée : {value} entreprises (2024)."
        ),
    ),
    "regressing": (
        ALONE | REACHED | {"value": Decimal(80), "baseline": 60, "due": date(2025, 12, 31)},
        (
            "Au 31 décembre 2024, la valeur est {of_value} entreprises : partie de "
            "60 entreprises, elle s’éloigne de la cible (80 entreprises)."
        ),
    ),
    "open-ended": (
        ALONE | REACHED | {"value": Decimal(50), "baseline": 10},
        (
            "Au 31 décembre 2024, {value} entreprises pour une cible de 50 entreprises, depuis "
            "une valeur initiale de 10 entreprises (75 % du chemin) ; aucune échéance n’est "
            "connue : on ne peut dire si le rythme suffit."
        ),
    ),
    "early": (
        ALONE | REACHED | {"value": Decimal(90), "baseline": 30, "due": date(2049, 12, 31)},
        (
            "Au 31 décembre 2024, la valeur est {of_value} entreprises, depuis une valeur "
            "initiale de 30 entreprises ; moins de 10 % du chemin était prévu à cette date : il "
            "est trop tôt pour juger du rythme."
        ),
    ),
    "paced": (
        ALONE | REACHED | {"value": Decimal(90), "baseline": 30, "due": date(2026, 1, 1)},
        (
            "Au 31 décembre 2024, la valeur est {of_value} entreprises ; la trajectoire "
            "prévoyait 60 entreprises à cette date, depuis une valeur initiale de "
            "30 entreprises : 33 % du chemin attendu."
        ),
    ),
    "abandoned": (
        ALONE | REACHED | {"value": Decimal(90), "abandoned": True},
        (
            "La mesure a été abandonnée, et sa cible avec elle. "
            "Dernière valeur publiée : {value} entreprises (2024)."
        ),
    ),
}


@pytest.mark.parametrize("stated", Qualifier)
@pytest.mark.parametrize(("asked", "expected"), SAID.values(), ids=SAID)
def test_a_value_is_said_as_exactly_as_it_is_stated(
    asked: dict[str, Any], expected: str, stated: Qualifier
) -> None:
    value, of_value = STATED[stated]
    assert sentence(year(2024, 40, stated), **asked) == expected.format(
        value=value, of_value=of_value
    )


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        (Qualifier.ABOUT, "d’environ 30 entreprises"),
        (Qualifier.AT_LEAST, "d’au moins 30 entreprises"),
        (Qualifier.AT_MOST, "d’au plus 30 entreprises"),
        (Qualifier.EXACT, "de 30 entreprises"),
    ],
)
@pytest.mark.parametrize(
    ("value", "due", "around"),
    [
        (20, date(2025, 12, 31), "partie {}, elle s’éloigne"),
        (40, date(2024, 12, 31), "depuis une valeur initiale {} (17 % du chemin)"),
        (40, date(2026, 1, 1), "depuis une valeur initiale {} : 33 % du chemin attendu."),
    ],
    ids=["regressing", "missed", "paced"],
)
def test_de_is_elided_before_the_precision_of_a_baseline(
    value: int, due: date, around: str, stated: Qualifier, words: str
) -> None:
    asked = ALONE | REACHED | {"value": Decimal(90), "due": due}
    said = sentence(year(2024, value), baseline=30, baseline_stated=stated, **asked)
    assert around.format(words) in said


def test_a_sum_is_said_as_its_parts_are_stated() -> None:
    about, at_least = Qualifier.ABOUT, Qualifier.AT_LEAST
    on = date(2022, 1, 1)
    for parts, words in (
        ((about, Qualifier.EXACT), "d’environ 71 entreprises"),
        ((about, at_least), "d’environ 71 entreprises"),
        ((at_least, Qualifier.EXACT), "d’au moins 71 entreprises"),
    ):
        said = sentence(year(2020, 30, parts[0]), year(2021, 41, parts[1]), on=on, **QUOTA)
        assert said.startswith(f"Au 31 décembre 2021, la valeur est {words} ; "), parts
    reached = sentence(
        *(year(number, 40, about) for number in (2020, 2021, 2022)), on=date(2023, 1, 1), **QUOTA
    )
    assert reached.startswith(
        "Chaque période a atteint sa valeur : environ 120 entreprises en tout, pour"
    )


# --- Past the due date, what the data lack ----------------------------------------------------


@pytest.mark.parametrize(
    ("years", "terms", "lack"),
    [
        ((2020, 2021), QUOTA, "s’arrêtent au 31 décembre 2021"),
        ((2021,), QUOTA, "s’arrêtent au 31 décembre 2021 et sont incomplètes"),
        ((2020, 2022), QUOTA, "sont incomplètes"),
        ((2021, 2022), TOTAL, "s’arrêtent au 31 décembre 2022"),
        ((2021, 2023), TOTAL, "s’arrêtent au 31 décembre 2023 et sont incomplètes"),
        ((2021, 2024), TOTAL, "sont incomplètes"),
        ((2022, 2023, 2024), TOTAL, "sont incomplètes"),
        ((2022,), TOTAL | {"start": None}, "s’arrêtent au 31 décembre 2022"),
        ((2021, 2024), TOTAL | {"start": None}, "sont incomplètes"),
    ],
)
def test_overdue_says_whether_data_stop_or_have_holes(
    years: tuple[int, ...], terms: dict[str, Any], lack: str
) -> None:
    said = sentence(*(year(number, 9) for number in years), on=date(2025, 6, 1), **terms)
    assert f"est passée, mais les données publiées {lack} : " in said


def test_a_hole_between_two_periods_of_a_quota_is_nobody_s() -> None:
    apart = {
        "kind": TargetKind.QUOTA,
        "periods": tuple(
            PeriodQuota(start=date(number, 1, 1), end=date(number, 12, 31), value=Decimal(35))
            for number in (2018, 2020, 2022)
        ),
    }
    said = sentence(year(2018, 30), year(2020, 41), on=date(2023, 3, 1), **apart)
    assert "les données publiées s’arrêtent au 31 décembre 2020 : " in said


def test_a_tolerance_and_values_left_out_are_said() -> None:
    straddling = Observed(start=date(2020, 7, 1), end=date(2021, 6, 30), value=Decimal(9))
    said = sentence(
        straddling,
        year(2022, 50),
        on=date(2023, 1, 1),
        **(TOTAL | {"tolerance": Decimal("0.1")}),
    )
    assert "la cible s’entend à 10 % près." in said
    assert said.endswith(
        "1 valeur publiée, à cheval sur la période de la cible, n’est pas comptée."
    )
