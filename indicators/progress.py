"""How far along a target is, on a given day, and why: the one place where progress is computed.

Pages, API, charts and exports all ask :func:`evaluate`. Standard library only; the day is passed
in, never asked from a clock. Arithmetic is exact (fractions inside, ``Decimal`` outside), so
that a value lying exactly on a limit is on the right side of it, whatever the unit.

Four modules, one import: :mod:`indicators.terms` says what may be entered,
:mod:`indicators.selection` which observations count, :mod:`indicators.readings` what each kind
of target makes of them; status and freshness are decided here. Import from here.

Rules that hold for every kind of target:

- An observation that ends after ``on`` does not count, for anything.
- The window of a target is start to due, both days included, open on a side that is unknown. The
  window of a quota is its periods. A stock counts when its period ends in the window. A flow or
  a ratio counts when its whole period lies in the window (in one period of a quota); one that
  straddles a border is left out and counted in ``Progress.ignored``.
- Observations are ordered by (end, start, sequence); the latest is the last. Of several with the
  very same period only the last recorded counts: it corrects the others.
- Missing is not zero: a value nobody published is None, and so is what would follow from it.
- A date has passed from the day after it: what is due today is not late.
- Qualifiers, the provisional flag and that of an inferred date are for display; they do not change
  arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from indicators.periods import ONE_DAY, Frequency, calendar_period, following_period
from indicators.readings import (
    Coverage,
    PeriodProgress,
    Reading,
    Reason,
    expected_at,
    expected_path,
    read,
)
from indicators.selection import (
    SUMS,
    WIDE,
    Window,
    aggregate,
    exact,
    has_gaps,
    own_value,
    published_by,
    rounded,
    select,
    value_qualifier,
    window_of,
)
from indicators.terms import (
    ALLOWED_KINDS,
    Checkpoint,
    InvalidTermsError,
    Measurement,
    Observed,
    Operator,
    PeriodQuota,
    Problem,
    ProblemCode,
    Qualifier,
    Series,
    Target,
    TargetKind,
    check_observed,
    check_series,
    check_target,
)

__all__ = [
    "ALLOWED_KINDS",
    "DEFAULT_LIMITS",
    "RULES_VERSION",
    "SUMS",
    "Checkpoint",
    "Coverage",
    "Frequency",
    "Freshness",
    "InvalidTermsError",
    "Limits",
    "Measurement",
    "Observed",
    "Operator",
    "PeriodProgress",
    "PeriodQuota",
    "Problem",
    "ProblemCode",
    "Progress",
    "Qualifier",
    "Reason",
    "Series",
    "Status",
    "Target",
    "TargetKind",
    "aggregate",
    "check_observed",
    "check_series",
    "check_target",
    "display_percent",
    "evaluate",
    "expected_at",
    "expected_path",
    "value_qualifier",
]

RULES_VERSION = 2
"""The edition of these rules: what is stored under another one is computed anew, not shown.
Raise it with any change of what :func:`evaluate` answers, or of the sentence stored with it."""


class Status(StrEnum):
    """In the order of the rule: the first that holds is the status."""

    ABANDONED = "abandoned"
    NO_TARGET = "no_target"
    UPCOMING = "upcoming"
    NOT_REPORTED = "not_reported"
    MET = "met"
    NOT_MET = "not_met"
    ACHIEVED = "achieved"
    PARTLY_ACHIEVED = "partly_achieved"
    MISSED = "missed"
    OVERDUE = "overdue"
    NOT_COMPUTABLE = "not_computable"
    REGRESSING = "regressing"
    OPEN_ENDED = "open_ended"
    EARLY = "early"
    ON_TRACK = "on_track"
    WATCH = "watch"
    BEHIND = "behind"


class Freshness(StrEnum):
    FRESH = "fresh"
    DUE = "due"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Settings of a plan: pace from which a target is on track, or to watch; share of the target
    below which what is expected is too little to judge by."""

    on_track: Decimal = Decimal("0.95")
    watch: Decimal = Decimal("0.85")
    early: Decimal = Decimal("0.10")


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What can be said of a target on one day. ``None`` is "not known", never zero."""

    on: date
    status: Status
    reason: Reason | None
    """Why ``rate`` is None, else why ``expected`` is."""

    value: Decimal | None
    """The sum in the window for quota and total, the latest in the window for level and
    threshold, the latest of all without a target."""
    target_value: Decimal | None
    """The sum of the periods for a quota."""
    value_qualifier: Qualifier | None = None
    """How ``value`` is to be read, from how what it rests on is stated; None without a value."""
    satisfied: bool | None
    """Whether what is published meets the target. A quota: whether every period ended, is wholly
    reported and satisfied."""
    rate: Decimal | None = None
    derived_total: bool = False
    """The rate is over a total that nobody stated: the sum of a quota's periods."""
    baseline: Decimal | None = None
    """What a level is measured from."""
    from_zero: bool = False
    """The baseline is unknown and the level measured from zero: to be said."""

    measured_from: date | None = None
    """Where the window, or the line of a level, starts."""
    due: date | None = None
    """The due date; the end of the last period of a quota."""
    expected: Decimal | None = None
    """What was expected at ``reported_until``, in the unit."""
    expected_share: Decimal | None = None
    """The same as a share of the way from the baseline to the target."""
    pace: Decimal | None = None
    """Achieved over expected, both from the baseline."""

    counted: tuple[Observed, ...] = ()
    """The observations that ``value`` rests on or, for level and threshold, ends with."""
    reported_until: date | None = None
    """The end of the last of them."""
    gaps: bool = False
    """A sum: whether days of the window before that end are in none of them."""
    ignored: int = 0
    """Observations left out because they straddle a border of the window."""
    overlapping: int = 0
    """Observations left out of a sum because a longer one holds the same days."""
    latest: Observed | None = None
    """The latest published of the series, in the window or not."""
    latest_value: Decimal | None = None

    coverage: Coverage | None = None
    """Quota and total only: a level or a threshold is whole whatever came before."""
    freshness: Freshness | None = None
    next_due: date | None = None
    """Last day on which the next figure is not late."""
    periods: tuple[PeriodProgress, ...] = ()
    held: int = 0
    """Thresholds: observations that satisfy the target..."""
    checked: int = 0
    """... out of how many."""


