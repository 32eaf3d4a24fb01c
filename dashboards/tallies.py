"""Counts by status: whole numbers, what nobody has reported included, never an average."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _lazy

from indicators.formats import plural_form
from indicators.models import Status
from measures.models import Advancement

SERIOUSNESS = (
    Status.BEHIND,
    Status.REGRESSING,
    Status.MISSED,
    Status.NOT_MET,
    Status.OVERDUE,
    Status.NOT_REPORTED,
    Status.WATCH,
    Status.PARTLY_ACHIEVED,
    Status.ON_TRACK,
    Status.ACHIEVED,
    Status.MET,
    Status.EARLY,
    Status.OPEN_ENDED,
    Status.UPCOMING,
    Status.NOT_COMPUTABLE,
    Status.NO_TARGET,
    Status.ABANDONED,
)

NOT_REPORTED = ""
ADVANCEMENTS = (
    Advancement.DONE.value,
    Advancement.IN_PROGRESS.value,
    Advancement.PLANNED.value,
    Advancement.ABANDONED.value,
    NOT_REPORTED,
)

SEVERAL_STATUSES = {
    Status.MISSED: _lazy("non atteints"),
    Status.NOT_MET: _lazy("non respectés"),
    Status.OVERDUE: _lazy("échus, bilan non publié"),
    Status.NOT_REPORTED: _lazy("non renseignés"),
    Status.PARTLY_ACHIEVED: _lazy("partiellement atteints"),
    Status.ACHIEVED: _lazy("atteints"),
    Status.MET: _lazy("respectés"),
    Status.NOT_COMPUTABLE: _lazy("non calculables"),
    Status.ABANDONED: _lazy("abandonnés"),
}
"""The word of a status that several have; the others read the same."""

SEVERAL_STATES = {
    Advancement.DONE.value: _lazy("faits"),
    Advancement.PLANNED.value: _lazy("prévus"),
    Advancement.ABANDONED.value: _lazy("abandonnés"),
    NOT_REPORTED: SEVERAL_STATUSES[Status.NOT_REPORTED],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusCount:
    """How many targets (or indicators without one) have a status."""

    status: str
    count: int
    url: str = ""

    @property
    def label(self) -> str:
        """The status in words, in the plural where several have it: ``3 respectés``."""
        status = Status(self.status)
        several = SEVERAL_STATUSES if plural_form(self.count) > 1 else {}
        return str(several.get(status, status.label))


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneCount:
    """How many deliverables are in a state; the empty state is that nobody has reported."""

    state: str
    count: int

    @property
    def label(self) -> str:
        """The state in words, in the plural where several are in it: ``4 faits``."""
        if plural_form(self.count) > 1 and self.state in SEVERAL_STATES:
            return str(SEVERAL_STATES[self.state])
        return str(Advancement(self.state).label if self.state else Status.NOT_REPORTED.label)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What was promised, what was reported, what nobody has reported."""

    measures: int
    targets: int
    reported: int
    """The targets with a value in their own period: one published for an earlier time is known,
    and shown, but is no result of the target."""
    unreported: int
    """The targets whose period runs or is over, without a value in it."""
    followed: int
    followed_reported: int
    milestones: int
    milestones_done: int
    milestones_unreported: int

    @property
    def set_aside(self) -> int:
        """The targets without a value that nobody waits for: to come, or abandoned without one."""
        return self.targets - self.reported - self.unreported

    @property
    def followed_unreported(self) -> int:
        """The indicators followed without a target that nobody has given a value."""
        return self.followed - self.followed_reported


def count_statuses(
    statuses: Iterable[str], *, url_of: Callable[[str], str] | None = None
) -> tuple[StatusCount, ...]:
    """Count by status, the statuses to look at first coming first."""
    counted = Counter(statuses)
    return tuple(
        StatusCount(
            status=status.value,
            count=counted[status.value],
            url=url_of(status.value) if url_of else "",
        )
        for status in SERIOUSNESS
        if counted[status.value]
    )


def count_milestones(states: Counter[str]) -> tuple[MilestoneCount, ...]:
    """Return deliverables counted by state: ``fait 3, en cours 1, non renseigné 8``."""
    return tuple(
        MilestoneCount(state=state, count=states[state]) for state in ADVANCEMENTS if states[state]
    )


class Counted(NamedTuple):
    """What the totals need of a target, or of an indicator without one."""

    status: str
    has_target: bool
    has_value: bool


def summarise(records: Iterable[Counted], states: Counter[str], *, measures: int) -> Summary:
    """Answer the three questions a reader comes with."""
    targeted: list[Counted] = []
    followed: list[Counted] = []
    for record in records:
        (targeted if record.has_target else followed).append(record)
    return Summary(
        measures=measures,
        targets=len(targeted),
        reported=sum(record.has_value for record in targeted),
        unreported=sum(record.status == Status.NOT_REPORTED for record in targeted),
        followed=len(followed),
        followed_reported=sum(record.has_value for record in followed),
        milestones=states.total(),
        milestones_done=states[Advancement.DONE.value],
        milestones_unreported=states[NOT_REPORTED],
    )
