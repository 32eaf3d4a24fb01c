"""What makes a value doubtful, on each side of each limit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from indicators.plausibility import Doubt, DoubtCode, doubts_about
from indicators.progress import Measurement, Observed, Series

ON = date(2026, 11, 21)
PREVIOUS = Observed(start=date(2024, 1, 1), end=date(2024, 12, 31), value=Decimal(30), sequence=1)


def observed(
    value: str, *, start: date = date(2025, 1, 1), end: date = date(2025, 12, 31)
) -> Observed:
    return Observed(start=start, end=end, value=Decimal(value))


def codes(
    one: Observed,
    *published: Observed,
    measurement: Measurement = Measurement.FLOW,
    promised: tuple[str, ...] = (),
    percentage: bool = False,
    counting: bool = False,
    baseline: str | None = None,
) -> list[DoubtCode]:
    doubts = doubts_about(
        one,
        Series(
            measurement=measurement,
            observations=published,
            ratio_scale=Decimal(100),
            baseline=None if baseline is None else Decimal(baseline),
        ),
        promised=map(Decimal, promised),
        percentage=percentage,
        counting=counting,
        decimals=1,
        on=ON,
    )
    return [doubt.code for doubt in doubts]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("90", []),
        ("90.1", [DoubtCode.HIGHER]),
        ("10", []),
        ("9.9", [DoubtCode.LOWER]),
        ("0", [DoubtCode.LOWER]),
        ("-30", [DoubtCode.OTHER_SIGN]),
    ],
)
def test_against_the_previous_value(value: str, expected: list[DoubtCode]) -> None:
    assert codes(observed(value), PREVIOUS) == expected


def test_the_doubt_names_what_it_is_held_against() -> None:
    series = Series(measurement=Measurement.FLOW, observations=(PREVIOUS,))
    assert doubts_about(
        observed("300"),
        series,
        promised=[Decimal(20)],
        percentage=False,
        counting=True,
        decimals=0,
        on=ON,
    ) == [
        Doubt(DoubtCode.HIGHER, Decimal(30), PREVIOUS),
        Doubt(DoubtCode.BEYOND_TARGET, Decimal(20)),
    ]


def test_a_previous_zero_is_compared_with_nothing() -> None:
    zero = Observed(start=PREVIOUS.start, end=PREVIOUS.end, value=Decimal(0), sequence=1)
    assert codes(observed("1000"), zero) == []


def test_a_flow_is_compared_only_with_a_period_as_long() -> None:
    quarter = observed("8", start=date(2025, 1, 1), end=date(2025, 3, 31))
    assert codes(quarter, PREVIOUS) == []
    assert codes(quarter, PREVIOUS, measurement=Measurement.STOCK) == [DoubtCode.LOWER]


def test_months_of_28_and_31_days_are_as_long() -> None:
    january = Observed(start=date(2025, 1, 1), end=date(2025, 1, 31), value=Decimal(10), sequence=1)
    february = observed("100", start=date(2025, 2, 1), end=date(2025, 2, 28))
    assert codes(february, january) == [DoubtCode.HIGHER]


def test_what_it_would_replace_and_what_comes_later_are_not_compared_with() -> None:
    same = Observed(start=date(2025, 1, 1), end=date(2025, 12, 31), value=Decimal(1), sequence=2)
    assert codes(observed("100"), same) == []


def test_against_the_largest_promise() -> None:
    assert codes(observed("350"), promised=("35", "20")) == []
    assert codes(observed("351"), promised=("35", "20")) == [DoubtCode.BEYOND_TARGET]
    assert codes(observed("351"), promised=("0",)) == []


def test_a_ratio_is_compared_in_its_unit() -> None:
    before = Observed(
        start=PREVIOUS.start,
        end=PREVIOUS.end,
        numerator=Decimal(20),
        denominator=Decimal(100),
        sequence=1,
    )
    now = Observed(
        start=date(2025, 1, 1),
        end=date(2025, 12, 31),
        numerator=Decimal(130),
        denominator=Decimal(100),
    )
    assert codes(now, before, measurement=Measurement.RATIO, percentage=True) == [
        DoubtCode.HIGHER,
        DoubtCode.NOT_A_SHARE,
    ]


def test_a_period_that_has_not_ended() -> None:
    running = observed("30", start=date(2026, 1, 1), end=date(2026, 12, 31))
    assert codes(running, PREVIOUS) == [DoubtCode.NOT_ENDED]
    assert codes(observed("30", start=ON, end=ON)) == []


def test_a_count_below_zero() -> None:
    assert codes(observed("-3"), counting=True) == [DoubtCode.NOT_A_COUNT]
    assert codes(observed("0"), counting=True) == []
    assert codes(observed("-3"), counting=False) == []
    # Said once: the previous value says it already.
    assert codes(observed("-3"), PREVIOUS, counting=True) == [DoubtCode.OTHER_SIGN]


def test_a_variation_goes_below_zero_as_what_is_known_of_it_does() -> None:
    loss = Observed(start=PREVIOUS.start, end=PREVIOUS.end, value=Decimal(-2), sequence=1)
    assert codes(observed("-3"), loss, counting=True) == []
    # A slip is not excused by the slip that it replaces.
    assert codes(observed("-3"), observed("-2"), counting=True) == [DoubtCode.NOT_A_COUNT]
    assert codes(observed("-3"), counting=True, promised=("-10",)) == []
    assert codes(observed("-3"), counting=True, baseline="-1") == []
    assert codes(observed("-3"), counting=True, baseline="1") == [DoubtCode.NOT_A_COUNT]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12.5", []), ("12.50", []), ("1E+3", []), ("12.55", [DoubtCode.FINER])],
)
def test_more_decimals_than_the_unit_shows(value: str, expected: list[DoubtCode]) -> None:
    assert codes(observed(value)) == expected


def test_a_ratio_is_shown_with_its_parts_however_many_decimals_it_has() -> None:
    third = Observed(
        start=date(2025, 1, 1),
        end=date(2025, 12, 31),
        numerator=Decimal("1.25"),
        denominator=Decimal(3),
    )
    assert codes(third, measurement=Measurement.RATIO, percentage=True) == []
