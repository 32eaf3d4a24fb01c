"""Short names for series and targets, so that a rule's test reads like its example.

Dates are written "2024-12-31", numbers "0.5" or 35. A period is its first and last day, a whole
year where only a year is given.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from indicators.progress import (
    Checkpoint,
    Measurement,
    Observed,
    Operator,
    PeriodQuota,
    Series,
    Target,
    TargetKind,
    evaluate,
)

Number = int | str | Decimal


def day(text: str) -> date:
    return date.fromisoformat(text)


def maybe_day(text: str | None) -> date | None:
    return None if text is None else day(text)


def period(text: str) -> tuple[date, date]:
    """ "2021" is the year, "2021-01-01/2021-03-31" a period, "2021-03-31" a single day."""
    if len(text) == 4:
        return date(int(text), 1, 1), date(int(text), 12, 31)
    start, _, end = text.partition("/")
    return day(start), day(end or start)


def observed(when: str, value: Number, **more: Any) -> Observed:
    start, end = period(when)
    return Observed(start=start, end=end, value=Decimal(value), **more)


def share(when: str, numerator: Number, denominator: Number, **more: Any) -> Observed:
    start, end = period(when)
    return Observed(
        start=start,
        end=end,
        numerator=Decimal(numerator),
        denominator=Decimal(denominator),
        **more,
    )


def flow(*observations: Observed, **more: Any) -> Series:
    return Series(measurement=Measurement.FLOW, observations=observations, **more)


def stock(
    *observations: Observed,
    baseline: Number | None = None,
    baseline_on: str | None = None,
    **more: Any,
) -> Series:
    return Series(
        measurement=Measurement.STOCK,
        observations=observations,
        baseline=None if baseline is None else Decimal(baseline),
        baseline_on=maybe_day(baseline_on),
        **more,
    )


def ratio(*observations: Observed, baseline: Number | None = None, **more: Any) -> Series:
    """A ratio in %."""
    return Series(
        measurement=Measurement.RATIO,
        observations=observations,
        baseline=None if baseline is None else Decimal(baseline),
        ratio_scale=Decimal(100),
        **more,
    )


def quota(periods: dict[str, Number], **more: Any) -> Target:
    return Target(
        kind=TargetKind.QUOTA,
        periods=tuple(
            PeriodQuota(start=period(when)[0], end=period(when)[1], value=Decimal(value))
            for when, value in periods.items()
        ),
        **more,
    )


def yearly(value: Number, first: int, last: int, **more: Any) -> Target:
    return quota({str(year): value for year in range(first, last + 1)}, **more)


def total(value: Number, start: str | None, due: str | None, **more: Any) -> Target:
    return Target(
        kind=TargetKind.TOTAL,
        value=Decimal(value),
        start=maybe_day(start),
        due=maybe_day(due),
        **more,
    )


def level(
    value: Number,
    start: str | None,
    due: str | None,
    *,
    through: dict[str, Number] | None = None,
    **more: Any,
) -> Target:
    return Target(
        kind=TargetKind.LEVEL,
        value=Decimal(value),
        start=maybe_day(start),
        due=maybe_day(due),
        checkpoints=tuple(
            Checkpoint(on=day(on), value=Decimal(height)) for on, height in (through or {}).items()
        ),
        **more,
    )


def threshold(
    value: Number, start: str | None = None, due: str | None = None, **more: Any
) -> Target:
    return Target(
        kind=TargetKind.THRESHOLD,
        value=Decimal(value),
        start=maybe_day(start),
        due=maybe_day(due),
        **more,
    )


def progress(series: Series, target: Target | None, on: str, **more: Any) -> Any:
    """The result, typed loosely so that its decimals compare with whole numbers in tuples."""
    return evaluate(series, target, on=day(on), **more)


AT_MOST: dict[str, Any] = {"operator": Operator.AT_MOST}
# 730 days, of which 365 at the end of 2025.
FROM_2024 = ("2024-12-31", "2026-12-31")
TWO_YEARS = yearly(10, 2024, 2025)
BY_2026 = level(200, *FROM_2024)