def evaluate(
    series: Series, target: Target | None, *, on: date, limits: Limits = DEFAULT_LIMITS
) -> Progress:
    """The progress of a series towards a target as known on a day.

    Without a target: the latest value (of a flow, that of the latest period: periods are never
    added up over a window nobody set), freshness, and no rate.

    Raises :class:`InvalidTermsError`, a ``ValueError``, on what entry must refuse.
    """
    problems = check_series(series)
    if target is not None:
        problems += check_target(series.measurement, target)
    if problems:
        raise InvalidTermsError(problems)

    published = published_by(series.observations, on)
    latest = published[-1] if published else None
    latest_value = None if latest is None else own_value(series, latest)
    if target is None:
        freshness, next_due = _freshness(series, latest, on=on)
        return Progress(
            on=on,
            status=Status.NO_TARGET,
            reason=Reason.NO_TARGET,
            value=rounded(latest_value),
            value_qualifier=None if latest is None else latest.qualifier,
            target_value=None,
            satisfied=None,
            counted=() if latest is None else (latest,),
            reported_until=None if latest is None else latest.end,
            latest=latest,
            latest_value=rounded(latest_value),
            freshness=freshness,
            next_due=next_due,
        )

    window = window_of(series, target)
    selection = select(series, target, published, window)
    reading = read(series, target, selection, on)
    closed = window.due is not None and on > window.due
    freshness, next_due = _freshness(
        series,
        latest,
        on=on,
        window=window,
        observed=bool(selection.counted),
        settled=closed and reading.covered,
    )
    return Progress(
        on=on,
        status=_status(target, reading, window, limits, on=on, closed=closed),
        reason=reading.reason,
        value=rounded(reading.value),
        value_qualifier=None
        if reading.value is None
        else value_qualifier(
            target.kind,
            selection.counted,
            partial=reading.coverage is not None and reading.coverage.partial,
        ),
        target_value=rounded(reading.target_value),
        satisfied=reading.satisfied,
        rate=rounded(reading.rate),
        derived_total=target.kind == TargetKind.QUOTA,
        baseline=series.baseline if target.kind == TargetKind.LEVEL else None,
        from_zero=reading.from_zero,
        measured_from=window.origin,
        due=window.due,
        expected=rounded(reading.expected),
        expected_share=rounded(reading.expected_share),
        pace=rounded(reading.pace),
        counted=selection.counted,
        reported_until=selection.reported_until,
        gaps=target.kind in SUMS and has_gaps(window, selection.counted),
        ignored=selection.ignored,
        overlapping=selection.overlapping,
        latest=latest,
        latest_value=rounded(latest_value),
        coverage=reading.coverage,
        freshness=freshness,
        next_due=next_due,
        periods=reading.periods,
        held=reading.held,
        checked=reading.checked,
    )


