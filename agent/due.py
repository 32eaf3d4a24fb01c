"""What is awaited of the staff of plans: values, states of deliverables, by when and of whom.

The due dates of values are those of freshness (`indicators.progress`): the end of the period that
follows the latest published one, plus the availability lag. Those of deliverables are their own.
The number of queries is fixed, whatever the number of plans.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from django.urls import reverse

from agent.entry import value
from indicators.formats import format_period
from indicators.models import Indicator, Observation, ProgressRecord, Status
from indicators.periods import Frequency, Span, calendar_period
from indicators.services import progress_of
from measures.models import Advancement, Measure, MeasureAssignment, Milestone, MilestoneUpdate
from plans.models import Contribution, Membership, Plan, Role
from plans.permissions import GRANTS, Action

NOTICE = timedelta(days=14)
"""How long before its due date a value or a deliverable is asked for: two working weeks."""


class When(StrEnum):
    """Where the due date stands."""

    OVERDUE = "overdue"
    """It has passed."""
    NOW = "now"
    """It is near, or the period to report on is over."""
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One thing that is awaited."""

    subject: Indicator | Milestone
    measure: Measure | None
    """The measure it is part of; None where it hangs on the plan or on an objective."""
    period: Span | None
    """The calendar period awaited of an indicator."""
    due_on: date
    when: When
    under_way: Contribution | None
    """What has been entered for it and is not public yet."""
    people: frozenset[int]
    """Of whom it is awaited (ids of accounts): see `Teams`."""

    @property
    def plan(self) -> Plan:
        """The plan it is part of."""
        return self.subject.permission_plan

    @property
    def period_text(self) -> str:
        """The period in words; empty without one."""
        return "" if self.period is None else format_period(*self.period)

    @property
    def submitted(self) -> bool:
        """Whether it has been handed in, and waits for a reviewer."""
        return self.under_way is not None and (self.under_way.state == Contribution.State.SUBMITTED)

    @property
    def key(self) -> str:
        """What names this due date of this thing among all."""
        kind = "indicator" if isinstance(self.subject, Indicator) else "milestone"
        return f"{kind}:{self.subject.pk}:{self.due_on.isoformat()}"

    @property
    def entry_url(self) -> str:
        """The address where it is entered."""
        if isinstance(self.subject, Milestone):
            measure = self.subject.measure
            return reverse(
                "agent:milestone_entry", args=[self.plan.slug, measure.code, self.subject.code]
            )
        if self.period is None:
            return reverse("agent:entry", args=[self.plan.slug, self.subject.code])
        return value.entry_address(self.subject, self.period)


class Teams:
    """Of whom things are awaited: the pilots of the measure, else the plan's managers.

    A pilot who may no longer contribute in the plan, or whose account is closed, is not one, nor is
    a partner's program: nobody reads what it is told. Two queries, whatever the number of plans.
    """

    def __init__(self, plans: Collection[Plan]) -> None:
        contributors: dict[int, set[int]] = defaultdict(set)
        managers: dict[int, set[int]] = defaultdict(set)
        for plan_id, user_id, role in Membership.objects.filter(
            plan__in=plans, user__is_active=True, user__partner_system__isnull=True
        ).values_list("plan", "user", "role"):
            if Action.CONTRIBUTE in GRANTS[Role(role)]:
                contributors[plan_id].add(user_id)
            if role == Role.MANAGER:
                managers[plan_id].add(user_id)
        self._managers = managers
        self._pilots: dict[int, set[int]] = defaultdict(set)
        for measure_id, plan_id, user_id in MeasureAssignment.objects.filter(
            measure__plan__in=plans
        ).values_list("measure", "measure__plan", "user"):
            if user_id in contributors[plan_id]:
                self._pilots[measure_id].add(user_id)

    def of(self, plan_id: int, measure_id: int | None) -> frozenset[int]:
        """Return the people of whom something of this measure, or of this plan, is awaited."""
        return self.pilots_of(measure_id) or frozenset(self._managers.get(plan_id, ()))

    def pilots_of(self, measure_id: int | None) -> frozenset[int]:
        """Return the people assigned to a measure; nobody is where there is none."""
        return frozenset() if measure_id is None else frozenset(self._pilots.get(measure_id, ()))

    def has_pilot(self, user_id: int) -> bool:
        """Whether the person is assigned to anything."""
        return any(user_id in pilots for pilots in self._pilots.values())


