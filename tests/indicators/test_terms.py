"""What entry refuses, and how it says so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from indicators.progress import (
    ALLOWED_KINDS,
    InvalidTermsError,
    Measurement,
    Observed,
    Operator,
    PeriodQuota,
    Problem,
    ProblemCode,
    Series,
    Target,
    TargetKind,
    check_observed,
    check_series,
    check_target,
)
from tests.indicators.builders import (
    AT_MOST,
    day,
    flow,
    level,
    observed,
    progress,
    quota,
    ratio,
    share,
    stock,
    threshold,
    total,
    yearly,
)

VALID: dict[TargetKind, Target] = {
    TargetKind.QUOTA: yearly(10, 2024, 2025),
    TargetKind.TOTAL: total(10, None, None),
    TargetKind.LEVEL: level(-10, "2024-01-01", "2024-01-01", **AT_MOST),
    TargetKind.THRESHOLD: threshold(0, tolerance=Decimal(1), **AT_MOST),
}


@pytest.mark.parametrize("measurement", Measurement)
@pytest.mark.parametrize("kind", TargetKind)
def test_the_kinds_a_measurement_allows(measurement: Measurement, kind: TargetKind) -> None:
    problems = check_target(measurement, VALID[kind])
    if kind in ALLOWED_KINDS[measurement]:
        assert problems == ()
    else:
        assert [(one.field, one.code) for one in problems] == [
            ("kind", ProblemCode.KIND_NOT_ALLOWED)
        ]


def test_a_refused_kind_names_those_allowed() -> None:
    (problem,) = check_target(Measurement.STOCK, VALID[TargetKind.QUOTA])
    assert problem.params == {
        "kind": "quota",
        "measurement": "stock",
        "allowed": ("level", "threshold"),
    }
    assert str(problem) == "kind: quota is not a target for a stock; allowed: level, threshold"


REFUSED_TARGETS: list[tuple[Measurement, Target, str]] = [
    (
        Measurement.FLOW,
        yearly(10, 2024, 2024, **AT_MOST),
        "operator: at_most is not allowed for a quota; allowed: at_least",
    ),
    (
        Measurement.FLOW,
        total(10, None, None, **AT_MOST),
        "operator: at_most is not allowed for a total; allowed: at_least",
    ),
    (Measurement.FLOW, Target(kind=TargetKind.TOTAL), "value: a value is required"),
    (Measurement.STOCK, Target(kind=TargetKind.LEVEL), "value: a value is required"),
    (Measurement.STOCK, Target(kind=TargetKind.THRESHOLD), "value: a value is required"),
    (Measurement.FLOW, total(0, None, None), "value: 0 is not above 0"),
    (Measurement.FLOW, total(-1, None, None), "value: -1 is not above 0"),
    (Measurement.STOCK, level("NaN", None, None), "value: NaN is not a finite number"),
    (Measurement.FLOW, quota({"2024": 0}), "periods: 0 is not above 0"),
    (Measurement.FLOW, quota({"2024": "Infinity"}), "periods: Infinity is not a finite number"),
    (Measurement.FLOW, quota({}), "periods: a quota needs at least one period"),
    (
        Measurement.FLOW,
        quota({"2024-12-31/2024-01-01": 10}),
        "periods: the period ends on 2024-01-01, before its start on 2024-12-31",
    ),
    (
        Measurement.FLOW,
        quota({"2024-12-31/2025-12-30": 10, "2024": 10}),
        (
            "periods: the period from 2024-12-31 to 2025-12-30 begins before the end of the "
            "previous one, 2024-12-31"
        ),
    ),
    (
        Measurement.FLOW,
        replace(total(10, None, None), periods=VALID[TargetKind.QUOTA].periods),
        "periods: a total has no periods; only a quota has",
    ),
    (
        Measurement.STOCK,
        level(10, "2025-01-01", "2024-12-31"),
        "due: due on 2024-12-31, before the start on 2025-01-01",
    ),
    (
        Measurement.STOCK,
        threshold(10, tolerance=Decimal("-0.01")),
        "tolerance: -0.01 is not a fraction between 0 and 1",
    ),
    (
        Measurement.STOCK,
        threshold(10, tolerance=Decimal("1.01")),
        "tolerance: 1.01 is not a fraction between 0 and 1",
    ),
    (
        Measurement.STOCK,
        threshold(10, tolerance=Decimal("NaN")),
        "tolerance: NaN is not a fraction between 0 and 1",
    ),
    (
        Measurement.STOCK,
        replace(
            threshold(10),
            checkpoints=level(10, None, None, through={"2024-06-30": 5}).checkpoints,
        ),
        "checkpoints: a threshold has no checkpoints; only a level has",
    ),
    (
        Measurement.STOCK,
        level(10, "2024-01-01", "2024-12-31", through={"2024-12-31": 5}),
        (
            "checkpoints: the checkpoint on 2024-12-31 is not between the start (2024-01-01) and "
            "the due date (2024-12-31)"
        ),
    ),
    (
        Measurement.STOCK,
        level(10, "2024-01-01", "2024-12-31", through={"2024-01-01": 5}),
        (
            "checkpoints: the checkpoint on 2024-01-01 is not between the start (2024-01-01) and "
            "the due date (2024-12-31)"
        ),
    ),
    (
        Measurement.STOCK,
        level(10, None, None, through={"2024-01-01": "-Infinity"}),
        "checkpoints: -Infinity is not a finite number",
    ),
    (
        Measurement.STOCK,
        replace(
            level(10, None, None),
            checkpoints=level(10, None, None, through={"2024-06-30": 5}).checkpoints * 2,
        ),
        "checkpoints: two checkpoints on 2024-06-30",
    ),
]


@pytest.mark.parametrize(("measurement", "target", "message"), REFUSED_TARGETS)
def test_a_refused_target(measurement: Measurement, target: Target, message: str) -> None:
    problems = check_target(measurement, target)
    assert [str(problem) for problem in problems] == [message]
    with pytest.raises(InvalidTermsError) as refusal:
        progress(Series(measurement=measurement), target, "2024-06-30")
    assert (str(refusal.value), refusal.value.problems) == (message, problems)


def test_everything_wrong_is_said_at_once() -> None:
    target = Target(
        kind=TargetKind.QUOTA,
        operator=Operator.AT_MOST,
        value=Decimal(0),
        tolerance=Decimal(2),
        start=day("2025-01-01"),
        due=day("2024-01-01"),
    )
    assert [(one.field, one.code) for one in check_target(Measurement.RATIO, target)] == [
        ("kind", ProblemCode.KIND_NOT_ALLOWED),
        ("operator", ProblemCode.OPERATOR_NOT_ALLOWED),
        ("value", ProblemCode.NOT_POSITIVE),
        ("tolerance", ProblemCode.TOLERANCE_OUT_OF_RANGE),
        ("due", ProblemCode.DUE_BEFORE_START),
        ("periods", ProblemCode.PERIODS_MISSING),
    ]


def test_a_period_inside_another_overlaps_every_one_it_touches() -> None:
    periods = tuple(
        PeriodQuota(start=day(start), end=day(end), value=Decimal(1))
        for start, end in (
            ("2020-01-01", "2022-12-31"),
            ("2020-06-01", "2020-06-30"),
            ("2022-01-01", "2023-12-31"),
        )
    )
    problems = check_target(Measurement.FLOW, Target(kind=TargetKind.QUOTA, periods=periods))
    assert [problem.params["previous_end"] for problem in problems] == [
        day("2022-12-31"),
        day("2022-12-31"),
    ]


def test_quota_periods_may_touch() -> None:
    assert check_target(Measurement.FLOW, yearly(10, 2020, 2024)) == ()


REFUSED_OBSERVATIONS: list[tuple[Measurement, Observed, list[str]]] = [
    (
        Measurement.FLOW,
        observed("2024-12-31/2024-01-01", 1),
        ["end: the period ends on 2024-01-01, before its start on 2024-12-31"],
    ),
    (Measurement.STOCK, share("2024", 1, 2), ["value: a value is required"]),
    (
        Measurement.RATIO,
        observed("2024", 1),
        ["numerator: a value is required", "denominator: a value is required"],
    ),
    (Measurement.RATIO, share("2024", 1, 0), ["denominator: 0 is not above 0"]),
    (Measurement.RATIO, share("2024", 1, -2), ["denominator: -2 is not above 0"]),
    (Measurement.RATIO, share("2024", "NaN", 2), ["numerator: NaN is not a finite number"]),
    (Measurement.FLOW, observed("2024", "sNaN"), ["value: sNaN is not a finite number"]),
]


@pytest.mark.parametrize(("measurement", "observation", "messages"), REFUSED_OBSERVATIONS)
def test_a_refused_observation(
    measurement: Measurement, observation: Observed, messages: list[str]
) -> None:
    problems = check_observed(measurement, observation)
    assert [str(problem) for problem in problems] == messages
    series = Series(measurement=measurement, observations=(observation,))
    with pytest.raises(ValueError, match=messages[0].split(":", maxsplit=1)[0]):
        progress(series, None, "2024-06-30")


def test_negative_values_and_numerators_are_figures_like_others() -> None:
    assert check_series(flow(observed("2024", -1))) == ()
    assert check_series(stock(observed("2024", -1), baseline=-5)) == ()
    assert check_series(ratio(share("2024", -1, 2))) == ()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"baseline": Decimal("NaN")}, "baseline: NaN is not a finite number"),
        ({"ratio_scale": Decimal(0)}, "ratio_scale: 0 is not above 0"),
        ({"lag_days": -1}, "lag_days: -1 is below 0"),
    ],
)
def test_a_refused_series(changes: dict[str, Any], message: str) -> None:
    problems = check_series(replace(stock(observed("2024", 1)), **changes))
    assert [str(problem) for problem in problems] == [message]


def test_two_observations_that_nothing_tells_apart_are_refused_not_drawn_by_lot() -> None:
    twice = stock(observed("2024", 1, sequence=3), observed("2024", 2, sequence=3))
    assert [str(problem) for problem in check_series(twice)] == [
        (
            "observations: two observations from 2024-01-01 to 2024-12-31 with sequence 3; "
            "the later recorded needs a higher one"
        )
    ]


def test_every_code_has_its_words() -> None:
    names = "kind measurement allowed operator value start end due on previous_end sequence"
    params: dict[str, object] = {name: name.upper() for name in names.split()}
    words = [str(Problem(field="field", code=code, params=params)) for code in ProblemCode]
    assert len(set(words)) == len(ProblemCode)


def test_a_problem_can_be_kept_in_a_set() -> None:
    (problem,) = check_target(Measurement.FLOW, total(0, None, None))
    assert {problem, problem} == {problem}
