"""The grid saved whole and row by row, by one person or two: nothing is lost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from indicators.models import Indicator, Observation
from measures.models import Measure
from plans.models import Role
from tests.agent.entry.grid.forms import address, cells, drafts, errors, pilot, rows_of, shown, text
from tests.agent.staff import member, signed_in
from tests.at_once import at_once
from tests.factories import IndicatorFactory, ObservationFactory, SourceFactory, UserFactory
from tests.html import html_errors

pytestmark = pytest.mark.django_db


# --- Saving ------------------------------------------------------------------------------------


def test_the_rows_that_were_filled_become_drafts(
    indicators: list[Indicator], measure: Measure
) -> None:
    source = SourceFactory.create(plan=measure.plan)

    response = pilot(measure).post(
        address(measure.plan), cells(indicators, "35,5", "0", "1 200/2 400", source=source.pk)
    )

    assert response["Location"] == address(measure.plan)
    assert drafts() == {"Entreprises": "35.5", "Emplois": "0", "Part": "1200/2400"}
    assert set(Observation.objects.filter(state="draft").values_list("source", "period_end")) == {
        (source.pk, date(2025, 12, 31))
    }


def test_blank_is_no_change_and_zero_is_zero(  # edge case 2
    indicators: list[Indicator], measure: Measure
) -> None:
    ObservationFactory.create(indicator=indicators[0], year=2025, value=Decimal(45))
    client = pilot(measure)

    client.post(
        address(measure.plan),
        shown(client.get(address(measure.plan))) | cells(indicators, "", "0", ""),
    )

    assert drafts() == {"Entreprises": "45", "Emplois": "0"}


def test_what_cannot_be_read_stays_typed_and_the_rest_is_saved(  # edge cases 13, 15
    indicators: list[Indicator], measure: Measure
) -> None:
    response = pilot(measure).post(
        address(measure.plan), cells(indicators, "2.012", "35 000", "3/")
    )

    page = text(response)
    assert response.status_code == 422
    assert drafts() == {"Emplois": "35000"}
    assert errors(response) == [
        ["« 2.012 » se lit de deux façons : écrivez 2 012 ou 2,0120."],
        [],
        ["Valeur absente ; un nombre est attendu."],
    ]
    assert 'value="2.012"' in page
    assert f'href="#id_i{indicators[0].pk}-value"' in page
    assert 'role="alert"' in page
    assert html_errors(response.content.decode()) == []


def test_the_draft_is_saved_again_under_the_revision_that_was_seen(
    indicators: list[Indicator], measure: Measure
) -> None:
    client = pilot(measure)
    client.post(address(measure.plan), cells(indicators, "45"))

    seen = shown(client.get(address(measure.plan)))
    client.post(address(measure.plan), seen | cells(indicators, "46"))

    assert drafts() == {"Entreprises": "46"}
    assert Observation.objects.get(state="draft").revision == 2


def test_a_form_sent_twice_writes_once(indicators: list[Indicator], measure: Measure) -> None:
    client = pilot(measure)
    form = shown(client.get(address(measure.plan))) | cells(indicators, "45", "46", "3/4")

    for _ in range(2):
        assert client.post(address(measure.plan), form).status_code == 302

    assert set(Observation.objects.filter(state="draft").values_list("revision", flat=True)) == {1}


def test_a_published_value_takes_no_input_here_but_leads_to_its_correction(
    indicators: list[Indicator], measure: Measure
) -> None:
    client = pilot(measure)

    response = client.get(address(measure.plan, "2024"))
    client.post(address(measure.plan, "2024"), cells(indicators, "99"))

    assert f'name="i{indicators[0].pk}-value"' not in text(response)
    assert "debut=2024-01-01&amp;fin=2024-12-31" in text(response)
    assert drafts() == {}


def test_a_period_that_overlaps_a_published_one_is_refused(
    indicators: list[Indicator], measure: Measure
) -> None:
    Observation.objects.filter(indicator=indicators[2]).delete()
    half = IndicatorFactory.create(plan=measure.plan, measure=measure, title="Demi")
    ObservationFactory.create(
        indicator=half,
        period_start=date(2025, 1, 1),
        period_end=date(2025, 6, 30),
        published=True,
    )

    response = pilot(measure).post(address(measure.plan), cells([half], "45"))

    assert errors(response)[-1] == [
        (
            "Une valeur publiée couvre déjà des jours de cette période : 30 entreprises "
            "(1er semestre 2025)."
        )
    ]


# --- Row by row --------------------------------------------------------------------------------


def save_cell(client: Client, indicator: Indicator, form: dict[str, Any]) -> Any:
    """Post one row as the page's script does."""
    return client.post(
        address(indicator.plan),
        {**form, "row": f"i{indicator.pk}"},
        headers={"x-requested-with": "fetch"},
    )


def test_a_row_is_saved_by_itself_and_answers_with_its_state(
    indicators: list[Indicator], measure: Measure
) -> None:
    first = indicators[0]

    response = save_cell(pilot(measure), first, cells([first], "45"))

    page = text(response)
    assert response.status_code == 200
    assert "<html" not in page
    assert "brouillon" in page
    assert f'name="i{first.pk}-revision" value="1"' in page
    assert f'name="initial-i{first.pk}-value" value="45"' in page
    assert drafts() == {"Entreprises": "45"}


