"""The terms of an indicator's promise: its series, its target, and what may be entered.

Standard library only, no clock. One validator serves the models, the forms, the API and the
plan files: :func:`check_target`, :func:`check_observed` and :func:`check_series` answer with
problems made of a code, the field at fault and parameters. The words shown on a screen are made
elsewhere from the code; ``str(problem)`` is the English of log lines and of exceptions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from indicators.periods import Frequency


class Measurement(StrEnum):
    """What an observed value is."""

    FLOW = "flow"
    """Counts what happened in its period; periods add up."""
    STOCK = "stock"
    """The level at the end of its period; the latest wins. A published running total is one."""
    RATIO = "ratio"
    """Numerator over denominator; periods aggregate as Σnum/Σden."""


class TargetKind(StrEnum):
    QUOTA = "quota"
    """A value for every period of a list."""
    TOTAL = "total"
    """A sum reached between start and due date."""
    LEVEL = "level"
    """A level reached by a date, from a baseline."""
    THRESHOLD = "threshold"
    """Held at every observation."""


class Operator(StrEnum):
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Qualifier(StrEnum):
    """How the source states a value. It is shown with the value and never changes arithmetic."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    ABOUT = "about"
    AT_MOST = "at_most"


ALLOWED_KINDS: Mapping[Measurement, frozenset[TargetKind]] = MappingProxyType(
    {
        Measurement.FLOW: frozenset(
            {TargetKind.QUOTA, TargetKind.TOTAL, TargetKind.THRESHOLD},
        ),
        Measurement.STOCK: frozenset({TargetKind.LEVEL, TargetKind.THRESHOLD}),
        Measurement.RATIO: frozenset({TargetKind.LEVEL, TargetKind.THRESHOLD}),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One published value and its period, both dates included.

    Flow and stock hold ``value``; ratio holds ``numerator`` and ``denominator``. ``sequence`` is
    the order of recording: of two observations that nothing else tells apart, the later wins.
    """

    start: date
    end: date
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    qualifier: Qualifier = Qualifier.EXACT
    provisional: bool = False
    date_inferred: bool = False
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodQuota:
    """What one period of a quota asks for."""

    start: date
    end: date
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A point of the path to a target: the level expected at the end of a day."""

    on: date
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The number promised.

    ``value`` is that of total, level and threshold. A quota has its values in ``periods`` and
    takes its dates from them: its ``value``, ``start`` and ``due`` are not read.
    """

    kind: TargetKind
    operator: Operator = Operator.AT_LEAST
    value: Decimal | None = None
    tolerance: Decimal = Decimal(0)
    start: date | None = None
    due: date | None = None
    periods: tuple[PeriodQuota, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    abandoned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """An indicator and its published observations, in any order.

    ``ratio_scale`` turns a ratio into its unit: 100 when the unit is %. Targets and baselines of
    a ratio are in that unit.
    """

    measurement: Measurement
    observations: tuple[Observed, ...] = ()
    baseline: Decimal | None = None
    baseline_on: date | None = None
    ratio_scale: Decimal = Decimal(1)
    frequency: Frequency | None = None
    lag_days: int = 0


class ProblemCode(StrEnum):
    KIND_NOT_ALLOWED = "kind_not_allowed"
    OPERATOR_NOT_ALLOWED = "operator_not_allowed"
    VALUE_MISSING = "value_missing"
    NOT_A_NUMBER = "not_a_number"
    NOT_POSITIVE = "not_positive"
    NEGATIVE = "negative"
    TOLERANCE_OUT_OF_RANGE = "tolerance_out_of_range"
    END_BEFORE_START = "end_before_start"
    DUE_BEFORE_START = "due_before_start"
    PERIODS_MISSING = "periods_missing"
    PERIODS_NOT_ALLOWED = "periods_not_allowed"
    PERIODS_OVERLAP = "periods_overlap"
    CHECKPOINTS_NOT_ALLOWED = "checkpoints_not_allowed"
    CHECKPOINT_OUTSIDE_WINDOW = "checkpoint_outside_window"
    CHECKPOINTS_ON_SAME_DAY = "checkpoints_on_same_day"
    SAME_PERIOD_TWICE = "same_period_twice"


_ENGLISH: Mapping[ProblemCode, str] = MappingProxyType(
    {
        ProblemCode.KIND_NOT_ALLOWED: (
            "{kind} is not a target for a {measurement}; allowed: {allowed}"
        ),
        ProblemCode.OPERATOR_NOT_ALLOWED: (
            "{operator} is not allowed for a {kind}; allowed: {allowed}"
        ),
        ProblemCode.VALUE_MISSING: "a value is required",
        ProblemCode.NOT_A_NUMBER: "{value} is not a finite number",
        ProblemCode.NOT_POSITIVE: "{value} is not above 0",
        ProblemCode.NEGATIVE: "{value} is below 0",
        ProblemCode.TOLERANCE_OUT_OF_RANGE: "{value} is not a fraction between 0 and 1",
        ProblemCode.END_BEFORE_START: "the period ends on {end}, before its start on {start}",
        ProblemCode.DUE_BEFORE_START: "due on {due}, before the start on {start}",
        ProblemCode.PERIODS_MISSING: "a quota needs at least one period",
        ProblemCode.PERIODS_NOT_ALLOWED: "a {kind} has no periods; only a quota has",
        ProblemCode.PERIODS_OVERLAP: (
            "the period from {start} to {end} begins before the end of the previous one, "
            "{previous_end}"
        ),
        ProblemCode.CHECKPOINTS_NOT_ALLOWED: "a {kind} has no checkpoints; only a level has",
        ProblemCode.CHECKPOINT_OUTSIDE_WINDOW: (
            "the checkpoint on {on} is not between the start ({start}) and the due date ({due})"
        ),
        ProblemCode.CHECKPOINTS_ON_SAME_DAY: "two checkpoints on {on}",
        ProblemCode.SAME_PERIOD_TWICE: (
            "two observations from {start} to {end} with sequence {sequence}; "
            "the later recorded needs a higher one"
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why an entry is refused: the field at fault, a code, and what the message needs.

    ``params`` hold plain values (dates, decimals, codes); where there is a choice, ``allowed``
    is the tuple of the codes to choose from.
    """

    field: str
    code: ProblemCode
    params: Mapping[str, object] = dataclasses.field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        words = {
            name: ", ".join(map(str, value)) if isinstance(value, tuple) else value
            for name, value in self.params.items()
        }
        return f"{self.field}: {_ENGLISH[self.code].format(**words)}"


class InvalidTermsError(ValueError):
    """A series or a target that entry must refuse reached a calculation."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def check_target(measurement: Measurement, target: Target) -> tuple[Problem, ...]:
    """Everything that is wrong with a target for an indicator of this measurement."""
    return tuple(_target_problems(measurement, target))


def check_observed(measurement: Measurement, observed: Observed) -> tuple[Problem, ...]:
    """Everything that is wrong with one observation."""
    return tuple(_observed_problems(measurement, observed))


def check_series(series: Series) -> tuple[Problem, ...]:
    """Everything that is wrong with a series, observation by observation."""
    return tuple(_series_problems(series))


def _target_problems(measurement: Measurement, target: Target) -> Iterator[Problem]:
    allowed = ALLOWED_KINDS[measurement]
    if target.kind not in allowed:
        yield Problem(
            field="kind",
            code=ProblemCode.KIND_NOT_ALLOWED,
            params={
                "kind": str(target.kind),
                "measurement": str(measurement),
                "allowed": tuple(str(kind) for kind in TargetKind if kind in allowed),
            },
        )
    summed = target.kind in (TargetKind.QUOTA, TargetKind.TOTAL)
    if summed and target.operator != Operator.AT_LEAST:
        yield Problem(
            field="operator",
            code=ProblemCode.OPERATOR_NOT_ALLOWED,
            params={
                "operator": str(target.operator),
                "kind": str(target.kind),
                "allowed": (str(Operator.AT_LEAST),),
            },
        )
    if target.value is not None:
        yield from _number_problems("value", target.value, positive=summed)
    elif target.kind != TargetKind.QUOTA:
        yield Problem(field="value", code=ProblemCode.VALUE_MISSING)
    # Comparing a NaN raises, so whether it is a number at all comes first.
    if not target.tolerance.is_finite() or not 0 <= target.tolerance <= 1:
        yield Problem(
            field="tolerance",
            code=ProblemCode.TOLERANCE_OUT_OF_RANGE,
            params={"value": target.tolerance},
        )
    if target.start is not None and target.due is not None and target.due < target.start:
        yield Problem(
            field="due",
            code=ProblemCode.DUE_BEFORE_START,
            params={"start": target.start, "due": target.due},
        )
    yield from _quota_problems(target)
    if target.checkpoints:
        yield from _checkpoint_problems(target)


def _quota_problems(target: Target) -> Iterator[Problem]:
    if target.kind != TargetKind.QUOTA:
        if target.periods:
            yield Problem(
                field="periods",
                code=ProblemCode.PERIODS_NOT_ALLOWED,
                params={"kind": str(target.kind)},
            )
        return
    if not target.periods:
        yield Problem(field="periods", code=ProblemCode.PERIODS_MISSING)
    previous_end: date | None = None
    for period in sorted(target.periods, key=lambda period: (period.start, period.end)):
        yield from _number_problems("periods", period.value, positive=True)
        if period.end < period.start:
            yield Problem(
                field="periods",
                code=ProblemCode.END_BEFORE_START,
                params={"start": period.start, "end": period.end},
            )
        if previous_end is not None and period.start <= previous_end:
            yield Problem(
                field="periods",
                code=ProblemCode.PERIODS_OVERLAP,
                params={"start": period.start, "end": period.end, "previous_end": previous_end},
            )
        previous_end = period.end if previous_end is None else max(previous_end, period.end)


def _checkpoint_problems(target: Target) -> Iterator[Problem]:
    if target.kind != TargetKind.LEVEL:
        yield Problem(
            field="checkpoints",
            code=ProblemCode.CHECKPOINTS_NOT_ALLOWED,
            params={"kind": str(target.kind)},
        )
        return
    seen: set[date] = set()
    for checkpoint in target.checkpoints:
        yield from _number_problems("checkpoints", checkpoint.value, positive=False)
        too_early = target.start is not None and checkpoint.on <= target.start
        too_late = target.due is not None and checkpoint.on >= target.due
        if too_early or too_late:
            yield Problem(
                field="checkpoints",
                code=ProblemCode.CHECKPOINT_OUTSIDE_WINDOW,
                params={"on": checkpoint.on, "start": target.start, "due": target.due},
            )
        if checkpoint.on in seen:
            yield Problem(
                field="checkpoints",
                code=ProblemCode.CHECKPOINTS_ON_SAME_DAY,
                params={"on": checkpoint.on},
            )
        seen.add(checkpoint.on)


def _observed_problems(measurement: Measurement, observed: Observed) -> Iterator[Problem]:
    if observed.end < observed.start:
        yield Problem(
            field="end",
            code=ProblemCode.END_BEFORE_START,
            params={"start": observed.start, "end": observed.end},
        )
    if measurement == Measurement.RATIO:
        yield from _required_number("numerator", observed.numerator)
        yield from _required_number("denominator", observed.denominator, positive=True)
    else:
        yield from _required_number("value", observed.value)


def _series_problems(series: Series) -> Iterator[Problem]:
    if series.baseline is not None:
        yield from _number_problems("baseline", series.baseline, positive=False)
    yield from _number_problems("ratio_scale", series.ratio_scale, positive=True)
    if series.lag_days < 0:
        yield Problem(
            field="lag_days", code=ProblemCode.NEGATIVE, params={"value": series.lag_days}
        )
    seen: set[tuple[date, date, int]] = set()
    for observed in series.observations:
        yield from _observed_problems(series.measurement, observed)
        key = (observed.start, observed.end, observed.sequence)
        if key in seen:
            yield Problem(
                field="observations",
                code=ProblemCode.SAME_PERIOD_TWICE,
                params={
                    "start": observed.start,
                    "end": observed.end,
                    "sequence": observed.sequence,
                },
            )
        seen.add(key)


def _required_number(
    name: str, value: Decimal | None, *, positive: bool = False
) -> Iterator[Problem]:
    if value is None:
        yield Problem(field=name, code=ProblemCode.VALUE_MISSING)
    else:
        yield from _number_problems(name, value, positive=positive)


def _number_problems(name: str, value: Decimal, *, positive: bool) -> Iterator[Problem]:
    if not value.is_finite():
        yield Problem(field=name, code=ProblemCode.NOT_A_NUMBER, params={"value": value})
    elif positive and value <= 0:
        yield Problem(field=name, code=ProblemCode.NOT_POSITIVE, params={"value": value})