def display_percent(rate: Decimal) -> int:
    """A rate as a whole percentage, rounded half up; 0 and 100 only when exact.

    0.996 shows 99, 1.004 shows 101, 0.003 shows 1, -0.003 shows -1.
    """
    percent = int(rate.scaleb(2, WIDE).to_integral_value(ROUND_HALF_UP))
    if percent == 0 and rate != 0:
        return 1 if rate > 0 else -1
    if percent == 100 and rate != 1:
        return 101 if rate > 1 else 99
    return percent


def _status(  # noqa: C901, PLR0911 - one line for each row of the table reads best
    target: Target, reading: Reading, window: Window, limits: Limits, *, on: date, closed: bool
) -> Status:
    """The first that holds.

    Lateness is judged before the sign or the size of the rate, so that a value of zero or below
    is missed or overdue like any other once the due date has passed.
    """
    if target.abandoned:
        return Status.ABANDONED
    if reading.value is None:
        not_begun = window.start is not None and on < window.start
        return Status.UPCOMING if not_begun else Status.NOT_REPORTED
    if target.kind == TargetKind.THRESHOLD:
        return Status.MET if reading.satisfied else Status.NOT_MET
    if reading.satisfied:
        return Status.ACHIEVED
    if closed:
        if not reading.covered:
            return Status.OVERDUE
        return Status.PARTLY_ACHIEVED if reading.some_satisfied else Status.MISSED
    if reading.rate is None:
        return Status.NOT_COMPUTABLE
    if target.kind == TargetKind.LEVEL and not reading.from_zero and reading.rate < 0:
        return Status.REGRESSING
    if reading.expected_share is None:
        return Status.OPEN_ENDED
    if reading.pace is None or reading.expected_share < exact(limits.early):
        return Status.EARLY
    if reading.pace >= exact(limits.on_track):
        return Status.ON_TRACK
    return Status.WATCH if reading.pace >= exact(limits.watch) else Status.BEHIND


def _freshness(
    series: Series,
    latest: Observed | None,
    *,
    on: date,
    window: Window | None = None,
    observed: bool = False,
    settled: bool = False,
) -> tuple[Freshness | None, date | None]:
    """Whether the next figure is awaited, and the last day on which it is not late.

    The next figure is that of the calendar period after the one in which the latest published
    observation of the series ends. Fresh until that period ends, due for the lag in days after
    it, stale later. Before any observation: the first period from the target's start (from the
    day of the baseline for a level of unknown start), not counting one of which the start is the
    last day. Once the window is over and the data cover it nothing more is awaited. A series
    observed once is awaited at the due date, and fresh from its first observation in the window.
    """
    frequency = series.frequency
    if frequency is None:
        return None, None
    if settled:
        return Freshness.FRESH, None
    if frequency == Frequency.ONCE:
        if observed or (window is None and latest is not None):
            return Freshness.FRESH, None
        awaited = None if window is None else window.due
    elif latest is not None:
        awaited = following_period(frequency, latest.end)[1]
    elif window is not None and window.origin is not None:
        awaited = calendar_period(frequency, window.origin + ONE_DAY)[1]
    else:
        awaited = None
    if awaited is None:
        return None, None
    next_due = awaited + timedelta(days=series.lag_days)
    if on <= awaited:
        return Freshness.FRESH, next_due
    return (Freshness.DUE if on <= next_due else Freshness.STALE), next_due
