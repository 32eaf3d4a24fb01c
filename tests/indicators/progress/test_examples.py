"""The rules of progress, as examples that can be checked by hand: those of the design, and one of
every kind.
"""

from decimal import Decimal
from typing import Any

import pytest

from indicators.progress import Coverage, Frequency, Freshness, Series, Status, Target
from tests.indicators.builders import (
    AT_MOST,
    FROM_2024,
    day,
    flow,
    level,
    observed,
    progress,
    ratio,
    share,
    stock,
    threshold,
    total,
    yearly,
)


def thousandths(number: Decimal | None) -> Decimal | None:
    return None if number is None else number.quantize(Decimal("0.0001"))


# --- The worked examples of the design -------------------------------------------------------


def test_35_companies_a_year_with_two_years_of_three_published() -> None:
    series = flow(observed("2020", 30), observed("2021", 41), frequency=Frequency.YEAR, lag_days=90)
    result = progress(series, yearly(35, 2020, 2024), "2023-03-01")

    assert (result.value, result.target_value, result.derived_total) == (71, 175, True)
    assert thousandths(result.rate) == Decimal("0.4057")
    assert (result.expected, thousandths(result.pace)) == (70, Decimal("1.0143"))
    assert result.status == Status.ON_TRACK
    assert result.coverage == Coverage(reported=2, ended=3, total=5)
    assert result.coverage.partial
    assert result.freshness == Freshness.DUE
    assert [(one.value, one.satisfied, one.ended, one.complete) for one in result.periods] == [
        (30, False, True, True),
        (41, True, True, True),
        (None, None, True, False),
        (None, None, False, False),
        (None, None, False, False),
    ]
    assert [one.rate for one in result.periods] == [
        Decimal(30) / 35,
        Decimal(41) / 35,
        None,
        None,
        None,
    ]


def test_35_companies_a_year_is_stale_when_the_lag_is_shorter() -> None:
    series = flow(observed("2021", 41), frequency=Frequency.YEAR, lag_days=30)
    assert progress(series, yearly(35, 2020, 2024), "2023-03-01").freshness == Freshness.STALE


def test_from_2500_to_5000_students_with_3000_after_two_years_of_five() -> None:
    series = stock(observed("2026-12-31", 3000), baseline=2500, baseline_on="2024-12-31")
    result = progress(series, level(5000, "2024-12-31", "2029-12-31"), "2027-03-01")

    assert result.rate == Decimal("0.2")
    assert thousandths(result.expected_share) == Decimal("0.3998")
    assert result.expected_share == Decimal(730) / Decimal(1826)
    assert thousandths(result.pace) == Decimal("0.5003")
    assert result.status == Status.BEHIND
    assert result.measured_from == day("2024-12-31")


@pytest.mark.parametrize(
    ("observation", "on", "status"),
    [
        ("2025-06-30", "2025-07-15", Status.REGRESSING),
        ("2025-12-31", "2025-12-31", Status.REGRESSING),
        ("2025-12-31", "2026-01-01", Status.MISSED),
        ("2025-06-30", "2026-01-01", Status.OVERDUE),
    ],
)
def test_110_where_at_most_80_was_promised_from_100(
    observation: str, on: str, status: Status
) -> None:
    series = stock(observed(observation, 110), baseline=100)
    result = progress(series, level(80, "2023-12-31", "2025-12-31", **AT_MOST), on)
    assert (result.rate, result.status) == (Decimal("-0.5"), status)


# --- Every kind, measurement and direction ---------------------------------------------------

KINDS: list[tuple[str, Series, Target, dict[str, Any]]] = [
    (
        "quota of a flow",
        flow(observed("2025", 30)),
        yearly(35, 2025, 2026),
        {"value": 30, "rate": Decimal(30) / 70, "expected": 35, "status": Status.WATCH},
    ),
    (
        "total of a flow",
        flow(observed("2025", 20)),
        total(100, "2025-01-01", "2029-12-30"),  # 5 × 365 days, as 2028 has 366
        {"value": 20, "rate": Decimal("0.2"), "expected": 20, "status": Status.ON_TRACK},
    ),
    (
        "rising level of a stock",
        stock(observed("2025-12-31", 18), baseline=10),
        level(30, *FROM_2024),
        {"value": 18, "rate": Decimal("0.4"), "expected": 20, "status": Status.BEHIND},
    ),
    (
        "falling level of a stock",
        stock(observed("2025-12-31", 90), baseline=100),
        level(80, *FROM_2024, **AT_MOST),
        {"value": 90, "rate": Decimal("0.5"), "expected": 90, "status": Status.ON_TRACK},
    ),
    (
        "rising level of a ratio",
        ratio(share("2025", 6, 10), baseline=40),
        level(80, *FROM_2024),
        {"value": 60, "rate": Decimal("0.5"), "expected": 60, "status": Status.ON_TRACK},
    ),
    (
        "falling level of a ratio",
        ratio(share("2025", 9, 20), baseline=50),
        level(30, *FROM_2024, **AT_MOST),
        {"value": 45, "rate": Decimal("0.25"), "expected": 40, "status": Status.BEHIND},
    ),
    (
        "rising level without baseline, from zero",
        stock(observed("2025-12-31", 12)),
        level(30, *FROM_2024),
        {"value": 12, "rate": Decimal("0.4"), "expected": 15, "from_zero": True},
    ),
    (
        "at least, every year, of a flow",
        flow(observed("2025", 3)),
        threshold(2),
        {"value": 3, "rate": None, "expected": None, "status": Status.MET},
    ),
    (
        "at most, every year, of a flow",
        flow(observed("2025", 12)),
        threshold(10, **AT_MOST),
        {"value": 12, "satisfied": False, "status": Status.NOT_MET},
    ),
    (
        "at least, at every date, of a stock",
        stock(observed("2025-12-31", 79)),
        threshold(80),
        {"value": 79, "satisfied": False, "status": Status.NOT_MET},
    ),
    (
        "at most, at every date, of a stock",
        stock(observed("2025-12-31", 80)),
        threshold(80, **AT_MOST),
        {"value": 80, "satisfied": True, "status": Status.MET},
    ),
    (
        "at least, at every survey, of a ratio",
        ratio(share("2025", 4, 5)),
        threshold(80),
        {"value": 80, "satisfied": True, "status": Status.MET},
    ),
    (
        "at most, at every survey, of a ratio",
        ratio(share("2025", 1, 10)),
        threshold(5, **AT_MOST),
        {"value": 10, "satisfied": False, "status": Status.NOT_MET},
    ),
]


@pytest.mark.parametrize(
    ("series", "target", "facts"),
    [pytest.param(*case, id=name) for name, *case in KINDS],
)
def test_every_kind_measurement_and_direction(
    series: Series, target: Target, facts: dict[str, Any]
) -> None:
    result = progress(series, target, "2026-02-01")
    assert {name: getattr(result, name) for name in facts} == facts