def test_a_row_says_what_is_wrong_or_doubtful(
    indicators: list[Indicator], measure: Measure
) -> None:
    client, first = pilot(measure), indicators[0]

    assert "n’est pas un nombre" in text(save_cell(client, first, cells([first], "abc")))
    assert "Plus du triple de la valeur précédente" in text(
        save_cell(client, first, cells([first], "450"))
    )
    assert drafts() == {"Entreprises": "450"}


def test_a_row_says_that_its_page_will_show_fewer_decimals(
    indicators: list[Indicator], measure: Measure
) -> None:
    client, first = pilot(measure), indicators[0]

    assert "Plus de décimales que n’en montre l’unité" in text(
        save_cell(client, first, cells([first], "41,5"))
    )
    assert drafts() == {"Entreprises": "41.5"}


def test_an_emptied_cell_keeps_its_draft_and_says_so(
    indicators: list[Indicator], measure: Measure
) -> None:
    client, first = pilot(measure), indicators[0]
    save_cell(client, first, cells([first], "45"))

    assert "Case vidée\u00a0: le brouillon est gardé." in text(
        save_cell(client, first, cells([first], ""))
    )


# --- Two people --------------------------------------------------------------------------------


def test_the_second_of_two_people_is_told_in_the_row_then_chooses(
    indicators: list[Indicator], measure: Measure
) -> None:
    first = indicators[0]
    draft = ObservationFactory.create(
        indicator=first,
        year=2025,
        value=Decimal(45),
        edited_by=UserFactory.create(name="Léa"),
        revision=2,
    )
    client = pilot(measure)

    told = client.post(
        address(measure.plan),
        cells(indicators, "47", **{f"i{first.pk}-revision": 1, f"initial-i{first.pk}-value": "44"}),
    )

    assert errors(told)[0] == [
        (
            "Léa a enregistré cette saisie entre-temps. Sa valeur : 45 entreprises. "
            "Enregistrez de nouveau pour la remplacer par la vôtre, ou videz la case pour "
            "garder la sienne."
        )
    ]
    assert 'value="47"' in text(told)
    assert drafts() == {"Entreprises": "45"}

    client.post(address(measure.plan), shown(told))
    draft.refresh_from_db()
    assert (draft.value, draft.revision) == (47, 3)


def test_a_cell_that_was_not_touched_does_not_undo_someone_else_s_work(
    indicators: list[Indicator], measure: Measure
) -> None:
    first, second = indicators[:2]
    ObservationFactory.create(indicator=first, year=2025, value=Decimal(45))
    client = pilot(measure)
    seen = shown(client.get(address(measure.plan)))
    Observation.objects.filter(state="draft").update(value=48, revision=2)

    response = client.post(address(measure.plan), seen | cells([second], "abc"))

    assert drafts() == {"Entreprises": "48"}
    assert rows_of(response)[0].form["value"].value() == "48"


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_save_the_grid_at_once_one_wins(
    indicators: list[Indicator], measure: Measure
) -> None:
    clients = [pilot(measure), pilot(measure)]
    forms = [cells(indicators, value, value, f"{value}/50") for value in ("45", "46")]
    answers = at_once(
        *(
            partial(client.post, address(measure.plan), form)
            for client, form in zip(clients, forms, strict=True)
        )
    )

    saved = drafts()
    assert len(answers) == 2
    assert 422 in [answer.status_code for answer in answers]
    assert set(saved) == {"Entreprises", "Emplois", "Part"}
    assert Observation.objects.filter(state="draft").count() == 3


def test_the_grid_keeps_what_an_ended_session_posts(
    indicators: list[Indicator], measure: Measure
) -> None:
    user = member(measure.plan, Role.CONTRIBUTOR, assigned_to=measure)
    client = Client()
    lost = client.post(address(measure.plan), cells(indicators, "45", "abc", "3/4"))
    client.force_login(user)

    response = client.get(unquote(lost["Location"].partition("?next=")[2]))

    assert [field.value() for row in rows_of(response) for field in row.form] == [
        "45",
        "abc",
        "3",
        "4",
    ]
    assert drafts() == {}


def test_a_value_saved_in_another_window_is_said_to_be_ones_own(
    indicators: list[Indicator], measure: Measure
) -> None:
    person = member(measure.plan, Role.CONTRIBUTOR, assigned_to=measure)
    first = indicators[0]
    ObservationFactory.create(
        indicator=first, year=2025, value=Decimal(45), edited_by=person, revision=2
    )

    told = signed_in(person).post(
        address(measure.plan),
        cells(indicators, "47", **{f"i{first.pk}-revision": 1, f"initial-i{first.pk}-value": "44"}),
    )

    assert errors(told)[0] == [
        (
            "Vous avez enregistré cette saisie entre-temps, dans une autre fenêtre. Valeur "
            "enregistrée : 45 entreprises. Enregistrez de nouveau pour la remplacer par celle-ci, "
            "ou videz la case pour la garder."
        )
    ]
