"""The time that a value is said to cover: the same on the line of a plan and on its own page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from dashboards.lines import lines_of
from dashboards.pages.indicator import indicator_page
from indicators.models import Indicator
from indicators.services import refresh_all_progress
from measures.models import Measure
from tests.factories import IndicatorFactory, ObservationFactory, TargetFactory
from tests.indicators.builders import period

pytestmark = pytest.mark.django_db

TOTAL = {"starts_on": date(2020, 1, 1), "due_on": date(2029, 12, 31)}
H1, H2 = "2021-01-01/2021-06-30", "2021-07-01/2021-12-31"
NEXT_H1 = "2022-01-01/2022-06-30"


def covered(indicator: Indicator, *, on: date) -> tuple[str, str]:
    """The period on a line, the same of progress evaluated now and stored, and on the page."""
    (now,) = lines_of("pk", indicator.pk, on=on)
    refresh_all_progress(on=on)
    (stored,) = lines_of("pk", indicator.pk, on=on)
    assert now.value_period == stored.value_period
    (reading,) = indicator_page(indicator, on=on).lines
    return stored.value_period, reading.value_period


def given(pack: Measure, frequency: str | None, *periods: str) -> Indicator:
    indicator: Indicator = IndicatorFactory.create(
        plan=pack.plan, measure=pack, frequency=frequency
    )
    for text in periods:
        start, end = period(text)
        ObservationFactory.create(
            indicator=indicator, period_start=start, period_end=end, published=True
        )
    return indicator


@pytest.mark.parametrize(
    ("frequency", "periods", "shown"),
    [
        ("year", ["2020", "2021", "2022"], "2020–2022"),
        ("year", ["2020", "2021"], "2020–2021"),
        ("year", ["2020", "2022"], ""),
        ("half_year", ["2020", H1], "du 1er janvier 2020 au 30 juin 2021"),
        ("half_year", ["2020", H2], ""),
        ("year", ["2020", H1, H2], "2020–2021"),
        ("year", ["2020", "2021", NEXT_H1], "du 1er janvier 2020 au 30 juin 2022"),
        (None, ["2020"], "2020"),
        ("once", ["2020"], "2020"),
    ],
)
def test_a_sum_covers_its_periods_up_to_the_last_reported(
    pack: Measure, frequency: str | None, periods: list[str], shown: str
) -> None:
    """A period nobody reported after them, 2022 here, makes no hole in what they cover."""
    indicator = given(pack, frequency, *periods)
    TargetFactory.create(indicator=indicator, **TOTAL)
    assert covered(indicator, on=date(2023, 3, 1)) == (shown, shown)


@pytest.mark.parametrize(
    ("asked", "periods", "shown"),
    [
        ((2020, 2021, 2022), ["2020", "2021"], "2020–2021"),
        ((2020, 2021, 2022), ["2020", "2022"], ""),
        ((2020, 2022), ["2020", "2022"], ""),
        ((2020, 2021, 2022), ["2020", H1], "du 1er janvier 2020 au 30 juin 2021"),
        ((2020, 2021, 2022), ["2020", H2], ""),
    ],
)
def test_a_quota_likewise(
    pack: Measure, asked: tuple[int, ...], periods: list[str], shown: str
) -> None:
    indicator = given(pack, "year", *periods)
    TargetFactory.with_yearly_quota(dict.fromkeys(asked, 35), indicator=indicator)
    assert covered(indicator, on=date(2023, 3, 1)) == (shown, shown)


def test_the_day_on_which_a_period_ends_it_is_covered(pack: Measure) -> None:
    indicator = given(pack, "year", "2020", "2021")
    TargetFactory.create(indicator=indicator, **TOTAL)
    assert covered(indicator, on=date(2021, 12, 31)) == ("2020–2021", "2020–2021")


def test_of_values_without_rhythm_a_line_claims_no_more_than_it_knows(pack: Measure) -> None:
    indicator = given(pack, None, "2021", "2022")
    TargetFactory.create(indicator=indicator, **TOTAL)
    assert covered(indicator, on=date(2023, 3, 1)) == ("", "2021–2022")


def test_a_level_is_that_of_its_own_period(pack: Measure) -> None:
    indicator = IndicatorFactory.create(plan=pack.plan, measure=pack, stock=True)
    ObservationFactory.create(indicator=indicator, year=2021, value=Decimal(9), published=True)
    assert covered(indicator, on=date(2023, 3, 1)) == ("2021", "2021")
