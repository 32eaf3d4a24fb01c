"""Stored progress follows every change, in its transaction, and is never another day's."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from indicators import evaluation, progress, services, tasks
from indicators.evaluation import evaluate_indicators
from indicators.models import Indicator, Observation, ProgressRecord, Target
from measures.models import Measure
from plans import workflow
from plans.models import Plan
from tests.factories import (
    IndicatorFactory,
    ObservationFactory,
    SourceFactory,
    TargetFactory,
    TargetPeriodFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2023, 3, 1, 9, 0, tzinfo=UTC)
TODAY = date(2023, 3, 1)


def quota_of_35() -> Indicator:
    """35 companies a year over 2020-2024: the worked example of the rules."""
    target = TargetFactory.with_yearly_quota(dict.fromkeys(range(2020, 2025), 35))
    return loaded(target.indicator)


def loaded(indicator: Indicator) -> Indicator:
    return Indicator.objects.select_related("plan", "unit", "measure").get(pk=indicator.pk)


def publish(indicator: Indicator, *, at: datetime = NOW, **fields: Any) -> Observation:
    draft = ObservationFactory.create(
        indicator=indicator,
        source=SourceFactory.create(plan=indicator.plan),
        author=UserFactory.create(),
        **fields,
    )
    return services.publish(workflow.submit(draft, at=at), reviewer=UserFactory.create(), at=at)


def progress_today(indicator: Indicator, on: date = TODAY) -> ProgressRecord:
    [record] = services.progress_of([loaded(indicator)], on=on)[indicator.pk]
    return record


def test_publishing_stores_the_progress_of_the_worked_example() -> None:
    indicator = quota_of_35()
    publish(indicator, year=2020, value=Decimal(30))
    publish(indicator, year=2021, value=Decimal(41))

    record = ProgressRecord.objects.get()
    assert (record.evaluated_on, record.status, record.value) == (TODAY, "on_track", 71)
    assert record.rate == Decimal("0.4057142857")
    assert record.expected == 70
    assert record.pace == Decimal("1.0142857143")
    assert (record.periods_reported, record.periods_ended, record.periods_total) == (2, 3, 5)
    assert record.latest == Observation.objects.get(period_start=date(2021, 1, 1))
    assert record.freshness == "stale"


def test_a_correction_replaces_the_value_and_the_progress_at_once() -> None:
    indicator = quota_of_35()
    first = publish(indicator, year=2020, value=Decimal(30))
    publish(
        indicator,
        year=2020,
        value=Decimal(35),
        supersedes=first,
        correction_reason="Une convention avait été oubliée.",
    )

    assert ProgressRecord.objects.get().value == 35
    assert Observation.objects.current().get().value == 35
    assert Observation.objects.ever_published().count() == 2


def test_withdrawing_the_last_value_leaves_no_old_status() -> None:  # edge case 22
    indicator = quota_of_35()
    observation = publish(indicator, year=2020, value=Decimal(30))

    services.withdraw(observation, reason="Comptée deux fois", at=NOW)

    record = ProgressRecord.objects.get()
    assert (record.status, record.value, record.latest) == ("not_reported", None, None)


def test_a_refused_publication_changes_nothing() -> None:
    indicator = quota_of_35()
    publish(indicator, year=2020, value=Decimal(30))
    draft = ObservationFactory.create(
        indicator=indicator,
        year=2021,
        source=SourceFactory.create(plan=indicator.plan),
        author=UserFactory.create(),
    )

    with pytest.raises(workflow.WorkflowError):
        services.publish(draft, reviewer=UserFactory.create(), at=NOW)
    assert ProgressRecord.objects.get().value == 30


def test_drafts_never_count() -> None:
    indicator = quota_of_35()
    ObservationFactory.create(indicator=indicator, year=2020)

    assert progress_today(indicator).status == "not_reported"


def test_a_day_later_the_stored_status_is_not_shown() -> None:
    indicator = quota_of_35()
    publish(indicator, year=2020, value=Decimal(30))
    stored = ProgressRecord.objects.get()

    assert progress_today(indicator).pk == stored.pk
    after_the_end = progress_today(indicator, on=date(2025, 1, 1))
    assert (after_the_end.pk, after_the_end.evaluated_on) == (None, date(2025, 1, 1))
    assert after_the_end.status == "overdue"


def test_progress_stored_by_other_rules_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    indicator = quota_of_35()
    publish(indicator, year=2020, value=Decimal(30))

    monkeypatch.setattr(progress, "RULES_VERSION", progress.RULES_VERSION + 1)

    assert progress_today(indicator).pk is None


def change_target(indicator: Indicator) -> None:
    Target.objects.filter(indicator=indicator).update(tolerance=Decimal("0.1"))


def add_period(indicator: Indicator) -> None:
    TargetPeriodFactory.create(
        target=indicator.targets.get(), starts_on=date(2025, 1, 1), ends_on=date(2025, 12, 31)
    )


def change_baseline(indicator: Indicator) -> None:
    source = SourceFactory.create(plan=indicator.plan)
    Indicator.objects.filter(pk=indicator.pk).update(baseline=Decimal(1), baseline_source=source)


def abandon_measure(indicator: Indicator) -> None:
    Measure.objects.update(state="abandoned", state_reason="Délibération")


def change_limits(indicator: Indicator) -> None:
    Plan.objects.update(early_below=Decimal("0.5"))


def publish_in_bulk(indicator: Indicator) -> None:
    ObservationFactory.create(indicator=indicator, year=2021, published=True)


@pytest.mark.parametrize(
    "change",
    [change_target, add_period, change_baseline, abandon_measure, change_limits, publish_in_bulk],
)
def test_whatever_changes_the_inputs_outdates_what_is_stored(change: Any) -> None:  # case 21
    indicator = quota_of_35()
    publish(indicator, year=2020, value=Decimal(30))

    change(indicator)

    assert list(ProgressRecord.objects.all()) == []
    fresh = progress_today(indicator)
    services.refresh_progress([indicator.pk], on=TODAY)
    assert ProgressRecord.objects.get().explanation == fresh.explanation


def test_abandoning_a_measure_abandons_its_targets() -> None:
    indicator = quota_of_35()
    publish(indicator, year=2020, value=Decimal(30))

    abandon_measure(indicator)

    assert progress_today(indicator).status == "abandoned"


def test_a_superseded_target_has_no_progress_any_more() -> None:
    old = TargetFactory.create()
    services.refresh_progress([old.indicator_id], on=TODAY)
    Target.objects.update(superseded_on=TODAY)
    new = TargetFactory.create(
        indicator=old.indicator, supersedes=old, revision_reason="Avenant", value=Decimal(120)
    )

    services.refresh_progress([old.indicator_id], on=TODAY)

    assert ProgressRecord.objects.get().target == new


def test_an_indicator_without_target_has_one_record() -> None:
    indicator = IndicatorFactory.create(stock=True)
    publish(indicator, year=2020, value=Decimal(300))
    publish(indicator, year=2021, value=Decimal(310))

    record = ProgressRecord.objects.get()
    assert (record.target, record.status, record.value, record.rate) == (
        None,
        "no_target",
        310,
        None,
    )


def test_at_midnight_what_the_new_day_lacks_is_stored_and_nothing_else(
    django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "TOGETHER", 2)
    five = [IndicatorFactory.create() for _ in range(5)]
    assert tasks.refresh_missing_progress() == 5
    assert set(ProgressRecord.objects.values_list("indicator", "evaluated_on")) == {
        (one.pk, timezone.localdate()) for one in five
    }
    with django_assert_num_queries(1):
        assert tasks.refresh_missing_progress() == 0
    # Yesterday's, and those of other rules, are of no use today.
    ProgressRecord.objects.filter(indicator=five[1]).update(evaluated_on=date(2020, 1, 1))
    ProgressRecord.objects.filter(indicator=five[4]).update(rules_version=0)
    assert tasks.refresh_missing_progress() == 2
    assert {
        (one.evaluated_on, one.rules_version) for one in ProgressRecord.objects.all()
    } == {(timezone.localdate(), progress.RULES_VERSION)}  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_what_another_worker_has_in_hand_is_left_to_it() -> None:
    mine, its_own = quota_of_35(), quota_of_35()
    words = connection.get_connection_params()
    with psycopg.connect(**{name: words[name] for name in ("dbname", "host", "port", "user")
                            if name in words}) as other:  # fmt: skip
        other.execute(
            "SELECT 1 FROM indicators_indicator WHERE id = %s FOR NO KEY UPDATE", [its_own.pk]
        )
        assert tasks.refresh_missing_progress() == 1
        assert ProgressRecord.objects.get().indicator == mine
    assert tasks.refresh_missing_progress() == 1


@pytest.mark.parametrize("with_observations", [True, False])
def test_the_rules_are_told_the_same_however_the_values_are_read(with_observations: bool) -> None:
    first, second = quota_of_35(), quota_of_35()
    for year in (2020, 2021):
        publish(first, year=year, value=Decimal(year), qualifier="about", provisional=True)
    latest = publish(second, year=2022, value=Decimal("1.5"))
    found = evaluate_indicators(
        [loaded(first), loaded(second)], on=TODAY, with_observations=with_observations
    )
    [one], [other] = found[first.pk], found[second.pk]
    assert [
        (o.start.year, o.end.year, o.value, o.qualifier, o.provisional)
        for o in one.series.observations
    ] == [
        (year, year, Decimal(year), progress.Qualifier.ABOUT, True) for year in (2020, 2021)
    ]  # fmt: skip
    assert other.latest == latest
    # Each has its own rows: all of them, or the latest.
    assert [row.period_end.year for row in one.observations.values()] == (
        [2020, 2021] if with_observations else [2021]
    )


def test_few_indicators_are_in_hand_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "TOGETHER", 2)
    five = [loaded(IndicatorFactory.create()) for _ in range(5)]
    told = evaluation.evaluated_by_and_by(five, on=TODAY)
    assert [one.indicator for one in told] == five


def test_the_progress_of_every_plan_is_stored_anew_by_hand() -> None:
    first, second = quota_of_35(), IndicatorFactory.create()
    assert first.plan != second.plan

    assert tasks.refresh_all_progress() == 2
    assert set(ProgressRecord.objects.values_list("indicator", "evaluated_on")) == {
        (first.pk, timezone.localdate()),
        (second.pk, timezone.localdate()),
    }


@pytest.mark.parametrize("size", [1, 3])
def test_reading_progress_costs_the_same_for_any_number_of_indicators(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    indicators = [quota_of_35() for _ in range(size)]
    for indicator in indicators:
        for year in range(2020, 2020 + size):
            publish(indicator, year=year)

    with django_assert_num_queries(2):
        services.progress_of(indicators, on=TODAY)
    with django_assert_num_queries(6):
        services.progress_of(indicators, on=date(2023, 3, 2))
