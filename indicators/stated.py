"""How the value of stored progress is to be read: exactly, at least, about, at most.

A record keeps no qualifier. It follows from the few published values that are not stated exactly:
those of them that the value rests on are found again here, and `indicators.progress` has the one
rule that both this and an evaluation ask. The database refuses periods that overlap in what is
added up, so that no other value is needed to tell which count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Protocol

from indicators.progress import SUMS, Observed, Qualifier, TargetKind, value_qualifier


class Latest(Protocol):
    """The latest published value, whatever the target."""

    @property
    def period_start(self) -> date: ...
    @property
    def period_end(self) -> date: ...


class Stored(Protocol):
    """What a record says of the value: a stored one, or the facts of one."""

    @property
    def value(self) -> Decimal | None: ...
    @property
    def reported_until(self) -> date | None: ...
    @property
    def periods_reported(self) -> int | None: ...
    @property
    def periods_ended(self) -> int | None: ...
    @property
    def latest(self) -> Latest | None: ...


class Aimed(Protocol):
    """What tells which values a target counts: a stored target, or the facts of one."""

    @property
    def kind(self) -> str: ...
    @property
    def starts_on(self) -> date | None: ...
    @property
    def due_on(self) -> date | None: ...


class AimedPeriod(Protocol):
    """A period of a quota."""

    @property
    def starts_on(self) -> date: ...
    @property
    def ends_on(self) -> date: ...


def partial_sum(progress: Stored) -> bool:
    """Whether a sum lacks a period that has ended: what it reaches is a minimum."""
    ended = progress.periods_ended
    return ended is not None and (progress.periods_reported or 0) < ended


def qualifier_of(
    progress: Stored,
    target: Aimed | None,
    periods: Iterable[AimedPeriod],
    inexact: Iterable[Observed],
) -> Qualifier | None:
    """Return how the value is to be read; None where there is none.

    `periods` are those of a quota, in any order. `inexact` are the indicator's values in force
    that are not stated exactly, up to the day of the evaluation.
    """
    if progress.value is None:
        return None
    kind = None if target is None else TargetKind(target.kind)
    if target is None or kind not in SUMS:
        counted = _latest_counted(progress, inexact)
    else:
        counted = list(_inside(target, periods, inexact))
    return value_qualifier(kind, counted, partial=partial_sum(progress))


def _inside(
    target: Aimed, periods: Iterable[AimedPeriod], inexact: Iterable[Observed]
) -> Iterator[Observed]:
    """Those whose whole period lies in the window; in one period of a quota."""
    if target.kind == TargetKind.QUOTA:
        spans = [(period.starts_on, period.ends_on) for period in periods]
    else:
        spans = [(target.starts_on or date.min, target.due_on or date.max)]
    for one in inexact:
        if any(start <= one.start and one.end <= end for start, end in spans):
            yield one


def _latest_counted(progress: Stored, inexact: Iterable[Observed]) -> list[Observed]:
    """The value of the last day reported: of a level that has two, the later to begin.

    That one is the latest of all, unless the window is over and values went on after it.
    """
    until, latest = progress.reported_until, progress.latest
    ending = [one for one in inexact if one.end == until]
    if latest is not None and latest.period_end == until:
        ending = [one for one in ending if one.start == latest.period_start]
    return sorted(ending, key=lambda one: one.start)
