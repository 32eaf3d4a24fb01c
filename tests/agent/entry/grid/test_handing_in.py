"""What the grid hands in, and what stays a draft."""

from __future__ import annotations

import pytest

from indicators.models import Indicator, Observation
from measures.models import Measure, MeasureAssignment
from plans import workflow
from plans.models import Role, Source
from tests.agent.entry.forms import NOW
from tests.agent.entry.grid.forms import (
    address,
    cells,
    errors,
    pilot,
    rows_of,
    shown,
    states,
    text,
)
from tests.agent.staff import member
from tests.factories import IndicatorFactory, ObservationFactory, SourceFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_all_one_s_drafts_of_the_period_are_handed_in(
    indicators: list[Indicator], measure: Measure
) -> None:
    plan = measure.plan
    source = SourceFactory.create(plan=plan)
    client = pilot(measure)
    theirs = IndicatorFactory.create(plan=plan, measure=measure, title="De Léa", position=9)
    ObservationFactory.create(
        indicator=theirs, year=2025, author=UserFactory.create(name="Léa"), source=source
    )
    client.post(address(plan), cells(indicators, "45"))

    response = client.post(
        address(plan),
        shown(client.get(address(plan)))
        | cells(indicators, "45", "46", action="submit", source=source.pk),
        follow=True,
    )

    assert [str(message) for message in response.context["messages"]] == [
        "2 valeurs soumises à la relecture."
    ]
    assert states() == {"Entreprises": "submitted", "Emplois": "submitted", "De Léa": "draft"}


def test_what_has_no_source_or_is_doubtful_stays_a_draft_and_the_rest_is_handed_in(
    indicators: list[Indicator], measure: Measure
) -> None:
    plan = measure.plan
    source: Source = SourceFactory.create(plan=plan)
    client = pilot(measure)
    client.post(address(plan), cells(indicators, "450", "45", source=source.pk))
    client.post(address(plan), shown(client.get(address(plan))) | cells([indicators[2]], "3/4"))

    response = client.post(address(plan), shown(client.get(address(plan))) | {"action": "submit"})

    assert response.status_code == 422
    assert errors(response) == [
        ["Valeur à vérifier : cochez la confirmation, puis soumettez."],
        [],
        ["Sans source : choisissez-en une pour la grille, ou sur sa page."],
    ]
    assert states() == {"Entreprises": "draft", "Emplois": "submitted", "Part": "draft"}

    doubtful = rows_of(response)[0]
    again = client.post(
        address(plan),
        shown(response)
        | {
            "action": "submit",
            "source": source.pk,
            f"{doubtful.form.prefix}-confirmed": doubtful.fingerprint,
        },
    )
    assert again.status_code == 302
    assert set(states().values()) == {"submitted"}


def test_a_confirmation_ticked_for_one_value_does_not_hand_in_another(
    indicators: list[Indicator], measure: Measure
) -> None:
    plan, first = measure.plan, indicators[0]
    source = SourceFactory.create(plan=plan)
    client = pilot(measure)
    client.post(address(plan), cells(indicators, "450", source=source.pk))
    page = client.get(address(plan))
    ticked = {f"i{first.pk}-confirmed": rows_of(page)[0].fingerprint, "action": "submit"}

    client.post(address(plan), shown(page) | cells([first], "4500") | ticked)

    assert states() == {"Entreprises": "draft"}


def test_a_draft_changed_by_someone_else_since_is_not_handed_in_unseen(
    indicators: list[Indicator], measure: Measure
) -> None:
    plan = measure.plan
    source = SourceFactory.create(plan=plan)
    client = pilot(measure)
    client.post(address(plan), cells(indicators, "45", source=source.pk))
    seen = shown(client.get(address(plan)))
    Observation.objects.filter(state="draft").update(
        value=48, revision=2, edited_by=UserFactory.create(name="Léa")
    )

    response = client.post(address(plan), seen | {"action": "submit"})

    assert response.status_code == 422
    assert "Léa a enregistré cette saisie entre-temps." in errors(response)[0][0]
    assert states() == {"Entreprises": "draft"}


def test_a_returned_value_is_answered_on_its_own_page(
    indicators: list[Indicator], measure: Measure
) -> None:
    plan = measure.plan
    source = SourceFactory.create(plan=plan)
    client = pilot(measure)
    client.post(address(plan), cells(indicators, "45", action="submit", source=source.pk))
    workflow.send_back(
        Observation.objects.get(state="submitted"),
        reviewer=member(plan, Role.REVIEWER),
        reason="Quelle page ?",
        at=NOW,
    )

    page = client.get(address(plan))
    client.post(address(plan), shown(page) | {"action": "submit"})

    assert "Quelle page ?" in text(page)
    assert states() == {"Entreprises": "returned"}


def test_a_second_assignment_gives_no_second_row(
    indicators: list[Indicator], measure: Measure
) -> None:
    MeasureAssignment.objects.create(measure=measure, user=UserFactory.create())

    assert len(rows_of(pilot(measure).get(address(measure.plan)))) == 3


def test_the_source_chosen_later_goes_to_the_drafts_that_have_none(
    indicators: list[Indicator], measure: Measure
) -> None:
    plan = measure.plan
    first, second = (SourceFactory.create(plan=plan) for _ in range(2))
    client = pilot(measure)
    client.post(address(plan), cells(indicators, "45", source=first.pk))
    client.post(address(plan), shown(client.get(address(plan))) | cells(indicators[1:2], "46"))

    client.post(address(plan), shown(client.get(address(plan))) | {"source": second.pk})

    assert dict(
        Observation.objects.filter(state="draft").values_list("indicator__title", "source")
    ) == {"Entreprises": first.pk, "Emplois": second.pk}
