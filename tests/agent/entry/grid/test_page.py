"""Who sees which rows of the grid, and what its page says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agent.entry.rows import contributable
from indicators.models import Indicator
from measures.models import Measure
from plans.models import Role
from plans.permissions import Action, rights_in
from tests.agent.entry.grid.forms import address, cells, drafts, pilot, rows_of, text
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    ObjectiveFactory,
    ObservationFactory,
    PlanFactory,
    TargetFactory,
)
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db


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


def test_what_was_observed_once_is_not_asked_for_again(measure: Measure) -> None:
    once = IndicatorFactory.create(plan=measure.plan, measure=measure, frequency="once")
    ObservationFactory.create(
        indicator=once,
        period_start=date(2020, 1, 1),
        period_end=date(2021, 12, 31),
        published=True,
    )

    [row] = rows_of(pilot(measure).get(address(measure.plan, "2024")))

    assert (row.state_label, row.is_editable) == ("déjà relevé", True)


@pytest.mark.parametrize(
    ("starts", "due", "period", "label"),
    [
        (date(2090, 1, 1), date(2095, 12, 31), "2024", "rien d’attendu"),
        (date(2024, 12, 31), date(2030, 12, 31), "2024", "rien d’attendu"),
        (date(2024, 12, 31), date(2030, 12, 31), "2025", "à saisir"),
        (date(2020, 1, 1), date(2023, 12, 31), "2023", "à saisir"),
        (date(2020, 1, 1), date(2023, 12, 31), "2024", "rien d’attendu"),
        (None, date(2023, 12, 31), "2019", "à saisir"),
        (date(2020, 1, 1), None, "2025", "à saisir"),
        (date(2020, 1, 1), None, "2026", "période en cours"),
    ],
)
def test_a_value_is_asked_for_while_a_target_counts_it(
    measure: Measure, starts: date | None, due: date | None, period: str, label: str
) -> None:
    indicator = IndicatorFactory.create(plan=measure.plan, measure=measure)
    TargetFactory.create(indicator=indicator, starts_on=starts, due_on=due)
    client = pilot(measure)

    [row] = rows_of(client.get(address(measure.plan, period)))
    client.post(address(measure.plan, period), cells([indicator], "7"))

    assert (row.state_label, row.is_editable) == (label, True)
    assert len(drafts()) == 1


def test_a_second_target_that_starts_later_leaves_the_first_to_be_reported(
    measure: Measure,
) -> None:
    indicator = IndicatorFactory.create(plan=measure.plan, measure=measure)
    TargetFactory.with_yearly_quota({2024: 35}, indicator=indicator)
    TargetFactory.create(indicator=indicator, code="c2", starts_on=date(2090, 1, 1))

    labels = [
        rows_of(pilot(measure).get(address(measure.plan, period)))[0].state_label
        for period in ("2023", "2024", "2025")
    ]

    assert labels == ["rien d’attendu", "à saisir", "rien d’attendu"]


def test_what_is_observed_once_is_due_when_its_target_is(measure: Measure) -> None:
    indicator = IndicatorFactory.create(plan=measure.plan, measure=measure, frequency="once")
    TargetFactory.create(indicator=indicator, due_on=date(2025, 6, 30))

    labels = [
        rows_of(pilot(measure).get(address(measure.plan, period)))[0].state_label
        for period in ("2024", "2025")
    ]

    assert labels == ["rien d’attendu", "à saisir"]


@pytest.mark.parametrize(
    ("role", "advice"),
    [
        (Role.MANAGER, "Ajoutez un indicateur</a>"),
        (Role.REVIEWER, "un gestionnaire du plan peut en ajouter."),
        (Role.CONTRIBUTOR, "Un gestionnaire du plan peut vous affecter à une mesure."),
    ],
)
def test_an_empty_grid_advises_each_person_of_what_they_can_do(role: Role, advice: str) -> None:
    plan = PlanFactory.create()

    page = text(signed_in(member(plan, role)).get(address(plan)))

    assert advice in page


def test_a_grid_without_rows_of_its_kind_sends_to_another(
    indicators: list[Indicator], measure: Measure
) -> None:
    page = text(pilot(measure).get(address(measure.plan, "2025-S2")))

    assert "choisissez-en une autre." in page
    assert "<h1> Les valeurs du 2e semestre 2025 </h1>" in page
