"""What the database itself refuses about indicators, targets and observations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from indicators import models, progress
from indicators.models import Indicator, Observation, Target, TargetPeriod
from tests.factories import (
    CheckpointFactory,
    IndicatorFactory,
    MeasureFactory,
    ObjectiveFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
    TargetPeriodFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("choices", "rules"),
    [
        (models.Measurement, progress.Measurement),
        (models.Qualifier, progress.Qualifier),
        (models.Status, progress.Status),
        (models.Freshness, progress.Freshness),
        (Indicator.Frequency, progress.Frequency),
        (Target.Kind, progress.TargetKind),
        (Target.Operator, progress.Operator),
    ],
    ids=lambda kind: kind.__qualname__,
)
def test_the_database_and_the_rules_use_the_same_codes(choices: Any, rules: Any) -> None:
    assert choices.values == [str(code) for code in rules]


def test_an_indicator_hangs_on_one_parent() -> None:
    plan = PlanFactory.create()
    measure = MeasureFactory.create(plan=plan)

    with pytest.raises(IntegrityError, match="one_parent"), transaction.atomic():
        IndicatorFactory.create(plan=plan, measure=measure, objective=measure.objective)


@pytest.mark.parametrize("parent", ["objective", "measure"])
def test_an_indicator_and_its_parent_are_in_one_plan(parent: str) -> None:
    parents = {"objective": None, "measure": None}
    factories: dict[str, Any] = {"objective": ObjectiveFactory, "measure": MeasureFactory}
    parents[parent] = factories[parent].create()

    with pytest.raises(IntegrityError, match="another plan"), transaction.atomic():
        IndicatorFactory.create(plan=PlanFactory.create(), **parents)


def test_a_baseline_has_a_source() -> None:
    with pytest.raises(IntegrityError, match="baseline_sourced"), transaction.atomic():
        IndicatorFactory.create(stock=True, baseline=Decimal(2500))


# What may be promised of what is measured (DESIGN: Target). Each pair not named is refused.
ALLOWED = {
    ("flow", "quota"),
    ("flow", "total"),
    ("flow", "threshold"),
    ("stock", "level"),
    ("stock", "threshold"),
    ("ratio", "level"),
    ("ratio", "threshold"),
}


@pytest.mark.parametrize("measurement", ["flow", "stock", "ratio"])
@pytest.mark.parametrize("kind", ["quota", "total", "level", "threshold"])
def test_the_kind_of_a_target_goes_with_the_measurement(measurement: str, kind: str) -> None:
    indicator = IndicatorFactory.create(measurement=measurement)
    if (measurement, kind) in ALLOWED:
        assert TargetFactory.create(indicator=indicator, kind=kind).pk
    else:
        with pytest.raises(IntegrityError, match="kind_allowed"), transaction.atomic():
            TargetFactory.create(indicator=indicator, kind=kind)


def test_a_wrong_pair_is_refused_in_words_that_name_the_allowed_ones() -> None:
    target = TargetFactory.build(
        indicator=IndicatorFactory.create(), kind="level", source=SourceFactory.create()
    )

    with pytest.raises(ValidationError, match="un flux admet quota, total et seuil"):
        target.full_clean()


def test_the_copied_measurement_cannot_be_forged() -> None:
    target = TargetFactory.create(indicator=IndicatorFactory.create())

    Target.objects.filter(pk=target.pk).update(measurement="stock")

    target.refresh_from_db()
    assert target.measurement == "flow"


@pytest.mark.parametrize("dependent", [TargetFactory, ObservationFactory])
def test_the_measurement_stays_once_something_depends_on_it(dependent: Any) -> None:  # case 17
    indicator = dependent.create().indicator

    with pytest.raises(IntegrityError, match="its measurement stays flow"), transaction.atomic():
        Indicator.objects.filter(pk=indicator.pk).update(measurement="stock")


@pytest.mark.parametrize("value", [None, 0, -1])
def test_a_total_is_positive(value: int | None) -> None:
    with pytest.raises(IntegrityError, match="value_of_kind"), transaction.atomic():
        TargetFactory.create(value=value)


@pytest.mark.parametrize("value", [0, -35])
def test_a_quota_is_positive(value: int) -> None:
    with pytest.raises(IntegrityError, match="targetperiod_positive"), transaction.atomic():
        TargetPeriodFactory.create(value=Decimal(value))


@pytest.mark.parametrize("kind", ["quota", "total"])
def test_a_quota_or_a_total_is_at_least(kind: str) -> None:
    with pytest.raises(IntegrityError, match="at_least"), transaction.atomic():
        TargetFactory.create(kind=kind, operator="at_most")


def test_quota_periods_do_not_overlap_but_follow_each_other_and_other_targets() -> None:
    target = TargetFactory.with_yearly_quota({2020: 35, 2021: 35})
    TargetFactory.with_yearly_quota({2020: 10})

    with pytest.raises(IntegrityError, match="targetperiod_apart"), transaction.atomic():
        TargetPeriodFactory.create(
            target=target, starts_on=date(2021, 12, 31), ends_on=date(2022, 12, 30)
        )
    assert TargetPeriod.objects.filter(target=target).count() == 2


def test_a_quota_has_periods() -> None:
    with pytest.raises(IntegrityError, match="a quota has periods"), transaction.atomic():
        TargetFactory.create(kind="quota", periods={})
        connection.check_constraints()


def test_the_last_period_of_a_quota_is_not_taken_away() -> None:
    target = TargetFactory.with_yearly_quota({2020: 35})

    with pytest.raises(IntegrityError, match="a quota has periods"), transaction.atomic():
        target.periods.all().delete()
        connection.check_constraints()


def test_only_a_quota_has_periods() -> None:
    with pytest.raises(IntegrityError, match="only a quota"), transaction.atomic():
        TargetPeriodFactory.create(target=TargetFactory.create())
        connection.check_constraints()


def test_only_a_level_has_checkpoints() -> None:
    with pytest.raises(IntegrityError, match="only a level"), transaction.atomic():
        CheckpointFactory.create(target=TargetFactory.create())
        connection.check_constraints()


@pytest.mark.parametrize(
    ("on", "accepted"),
    [
        (date(2024, 12, 31), False),
        (date(2025, 1, 1), True),
        (date(2029, 12, 30), True),
        (date(2029, 12, 31), False),
    ],
)
def test_a_checkpoint_lies_between_the_start_and_the_due_date(on: date, accepted: bool) -> None:
    target = TargetFactory.create(
        indicator=IndicatorFactory.create(stock=True),
        level=True,
        starts_on=date(2024, 12, 31),
        due_on=date(2029, 12, 31),
    )
    if accepted:
        CheckpointFactory.create(target=target, on=on)
        connection.check_constraints()
    else:
        with pytest.raises(IntegrityError, match="between the start"), transaction.atomic():
            CheckpointFactory.create(target=target, on=on)
            connection.check_constraints()


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_on": date(2025, 1, 1), "due_on": date(2024, 12, 31)},
        {"tolerance": Decimal("1.1")},
        {"wording": "  "},
        {"abandoned_on": date(2025, 1, 1), "abandonment_reason": " "},
    ],
    ids=["due before start", "tolerance above 1", "no wording", "abandoned without reason"],
)
def test_what_a_target_cannot_be(fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TargetFactory.create(**fields)


def test_a_target_has_a_source() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TargetFactory.create(source=None)


def test_a_revised_target_says_why_and_the_old_one_stays() -> None:
    old = TargetFactory.create()
    Target.objects.filter(pk=old.pk).update(superseded_on=date(2025, 6, 1))

    with pytest.raises(IntegrityError, match="revised_with_reason"), transaction.atomic():
        TargetFactory.create(indicator=old.indicator, supersedes=old, revision_reason=" ")
    new = TargetFactory.create(
        indicator=old.indicator, supersedes=old, revision_reason="Délibération de juin 2025"
    )
    assert list(Target.objects.in_force()) == [new]
    assert list(Target.objects.order_by("id")) == [old, new]


# What each measurement's values are made of.
@pytest.mark.parametrize(
    ("measurement", "fields"),
    [
        ("flow", {"value": None}),
        ("stock", {"value": None}),
        ("flow", {"numerator": 1, "denominator": 2}),
        ("ratio", {"value": 80}),
        ("ratio", {"value": None, "numerator": 4}),
        ("ratio", {"value": None, "numerator": 4, "denominator": 0}),
    ],
)
def test_an_observation_holds_what_its_measurement_asks(
    measurement: str, fields: dict[str, Any]
) -> None:
    indicator = IndicatorFactory.create(measurement=measurement)

    with pytest.raises(IntegrityError, match="value_of_measurement"), transaction.atomic():
        ObservationFactory.create(indicator=indicator, **fields)
    with pytest.raises(ValidationError):
        ObservationFactory.build(indicator=indicator, **fields).full_clean(
            exclude=["measurement"]  # as a form does, which skips the constraint
        )


def test_zero_is_a_value() -> None:  # edge case 2
    assert ObservationFactory.create(value=Decimal(0), published=True).value == 0


def test_a_period_holds_one_published_value() -> None:
    first = ObservationFactory.create(published=True)

    with pytest.raises(IntegrityError, match="one_current"), transaction.atomic():
        ObservationFactory.create(indicator=first.indicator, published=True)


def test_overlapping_periods_of_a_flow_are_not_both_published() -> None:  # edge case 7
    year = ObservationFactory.create(published=True)
    quarter = {"period_start": date(2020, 10, 1), "period_end": date(2020, 12, 31)}

    with pytest.raises(IntegrityError, match="observation_apart"), transaction.atomic():
        ObservationFactory.create(indicator=year.indicator, published=True, **quarter)
    ObservationFactory.create(indicator=year.indicator, **quarter)
    ObservationFactory.create(published=True, **quarter)
    ObservationFactory.create(indicator=year.indicator, published=True, year=2021)
    assert Observation.objects.current().count() == 3


def test_overlapping_periods_of_a_stock_may_both_be_published() -> None:
    year = ObservationFactory.create(indicator=IndicatorFactory.create(stock=True), published=True)

    ObservationFactory.create(
        indicator=year.indicator,
        published=True,
        period_start=date(2020, 12, 1),
        period_end=date(2020, 12, 31),
    )
    assert Observation.objects.current().count() == 2


def test_a_period_does_not_end_before_it_starts() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ObservationFactory.create(period_start=date(2020, 12, 31), period_end=date(2020, 1, 1))


def test_an_indicator_with_values_is_not_deleted() -> None:
    indicator = ObservationFactory.create(published=True).indicator

    with pytest.raises(IntegrityError):
        indicator.delete()
    assert list(Indicator.objects.all()) == [indicator]
