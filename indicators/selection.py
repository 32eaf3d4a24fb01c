"""Which observations count for a target, and their exact values.

A part of :mod:`indicators.progress`; standard library only, no clock. Numbers are fractions
until they leave, so that a value lying exactly on a limit is on the right side of it, whatever
the unit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction
from functools import reduce
from itertools import pairwise

from indicators.periods import Span, covers, merge
from indicators.terms import Measurement, Observed, Qualifier, Series, Target, TargetKind

SUMS = frozenset({TargetKind.QUOTA, TargetKind.TOTAL})
"""Kinds of targets whose value adds up every observation that counts; else the latest is it."""

# --- Exact numbers ---------------------------------------------------------------------------

# Of our own, so that neither the caller's precision nor its rounding changes a result.
_ROUNDED = Context(prec=28)
WIDE = Context(prec=80)
ZERO = Fraction(0)


def exact(number: Decimal | None) -> Fraction:
    return Fraction(_present(number))


def rounded(number: Fraction | None) -> Decimal | None:
    if number is None:
        return None
    return _ROUNDED.divide(Decimal(number.numerator), Decimal(number.denominator))


def total(numbers: Iterable[Decimal | None]) -> Fraction:
    # Adding decimals is several times cheaper than adding fractions, and exact at this width.
    return Fraction(reduce(WIDE.add, map(_present, numbers), Decimal(0)))


def _present(number: Decimal | None) -> Decimal:
    """Refuses to go on with a missing number, which must never count as zero."""
    if number is None:
        raise ValueError("a required number is missing")
    return number


def own_value(series: Series, observed: Observed) -> Fraction:
    """An observation's own value in the unit."""
    if series.measurement != Measurement.RATIO:
        return exact(observed.value)
    share = exact(observed.numerator) / exact(observed.denominator)
    return share * exact(series.ratio_scale)


# --- Which observations count ----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Start and due as stated, and the day that progress is measured from."""

    start: date | None
    due: date | None
    origin: date | None
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The observations that count, by span of the window and together, and how many do not."""

    window: Window
    by_span: tuple[tuple[Observed, ...], ...]
    counted: tuple[Observed, ...]
    ignored: int
    overlapping: int

    @property
    def reported_until(self) -> date | None:
        return self.counted[-1].end if self.counted else None


def published_by(observations: Iterable[Observed], on: date) -> list[Observed]:
    return _current(one for one in observations if one.end <= on)


def _current(observations: Iterable[Observed]) -> list[Observed]:
    """In order, the last recorded of each period."""
    current: list[Observed] = []
    for one in sorted(observations, key=lambda one: (one.end, one.start, one.sequence)):
        if current and (current[-1].end, current[-1].start) == (one.end, one.start):
            current[-1] = one
        else:
            current.append(one)
    return current


def window_of(series: Series, target: Target) -> Window:
    if target.kind == TargetKind.QUOTA:
        spans = tuple(sorted((period.start, period.end) for period in target.periods))
        first, last = spans[0][0], spans[-1][1]
        return Window(start=first, due=last, origin=first, spans=spans)
    origin = target.start
    if origin is None and target.kind == TargetKind.LEVEL:
        origin = series.baseline_on
    return Window(
        start=target.start,
        due=target.due,
        origin=origin,
        spans=((target.start or date.min, target.due or date.max),),
    )


def select(
    series: Series, target: Target, published: Sequence[Observed], window: Window
) -> Selection:
    """The published observations that lie in the window, each in its span of it.

    A level of unknown start is measured from the day of its baseline: what ended before that day
    is history, neither counted nor ignored, else an older and lower value would read as a fall.
    """
    if target.kind == TargetKind.LEVEL and window.start is None and window.origin is not None:
        published = [one for one in published if one.end >= window.origin]
    by_end = series.measurement == Measurement.STOCK
    ends = [end for _, end in window.spans]
    by_span: list[list[Observed]] = [[] for _ in window.spans]
    ignored = 0
    for one in published:
        place = bisect_left(ends, one.end)
        within = place < len(ends)
        if within and window.spans[place][0] <= (one.end if by_end else one.start):
            by_span[place].append(one)
        elif not by_end:
            touches_this = within and window.spans[place][0] <= one.end
            touches_previous = place > 0 and one.start <= ends[place - 1]
            ignored += touches_this or touches_previous
    overlapping = 0
    if target.kind in SUMS:
        for place, inside in enumerate(by_span):
            by_span[place] = disjoint(inside)
            overlapping += len(inside) - len(by_span[place])
    return Selection(
        window=window,
        by_span=tuple(map(tuple, by_span)),
        counted=tuple(one for inside in by_span for one in inside),
        ignored=ignored,
        overlapping=overlapping,
    )


def disjoint(ordered: list[Observed]) -> list[Observed]:
    """Without the observations that would make a day count twice.

    Of two that share days the longer counts (a year, rather than a quarter of it), of two as long
    the later. Nothing is ever cut or shared out.
    """
    apart = all(before.end < after.start for before, after in pairwise(ordered))
    if apart:
        return ordered
    kept: list[Observed] = []
    for one in sorted(ordered, key=lambda one: (one.end - one.start, one.end), reverse=True):
        if all(one.end < other.start or other.end < one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.end)


def aggregate(
    measurement: Measurement,
    observations: Iterable[Observed],
    ratio_scale: Decimal = Decimal(1),
) -> Decimal | None:
    """One value for several observations; None for none.

    Flow: the sum. Stock: the latest. Ratio: Σnum/Σden in the unit, never a mean of percentages.
    No day counts twice in a sum (see :func:`disjoint`).
    """
    ordered = _current(observations)
    if not ordered:
        return None
    if measurement == Measurement.STOCK:
        return rounded(exact(ordered[-1].value))
    apart = disjoint(ordered)
    if measurement == Measurement.FLOW:
        return rounded(total(one.value for one in apart))
    share = total(one.numerator for one in apart) / total(one.denominator for one in apart)
    return rounded(share * exact(ratio_scale))


# --- What can be said of them ----------------------------------------------------------------


def has_gaps(window: Window, counted: Sequence[Observed]) -> bool:
    """Whether days of the window, before the end of what is reported, are in no observation.

    Asked of a sum: days that lie between two periods of a quota are nobody's. From the first
    observation where the start is unknown.
    """
    merged = merge((one.start, one.end) for one in counted)
    if not merged:
        return False
    until = merged[-1][1]
    opening = window.start or merged[0][0]
    return any(
        not covers(merged, max(start, opening), min(end, until))
        for start, end in window.spans
        if start <= until
    )


def joint_qualifier(stated: Iterable[Qualifier]) -> Qualifier:
    """How a value is stated that adds up values so stated; unlike parts leave only "about"."""
    inexact = set(stated) - {Qualifier.EXACT}
    if not inexact:
        return Qualifier.EXACT
    return inexact.pop() if len(inexact) == 1 else Qualifier.ABOUT


def value_qualifier(
    kind: TargetKind | None, counted: Sequence[Observed], *, partial: bool
) -> Qualifier:
    """How a value is to be read, from how the observations that count are stated.

    A sum is stated as all of its parts are, any other value as the latest. A sum that lacks a
    period that has ended (``partial``) is a minimum, whatever its parts.
    """
    if partial:
        return Qualifier.AT_LEAST
    return joint_qualifier(one.qualifier for one in (counted if kind in SUMS else counted[-1:]))
