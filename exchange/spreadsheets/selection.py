"""What goes into a file: a plan's values and milestones, chosen by part, person and period.

Every line comes with what is entered or published now, so that a file sent back untouched changes
nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from exchange.spreadsheets.columns import Kind
from exchange.spreadsheets.contents import ADVANCEMENT_WORDS, Content, Mark, fingerprint
from exchange.spreadsheets.stored import Key, Stored, stored_within
from indicators.formats import (
    format_date,
    format_period,
    format_qualified,
    format_quantity,
)
from indicators.models import Indicator, Observation, Target
from indicators.periods import Frequency, Span, calendar_period, following_period
from measures.models import Measure, Milestone, MilestoneUpdate
from objectives.models import Objective
from plans.models import Plan, Source

MAX_LINES = 120_000
CHUNK = 200


class TooManyLinesError(Exception):
    """A selection that makes a file nobody could use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A part of a plan over a span of days."""

    plan: Plan
    start: date
    end: date
    objective: Objective | None = None
    measures: tuple[Measure, ...] = ()
    assigned_to: User | None = None

    @property
    def span(self) -> Span:
        """The span of days, both included."""
        return (self.start, self.end)

    def chosen_measures(self) -> QuerySet[Measure]:
        """Return the measures of the part that go on."""
        measures = Measure.objects.filter(plan=self.plan).exclude(state="abandoned")
        if self.objective is not None:
            measures = measures.filter(
                Q(objective=self.objective) | Q(objective__parent=self.objective)
            )
        if self.measures:
            measures = measures.filter(pk__in=[measure.pk for measure in self.measures])
        if self.assigned_to is not None:
            measures = measures.filter(assignments__user=self.assigned_to)
        return measures

    def indicators(self) -> QuerySet[Indicator]:
        """Return the indicators of the part, in the order of the plan's pages."""
        chosen = Q(measure__in=self.chosen_measures())
        if not self.measures and self.assigned_to is None:
            # What hangs on the plan or on an objective has no measure to choose it by.
            above = Q(measure=None)
            if self.objective is not None:
                above &= Q(objective=self.objective) | Q(objective__parent=self.objective)
            chosen |= above
        return (
            Indicator.objects.of_plan(self.plan)
            .filter(chosen)
            .select_related("unit")
            .order_by(
                "measure__objective__position", "measure__position", "measure__code", "position",
                "code",
            )
        )  # fmt: skip

    def milestones(self) -> QuerySet[Milestone]:
        """Return the milestones of the part."""
        return (
            Milestone.objects.filter(measure__in=self.chosen_measures())
            .select_related("measure")
            .order_by("measure__objective__position", "measure__position", "measure__code",
                      "position", "code")
        )  # fmt: skip

    def described(self) -> str:
        """Return the part in words."""
        parts = [self.objective.title] if self.objective is not None else []
        parts += [measure.title for measure in self.measures]
        if self.assigned_to is not None:
            parts.append(_("mes mesures"))
        return " ; ".join(parts) or _("tout le plan")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file: its locked cells, and those to fill in."""

    fixed: dict[str, Any]
    cells: dict[str, Any]
    mark: Mark


def lines_of(kind: Kind, selection: Selection) -> Iterator[Line]:
    """Return the lines of a sheet, piece by piece; raises TooManyLinesError on the way."""
    codes = dict(Source.objects.filter(plan=selection.plan).values_list("pk", "code"))
    lines = (
        _value_lines(selection, codes)
        if kind == Kind.VALUES
        else _milestone_lines(selection, codes)
    )
    for number, line in enumerate(lines):
        if number == MAX_LINES:
            raise TooManyLinesError(
                _("Cette sélection dépasse %(limit)s lignes : réduisez la période ou la partie.")
                % {"limit": MAX_LINES}
            )
        yield line


def _line(kind: Kind, fixed: dict[str, Any], stored: Stored) -> Line:
    base = stored.base
    cells: dict[str, Any] = (
        dict.fromkeys(Content().cells(kind)) if base is None else base.content.cells(kind)
    )
    return Line(fixed, cells, Mark(stored.version, fingerprint(cells)))


# --- Values -------------------------------------------------------------------------------------


def _value_lines(selection: Selection, codes: dict[int, str]) -> Iterator[Line]:
    indicators = iter(selection.indicators())
    while chunk := list(islice(indicators, CHUNK)):
        ids = [indicator.pk for indicator in chunk]
        stored = stored_within(Kind.VALUES, ids, selection.span, codes)
        by_indicator: dict[int, list[Span]] = defaultdict(list)
        for indicator_id, start, end in stored:
            by_indicator[indicator_id].append((start, end))
        targets: dict[int, list[Target]] = defaultdict(list)
        for target in (
            Target.objects.in_force()
            .filter(indicator__in=ids, abandoned_on__isnull=True)
            .order_by("position", "code")
            .prefetch_related("periods")
        ):
            targets[target.indicator_id].append(target)
        published = _published(ids)
        for indicator in chunk:
            own = targets[indicator.pk]
            for period in _periods(indicator, own, by_indicator[indicator.pk], selection.span):
                key: Key = (indicator.pk, *period)
                yield _line(
                    Kind.VALUES,
                    {
                        "plan": selection.plan.slug,
                        "indicator": indicator.code,
                        "title": indicator.title,
                        "unit": indicator.unit.symbol or indicator.unit.name_plural,
                        "start": period[0],
                        "end": period[1],
                        "target": _targets_in_words(indicator, own, period),
                        "previous": _previous(indicator, published[indicator.pk], period),
                    },
                    stored.get(key) or Stored(),
                )


def _published(ids: Sequence[int]) -> dict[int, list[Observation]]:
    """Return the published values of indicators, the latest first."""
    found: dict[int, list[Observation]] = defaultdict(list)
    for row in (
        Observation.objects.of_indicators(ids)
        .current()
        .only("indicator_id", "period_start", "period_end", "value", "numerator", "denominator",
              "qualifier")
        .order_by("-period_end", "-id")
    ):  # fmt: skip
        found[row.indicator_id].append(row)
    return found


def _periods(
    indicator: Indicator, targets: Sequence[Target], stored: Sequence[Span], span: Span
) -> list[Span]:
    """Return the periods to fill in: those there are, those of a quota, then the calendar's.

    None is proposed that would count days twice.
    """
    quotas = [(row.starts_on, row.ends_on) for target in targets for row in target.periods.all()]
    frequency = Frequency(indicator.frequency) if indicator.frequency else Frequency.ONCE
    once = [
        (target.starts_on, target.due_on)
        for target in targets
        if frequency == Frequency.ONCE and target.starts_on and target.due_on
    ]
    calendar = Frequency.YEAR if frequency == Frequency.ONCE else frequency
    proposed = [*quotas, *once] or list(_calendar_periods(calendar, span))
    if indicator.frequency and quotas:
        proposed += _calendar_periods(calendar, span)
    kept = list(stored)
    for period in proposed:
        if _touch(period, span) and not any(
            _touch(period, other) for other in kept if period != other
        ):
            kept.append(period)
    return sorted(set(kept))


def _calendar_periods(frequency: Frequency, span: Span) -> Iterator[Span]:
    period = calendar_period(frequency, span[0])
    while period[0] <= span[1]:
        yield period
        if period[1] >= span[1]:
            return
        period = following_period(frequency, period[0])


def _touch(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _targets_in_words(indicator: Indicator, targets: Sequence[Target], period: Span) -> str:
    return " ; ".join(
        words for target in targets if (words := _target_in_words(indicator, target, period))
    )


def _target_in_words(indicator: Indicator, target: Target, period: Span) -> str:
    if target.kind == Target.Kind.QUOTA:
        quotas = [
            row.value
            for row in target.periods.all()
            if _touch((row.starts_on, row.ends_on), period)
        ]
        return format_quantity(sum(quotas, Decimal(0)), indicator.unit) if quotas else ""
    assert target.value is not None
    words = format_qualified(format_quantity(target.value, indicator.unit), target.operator)
    if target.kind == Target.Kind.THRESHOLD or target.due_on is None:
        return words
    return _("%(value)s d’ici au %(due)s") % {"value": words, "due": format_date(target.due_on)}


def _previous(indicator: Indicator, published: Sequence[Observation], period: Span) -> str:
    for row in published:
        if row.period_end < period[0]:
            value = row.value
            if row.numerator is not None and row.denominator:
                value = row.numerator / row.denominator * indicator.unit.ratio_scale
            if value is None:
                return ""
            words = format_qualified(format_quantity(value, indicator.unit), row.qualifier)
            return f"{words} ({format_period(row.period_start, row.period_end)})"
    return ""


# --- Milestones ---------------------------------------------------------------------------------


def _milestone_lines(selection: Selection, codes: dict[int, str]) -> Iterator[Line]:
    milestones = iter(selection.milestones())
    while chunk := list(islice(milestones, CHUNK)):
        ids = [milestone.pk for milestone in chunk]
        stored = stored_within(Kind.MILESTONES, ids, selection.span, codes)
        days: dict[int, list[date]] = defaultdict(list)
        for milestone_id, _start, day in stored:
            days[milestone_id].append(day)
        updates: dict[int, list[MilestoneUpdate]] = defaultdict(list)
        for update in (
            MilestoneUpdate.objects.current()
            .filter(milestone__in=ids)
            .only("milestone_id", "as_of", "advancement")
            .order_by("-as_of", "-id")
        ):
            updates[update.milestone_id].append(update)
        for milestone in chunk:
            found_on: list[date | None] = [*sorted(days[milestone.pk])]
            for as_of in found_on or [None]:
                found = stored.get((milestone.pk, as_of, as_of)) if as_of is not None else None
                yield _line(
                    Kind.MILESTONES,
                    {
                        "plan": selection.plan.slug,
                        "measure": milestone.measure.code,
                        "milestone": milestone.code,
                        "title": milestone.title,
                        "due": milestone.due_on,
                        "previous": _previous_state(updates[milestone.pk], as_of),
                        "as_of": as_of,
                    },
                    found or Stored(),
                )


def _previous_state(updates: Sequence[MilestoneUpdate], day: date | None) -> str:
    for update in updates:
        if day is None or update.as_of < day:
            return f"{ADVANCEMENT_WORDS[update.advancement]} ({format_date(update.as_of)})"
    return ""
