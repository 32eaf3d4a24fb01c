"""Aggregates and percentages on their own, and what is taken as numbers and codes."""

from decimal import Decimal, localcontext
from typing import Any

import pytest

from indicators.progress import Measurement, Operator, Series, Target, aggregate, display_percent
from tests.indicators.builders import FROM_2024, day, flow, observed, progress, share, total


def test_aggregates() -> None:
    years = (observed("2025", "0.10"), observed("2024", "0.2"))
    assert aggregate(Measurement.FLOW, years) == Decimal("0.3")
    assert aggregate(Measurement.STOCK, years) == Decimal("0.1")
    assert aggregate(Measurement.RATIO, (share("2025", 1, 4),)) == Decimal("0.25")
    assert [aggregate(measurement, ()) for measurement in Measurement] == [None, None, None]


def test_an_aggregate_never_takes_a_missing_number_for_zero() -> None:
    with pytest.raises(ValueError, match="a required number is missing"):
        aggregate(Measurement.FLOW, (share("2025", 1, 4),))


@pytest.mark.parametrize(
    ("rate", "percent"),
    [
        ("0", 0),
        ("0.003", 1),
        ("-0.003", -1),
        ("0.0000000001", 1),
        ("0.004", 1),
        ("0.014", 1),
        ("0.015", 2),
        ("0.59", 59),
        ("0.4057", 41),
        ("0.994", 99),
        ("0.995", 99),
        ("0.996", 99),
        ("0.9999999999999999999999999999", 99),
        ("1", 100),
        ("1.00", 100),
        ("1.004", 101),
        ("1.0000000000000000000000000001", 101),
        ("1.015", 102),
        ("2.5", 250),
        ("-0.5", -50),
        ("-1", -100),
        ("-0.996", -100),
        ("12345678901234567890", 1234567890123456789000),
    ],
)
def test_a_percentage_shows_0_and_100_only_when_exact(rate: str, percent: int) -> None:
    assert display_percent(Decimal(rate)) == percent


def test_results_do_not_depend_on_the_precision_of_the_caller() -> None:
    series = flow(observed("2024", "123456.789"), observed("2025", "0.001"))
    target = total("333333.333", "2024-01-01", "2026-12-31")
    expected = progress(series, target, "2026-02-01")
    with localcontext() as context:
        context.prec = 3
        assert progress(series, target, "2026-02-01") == expected
        assert display_percent(Decimal("0.99996")) == 99


def test_codes_may_be_plain_text_as_a_database_row_gives_them() -> None:
    plain: Any = {"kind": "level", "operator": "at_most"}
    target = Target(value=Decimal(80), start=day(FROM_2024[0]), due=day(FROM_2024[1]), **plain)
    row: Any = {"measurement": "stock", "frequency": "year"}
    series = Series(observations=(observed("2025-12-31", 90),), baseline=Decimal(100), **row)
    result = progress(series, target, "2026-02-01")
    assert result.rate == Decimal("0.5")
    assert target.operator == Operator.AT_MOST
    assert result.next_due == day("2026-12-31")
