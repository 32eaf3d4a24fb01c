"""What is known of indicators where a value is entered: their versions and their targets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.utils.translation import gettext as _

from indicators.entry_periods import next_awaited, recent_periods
from indicators.evaluation import series_of
from indicators.models import Indicator, Measurement, Observation, Target
from indicators.number_fields import observed_of
from indicators.periods import Frequency, Span
from indicators.plausibility import doubts_about, previous_to
from indicators.plausibility_words import in_french
from indicators.progress import Observed, Series
from plans.models import OPEN, Contribution

_MOST_PROPOSED = 12


@dataclass(frozen=True)
class Known:
    """The published values of an indicator, what is being entered, and its targets in force."""

    indicator: Indicator
    published: tuple[Observation, ...]
    """The latest first."""
    open: tuple[Observation, ...]
    targets: tuple[Target, ...]

    @property
    def frequency(self) -> Frequency | None:
        """How often it is observed."""
        return Frequency(self.indicator.frequency) if self.indicator.frequency else None

    @cached_property
    def series(self) -> Series:
        """The published values as the rules take them."""
        return series_of(self.indicator, self.published)

    @property
    def opening(self) -> date | None:
        """The first day that a target counts from; that of the baseline, else of the plan."""
        starts = [target.starts_on for target in self.targets if target.starts_on]
        starts += [period.starts_on for target in self.targets for period in target.periods.all()]
        return min(starts, default=self.indicator.baseline_on or self.indicator.plan.starts_on)

    @property
    def closing(self) -> date | None:
        """The last due date of its targets."""
        return max((target.due_on for target in self.targets if target.due_on), default=None)

    # Many values of one indicator may be asked about one after the other.

    @cached_property
    def _published_by_period(self) -> dict[Span, Observation]:
        return _by_period(self.published)

    @cached_property
    def _open_by_period(self) -> dict[Span, Observation]:
        return _by_period(self.open)

    def published_for(self, period: Span) -> Observation | None:
        """Return what is published for exactly this period."""
        return self._published_by_period.get(period)

    def open_for(self, period: Span) -> Observation | None:
        """Return the contribution under way for exactly this period."""
        return self._open_by_period.get(period)

    def overlapped_by(self, period: Span) -> Observation | None:
        """Return a published value whose days would count twice with this period's."""
        if self.indicator.measurement == Measurement.STOCK:
            return None
        return next(
            (
                one
                for one in self.published
                if (one.period_start, one.period_end) != period
                and one.period_start <= period[1]
                and period[0] <= one.period_end
            ),
            None,
        )

    def previous_to(self, observation: Observation) -> Observation | None:
        """Return the published value to compare this one with."""
        before = previous_to(observed_of(observation), self.series)
        return next((one for one in self.published if before and one.pk == before.sequence), None)

    def proposed(self, *, on: date) -> Span:
        """Return the period to propose: a draft first, then the next awaited one."""
        for one in sorted(self.open, key=lambda one: one.period_end):
            if one.state != Contribution.State.SUBMITTED:
                return one.period_start, one.period_end
        return next_awaited(
            self.frequency,
            [
                (one.period_start, one.period_end)
                for one in (*self.published, *self.open)
                if one.period_start <= on
            ],
            opening=self.opening,
            closing=self.closing,
            on=on,
        )

    def periods(self, *, on: date) -> list[Span]:
        """Return the periods to choose from, the latest first: the proposed one is one of them."""
        recent = recent_periods(self.frequency, opening=self.opening, on=on, most=_MOST_PROPOSED)
        return sorted({*recent, self.proposed(on=on)}, key=lambda span: span[::-1], reverse=True)

    def awaiting(self, period: Span, *, on: date) -> str:
        """Say of a period for which nothing is entered whether a value is due; it may be, anyway.

        As freshness reckons: what is observed once is awaited at the due date, and a period of
        which a target's start is the last day is not counted.
        """
        once = self.frequency == Frequency.ONCE
        if (once and self.published) or self.overlapped_by(period) is not None:
            return _("déjà relevé")
        if not self._is_counted(period) or (once and period[1] < (self.closing or period[1])):
            return _("rien d’attendu")
        return _("période en cours") if period[1] >= on else _("à saisir")

    def _is_counted(self, period: Span) -> bool:
        """Whether a value of the period tells something of a target; without one, of the plan."""
        if not self.targets:
            return self.opening is None or self.opening < period[1]
        return any(
            (first is None or first < period[1]) and (last is None or period[0] <= last)
            for first, last in map(_window_of, self.targets)
        )

    def doubts(self, observation: Observation, *, on: date) -> list[str]:
        """Return what is doubtful in a value, in French."""
        return self.doubts_beside(self.series, observed_of(observation), on=on)

    def doubts_beside(self, published: Series, observed: Observed, *, on: date) -> list[str]:
        """Return the same for a value as the rules take it, beside some published values only."""
        doubts = doubts_about(
            observed,
            published,
            promised=self._promised(observed),
            percentage=self.indicator.unit.symbol == "%",
            counting=self.indicator.unit.counts_things,
            decimals=self.indicator.unit.decimals,
            on=on,
        )
        return [in_french(doubt, self.indicator.unit) for doubt in doubts]

    def _promised(self, observed: Observed) -> list[Decimal]:
        """The numbers that its targets promise, for the period where they say it by period."""
        promised = []
        for target in self.targets:
            if target.value is not None:
                promised.append(target.value)
            quotas = [
                period
                for period in target.periods.all()
                if period.starts_on <= observed.end and observed.start <= period.ends_on
            ]
            promised += [period.value for period in quotas or target.periods.all()]
        return promised


def _window_of(target: Target) -> tuple[date | None, date | None]:
    """Return the first and the last day that a target counts; None for what nobody states."""
    periods = target.periods.all()
    return (
        target.starts_on or min((one.starts_on for one in periods), default=None),
        target.due_on or max((one.ends_on for one in periods), default=None),
    )


def _by_period(versions: Sequence[Observation]) -> dict[Span, Observation]:
    return {(one.period_start, one.period_end): one for one in versions}


def known_of(indicators: Sequence[Indicator]) -> dict[int, Known]:
    """Return what is known of each indicator, by its id, in four queries however many they are.

    The indicators come with their plan and unit.
    """
    by_id = {indicator.pk: indicator for indicator in indicators}
    published: dict[int, list[Observation]] = defaultdict(list)
    open_now: dict[int, list[Observation]] = defaultdict(list)
    versions = Observation.objects.of_indicators(by_id).select_related(
        "source", "author", "edited_by"
    )
    for rows, found in (
        (published, versions.current().order_by("-period_end", "-id")),
        (open_now, versions.filter(OPEN).order_by("-period_end")),
    ):
        for observation in found:
            observation.indicator = by_id[observation.indicator_id]
            rows[observation.indicator_id].append(observation)
    targets: dict[int, list[Target]] = defaultdict(list)
    for target in (
        Target.objects.in_force()
        .filter(indicator__in=by_id, abandoned_on__isnull=True)
        .order_by("position", "code")
        .prefetch_related("periods")
    ):
        target.indicator = by_id[target.indicator_id]
        targets[target.indicator_id].append(target)
    return {
        number: Known(
            indicator, tuple(published[number]), tuple(open_now[number]), tuple(targets[number])
        )
        for number, indicator in by_id.items()
    }
