"""Every status, and the limits between them."""

from decimal import Decimal

import pytest

from indicators.progress import Limits, Series, Status, Target
from tests.indicators.builders import (
    AT_MOST,
    BY_2026,
    FROM_2024,
    TWO_YEARS,
    flow,
    level,
    observed,
    progress,
    ratio,
    share,
    stock,
    threshold,
    total,
)

# --- Every status ----------------------------------------------------------------------------


STATUSES: list[tuple[str, Status, Series, Target | None, str]] = [
    (
        "abandoned, whatever was reached",
        Status.ABANDONED,
        stock(observed("2025-12-31", 250), baseline=100),
        level(200, *FROM_2024, abandoned=True),
        "2026-02-01",
    ),
    (
        "followed without a target",
        Status.NO_TARGET,
        stock(observed("2025-12-31", 300)),
        None,
        "2026-02-01",
    ),
    ("before the first period", Status.UPCOMING, flow(), TWO_YEARS, "2023-12-31"),
    (
        "before the start, with an older value",
        Status.UPCOMING,
        stock(observed("2023-12-31", 90)),
        BY_2026,
        "2024-12-30",
    ),
    ("nothing published on the first day", Status.NOT_REPORTED, flow(), TWO_YEARS, "2024-01-01"),
    ("nothing published long after the end", Status.NOT_REPORTED, flow(), TWO_YEARS, "2030-01-01"),
    (
        "nothing published and no start known",
        Status.NOT_REPORTED,
        flow(),
        total(10, None, "2026-12-31"),
        "2020-01-01",
    ),
    (
        "published before the window only",
        Status.NOT_REPORTED,
        stock(observed("2023-12-31", 90)),
        BY_2026,
        "2025-06-30",
    ),
    (
        "threshold held by the latest, not by the one before",
        Status.MET,
        stock(observed("2024-12-31", 70), observed("2025-12-31", 81)),
        threshold(80),
        "2026-02-01",
    ),
    (
        "threshold held before, not by the latest",
        Status.NOT_MET,
        stock(observed("2024-12-31", 81), observed("2025-12-31", 70)),
        threshold(80),
        "2026-02-01",
    ),
    (
        "threshold judged at its latest after its end too",
        Status.MET,
        stock(observed("2024-12-31", 81)),
        threshold(80, None, "2025-12-31"),
        "2026-02-01",
    ),
    (
        "quota ended, reported and satisfied",
        Status.ACHIEVED,
        flow(observed("2024", 10), observed("2025", 11)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "total reached before its date",
        Status.ACHIEVED,
        flow(observed("2024", 20)),
        total(20, "2024-01-01", "2026-12-31"),
        "2025-02-01",
    ),
    (
        "total reached, though later years are not published",
        Status.ACHIEVED,
        flow(observed("2024", 20)),
        total(20, "2024-01-01", "2026-12-31"),
        "2029-02-01",
    ),
    (
        "level reached within its tolerance",
        Status.ACHIEVED,
        stock(observed("2025-12-31", 180), baseline=100),
        level(200, *FROM_2024, tolerance=Decimal("0.1")),
        "2026-02-01",
    ),
    (
        "level satisfied from the start, without a rate",
        Status.ACHIEVED,
        stock(observed("2025-12-31", 100), baseline=100),
        level(100, *FROM_2024),
        "2026-02-01",
    ),
    (
        "quota satisfied in one year of two",
        Status.PARTLY_ACHIEVED,
        flow(observed("2024", 9), observed("2025", 99)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "quota satisfied in no year",
        Status.MISSED,
        flow(observed("2024", 9), observed("2025", 9)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "total not reached, every day published",
        Status.MISSED,
        flow(observed("2024", 9), observed("2025", 9)),
        total(20, "2024-01-01", "2025-12-31"),
        "2026-01-01",
    ),
    (
        "level not reached at its date",
        Status.MISSED,
        stock(observed("2026-12-31", 199), baseline=100),
        BY_2026,
        "2027-01-01",
    ),
    (
        "quota whose last year is not published",
        Status.OVERDUE,
        flow(observed("2024", 99)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "quota whose last year is published in part",
        Status.OVERDUE,
        flow(observed("2024", 99), observed("2025-01-01/2025-11-30", 99)),
        TWO_YEARS,
        "2026-01-01",
    ),
    (
        "total with a hole in the middle",
        Status.OVERDUE,
        flow(observed("2024-01-01/2024-06-30", 9), observed("2025", 9)),
        total(20, "2024-01-01", "2025-12-31"),
        "2026-01-01",
    ),
    (
        "level not published at its date",
        Status.OVERDUE,
        stock(observed("2026-12-30", 199), baseline=100),
        BY_2026,
        "2027-01-01",
    ),
    (
        "falling level without baseline",
        Status.NOT_COMPUTABLE,
        stock(observed("2025-12-31", 90)),
        level(80, *FROM_2024, **AT_MOST),
        "2026-02-01",
    ),
    (
        "level below its baseline",
        Status.REGRESSING,
        stock(observed("2025-01-31", 99), baseline=100),
        BY_2026,
        "2025-02-01",
    ),
    (
        "level below zero, measured from zero: behind, there is nothing to fall back from",
        Status.BEHIND,
        stock(observed("2025-12-31", -1)),
        BY_2026,
        "2026-02-01",
    ),
    (
        "level without due date",
        Status.OPEN_ENDED,
        stock(observed("2025-12-31", 110), baseline=100),
        level(200, "2024-12-31", None),
        "2040-01-01",
    ),
    (
        "total without start",
        Status.OPEN_ENDED,
        flow(observed("2025", 5)),
        total(20, None, "2026-12-31"),
        "2026-02-01",
    ),
    (
        "a month into four years",
        Status.EARLY,
        flow(observed("2024-01-01/2024-01-31", 0)),
        total(20, "2024-01-01", "2027-12-31"),
        "2024-02-01",
    ),
    (
        "on the path",
        Status.ON_TRACK,
        stock(observed("2025-12-31", 150), baseline=100),
        BY_2026,
        "2026-02-01",
    ),
    (
        "a little below the path",
        Status.WATCH,
        stock(observed("2025-12-31", 145), baseline=100),
        BY_2026,
        "2026-02-01",
    ),
    (
        "well below the path",
        Status.BEHIND,
        stock(observed("2025-12-31", 140), baseline=100),
        BY_2026,
        "2026-02-01",
    ),
]


@pytest.mark.parametrize(
    ("status", "series", "target", "on"),
    [pytest.param(*case, id=f"{case[0]}: {name}") for name, *case in STATUSES],
)
def test_every_status(status: Status, series: Series, target: Target | None, on: str) -> None:
    assert progress(series, target, on).status == status


def test_no_status_is_left_without_an_example() -> None:
    assert {case[1] for case in STATUSES} == set(Status)


# --- Limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("147.5", Status.ON_TRACK),  # pace 0.95 exactly
        ("147.4999999", Status.WATCH),
        ("142.5", Status.WATCH),  # pace 0.85 exactly
        ("142.4999999", Status.BEHIND),
    ],
)
def test_a_value_on_a_limit_is_on_its_better_side(value: str, status: Status) -> None:
    series = stock(observed("2025-12-31", value), baseline=100)
    assert progress(series, BY_2026, "2026-02-01").status == status


def test_a_limit_is_exact_where_rounded_quotients_would_miss_it() -> None:
    """Expected 5/3 and observed 19/12: 0.95 of it, where 28 digits give 0.949...996."""
    series = ratio(share("2025-12-01/2025-12-31", 19, 1200), baseline=0)
    target = level(5, "2025-11-30", "2026-03-03")  # 31 days of 93
    result = progress(series, target, "2026-02-01")
    assert (result.pace, result.status) == (Decimal("0.95"), Status.ON_TRACK)


def test_a_plan_sets_its_own_limits() -> None:
    series = stock(observed("2025-12-31", 140), baseline=100)  # pace 0.8
    loose = Limits(on_track=Decimal("0.8"), watch=Decimal("0.5"))
    late = Limits(early=Decimal("0.6"))
    assert progress(series, BY_2026, "2026-02-01", limits=loose).status == Status.ON_TRACK
    assert progress(series, BY_2026, "2026-02-01", limits=late).status == Status.EARLY


def test_a_tenth_of_the_target_is_no_longer_early() -> None:
    series = stock(observed("2025-01-10", 100), baseline=100)
    assert progress(series, level(200, "2024-12-31", "2025-04-10"), "2025-02-01").status == (
        Status.BEHIND
    )
    assert progress(series, level(200, "2024-12-31", "2025-04-11"), "2025-02-01").status == (
        Status.EARLY
    )