def due_in(plans: Collection[Plan], teams: Teams, *, on: date) -> list[Due]:
    """Return everything awaited in plans, by due date. Six queries when progress is stored."""
    found = [*_values(plans, teams, on=on), *_deliverables(plans, teams, on=on)]
    return sorted(found, key=lambda due: (due.due_on, due.plan.pk, due.subject.title))


def _values(plans: Collection[Plan], teams: Teams, *, on: date) -> Iterator[Due]:
    indicators = list(
        Indicator.objects.followed_in(plans)
        .filter(frequency__isnull=False)
        .select_related("plan__region", "unit", "measure")
    )
    records = progress_of(indicators, on=on)
    ends: dict[int, date] = {}
    for indicator in indicators:
        due_on = next_due_of(records[indicator.pk])
        if due_on is not None:
            ends[indicator.pk] = due_on - timedelta(days=indicator.availability_lag_days)
    under_way = _values_under_way(ends)
    for indicator in indicators:
        if (end := ends.get(indicator.pk)) is None:
            continue
        due_on = end + timedelta(days=indicator.availability_lag_days)
        frequency = Frequency(indicator.frequency or Frequency.ONCE)
        yield Due(
            subject=indicator,
            measure=indicator.measure,
            period=None if frequency == Frequency.ONCE else calendar_period(frequency, end),
            due_on=due_on,
            when=when_due(due_on, period_end=end, on=on),
            under_way=under_way.get((indicator.pk, end)),
            people=teams.of(indicator.plan_id, indicator.measure_id),
        )


def _values_under_way(ends: Mapping[int, date]) -> dict[tuple[int, date], Observation]:
    """Return what is under way for the periods awaited: their last day by indicator id.

    Of what else is under way, which may be thousands of values, nothing is read.
    """
    rows = Observation.objects.open().filter(
        indicator__in=ends.keys(), period_end__in=set(ends.values())
    )
    return {
        (row.indicator_id, row.period_end): row
        for row in rows.select_related("indicator__plan").order_by("-edited_at", "-pk")
    }


def _deliverables(plans: Collection[Plan], teams: Teams, *, on: date) -> Iterator[Due]:
    milestones = list(Milestone.objects.dated_in(plans).select_related("measure__plan__region"))
    under_way = {
        update.milestone_id: update
        for update in MilestoneUpdate.objects.open()
        .filter(milestone__in=milestones)
        .select_related("milestone__measure__plan")
        .order_by("milestone_id", "-edited_at", "-pk")
        .distinct("milestone_id")
    }
    ended = {
        milestone_id
        for milestone_id, advancement in MilestoneUpdate.objects.in_plans(plans)
        .latest_of_each(on)
        .values_list("milestone", "advancement")
        if advancement in (Advancement.DONE, Advancement.ABANDONED)
    }
    for milestone in milestones:
        assert milestone.due_on is not None, "dated_in keeps those that have a date"
        if milestone.pk not in ended:
            yield Due(
                subject=milestone,
                measure=milestone.measure,
                period=None,
                due_on=milestone.due_on,
                when=when_due(milestone.due_on, period_end=None, on=on),
                under_way=under_way.get(milestone.pk),
                people=teams.of(milestone.measure.plan_id, milestone.measure_id),
            )


def next_due_of(records: Iterable[ProgressRecord]) -> date | None:
    """Return the first due date of an indicator's targets; an abandoned target awaits nothing."""
    return min(
        (
            record.next_due_on
            for record in records
            if record.next_due_on is not None and record.status != Status.ABANDONED
        ),
        default=None,
    )


def when_due(due_on: date, *, period_end: date | None, on: date) -> When:
    """Where a due date stands on a day; what is due today is not late."""
    if on > due_on:
        return When.OVERDUE
    is_over = period_end is not None and on > period_end
    return When.NOW if is_over or due_on - on <= NOTICE else When.LATER
