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
    Series,
    TargetKind,
    evaluate,
)
from indicators.progress import Target as Terms
from plans.models import Plan
from tests.typography import plain

UNIT = Unit(code="entreprises", name="entreprise", name_plural="entreprises")
INDICATOR = Indicator(plan=Plan(), unit=UNIT, measurement="flow")


def year(number: int, value: int) -> Observed:
    return Observed(
        start=date(number, 1, 1), end=date(number, 12, 31), value=Decimal(value), sequence=number
    )


def sentence(
    *observed: Observed,
    on: date,
    measurement: Measurement = Measurement.FLOW,
    target: Target | None = None,
    baseline: int | None = None,
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
        indicator=INDICATOR,
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
        "31 décembre 2021 ou sont incomplètes : 71 entreprises pour une cible de "
        "105 entreprises (68 %). C’est un minimum (périodes échues renseignées : 2 sur 3). "
        + DERIVED
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
        "La cible a été abandonnée le 1er juin 2023 : Crédits non votés. "
        "Dernière valeur publiée : 7 entreprises (2021)."
    )
    assert sentence(on=date(2024, 1, 1), target=Target(), **terms) == (
        "La mesure a été abandonnée, et sa cible avec elle. Aucune valeur n’a été publiée."
    )


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
