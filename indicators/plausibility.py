"""Values that look like a slip of the keyboard. A doubt is said, never a refusal.

Standard library only, no clock. The rules:

- more than three times, or less than a third of, the previous published value; or of the other
  sign. A flow is compared only with a period about as long; a previous value of zero with nothing;
- more than ten times the largest number that a target promises;
- a percentage below 0 or above 100; below zero in a unit that counts things, where nothing
  published, promised or measured at the start is;
- more decimals than the unit shows. Not for a ratio, which is shown with what it is the ratio of;
- a period that has not ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from indicators.periods import days_in
from indicators.selection import own_value, rounded
from indicators.terms import Measurement, Observed, Series

JUMP = 3
BEYOND_TARGET = 10


class DoubtCode(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    OTHER_SIGN = "other_sign"
    BEYOND_TARGET = "beyond_target"
    NOT_A_SHARE = "not_a_share"
    NOT_A_COUNT = "not_a_count"
    FINER = "finer"
    NOT_ENDED = "not_ended"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a value is worth a second look, and the figure or the day it is held against."""

    code: DoubtCode
    against: Decimal | date | None = None
    previous: Observed | None = None


def doubts_about(
    observed: Observed,
    series: Series,
    *,
    promised: Iterable[Decimal],
    percentage: bool,
    counting: bool,
    decimals: int,
    on: date,
) -> list[Doubt]:
    """Return what is doubtful in a value, given what is published and promised.

    `series` holds the published observations; the one of the very same period, which this value
    would replace, is not compared with. `percentage` tells whether the unit is one, `counting`
    whether it counts things, and `decimals` how many it shows.
    """
    doubts = []
    promised = list(promised)
    value = own_value(series, observed)
    before = previous_to(observed, series)
    jump = None if before is None else _jump(value, own_value(series, before))
    if before is not None and jump is not None:
        doubts.append(Doubt(jump, rounded(own_value(series, before)), before))
    largest = max((abs(one) for one in promised), default=Decimal(0))
    if largest and abs(value) > BEYOND_TARGET * Fraction(largest):
        doubts.append(Doubt(DoubtCode.BEYOND_TARGET, largest))
    if percentage and not 0 <= value <= 100:
        doubts.append(Doubt(DoubtCode.NOT_A_SHARE))
    if counting and value < 0 and jump is None and not _goes_below_zero(observed, series, promised):
        doubts.append(Doubt(DoubtCode.NOT_A_COUNT, rounded(value)))
    if observed.value is not None and _is_finer(observed.value, decimals):
        doubts.append(Doubt(DoubtCode.FINER, observed.value))
    if observed.end > on:
        doubts.append(Doubt(DoubtCode.NOT_ENDED, observed.end))
    return doubts


def previous_to(observed: Observed, series: Series) -> Observed | None:
    """Return the published observation to compare a value with: the latest that ended before."""
    earlier = [
        one
        for one in series.observations
        if one.end < observed.end
        and (series.measurement != Measurement.FLOW or _as_long(one, observed))
    ]
    return max(earlier, key=lambda one: (one.end, one.start, one.sequence), default=None)


def _goes_below_zero(observed: Observed, series: Series, promised: Iterable[Decimal]) -> bool:
    """Whether what is known says that it may: a variation is counted in things as well."""
    known = [
        own_value(series, one)
        for one in series.observations
        if (one.start, one.end) != (observed.start, observed.end)
    ]
    if series.baseline is not None:
        known.append(Fraction(series.baseline))
    return any(one < 0 for one in known) or any(one < 0 for one in promised)


def _is_finer(value: Decimal, decimals: int) -> bool:
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent > decimals


def _as_long(one: Observed, other: Observed) -> bool:
    """Whether two periods are about as long: a leap day, or months of 28 and 31, count alike."""
    first, second = days_in(one.start, one.end), days_in(other.start, other.end)
    return 9 * max(first, second) <= 10 * min(first, second) or abs(first - second) <= 3


def _jump(value: Fraction, before: Fraction) -> DoubtCode | None:
    if before == 0:
        return None
    times = value / before
    if times < 0:
        return DoubtCode.OTHER_SIGN
    if times > JUMP:
        return DoubtCode.HIGHER
    return DoubtCode.LOWER if times * JUMP < 1 else None
