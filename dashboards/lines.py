"""Indicator lines: one indicator and one of its targets, as every page shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Literal

from django.db.models import prefetch_related_objects

from dashboards import wording
from dashboards.counting import stored_on_the_day
from dashboards.facts import (
    IndicatorFacts,
    LatestFacts,
    PeriodFacts,
    ProgressFacts,
    SourceFacts,
    TargetFacts,
    UnitFacts,
    indicator_facts,
    progress_facts,
    target_facts,
)
from dashboards.tallies import Counted
from indicators.evaluation import evaluated_by_and_by
from indicators.formats import format_period
from indicators.models import (
    Indicator,
    Observation,
    Target,
    TargetPeriod,
)
from indicators.periods import (
    ONE_DAY,
    Frequency,
    calendar_period,
    covers,
    merge,
    whole_periods,
)
from indicators.progress import SUMS, Observed, Qualifier, display_percent
from indicators.services import record_of
from indicators.stated import qualifier_of
from plans.prepared import DAY, KEY, AnyOf, Prepared, Row

Scope = Literal["plan", "measure", "pk"]
"""What the lines of a page are those of: a plan, a measure, or one indicator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a bar draws: whole percentages, kept between 0 and 100."""

    percent: int
    mark: int | None


# Without slots: the words are written when a page shows them, and kept in the line.
@dataclass(frozen=True, kw_only=True)
class IndicatorLine:
    """What was promised, observed and expected of one target, and its status.

    Lines are equal when their facts are: the words follow from them.
    """

    indicator: IndicatorFacts
    target: TargetFacts | None
    progress: ProgressFacts
    qualifier: str | None
    """How the value is to be read; None without one."""

    @property
    def counted(self) -> Counted:
        """What the totals need of it."""
        return Counted(
            self.progress.status, self.target is not None, self.progress.value is not None
        )

    @cached_property
    def target_text(self) -> str | None:
        """The promise in words; None without target."""
        if self.target is None:
            return None
        return wording.promised(self.target, self.target.periods, self.indicator.unit)

    @cached_property
    def value_text(self) -> str | None:
        """The value published, with its qualifier; None when nothing is."""
        return wording.observed(self.progress, self.target, self.indicator.unit, self.qualifier)

    @cached_property
    def value_period(self) -> str:
        """The time that the value covers; empty where a sum has holes, or may have."""
        until, latest = self.progress.reported_until, self.progress.latest
        if until is None:
            return ""
        if self.target is not None and self.target.kind in SUMS:
            opening = _opening(self.target)
            if opening is None or not self._is_whole(self.target, opening, until):
                return ""
            return format_period(opening, until)
        if latest is None or latest.period_end != until:
            return ""
        return format_period(latest.period_start, latest.period_end)

    @property
    def period_inferred(self) -> bool:
        """Whether no source states the period that `value_period` ends with, but we infer it."""
        return wording.until_inferred(self.progress)

    def _is_whole(self, target: TargetFacts, opening: date, until: date) -> bool:
        """Whether values cover each day of a sum, from its first to the last reported.

        A later period that nobody reported leaves no hole in it. Of the values only the latest is
        read: of a period under way it must tell from the first day on.
        """
        if target.kind == Target.Kind.QUOTA:
            periods = [(period.starts_on, period.ends_on) for period in target.periods]
            if not covers(merge(periods), opening, until):
                return False
            over = sum(end <= until for _start, end in periods)
            begun = min((start for start, end in periods if end > until), default=until + ONE_DAY)
        else:
            over, begun = _periods_of(self.indicator.frequency, opening, until, target.due_on)
        if (self.progress.periods_reported or 0) < min(over, self.progress.periods_ended or 0):
            return False
        latest = self.progress.latest
        return begun > until or (
            latest is not None and latest.period_start <= begun and latest.period_end == until
        )

    @cached_property
    def coverage_text(self) -> str:
        """How many of the ended periods are reported."""
        return wording.coverage(self.progress, self.indicator.frequency)

    @cached_property
    def bar(self) -> Bar | None:
        """The bar of the rate."""
        return bar_of(self.progress)


def lines_of(scope: Scope, key: int, *, on: date) -> list[IndicatorLine]:
    """Return the lines of what the key is the id of, on a day, in the order of the pages.

    One line per target in force, one for an indicator without target. Four queries when the
    progress of that day is stored; where it is not, the indicators are evaluated now, so that a
    page never shows another day's status, even just after midnight.
    """
    ask = _questions(scope)
    rows = ask.lines.rows(key=key, day=on)
    missing = [row[0] for row in rows if row[_STATUS] is None]
    latest = _latest([row[_LATEST] for row in rows if row[_LATEST] is not None])
    periods: dict[int, list[PeriodFacts]] = defaultdict(list)
    for target, *period in ask.periods.rows(key=key) if len(missing) < len(rows) else ():
        periods[target].append(PeriodFacts(*period))
    inexact: dict[int, list[Observed]] = defaultdict(list)
    for indicator, start, end, qualifier in ask.inexact.rows(key=key, day=on):
        inexact[indicator].append(Observed(start=start, end=end, qualifier=Qualifier(qualifier)))
    evaluated = _evaluated(missing, on=on) if missing else {}
    lines: list[IndicatorLine] = []
    for row in rows:
        if row[_STATUS] is None:
            lines += evaluated[row[0]]
        else:
            lines.append(_line(row, latest, periods, inexact))
    return lines


INDICATOR = ("pk", "objective_id", "measure_id", "code", "title", "frequency", "baseline",
             "baseline_qualifier")  # fmt: skip
UNIT = tuple(f"unit__{name}" for name in UnitFacts._fields)
PROGRESS = tuple(f"stored__{name}" for name in ProgressFacts._fields[:-1])
TARGET = tuple(f"stored__target__{name}" for name in TargetFacts._fields[:-2])
SOURCE = SourceFacts._fields
COLUMNS = (
    *INDICATOR, *UNIT, *PROGRESS, "stored__latest_id", "stored__target_id", *TARGET,
    *(f"stored__target__source__{name}" for name in SOURCE),
)  # fmt: skip
_STATUS = COLUMNS.index("stored__status")
_UNIT = slice(len(INDICATOR), _STATUS)
_PROGRESS = slice(_STATUS, _STATUS + len(PROGRESS))
_LATEST = _PROGRESS.stop
_TARGET_ID = _LATEST + 1
_TARGET = slice(_TARGET_ID + 1, _TARGET_ID + 1 + len(TARGET))
_TARGET_SOURCE = slice(_TARGET.stop, _TARGET.stop + len(SOURCE))


@dataclass(frozen=True, slots=True)
class _Questions:
    lines: Prepared
    periods: Prepared
    inexact: Prepared


@cache
def _questions(scope: Scope) -> _Questions:
    """The queries of the lines of a plan, a measure or an indicator."""
    of_indicator = {f"indicator__{scope}": KEY}
    of_target = {f"target__indicator__{scope}": KEY}
    return _Questions(
        lines=Prepared(
            lambda: (
                stored_on_the_day(Indicator.objects.filter(**{scope: KEY}))
                .order_by(
                    "position",
                    "code",
                    "stored__target__position",
                    "stored__target__code",
                    "stored__target_id",
                )
                .values_list(*COLUMNS)
            )
        ),
        periods=Prepared(
            lambda: (
                TargetPeriod.objects.filter(target__superseded_on=None, **of_target)
                .order_by("target_id", "starts_on")
                .values_list("target_id", *PeriodFacts._fields)
            )
        ),
        inexact=Prepared(
            lambda: (
                Observation.objects.current()
                .filter(period_end__lte=DAY, **of_indicator)
                .exclude(qualifier=Qualifier.EXACT)
                .order_by("indicator_id", "period_end")
                .values_list("indicator_id", "period_start", "period_end", "qualifier")
            )
        ),
    )


# Not joined to the lines: the newest ids are beyond what the statistics of a table know of, and
# PostgreSQL then takes it that a merge ends early, when it reads every value there is.
_LATEST_VALUES = Prepared(
    lambda: (
        Observation.objects.filter(AnyOf("pk", "values"))
        .order_by()
        .values_list("pk", *LatestFacts._fields[:-1], *(f"source__{name}" for name in SOURCE))
    )
)


def _latest(values: list[int]) -> dict[int, LatestFacts]:
    """Return what lines show of the latest values, by their ids."""
    found: dict[int, LatestFacts] = {}
    for pk, *shown in _LATEST_VALUES.rows(values=values) if values else ():
        of_source = shown[-len(SOURCE) :]
        source = None if of_source[0] is None else SourceFacts._make(of_source)
        found[pk] = LatestFacts._make((*shown[: -len(SOURCE)], source))
    return found


def _line(
    row: Row,
    latest: dict[int, LatestFacts],
    periods: dict[int, list[PeriodFacts]],
    inexact: dict[int, list[Observed]],
) -> IndicatorLine:
    target = None
    if row[_TARGET_ID] is not None:
        source = SourceFacts._make(row[_TARGET_SOURCE])
        asked = tuple(periods.get(row[_TARGET_ID], ()))
        target = TargetFacts._make((*row[_TARGET], source, asked))
    progress = ProgressFacts._make((*row[_PROGRESS], latest.get(row[_LATEST])))
    return IndicatorLine(
        indicator=IndicatorFacts._make((*row[: _UNIT.start], UnitFacts._make(row[_UNIT]))),
        target=target,
        progress=progress,
        qualifier=qualifier_of(
            progress, target, () if target is None else target.periods, inexact.get(row[0], ())
        ),
    )


def _evaluated(indicators: Sequence[int], *, on: date) -> dict[int, list[IndicatorLine]]:
    """Evaluate now what is not stored for the day."""
    asked = Indicator.objects.filter(pk__in=indicators).select_related("plan", "unit", "measure")
    records = [record_of(one) for one in evaluated_by_and_by(list(asked), on=on)]
    prefetch_related_objects([one.target for one in records if one.target], "source")
    lines: dict[int, list[IndicatorLine]] = defaultdict(list)
    for record in records:
        line = IndicatorLine(
            indicator=indicator_facts(record.indicator),
            target=None if record.target is None else target_facts(record.target),
            progress=progress_facts(record),
            qualifier=record.value_qualifier,
        )
        lines[record.indicator.pk].append(line)
    return lines


def bar_of(progress: ProgressFacts) -> Bar | None:
    """The bar of a rate; none without a rate."""
    if progress.rate is None:
        return None
    share = progress.expected_share
    return Bar(
        percent=_kept_in_bar(display_percent(progress.rate)),
        mark=None if share is None else _kept_in_bar(display_percent(share)),
    )


def _kept_in_bar(percent: int) -> int:
    return max(0, min(100, percent))


def _periods_of(
    frequency: str | None, opening: date, until: date, due: date | None
) -> tuple[int, date]:
    """How many periods of a total are over by a day, and the first day of the one under way."""
    if frequency is None or frequency == Frequency.ONCE:
        return 0, opening
    rhythm = Frequency(frequency)
    over = whole_periods(rhythm, (opening, until), opening=opening, closing=due)
    start, end = calendar_period(rhythm, until)
    return over, until + ONE_DAY if until in (end, due) else max(start, opening)


def _opening(target: TargetFacts) -> date | None:
    """The first day of a target; that of its periods for a quota."""
    if target.kind == Target.Kind.QUOTA:
        return min(period.starts_on for period in target.periods)
    return target.starts_on
