"""Charts as indicators give them: one of each kind, and those that break drawings."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

from dashboards.charts import Chart, chart_of
from indicators.progress import Frequency, Qualifier, Series, Target, evaluate
from tests.indicators.builders import (
    AT_MOST,
    day,
    flow,
    level,
    observed,
    quota,
    ratio,
    share,
    stock,
    threshold,
    total,
    yearly,
)

YEARLY: dict[str, Any] = {"frequency": Frequency.YEAR}
MONTHLY: dict[str, Any] = {"frequency": Frequency.MONTH}
QUARTERS = ("01-01/{}-03-31", "04-01/{}-06-30", "07-01/{}-09-30", "10-01/{}-12-31")


def chart(series: Series, target: Target | None, on: str, **more: Any) -> Chart:
    words = {"title": "Entreprises accompagnées", "unit": "entreprises", **more}
    return chart_of(series, target, evaluate(series, target, on=day(on)), **words)


def months(count: int) -> list[str]:
    firsts = [date(2020 + index // 12, index % 12 + 1, 1) for index in range(count + 1)]
    return [
        f"{first}/{date.fromordinal(following.toordinal() - 1)}"
        for first, following in itertools.pairwise(firsts)
    ]


def quarters(year: int) -> list[str]:
    return [f"{year}-{quarter.format(year)}" for quarter in QUARTERS]


def many(*left_out: int) -> list[Any]:
    return [
        observed(when, 1000 + index * 13)
        for index, when in enumerate(months(60))
        if index not in left_out
    ]


ON_PATH = level(5000, "2024-12-31", "2029-12-31")
LEVEL_SERIES = stock(
    observed("2025-12-31", 2700),
    observed("2026-12-31", 3000),
    baseline=2500,
    baseline_on="2024-12-31",
    **YEARLY,
)

CASES: dict[str, Chart] = {
    "quota": chart(
        flow(observed("2020", 30), observed("2021", 41), **YEARLY),
        yearly(35, 2020, 2024),
        "2023-03-01",
    ),
    "quota, nothing published": chart(flow(**YEARLY), yearly(35, 2020, 2024), "2026-01-01"),
    "quota, each year more": chart(
        flow(observed("2022", 12), observed("2024", 31), **YEARLY),
        quota({"2022": 10, "2023": 20, "2024": 30, "2025": 40}),
        "2025-06-01",
    ),
    "quota, stated loosely": chart(
        flow(
            observed("2020", 80, provisional=True),
            observed("2021", 35, qualifier=Qualifier.ABOUT),
            observed("2022-01-01/2022-06-30", 10, qualifier=Qualifier.AT_LEAST),
        ),
        yearly(35, 2020, 2022, tolerance=Decimal("0.1")),
        "2023-03-01",
    ),
    "quota by quarter": chart(
        flow(*(observed(when, 5) for when in quarters(2021)), frequency=Frequency.QUARTER),
        quota(dict.fromkeys([*quarters(2021), *quarters(2022), *quarters(2023)], 7)),
        "2023-01-10",
    ),
    "quota of sixty months": chart(
        flow(*many(3, 4, 5, 58, 59), **MONTHLY), quota(dict.fromkeys(months(60), 30)), "2024-12-02"
    ),
    "quota of school years": chart(
        flow(observed("2021-09-01/2022-08-31", 900)),
        quota({"2020-09-01/2021-08-31": 1000, "2021-09-01/2022-08-31": 1000}),
        "2023-03-01",
    ),
    "total": chart(
        flow(observed("2020", 12), observed("2021", 18), observed("2022", 9), **YEARLY),
        total(100, "2020-01-01", "2027-12-31"),
        "2023-03-01",
    ),
    "total with a hole": chart(
        flow(observed("2020", 12), observed("2022", 45), **YEARLY),
        total(100, "2020-01-01", "2024-12-31"),
        "2023-03-01",
    ),
    "total, nothing published": chart(
        flow(**YEARLY), total(3, "2019-06-20", "2024-06-19"), "2023-03-01"
    ),
    "total, exceeded": chart(
        flow(observed("2020", 60), observed("2021", 110, provisional=True)),
        total(100, "2020-01-01", "2024-12-31"),
        "2023-03-01",
    ),
    "total without dates": chart(flow(observed("2020", 20)), total(100, None, None), "2023-03-01"),
    "level": chart(LEVEL_SERIES, ON_PATH, "2027-03-01"),
    "level, nothing published": chart(
        stock(baseline=2500, baseline_on="2024-12-31", **YEARLY), ON_PATH, "2027-03-01"
    ),
    "level, decreasing": chart(
        stock(observed("2023-12-31", "110.25"), baseline=100, baseline_on="2020-12-31", **YEARLY),
        level(80, "2020-12-31", "2025-12-31", **AT_MOST),
        "2024-06-01",
        decimals=2,
    ),
    "level, decreasing without baseline": chart(
        stock(observed("2023-12-31", 97)),
        level(80, "2020-12-31", "2025-12-31", **AT_MOST),
        "2024-06-01",
    ),
    "level through checkpoints": chart(
        stock(observed("2024-06-30", 61), baseline=10),
        level(100, "2021-12-31", "2026-12-31", through={"2023-12-31": 30, "2025-06-30": 80}),
        "2024-09-01",
    ),
    "level below zero": chart(
        stock(observed("2022-12-31", -4), baseline=-20),
        level(10, "2020-12-31", "2025-12-31"),
        "2024-06-01",
    ),
    "level of millions": chart(
        stock(observed("2022-12-31", 123_456_789), baseline=50_000_000),
        level(350_000_000, "2020-12-31", "2025-12-31"),
        "2024-06-01",
        unit="€",
    ),
    "level, zero observed": chart(
        stock(observed("2022-12-31", 0)), level(4, "2021-12-31", "2025-12-31"), "2023-06-01"
    ),
    "level without due date": chart(
        stock(observed("2025-06-30", 9)), level(18, None, None), "2025-11-20", unit="chaires"
    ),
    "threshold": chart(
        ratio(share("2020", 170, 200), share("2021", 158, 200), share("2023", 166, 200), **YEARLY),
        threshold(80, "2020-01-01", "2025-12-31"),
        "2024-06-01",
        unit="%",
        decimals=1,
    ),
    "threshold, at most": chart(
        stock(observed("2021-12-31", 40), observed("2022-12-31", 50)),
        threshold(48, **AT_MOST),
        "2023-08-01",
    ),
    "no target, two values": chart(
        stock(
            observed("2021-06-30", 200, qualifier=Qualifier.ABOUT),
            observed("2022-06-30", 300, qualifier=Qualifier.AT_LEAST),
        ),
        None,
        "2025-11-20",
    ),
    "no target, one value": chart(
        stock(observed("2022-03-31", 6)), None, "2025-11-20", unit="thèses"
    ),
    "no target, sixty values": chart(stock(*many(30, 31), **MONTHLY), None, "2025-01-20"),
    "no target, what happened each year": chart(
        flow(observed("2019", 7), observed("2020", 12), observed("2022", 4), **YEARLY),
        None,
        "2023-11-20",
    ),
}
