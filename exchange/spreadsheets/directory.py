"""What a plan holds, by the codes that files use, and what the person may do to it.

Read once for a file, whatever its number of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Generic, TypeVar

from django.db import models
from django.utils.translation import gettext as _

from exchange.spreadsheets.columns import plain
from exchange.spreadsheets.understanding import suggestion
from indicators.models import Indicator, Target
from indicators.periods import Frequency, Span, calendar_period
from measures.models import Measure, Milestone
from plans.models import Plan, Source
from plans.permissions import Action, Rights, plans_where

MAX_ELSEWHERE = 200

CodedT = TypeVar("CodedT", Indicator, Measure, Milestone, Source)


class CodeBook(Generic[CodedT]):
    """Things by their code, or by one they used to have."""

    def __init__(self, things: Iterable[CodedT]) -> None:
        self._by_code: dict[str, CodedT] = {}
        former: dict[str, CodedT] = {}
        for thing in things:
            self._by_code[thing.code.casefold()] = thing
            for code in getattr(thing, "former_codes", ()):
                former[code.casefold()] = thing
        self._by_code = {**former, **self._by_code}

    def get(self, code: str) -> CodedT | None:
        """Return what has this code."""
        return self._by_code.get(code.casefold())

    def guess(self, code: str) -> str:
        """Return a suggestion for a code that nothing has."""
        return suggestion(code, self._by_code)


@dataclass(slots=True)
class Calendar:
    """The periods in which an indicator is observed."""

    frequency: Frequency | None
    windows: list[tuple[date | None, date | None]] = field(default_factory=list)
    quotas: set[Span] = field(default_factory=set)

    def has(self, start: date, end: date) -> bool:
        """Whether a period is one of the calendar, cut to a window or not, or of a quota."""
        if self.frequency is None or self.frequency == Frequency.ONCE:
            return True
        if (start, end) in self.quotas:
            return True
        first, last = calendar_period(self.frequency, start)
        if (start, end) == (first, last):
            return True
        return any(
            start == max(first, opening or first) and end == min(last, closing or last)
            for opening, closing in self.windows
        )


class Directory:
    """The plan of a file."""

    def __init__(self, plan: Plan, rights: Rights) -> None:
        self.plan = plan
        self.rights = rights
        self._allowed: dict[int | None, bool] = {}
        self._elsewhere: dict[tuple[str, str], str] = {}

    @cached_property
    def indicators(self) -> CodeBook[Indicator]:
        """The plan's indicators."""
        return CodeBook(self._indicator_rows)

    @cached_property
    def _indicator_rows(self) -> list[Indicator]:
        rows = list(
            Indicator.objects.of_plan(self.plan).select_related("unit", "measure__plan", "plan")
        )
        for row in rows:
            row.plan = self.plan
        return rows

    @cached_property
    def indicator_titles(self) -> dict[str, str]:
        """Title → code of the plan's indicators."""
        return {plain(indicator.title): indicator.code for indicator in self._indicator_rows}

    @cached_property
    def measures(self) -> CodeBook[Measure]:
        """The plan's measures."""
        return CodeBook(Measure.objects.filter(plan=self.plan).select_related("plan"))

    @cached_property
    def _milestone_rows(self) -> list[Milestone]:
        rows = Milestone.objects.filter(measure__plan=self.plan)
        return list(rows.select_related("measure__plan"))

    @cached_property
    def _milestones(self) -> dict[int, CodeBook[Milestone]]:
        by_measure: dict[int, list[Milestone]] = defaultdict(list)
        for milestone in self._milestone_rows:
            by_measure[milestone.measure_id].append(milestone)
        return {pk: CodeBook(milestones) for pk, milestones in by_measure.items()}

    def milestones_of(self, measure: Measure) -> CodeBook[Milestone]:
        """Return a measure's milestones."""
        return self._milestones.get(measure.pk) or CodeBook(())

    @cached_property
    def milestone_titles(self) -> dict[str, str]:
        """Title → code of the plan's milestones."""
        return {plain(milestone.title): milestone.code for milestone in self._milestone_rows}

    @cached_property
    def sources(self) -> CodeBook[Source]:
        """The plan's sources."""
        return CodeBook(Source.objects.filter(plan=self.plan))

    @cached_property
    def source_codes(self) -> dict[int, str]:
        """Source id → code."""
        return dict(Source.objects.filter(plan=self.plan).values_list("pk", "code"))

    @cached_property
    def calendars(self) -> dict[int, Calendar]:
        """Indicator id → the periods in which it is observed."""
        calendars = {
            indicator.pk: Calendar(
                Frequency(indicator.frequency) if indicator.frequency else None,
                [(self.plan.starts_on, self.plan.ends_on)],
            )
            for indicator in self._indicator_rows
        }
        for indicator in self._indicator_rows:
            if indicator.measure is not None:
                window = (indicator.measure.starts_on, indicator.measure.ends_on)
                calendars[indicator.pk].windows.append(window)
        for target in (
            Target.objects.in_force().filter(indicator__plan=self.plan).prefetch_related("periods")
        ):
            calendar = calendars[target.indicator_id]
            calendar.windows.append((target.starts_on, target.due_on))
            calendar.quotas.update((row.starts_on, row.ends_on) for row in target.periods.all())
        return calendars

    def may_contribute(self, subject: Indicator | Milestone) -> bool:
        """Whether the person may enter what this row is about: asked once per measure."""
        key = subject.measure_id
        if key not in self._allowed:
            self._allowed[key] = self.rights.may(Action.CONTRIBUTE, subject)
        return self._allowed[key]

    @property
    def may_review(self) -> bool:
        """Whether the person may withdraw what is published."""
        return self.rights.may(Action.REVIEW)

    def elsewhere(self, kind: type[Indicator] | type[Measure], code: str) -> str:
        """Say that a code is another plan's, when the person may know that plan."""
        key = (kind.__name__, code)
        if key not in self._elsewhere:
            # Bounded: a file full of unknown codes costs a query for each of the first ones.
            if len(self._elsewhere) >= MAX_ELSEWHERE:
                return ""
            known = plans_where(self.rights.user, Action.SEE_DRAFTS).values("pk")
            other = (
                kind._default_manager.filter(
                    models.Q(plan__is_public=True) | models.Q(plan__in=known), code=code
                )
                .exclude(plan=self.plan)
                .select_related("plan")
                .order_by("plan__slug")
                .first()
            )
            self._elsewhere[key] = (
                _(" Ce code est dans un autre plan : « %(plan)s ».") % {"plan": other.plan.title}
                if other is not None
                else ""
            )
        return self._elsewhere[key]
