"""The state of a milestone, entered, handed in, corrected."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from indicators.models import Indicator
from measures.models import MilestoneUpdate
from plans.models import Plan, Role
from tests.agent.entry.forms import NOW, errors
from tests.agent.staff import member, signed_in
from tests.factories import (
    MilestoneFactory,
    MilestoneUpdateFactory,
    PlanFactory,
    SourceFactory,
    UserFactory,
)
from tests.html import html_errors

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_21_november")]


@pytest.fixture
def update() -> MilestoneUpdate:
    """A milestone published as in progress on 30 August 2022."""
    made: MilestoneUpdate = MilestoneUpdateFactory.create(
        milestone=MilestoneFactory.create(code="panorama", measure__code="offre"),
        advancement="in_progress",
        published=True,
    )
    return made


def milestone_address(plan: Plan) -> str:
    return f"/agent/plans/{plan.slug}/mesures/offre/jalons/panorama/saisie/"


def pilot(update: MilestoneUpdate) -> User:
    measure = update.milestone.measure
    return member(measure.plan, Role.CONTRIBUTOR, assigned_to=measure)


@pytest.mark.parametrize(
    ("role", "assigned", "status"),
    [
        (Role.VIEWER, False, 403),
        (Role.CONTRIBUTOR, False, 403),
        (Role.CONTRIBUTOR, True, 200),
        (Role.REVIEWER, False, 200),
        (Role.MANAGER, False, 200),
    ],
)
def test_who_may_enter_a_milestone_s_state(
    update: MilestoneUpdate, role: Role, assigned: bool, status: int
) -> None:
    measure = update.milestone.measure
    client = signed_in(member(measure.plan, role, assigned_to=measure if assigned else None))

    response = client.get(milestone_address(measure.plan))

    assert response.status_code == status


def test_strangers_do_not_find_a_milestone(update: MilestoneUpdate) -> None:
    url = milestone_address(update.milestone.measure.plan)

    assert signed_in(member(PlanFactory.create(), Role.MANAGER)).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_a_milestone_s_state_is_entered_and_handed_in(update: MilestoneUpdate) -> None:
    plan = update.milestone.measure.plan
    source = SourceFactory.create(plan=plan)

    page = signed_in(pilot(update)).get(milestone_address(plan))
    response = signed_in(pilot(update)).post(
        milestone_address(plan),
        {
            "as_of": "2026-10-01",
            "advancement": "done",
            "source": source.pk,
            "action": "submit",
        },
    )

    row = MilestoneUpdate.objects.get(state="submitted")
    assert html_errors(page.content.decode()) == []
    assert response["Location"] == row.get_absolute_url()
    assert (row.as_of, row.advancement, row.supersedes) == (date(2026, 10, 1), "done", None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {},
            {
                "as_of": ["Ce champ est obligatoire."],
                "advancement": ["Ce champ est obligatoire."],
            },
        ),
        (
            {"as_of": "1/2", "advancement": "finished"},
            {
                "as_of": ["Saisissez une date valide."],
                "advancement": ["Sélectionnez un choix valide. finished n’en fait pas partie."],
            },
        ),
        (
            {"as_of": "2026-11-22", "advancement": "done"},
            {"as_of": ["Cette date est à venir : donnez le jour du constat."]},
        ),
        ({"as_of": "0026-01-01", "advancement": "done"}, {"as_of": ["Vérifiez l’année."]}),
        (
            {"as_of": "2022-08-30", "advancement": "done", "correction_reason": "\t"},
            {
                "correction_reason": [
                    (
                        "Un état est déjà publié à cette date : en cours. Pour le corriger, "
                        "donnez un motif public."
                    )
                ]
            },
        ),
    ],
)  # edge cases 19, 24
def test_nonsense_about_a_milestone_is_refused_in_words(
    update: MilestoneUpdate, fields: dict[str, str], expected: dict[str, list[str]]
) -> None:
    response = signed_in(pilot(update)).post(
        milestone_address(update.milestone.measure.plan), fields
    )

    assert response.status_code == 422
    assert errors(response) == expected
    assert html_errors(response.content.decode()) == []


def test_a_published_state_is_corrected(update: MilestoneUpdate) -> None:
    plan = update.milestone.measure.plan
    client = signed_in(pilot(update))

    page = client.get(
        f"/agent/plans/{plan.slug}/contributions/jalons/{update.pk}/corriger/", follow=True
    )
    client.post(
        milestone_address(plan),
        {"as_of": "2022-08-30", "advancement": "planned", "correction_reason": "Annoncé."},
    )

    assert page.context["form"]["advancement"].value() == "in_progress"
    draft = MilestoneUpdate.objects.get(state="draft")
    assert (draft.supersedes, draft.advancement) == (update, "planned")


def test_two_people_on_one_milestone(update: MilestoneUpdate) -> None:
    theirs = MilestoneUpdateFactory.create(
        milestone=update.milestone,
        as_of=date(2026, 10, 1),
        advancement="done",
        edited_by=UserFactory.create(name="Léa"),
        edited_at=NOW,
    )

    response = signed_in(pilot(update)).post(
        milestone_address(update.milestone.measure.plan),
        {"as_of": "2026-10-01", "advancement": "abandoned"},
    )

    assert response.status_code == 409
    assert [(line.theirs, line.mine) for line in response.context["lines"] if line.differs] == [
        ("fait", "abandonné")
    ]
    theirs.refresh_from_db()
    assert theirs.advancement == "done"


@pytest.mark.parametrize("noun", ["observations", "jalons"])
def test_a_contributor_corrects_assigned_measures_only(
    indicator: Indicator, update: MilestoneUpdate, noun: str
) -> None:
    row: Any = indicator.observations.first() if noun == "observations" else update
    plan = row.permission_plan
    url = f"/agent/plans/{plan.slug}/contributions/{noun}/{row.pk}/corriger/"

    assert signed_in(member(plan, Role.CONTRIBUTOR)).get(url).status_code == 403
    assert signed_in(member(plan, Role.VIEWER)).get(url).status_code == 403
    assert signed_in(member(plan, Role.REVIEWER)).get(url).status_code == 302
    assert signed_in(member(PlanFactory.create(), Role.MANAGER)).get(url).status_code == 404
    assert Client().get(url)["Location"].startswith("/comptes/")
