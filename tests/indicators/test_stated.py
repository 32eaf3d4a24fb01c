"""How a value is to be read: the same said of what is stored as of what is reckoned now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dashboards.lines import lines_of
from indicators.evaluation import evaluate_indicators
from indicators.models import Indicator, ProgressRecord
from indicators.services import progress_of, refresh_all_progress
from tests.factories import IndicatorFactory, ObservationFactory, TargetFactory

pytestmark = pytest.mark.django_db

ON = date(2023, 3, 1)
YEARS_35 = dict.fromkeys((2019, 2020, 2022), 35)
TOTAL = {"starts_on": date(2020, 1, 1), "due_on": date(2022, 12, 31)}

Value = tuple[str, str, str]
"""The first and the last day of a period, and how its value is stated."""


def of_year(year: int, stated: str) -> Value:
    return (f"{year}-01-01", f"{year}-12-31", stated)


CASES: dict[str, tuple[str, dict[str, Any] | None, list[Value], str | None]] = {
    "nothing published": ("flow", {"kind": "quota", "periods": YEARS_35}, [], None),
    "no target": ("flow", None, [of_year(2019, "about"), of_year(2020, "at_most")], "at_most"),
    "no target, exact after about": (
        "flow",
        None,
        [of_year(2019, "about"), of_year(2020, "exact")],
        "exact",
    ),
    "not yet ended": (
        "flow",
        None,
        [of_year(2022, "about"), ("2023-01-01", "2023-06-30", "at_least")],
        "about",
    ),
    "a quota, whole": (
        "flow",
        {"kind": "quota", "periods": YEARS_35},
        [of_year(2019, "about"), of_year(2020, "exact"), of_year(2022, "exact")],
        "about",
    ),
    "a quota, unlike parts": (
        "flow",
        {"kind": "quota", "periods": YEARS_35},
        [of_year(2019, "at_most"), of_year(2020, "at_least"), of_year(2022, "exact")],
        "about",
    ),
    "a quota, what lies between its periods is not counted": (
        "flow",
        {"kind": "quota", "periods": YEARS_35},
        [
            of_year(2019, "at_most"),
            of_year(2020, "at_most"),
            of_year(2021, "about"),
            of_year(2022, "at_most"),
        ],
        "at_most",
    ),
    "a quota that lacks a period": (
        "flow",
        {"kind": "quota", "periods": YEARS_35},
        [of_year(2019, "about")],
        "at_least",
    ),
    "a total": (
        "flow",
        TOTAL,
        [of_year(2020, "exact"), of_year(2021, "at_most"), of_year(2022, "exact")],
        "at_most",
    ),
    "a total, what straddles its start is left out": (
        "flow",
        {"starts_on": date(2020, 7, 1), "frequency": None},
        [of_year(2020, "about"), of_year(2021, "at_most"), of_year(2022, "at_most")],
        "at_most",
    ),
    "a total of unknown start": (
        "flow",
        {"starts_on": None, "due_on": date(2021, 12, 31)},
        [of_year(2019, "about"), of_year(2021, "exact"), of_year(2022, "at_most")],
        "about",
    ),
    "a level": (
        "stock",
        {"level": True, "starts_on": date(2019, 1, 1)},
        [of_year(2021, "about"), of_year(2022, "at_least")],
        "at_least",
    ),
    "a level that is over, with a value after it": (
        "stock",
        {"level": True, "starts_on": date(2019, 1, 1), "due_on": date(2021, 12, 31)},
        [of_year(2021, "about"), of_year(2022, "exact")],
        "about",
    ),
    "of a level known twice that day, the later to begin": (
        "stock",
        {"level": True, "starts_on": date(2019, 1, 1)},
        [of_year(2022, "about"), ("2022-12-31", "2022-12-31", "exact")],
        "exact",
    ),
    "a threshold": (
        "flow",
        {"threshold": True},
        [of_year(2021, "exact"), of_year(2022, "about")],
        "about",
    ),
}


def made(measurement: str, target: dict[str, Any] | None, values: list[Value]) -> Indicator:
    target = None if target is None else dict(target)
    frequency = "year" if target is None else target.pop("frequency", "year")
    indicator: Indicator = IndicatorFactory.create(measurement=measurement, frequency=frequency)
    if target is not None and target.get("kind") == "quota":
        TargetFactory.with_yearly_quota(target["periods"], indicator=indicator)
    elif target is not None:
        TargetFactory.create(indicator=indicator, **target)
    for start, end, qualifier in values:
        ObservationFactory.create(
            indicator=indicator,
            period_start=date.fromisoformat(start),
            period_end=date.fromisoformat(end),
            value=Decimal(30),
            qualifier=qualifier,
            published=True,
        )
    return indicator


@pytest.mark.parametrize(("measurement", "target", "values", "expected"), CASES.values(), ids=CASES)
def test_one_rule_for_what_is_reckoned_stored_and_shown(
    measurement: str, target: dict[str, Any] | None, values: list[Value], expected: str | None
) -> None:
    indicator = made(measurement, target, values)
    # What another indicator states is not mixed in.
    made("flow", {"kind": "quota", "periods": YEARS_35}, [of_year(2019, "about")])
    [reckoned] = evaluate_indicators([indicator], on=ON)[indicator.pk]
    [now] = progress_of([indicator], on=ON, with_qualifiers=True)[indicator.pk]
    [shown_now] = lines_of("pk", indicator.pk, on=ON)
    refresh_all_progress(on=ON)
    [stored] = progress_of([indicator], on=ON, with_qualifiers=True)[indicator.pk]
    [shown] = lines_of("pk", indicator.pk, on=ON)
    assert stored.pk is not None
    said = [
        reckoned.result.value_qualifier,
        now.value_qualifier,
        shown_now.qualifier,
        stored.value_qualifier,
        shown.qualifier,
    ]
    assert said == [expected] * 5
    assert (stored.value is None) == (expected is None)


def test_two_targets_of_one_indicator_are_told_apart() -> None:
    indicator = made("flow", TOTAL, [of_year(2018, "about"), of_year(2020, "at_most")])
    TargetFactory.create(indicator=indicator, code="long", position=1, due_on=date(2022, 12, 31))
    refresh_all_progress(on=ON)
    short, long = progress_of([indicator], on=ON, with_qualifiers=True)[indicator.pk]
    # The first lacks two years of three; of the second nobody knows the start.
    assert (short.value_qualifier, long.value_qualifier) == ("at_least", "about")


def test_what_nobody_asked_for_is_not_made_up() -> None:
    indicator = made("flow", None, [of_year(2020, "about")])
    refresh_all_progress(on=ON)
    [record] = progress_of([indicator], on=ON)[indicator.pk]
    assert isinstance(record, ProgressRecord)
    with pytest.raises(AttributeError):
        _said = record.value_qualifier
