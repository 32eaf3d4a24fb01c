"""What a contribution would change: the value the public reads now, and the status after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from accounts.models import User
from dashboards import wording
from indicators.evaluation import Evaluation, evaluate_indicators, pretend
from indicators.explanations import explain
from indicators.formats import format_date, format_period, format_qualified
from indicators.models import Indicator, Observation, Status
from indicators.number_fields import quantity_of
from measures.models import Milestone, MilestoneUpdate
from plans.four_eyes import Hands, hands_of
from plans.models import Contribution
from plans.permissions import Action, Rights

_Period = tuple[int, date, date]
"""An indicator's id, and the days of a period of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A target's status before and after, with the sentence that explains the second."""

    promise: str
    before: Status
    after: Status
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A contribution as a reviewer weighs it."""

    contribution: Contribution
    subject: Indicator | Milestone
    when: str
    proposed: str
    public: str | None
    """What the public reads now for the same period or day; None when nothing is published."""
    changes: tuple[StatusChange, ...]
    own: bool
    """Whether the reader wrote it, or rewrote it last, by hand or through a system."""
    through_system: bool
    """Whether they did through a partner's system they answer for, and not by hand."""
    publishable: bool
    """Whether the reader may publish it now."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A reviewer, with what they write with: known once for all that they read."""

    rights: Rights
    hands: Hands

    @classmethod
    def of(cls, rights: Rights) -> Reader:
        """Return the reader of staff pages, who is signed in. One query."""
        assert isinstance(rights.user, User), "staff pages ask for a sign-in"
        return cls(rights, hands_of(rights.user))

    def may_publish(self, row: Contribution) -> bool:
        """Whether this reviewer may publish this contribution now: rights, state, four eyes."""
        return (
            self.rights.may(Action.REVIEW)
            and row.state == Contribution.State.SUBMITTED
            and (self.rights.plan.allows_self_publication or not self.hands.wrote(row))
        )


def proposals(contributions: Sequence[Contribution], rights: Rights, *, on: date) -> list[Proposal]:
    """Return each contribution with what it would change, in a fixed number of queries."""
    observations = [row for row in contributions if isinstance(row, Observation)]
    updates = [row for row in contributions if isinstance(row, MilestoneUpdate)]
    indicators = {row.indicator_id: row.indicator for row in observations}
    evaluations = (
        evaluate_indicators(list(indicators.values()), on=on, with_observations=True)
        if indicators
        else {}
    )
    values = {
        (value.indicator_id, value.period_start, value.period_end): value
        for several in evaluations.values()
        for value in several[0].observations.values()
    }
    states = _published_states(updates)
    reader = Reader.of(rights)
    return [
        _of_observation(row, evaluations[row.indicator_id], values, reader)
        if isinstance(row, Observation)
        else _of_update(row, states, reader)
        for row in contributions
        if isinstance(row, Observation | MilestoneUpdate)
    ]


def _of_observation(
    row: Observation,
    evaluations: Sequence[Evaluation],
    published: Mapping[_Period, Observation],
    reader: Reader,
) -> Proposal:
    public = published.get((row.indicator_id, row.period_start, row.period_end))
    changes = []
    if row.state != Contribution.State.PUBLISHED:
        for evaluation in evaluations:
            after = pretend(evaluation, row)
            target = evaluation.target
            changes.append(
                StatusChange(
                    promise="" if target is None else wording.promise(target, row.indicator.unit),
                    before=Status(evaluation.result.status),
                    after=Status(after.result.status),
                    explanation=explain(after),
                )
            )
    return Proposal(
        contribution=row,
        subject=row.indicator,
        when=format_period(row.period_start, row.period_end),
        proposed=_said(row),
        public=None if public is None else _said(public),
        changes=tuple(changes),
        own=reader.hands.wrote(row),
        through_system=not reader.hands.wrote_alone(row) and reader.hands.wrote_through_system(row),
        publishable=reader.may_publish(row),
    )


def _said(row: Observation) -> str:
    """Return the value to the last digit, a ratio with its terms: what is about to be signed."""
    return format_qualified(quantity_of(row), row.qualifier)


def _of_update(
    row: MilestoneUpdate, published: Mapping[int, Sequence[MilestoneUpdate]], reader: Reader
) -> Proposal:
    same_day = [other for other in published[row.milestone_id] if other.as_of == row.as_of]
    return Proposal(
        contribution=row,
        subject=row.milestone,
        when=format_date(row.as_of),
        proposed=row.get_advancement_display(),
        public=same_day[0].get_advancement_display() if same_day else None,
        changes=(),
        own=reader.hands.wrote(row),
        through_system=not reader.hands.wrote_alone(row) and reader.hands.wrote_through_system(row),
        publishable=reader.may_publish(row),
    )


def _published_states(
    updates: Sequence[MilestoneUpdate],
) -> Mapping[int, Sequence[MilestoneUpdate]]:
    published: dict[int, list[MilestoneUpdate]] = defaultdict(list)
    if updates:
        milestones = {row.milestone_id for row in updates}
        for row in MilestoneUpdate.objects.current().filter(milestone__in=milestones):
            published[row.milestone_id].append(row)
    return published
