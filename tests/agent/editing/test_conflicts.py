"""Two people on one form, and a session that ended under a long text."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest

from indicators.models import Indicator, Target
from measures.models import Measure
from objectives.models import Objective
from plans.models import Plan, Role, Source
from tests.agent.editing.forms import fill, open_form, text_of, url
from tests.agent.staff import member, signed_in
from tests.factories import MeasureFactory, OrganisationFactory, TargetFactory
from tests.form_data import form_data

pytestmark = pytest.mark.django_db


def test_the_second_of_two_editors_sees_what_the_first_did_and_keeps_their_text(
    plan: Plan,
) -> None:
    MeasureFactory.create(plan=plan, code="m", title="Pack IA", summary="Avant")
    region = OrganisationFactory.create(name="Région Grand Est")
    first_person = member(plan, Role.MANAGER)
    first_person.name = "Bruno Keller"
    first_person.save()
    first, second = signed_in(first_person), signed_in(member(plan, Role.MANAGER))
    address = url(plan, "mesures/m/")
    seen_by_both = form_data(second.get(address))

    fill(
        first,
        address,
        title="Pack IA régional",
        **{
            "participations-0-organisation": str(region.pk),
            "participations-0-role": "lead",
        },
    )
    conflict = second.post(address, seen_by_both | {"summary": ["Mon long texte"]})

    page = text_of(conflict)
    assert conflict.status_code == 409
    assert "Bruno Keller" in page
    [entry] = conflict.context["theirs"]
    assert [(change.label, change.old, change.new) for change in entry.changes] == [
        ("titre", "Pack IA", "Pack IA régional"),
        ("acteur", None, "Région Grand Est (porteur)"),
    ]
    assert form_data(conflict)["summary"] == ["Mon long texte"]
    assert Measure.objects.get().summary == "Avant"

    # Knowing it, the second one may save over it.
    again = second.post(address, form_data(conflict))
    assert again.status_code == 302
    assert Measure.objects.get().summary == "Mon long texte"


def test_a_change_that_the_form_does_not_write_is_no_conflict(plan: Plan, manager: Any) -> None:
    measure = MeasureFactory.create(plan=plan, code="m", title="Avant")
    address = url(plan, "mesures/m/")
    data = open_form(manager, address, title="Après")
    measure.position += 10
    measure.save()

    assert manager.post(address, data).status_code == 302
    measure.refresh_from_db()
    assert measure.title == "Après"


def test_a_target_changed_by_someone_else_is_not_revised_blindly(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    target = TargetFactory.create(indicator=indicator, wording="« cent »")
    address = url(plan, "cibles/i/cible/reviser/")
    data = open_form(manager, address, value="50", revision_reason="Moins.")
    target.wording = "« cent entreprises »"
    target.save()

    conflict = manager.post(address, data)

    assert conflict.status_code == 409
    assert Target.objects.count() == 1
    assert manager.post(address, form_data(conflict)).status_code == 302


def test_a_lost_session_keeps_the_typed_text_and_writes_nothing(plan: Plan) -> None:
    person = member(plan, Role.MANAGER)
    client = signed_in(person)
    address = url(plan, "ajouter/objectifs/")
    data = open_form(client, address, kind="axis", title="Recherche et formation")
    data |= {"source": ["nouveau"], "document-title": ["Plan"], "document-kind": ["official"]}
    client.logout()

    answer: Any = client.post(address, data, HTTP_REFERER=f"http://testserver{address}")
    assert answer.status_code == 302
    client.force_login(person)
    again = client.get(unquote(answer.url.partition("next=")[2]))

    assert again.status_code == 200
    assert form_data(again)["title"] == ["Recherche et formation"]
    assert (Objective.objects.count(), Source.objects.count()) == (0, 0)
