"""The grid: many values for a period, saved row by row, nothing lost."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agent.entry.rows import Row, contributable
from indicators.models import Indicator, Observation
from measures.models import Measure, MeasureAssignment
from plans import workflow
from plans.models import Plan, Role, Source
from plans.permissions import Action, rights_in
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    ObjectiveFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
    UserFactory,
)
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


@pytest.fixture
def measure() -> Measure:
    made: Measure = MeasureFactory.create()
    return made


@pytest.fixture
def indicators(measure: Measure) -> list[Indicator]:
    """Three yearly indicators of one measure, each with 30 for 2024; the third is a ratio."""
    plan = measure.plan
    made = [
        IndicatorFactory.create(plan=plan, measure=measure, title=title, position=position)
        for position, title in enumerate(("Entreprises", "Emplois"))
    ]
    made.append(
        IndicatorFactory.create(plan=plan, measure=measure, title="Part", position=2, ratio=True)
    )
    for indicator in made[:2]:
        TargetFactory.create(indicator=indicator)
        ObservationFactory.create(indicator=indicator, year=2024, value=Decimal(30), published=True)
    return made


def address(plan: Plan, period: str = "2025") -> str:
    return f"/agent/plans/{plan.slug}/saisie/?periode={period}"


def pilot(measure: Measure) -> Client:
    return signed_in(member(measure.plan, Role.CONTRIBUTOR, assigned_to=measure))


def cells(indicators: list[Indicator], *typed: str, **more: Any) -> dict[str, Any]:
    """Return what the form posts: a text per indicator, "a/b" for a ratio."""
    posted: dict[str, Any] = {"action": "save", **more}
    for indicator, text in zip(indicators, typed, strict=False):
        prefix = f"i{indicator.pk}"
        if indicator.measurement == "ratio":
            numerator, _slash, denominator = text.partition("/")
            posted |= {f"{prefix}-numerator": numerator, f"{prefix}-denominator": denominator}
        else:
            posted[f"{prefix}-value"] = text
    return posted


def shown(response: Any) -> dict[str, Any]:
    """Return what the form carries as it stands: every input and what it holds."""
    posted: dict[str, Any] = {}
    for row in rows_of(response):
        for field in row.form:
            posted[field.html_name] = field.value() or ""
        posted |= dict(row.shown)
        if row.stored is not None:
            posted[f"{row.form.prefix}-revision"] = row.stored.revision
    return posted


def rows_of(response: Any) -> list[Row]:
    rows: list[Row] = response.context["rows"]
    return rows


def text(response: Any) -> str:
    return re.sub(r"[ \n]+", " ", response.content.decode())


def drafts() -> dict[str, str]:
    """Return the value under way of each indicator, by title."""
    return {
        row.indicator.title: (
            f"{row.value:f}".rstrip("0").rstrip(".")
            if row.value is not None
            else f"{row.numerator:.0f}/{row.denominator:.0f}"
        )
        for row in Observation.objects.exclude(state="published").select_related("indicator")
    }


# --- Who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "assigned", "titles"),
    [
        (Role.CONTRIBUTOR, False, []),
        (Role.CONTRIBUTOR, True, ["Entreprises", "Emplois", "Part"]),
        (Role.REVIEWER, False, ["Entreprises", "Emplois", "Part", "Ailleurs", "Du plan"]),
        (Role.MANAGER, False, ["Entreprises", "Emplois", "Part", "Ailleurs", "Du plan"]),
    ],
)
def test_each_person_sees_the_rows_they_may_fill(
    indicators: list[Indicator], measure: Measure, role: Role, assigned: bool, titles: list[str]
) -> None:
    plan = measure.plan
    IndicatorFactory.create(plan=plan, title="Ailleurs")
    IndicatorFactory.create(plan=plan, title="Du plan", on_plan=True)
    IndicatorFactory.create(title="D’un autre plan")
    client = signed_in(member(plan, role, assigned_to=measure if assigned else None))

    response = client.get(address(plan))

    assert [row.indicator.title for row in rows_of(response)] == titles


def test_a_viewer_a_stranger_and_a_visitor_have_no_grid(measure: Measure) -> None:
    url = address(measure.plan)

    assert signed_in(member(measure.plan, Role.VIEWER)).get(url).status_code == 403
    assert signed_in(member(PlanFactory.create(), Role.MANAGER)).get(url).status_code == 404
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("role", Role)
def test_the_rows_are_those_that_the_permissions_grant_one_by_one(
    indicators: list[Indicator], measure: Measure, role: Role
) -> None:
    plan = measure.plan
    IndicatorFactory.create(plan=plan)
    IndicatorFactory.create(plan=plan, on_plan=True)
    rights = rights_in(member(plan, role, assigned_to=measure), plan)

    assert {one.pk for one in contributable(rights)} == {
        one.pk for one in Indicator.objects.all() if rights.may(Action.CONTRIBUTE, one)
    }


def test_a_value_for_a_row_one_may_not_fill_is_not_written(
    indicators: list[Indicator], measure: Measure
) -> None:
    other = IndicatorFactory.create(plan=measure.plan)

    pilot(measure).post(address(measure.plan), cells([other], "45"))
    fragment = pilot(measure).post(
        address(measure.plan),
        cells([other], "45", row=f"i{other.pk}"),
        headers={"x-requested-with": "fetch"},
    )

    assert drafts() == {}
    assert fragment.status_code == 404


# --- The page ----------------------------------------------------------------------------------


def test_a_row_shows_target_previous_value_and_state(
    indicators: list[Indicator], measure: Measure
) -> None:
    ObservationFactory.create(indicator=indicators[0], year=2025, value=Decimal(45))
    ObservationFactory.create(indicator=indicators[1], year=2025, published=True)

    response = pilot(measure).get(address(measure.plan))

    assert [
        (row.promise, row.previous_text, row.previous_period, row.state_label, row.is_editable)
        for row in rows_of(response)
    ] == [
        (
            "100\u00a0entreprises, échéance inconnue",
            "30\u00a0entreprises",
            "2024",
            "brouillon",
            True,
        ),
        ("100\u00a0entreprises, échéance inconnue", "30\u00a0entreprises", "2024", "publié", False),
        ("", "", "", "à saisir", True),
    ]
    assert html_errors(response.content.decode()) == []
    assert inline_code(response.content.decode()) == []


def test_the_rows_follow_the_order_of_the_plan() -> None:
    plan = PlanFactory.create()
    second, first = (ObjectiveFactory.create(plan=plan, position=rank) for rank in (2, 1))
    for objective, title in ((second, "C"), (first, "B")):
        IndicatorFactory.create(
            plan=plan,
            measure=MeasureFactory.create(plan=plan, objective=objective),
            title=title,
        )
    IndicatorFactory.create(plan=plan, measure=None, objective=first, title="A")

    response = signed_in(member(plan, Role.REVIEWER)).get(address(plan))

    assert [row.indicator.title for row in rows_of(response)] == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("period", "titles"),
    [
        ("2025", ["annuel", "sans", "une fois"]),
        ("2025-S1", ["semestriel"]),
        ("2025-T4", ["trimestriel"]),
        ("2025-03", ["mensuel"]),
    ],
)
def test_each_kind_of_period_has_its_indicators(period: str, titles: list[str]) -> None:
    plan = PlanFactory.create()
    for title, frequency in {
        "annuel": "year",
        "sans": None,
        "une fois": "once",
        "semestriel": "half_year",
        "trimestriel": "quarter",
        "mensuel": "month",
    }.items():
        IndicatorFactory.create(plan=plan, title=title, frequency=frequency)

    response = signed_in(member(plan, Role.REVIEWER)).get(address(plan, period))

    assert sorted(row.indicator.title for row in rows_of(response)) == titles
    assert [str(kind["label"]) for kind in response.context["grids"]] == [
        "Années",
        "Semestres",
        "Trimestres",
        "Mois",
    ]


@pytest.mark.parametrize("period", ["", "x", "2025-T9", "26"])
def test_without_a_period_or_with_nonsense_the_latest_that_ended(
    indicators: list[Indicator], measure: Measure, period: str
) -> None:
    response = pilot(measure).get(address(measure.plan, period))

    assert response.context["period_name"] == "2025"


def test_a_period_to_come_leads_to_the_latest_that_ended(
    indicators: list[Indicator], measure: Measure
) -> None:
    response = pilot(measure).get(address(measure.plan, "2031"))

    assert response["Location"] == address(measure.plan, "2025")


def test_the_grid_costs_as_many_queries_for_three_indicators_as_for_one(measure: Measure) -> None:
    client = pilot(measure)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(measure.plan)).status_code == 200
        return len(captured)

    def add() -> None:
        indicator = IndicatorFactory.create(plan=measure.plan, measure=measure)
        TargetFactory.with_yearly_quota({2025: 35}, indicator=indicator)
        ObservationFactory.create(indicator=indicator, year=2024, published=True)
        ObservationFactory.create(indicator=indicator, year=2025)

    add()
    queries()  # the first visit of a session is recorded
    one = queries()
    add()
    add()

    assert queries() == one


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
    assert [(row.indicator.title, row.errors) for row in rows_of(response)] == [
        ("Entreprises", ["« 2.012 » se lit de deux façons : écrivez 2\u202f012 ou 2,0120."]),
        ("Emplois", []),
        ("Part", ["Valeur absente ; un nombre est attendu."]),
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

    assert [row.errors for row in rows_of(response)][-1] == [
        (
            "Une valeur publiée couvre déjà des jours de cette période : 30\u00a0entreprises "
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


def test_an_emptied_cell_keeps_its_draft_and_says_so(
    indicators: list[Indicator], measure: Measure
) -> None:
    client, first = pilot(measure), indicators[0]
    save_cell(client, first, cells([first], "45"))

    assert "Case vidée : le brouillon est gardé." in text(
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

    assert rows_of(told)[0].errors == [
        (
            "Léa a enregistré cette saisie entre-temps. Sa valeur : 45\u00a0entreprises. "
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
    barrier = threading.Barrier(2)
    statuses: list[int] = []

    def post(client: Client, value: str) -> None:
        barrier.wait()
        try:
            form = cells(indicators, value, value, f"{value}/50")
            statuses.append(client.post(address(measure.plan), form).status_code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=post, args=pair) for pair in zip(clients, ("45", "46"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    saved = drafts()
    assert len(statuses) == 2
    assert 422 in statuses
    assert set(saved) == {"Entreprises", "Emplois", "Part"}
    assert Observation.objects.filter(state="draft").count() == 3


# --- Handing in --------------------------------------------------------------------------------


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


def states() -> dict[str, str]:
    return dict(
        Observation.objects.exclude(state="published").values_list("indicator__title", "state")
    )


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
    assert [row.errors for row in rows_of(response)] == [
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
    assert "Léa a enregistré cette saisie entre-temps." in rows_of(response)[0].errors[0]
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
