"""Which changes are written down for partners: each one of a public plan, and nothing else."""

from __future__ import annotations

import json
import threading
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from exchange.models import WebhookDelivery, WebhookEvent
from exchange.webhooks.payloads import body_of
from indicators import promises
from indicators.models import Indicator, Observation
from measures.models import MilestoneUpdate
from plans import workflow
from plans.models import Plan
from tests.exchange.plan_texts import SMALL, edited, load
from tests.exchange.webhooks.changes import (
    ALL,
    corrected,
    kinds,
    published,
    reported,
    revised,
    submitted,
    subscribed,
    withdrawn,
)
from tests.factories import (
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan")
    subscribed(made)
    return made


@pytest.fixture
def indicator(plan: Plan) -> Indicator:
    made: Indicator = IndicatorFactory.create(
        plan=plan, code="aidees", measure__code="pack", measure__plan=plan
    )
    return made


def last() -> dict[str, Any]:
    """The message of the latest event."""
    event = WebhookEvent.objects.select_related("plan").latest("id")
    said: dict[str, Any] = json.loads(body_of(event))
    return said


def test_a_published_value_is_told_with_its_figures_and_links(
    plan: Plan, indicator: Indicator
) -> None:
    row = published(indicator, value=Decimal("30.50"))

    assert kinds() == ["observation.published"]
    said = last()
    assert said["type"] == "observation.published"
    event = WebhookEvent.objects.get()
    assert said["timestamp"] == event.occurred_at.isoformat().replace("+00:00", "Z")
    data = said["data"]
    assert data["plan"] == "plan"
    assert data["plan_url"].endswith("/api/v1/plans/plan/")
    assert data["page_url"].endswith("/plans/plan/indicateurs/aidees/")
    assert data["previous"] is None
    told = data["observation"]
    assert (told["indicator"], told["period_start"], told["period_end"], told["value"]) == (
        "aidees",
        "2020-01-01",
        "2020-12-31",
        "30.5",
    )
    assert told["url"].endswith(
        "/api/v1/plans/plan/indicators/aidees/observations/2020-01-01--2020-12-31/"
    )
    # Nobody who wrote or reviewed it is named, and no number of the database.
    text = json.dumps(said)
    assert row.author is not None
    assert row.reviewer is not None
    for person in (row.author, row.reviewer):
        assert person.email not in text
        assert person.name not in text
    assert not {"id_", "author", "reviewer", "pk"} & set(told)


def test_a_correction_is_told_once_with_what_it_replaces(indicator: Indicator) -> None:
    corrected(published(indicator, value=30), value=32)

    assert kinds() == ["observation.published", "observation.corrected"]
    data = last()["data"]
    assert data["observation"]["value"] == "32"
    assert data["observation"]["correction_reason"] == "Erreur de saisie"
    assert data["previous"]["value"] == "30"


def test_a_withdrawal_is_told_with_its_public_reason(indicator: Indicator) -> None:
    row = withdrawn(published(indicator, value=30))

    assert kinds() == ["observation.published", "observation.withdrawn"]
    data = last()["data"]
    assert data["observation"]["value"] == "30"
    assert data["withdrawal_reason"] == "Doublon"
    assert row.superseded_at is not None
    assert data["withdrawn_at"] == row.superseded_at.isoformat().replace("+00:00", "Z")


def test_the_publication_of_a_value_withdrawn_since_is_told_as_it_was(indicator: Indicator) -> None:
    """A message written late says what its event says, not what came after."""
    withdrawn(published(indicator, value=30))

    first = WebhookEvent.objects.select_related("plan").earliest("id")
    data = json.loads(body_of(first))["data"]
    assert data["observation"]["value"] == "30"
    assert {"withdrawn_at", "withdrawal_reason"} & set(data) == set()


def test_states_of_milestones_are_told(plan: Plan) -> None:
    milestone = MilestoneFactory.create(measure__plan=plan, measure__code="pack", code="guichet")
    first = reported(milestone, advancement="in_progress")
    second = reported(
        milestone, advancement="done", supersedes=first, correction_reason="Mal relevé"
    )
    workflow.withdraw(second, reason="Pas encore ouvert", at=timezone.now())

    assert kinds() == [
        "milestone_update.published",
        "milestone_update.corrected",
        "milestone_update.withdrawn",
    ]
    data = last()["data"]
    told = data["milestone_update"]
    assert (told["plan"], told["measure"], told["milestone"]) == ("plan", "pack", "guichet")
    assert (told["as_of"], told["advancement"]) == ("2022-08-30", "done")
    assert told["milestone_url"].endswith("/api/v1/plans/plan/measures/pack/milestones/guichet/")
    assert data["page_url"].endswith("/plans/plan/mesures/pack/")
    assert data["previous"]["advancement"] == "in_progress"
    assert data["withdrawal_reason"] == "Pas encore ouvert"


def test_targets_are_told_when_added_revised_and_given_up(indicator: Indicator) -> None:
    target = TargetFactory.create(indicator=indicator, value=100)
    new = revised(target, 150)
    promises.abandon(
        new, reason="Crédits retirés", on=timezone.localdate(), today=timezone.localdate()
    )

    assert kinds() == ["target.published", "target.revised", "target.abandoned"]
    revision = WebhookEvent.objects.select_related("plan").get(kind="target.revised")
    data = json.loads(body_of(revision))["data"]
    assert (data["target"]["value"], data["previous"]["value"]) == ("150", "100")
    assert data["target"]["revision_reason"] == "Budget augmenté"
    assert last()["data"]["target"]["abandonment_reason"] == "Crédits retirés"


def test_a_quota_is_told_with_its_periods(indicator: Indicator) -> None:
    TargetFactory.with_yearly_quota({2020: 35, 2021: 40}, indicator=indicator)

    periods = last()["data"]["target"]["periods"]
    assert [period["value"] for period in periods] == ["35", "40"]


def test_how_a_target_is_worded_is_no_event(indicator: Indicator) -> None:
    target = TargetFactory.create(indicator=indicator)
    target.wording = "« Cent entreprises »"
    target.save()
    assert kinds() == ["target.published"]


def test_drafts_submissions_and_returns_are_nobody_elses_business(indicator: Indicator) -> None:
    row = submitted(indicator)
    workflow.send_back(row, reviewer=UserFactory.create(), reason="Source ?", at=timezone.now())
    assert kinds() == []


def test_a_plan_that_is_not_public_tells_nothing() -> None:
    plan = PlanFactory.create(is_public=False)
    subscribed(plan)
    indicator = IndicatorFactory.create(plan=plan)
    withdrawn(corrected(published(indicator, value=30), value=32))
    revised(TargetFactory.create(indicator=indicator), 150)
    reported(MilestoneFactory.create(measure=indicator.measure))
    assert (kinds(), WebhookDelivery.objects.count()) == ([], 0)


def test_a_change_that_is_rolled_back_leaves_nothing(indicator: Indicator) -> None:
    class UndoneError(Exception):
        pass

    with pytest.raises(UndoneError), transaction.atomic():
        published(indicator)
        assert kinds() == ["observation.published"]
        raise UndoneError
    assert (kinds(), WebhookDelivery.objects.count()) == ([], 0)


def test_a_refused_publication_leaves_nothing(indicator: Indicator) -> None:
    row = submitted(indicator)
    with pytest.raises(workflow.WorkflowError):
        workflow.publish(row, indicator.plan, reviewer=row.author, at=timezone.now())
    assert kinds() == []


def test_only_those_who_asked_are_told(plan: Plan, indicator: Indicator) -> None:
    corrections, _secret = subscribed(plan, kinds=("observation.corrected",))
    elsewhere, _secret = subscribed(PlanFactory.create())
    corrected(published(indicator, value=30), value=32)

    assert [delivery.event.kind for delivery in corrections.deliveries.all()] == [
        "observation.corrected"
    ]
    assert elsewhere.deliveries.count() == 0


def test_nobody_subscribed_costs_no_row() -> None:
    published(IndicatorFactory.create())
    assert kinds() == []


def test_who_subscribes_later_is_not_told_of_before(plan: Plan, indicator: Indicator) -> None:
    published(indicator)
    later, _secret = subscribed(plan)
    assert later.deliveries.count() == 0


def test_a_bulk_write_past_every_service_is_told_all_the_same(indicator: Indicator) -> None:
    """The trigger, not a service: a shell, the admin and a plan file go the same way."""
    rows = [
        ObservationFactory.build(
            indicator=indicator,
            year=year,
            state="published",
            published_at=timezone.now(),
            source=TargetFactory.create(indicator=indicator, code=f"cible-{year}").source,
        )
        for year in (2020, 2021)
    ]
    WebhookEvent.objects.all().delete()
    Observation.objects.bulk_create(rows)
    assert kinds() == ["observation.published"] * 2


def test_a_plan_file_that_is_loaded_again_tells_what_it_changes(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    subscribed(Plan.objects.get())
    load(
        tmp_path,
        edited(
            SMALL,
            ("value: 23, source: seed}", "value: 25, source: seed, correction_reason: Erreur}"),
        ),
    )
    assert kinds() == ["observation.corrected"]
    assert last()["data"]["observation"]["value"] == "25"
    assert last()["data"]["previous"]["value"] == "23"


def test_events_of_one_indicator_share_a_lane_and_a_milestone_has_its_own(
    plan: Plan, indicator: Indicator
) -> None:
    published(indicator)
    revised(TargetFactory.create(indicator=indicator), 150)
    published(IndicatorFactory.create(plan=plan))
    reported(MilestoneFactory.create(measure=indicator.measure))
    lanes = list(WebhookEvent.objects.order_by("id").values_list("lane", flat=True))
    assert lanes[0] == lanes[1] == lanes[2] == f"indicator:{indicator.pk}"
    assert len(set(lanes)) == 3
    assert lanes == [delivery.lane for delivery in WebhookDelivery.objects.order_by("event_id")]


def test_every_kind_can_be_subscribed_to_and_is_made_above(plan: Plan) -> None:
    """The list on the form and the triggers tell the same kinds."""
    indicator = IndicatorFactory.create(plan=plan)
    withdrawn(corrected(published(indicator, value=30), value=32))
    milestone = MilestoneFactory.create(measure=indicator.measure)
    first = reported(milestone)
    second = reported(milestone, supersedes=first, correction_reason="Mal relevé")
    workflow.withdraw(second, reason="Erreur", at=timezone.now())
    new = revised(TargetFactory.create(indicator=indicator), 150)
    promises.abandon(new, reason="Fin", on=date(2026, 1, 1), today=timezone.localdate())
    assert sorted(kinds()) == sorted(ALL)
    assert MilestoneUpdate.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("about", ["indicator", "milestone"])
def test_of_two_transactions_the_second_to_write_is_the_second_to_be_told(about: str) -> None:
    """Even when nothing but the trigger makes one wait for the other: a bulk write, a shell."""
    plan = PlanFactory.create()
    subscribed(plan)
    indicator = IndicatorFactory.create(plan=plan)
    milestone = MilestoneFactory.create(measure__plan=plan)
    shared = {
        "state": "published",
        "published_at": timezone.now(),
        "source": SourceFactory.create(plan=plan),
    }

    def write(year: int) -> None:
        if about == "indicator":
            ObservationFactory.create(indicator=indicator, year=year, **shared)
        else:
            MilestoneUpdateFactory.create(milestone=milestone, as_of=date(year, 1, 1), **shared)

    done = threading.Event()

    def second() -> None:
        try:
            write(2021)
        finally:
            done.set()
            connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        write(2020)
        thread.start()
        # The second waits for the first to end, instead of taking an id and ending before it.
        assert not done.wait(1)
    thread.join()
    events = WebhookEvent.objects.select_related("observation", "update").order_by("id")
    if about == "indicator":
        told = [event.observation.period_start.year for event in events if event.observation]
    else:
        told = [event.update.as_of.year for event in events if event.update]
    assert told == [2020, 2021]
