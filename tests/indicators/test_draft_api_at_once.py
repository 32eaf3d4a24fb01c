"""A partner's system and the staff at the same draft, on a real database: one after the other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from indicators import services
from indicators.models import Indicator, Observation
from plans import workflow
from plans.locking import lock_plan
from plans.models import Plan, Role
from plans.sourcing import Document, cite
from tests.agent.staff import member
from tests.at_once import Aside, until_somebody_waits
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory
from tests.partner import Partner

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = {"value": "30", "source": "bilan"}
YEAR = {"period_start": "2023-01-01", "period_end": "2023-12-31"}
DOCUMENT = {"kind": "press", "title": "Le bilan 2023"}


@pytest.fixture
def indicator() -> Indicator:
    plan: Plan = PlanFactory.create(allows_self_publication=True)
    SourceFactory.create(plan=plan, code="bilan")
    made: Indicator = IndicatorFactory.create(plan=plan)
    return made


@pytest.fixture
def partner(indicator: Indicator) -> Partner:
    return Partner(indicator.plan)


def drafted(partner: Partner, indicator: Indicator) -> Any:
    answer = partner.post(f"indicators/{indicator.code}/drafts/", YEAR | CONTENT)
    assert answer.status_code == 201, answer.content
    return answer


def test_a_publication_by_the_staff_and_one_by_the_system(
    partner: Partner, indicator: Indicator
) -> None:
    """The staff have the indicator in hand and are about to take the draft."""
    made = drafted(partner, indicator)
    handed_in = partner.post(f"{made['Location']}submit/", {}, If_Match=made["ETag"])
    draft = Observation.objects.get()
    reviewer = member(indicator.plan, Role.REVIEWER)
    answers = []

    with transaction.atomic():
        services.lock_indicators([indicator.pk])
        system = Aside(
            lambda: answers.append(
                partner.post(f"{made['Location']}publish/", {}, If_Match=handed_in["ETag"])
            )
        )
        until_somebody_waits()
        services.publish(draft, reviewer=reviewer, at=timezone.now())
    system.wait()

    assert system.refusal is None
    assert [answer.status_code for answer in answers] == [404]  # nothing is under way any more
    published = Observation.objects.get()
    assert (published.state, published.reviewer) == ("published", reviewer)


def test_a_new_document_cited_by_the_staff_and_one_by_the_system(
    partner: Partner, indicator: Indicator
) -> None:
    """The staff have cited a document, hence the plan in hand, and are about to take the draft."""
    made = drafted(partner, indicator)
    draft = Observation.objects.get()
    answers = []
    content = {"value": "31", "document": DOCUMENT}

    with transaction.atomic():
        cited = cite(indicator.plan, Document(kind="press", title="Autre bilan"))
        system = Aside(
            lambda: answers.append(partner.put(made["Location"], content, If_Match=made["ETag"]))
        )
        until_somebody_waits()
        assert workflow.locked(draft).value == 30
    system.wait()

    assert system.refusal is None
    assert [answer.status_code for answer in answers] == [200]
    titles = set(indicator.plan.sources.values_list("title", flat=True))
    assert {cited.title, DOCUMENT["title"]} < titles
    assert Observation.objects.get().value == 31


def test_many_values_with_a_new_document_and_a_form_of_the_staff(
    partner: Partner, indicator: Indicator
) -> None:
    """The staff have the plan in hand, and are about to store what follows for the indicator."""
    answers = []
    row = {"indicator": indicator.code, **YEAR, "value": "31", "document": DOCUMENT}

    with transaction.atomic():
        lock_plan(indicator.plan)
        system = Aside(
            lambda: answers.append(
                partner.post("observations/bulk/", {"rows": [row], "then": "publish"})
            )
        )
        until_somebody_waits()
        services.refresh_progress([indicator.pk], on=timezone.localdate())
    system.wait()

    assert system.refusal is None
    assert [answer.status_code for answer in answers] == [200]
    published = Observation.objects.get()
    assert (published.state, published.source) == (
        "published",
        indicator.plan.sources.get(title=DOCUMENT["title"]),
    )
