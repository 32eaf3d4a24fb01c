"""Entering in a real browser: the keyboard, a pasted block, saving on the way, narrow screens."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from indicators.models import Indicator, Observation
from measures.models import MilestoneUpdate
from plans.models import Plan, Role
from tests.accessibility import faults
from tests.agent.staff import member
from tests.conftest import NARROW, WIDE
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
    UserFactory,
)
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

GRID = "/agent/plans/plan-ia/saisie/?periode=2024"
ENTRY = "/agent/plans/plan-ia/indicateurs/entreprises/saisie/?debut=2024-01-01&fin=2024-12-31"
MILESTONE = "/agent/plans/plan-ia/mesures/pack-ia/jalons/panorama/saisie/"

OpenAs = Callable[..., Page]


@pytest.fixture
def plan() -> Plan:
    """Four indicators of 2024: two counts, one published, one ratio; and a milestone."""
    made: Plan = PlanFactory.create(slug="plan-ia", title="Plan IA")
    SourceFactory.create(plan=made, title="Bilan annuel 2024")
    measure = MeasureFactory.create(plan=made, code="pack-ia")
    titles = {"entreprises": "Entreprises", "publie": "Publié", "emplois": "Emplois"}
    for position, (code, title) in enumerate(titles.items()):
        indicator = IndicatorFactory.create(
            plan=made, measure=measure, code=code, title=title, position=position
        )
        TargetFactory.create(indicator=indicator)
        year = 2024 if code == "publie" else 2023
        ObservationFactory.create(indicator=indicator, year=year, published=True)
    IndicatorFactory.create(
        plan=made, measure=measure, code="part", title="Part", position=3, ratio=True
    )
    milestone = MilestoneFactory.create(measure=measure, code="panorama", title="Panorama")
    MilestoneUpdateFactory.create(milestone=milestone, published=True)
    return made


@pytest.fixture
def alix(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


def cell(page: Page, title: str, name: str = "Valeur") -> Locator:
    return page.get_by_label(f"{name} : {title}", exact=True)


def row(page: Page, title: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=title, exact=True))


def focused(page: Page) -> str:
    label: str = page.evaluate("document.activeElement.getAttribute('aria-label')")
    return label


def drafts() -> dict[str, Decimal | None]:
    return dict(Observation.objects.filter(state="draft").values_list("indicator__title", "value"))


def paste(page: Page, text: str) -> None:
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", {
                clipboardData: data, bubbles: true, cancelable: true,
            }));
        }""",
        text,
    )


# --- The grid ----------------------------------------------------------------------------------


def test_enter_and_arrows_move_between_cells_and_rows_are_saved_as_they_are_left(
    alix: User, open_as: OpenAs
) -> None:
    page = open_as(alix)
    page.goto(GRID)

    cell(page, "Entreprises").fill("45")
    page.keyboard.press("Enter")
    assert focused(page) == "Valeur\u00a0: Emplois"  # the published row takes no value
    expect(row(page, "Entreprises")).to_contain_text("brouillon")

    page.keyboard.type("1 200")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Numérateur\u00a0: Part"
    expect(row(page, "Emplois")).to_contain_text("1\u202f200\u00a0entreprises")

    page.keyboard.type("3")
    page.keyboard.press("ArrowRight")
    assert focused(page) == "Dénominateur\u00a0: Part"
    page.keyboard.type("4")
    page.keyboard.press("ArrowUp")
    assert focused(page) == "Valeur\u00a0: Emplois"
    expect(row(page, "Part")).to_contain_text("75\u00a0% (3 sur 4)")

    page.keyboard.press("Shift+Enter")
    assert focused(page) == "Valeur\u00a0: Entreprises"
    assert drafts() == {"Entreprises": 45, "Emplois": 1200, "Part": None}


def test_a_row_is_saved_again_under_its_new_revision(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix)
    page.goto(GRID)

    for value in ("45", "46", "47"):
        cell(page, "Entreprises").fill(value)
        page.keyboard.press("Tab")
        expect(row(page, "Entreprises")).to_contain_text(f"{value}\u00a0entreprises")

    assert drafts() == {"Entreprises": 47}
    assert Observation.objects.get(state="draft").revision == 3


def test_what_cannot_be_read_is_said_and_escape_gives_the_saved_value_back(
    alix: User, open_as: OpenAs
) -> None:
    page = open_as(alix)
    page.goto(GRID)
    cell(page, "Entreprises").fill("45")
    page.keyboard.press("Enter")
    expect(row(page, "Entreprises")).to_contain_text("brouillon")

    cell(page, "Entreprises").fill("2.012")
    page.keyboard.press("Enter")
    expect(row(page, "Entreprises")).to_contain_text("se lit de deux façons")
    expect(cell(page, "Entreprises")).to_have_attribute("aria-invalid", "true")
    expect(cell(page, "Entreprises")).to_have_value("2.012")
    assert drafts() == {"Entreprises": 45}

    cell(page, "Emplois").fill("9")
    page.keyboard.press("Escape")
    expect(cell(page, "Emplois")).to_have_value("")


def test_a_block_from_a_spreadsheet_spreads_over_the_rows(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix)
    page.goto(GRID)

    cell(page, "Entreprises").focus()
    paste(page, "45\r\n30\r\n35\u202f000\r\n3\t4\r\nen trop\r\n")

    expect(cell(page, "Entreprises")).to_have_value("45")
    expect(cell(page, "Emplois")).to_have_value("35\u202f000")
    expect(cell(page, "Part", "Numérateur")).to_have_value("3")
    expect(cell(page, "Part", "Dénominateur")).to_have_value("4")
    expect(row(page, "Part")).to_contain_text("75\u00a0% (3 sur 4)")
    expect(row(page, "Emplois")).to_contain_text("35\u202f000\u00a0entreprises")
    # One line fell on the published row, one below the last.
    expect(page.locator("[data-grid-left]")).to_contain_text("laissées de côté\u00a0: 2")
    # A row says how it was understood before it is saved.
    saved = {"Entreprises": 45, "Emplois": 35000, "Part": None}
    until(lambda: drafts() == saved, "the three rows are saved")


@pytest.mark.parametrize(
    ("block", "lines"),
    [
        ("1\t2\n3\t4\n", [["1", "2"], ["3", "4"]]),
        ("1\r\n\r\n3", [["1"], [""], ["3"]]),
        ('"a\nb"\t"c ""d"""\n', [["a\nb", 'c "d"']]),
        (" 35 000 ", [["35 000"]]),
    ],
)
def test_a_block_is_read_as_spreadsheets_copy_it(
    alix: User, open_as: OpenAs, block: str, lines: list[list[str]]
) -> None:
    page = open_as(alix)
    page.goto(GRID)

    assert (
        page.evaluate(
            """async block => (await import("/static/js/grid.js")).parseBlock(block)""", block
        )
        == lines
    )


def test_two_people_in_one_cell(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix)
    page.goto(GRID)
    ObservationFactory.create(
        indicator=Indicator.objects.get(code="entreprises"),
        year=2024,
        value=Decimal(44),
        edited_by=UserFactory.create(name="Léa"),
    )

    cell(page, "Entreprises").fill("45")
    page.keyboard.press("Enter")
    expect(row(page, "Entreprises")).to_contain_text("Léa a enregistré cette saisie entre-temps.")
    assert drafts() == {"Entreprises": 44}

    # Saved again, knowingly.
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(row(page, "Entreprises")).to_contain_text("45\u00a0entreprises")
    assert drafts() == {"Entreprises": 45}


def test_a_session_that_ends_loses_no_cell(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix)
    page.goto(GRID)
    page.context.clear_cookies(name="sessionid")

    cell(page, "Entreprises").fill("45")
    page.keyboard.press("Enter")

    expect(row(page, "Entreprises")).to_contain_text("Votre session s’est fermée.")
    expect(cell(page, "Entreprises")).to_have_value("45")


# --- One value ---------------------------------------------------------------------------------


def test_the_value_is_read_and_doubted_while_it_is_typed(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix)
    page.goto(ENTRY)

    page.get_by_label("Valeur", exact=True).press_sequentially("1 450")

    output = page.locator("[data-live-output]")
    expect(output).to_contain_text("Compris\u00a0: 1\u202f450\u00a0entreprises")
    expect(output).to_contain_text("Plus du triple de la valeur précédente")
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    expect(page.locator("main")).to_contain_text("Brouillon enregistré")
    assert drafts() == {"Entreprises": 1450}


def test_enter_saves_a_draft_and_does_not_hand_it_in(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix)
    page.goto(ENTRY)
    page.get_by_label("Source", exact=True).select_option(label="Bilan annuel 2024")

    page.get_by_label("Valeur", exact=True).fill("45")
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("Brouillon enregistré")
    assert drafts() == {"Entreprises": 45}


def test_errors_are_focused_at_the_top_and_lead_to_their_field(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix)
    page.goto(ENTRY)
    page.get_by_label("Période", exact=True).select_option(label="Autre période…")
    page.get_by_label("Valeur", exact=True).fill("abc")
    page.get_by_role("button", name="Enregistrer le brouillon").click()

    assert page.evaluate("document.activeElement.id") == "erreurs"
    expect(page.get_by_label("Du", exact=True)).to_be_visible()
    page.get_by_role("link", name="Valeur : « abc » n’est pas un nombre").click()
    assert page.evaluate("document.activeElement.name") == "value"
    expect(page.get_by_label("Valeur", exact=True)).to_have_value("abc")


def test_the_text_survives_a_session_that_ends(
    alix: User, open_as: OpenAs, live_server: LiveServer
) -> None:
    alix.set_password("une phrase de passe assez longue")
    alix.save()
    page = open_as(alix)
    page.goto(ENTRY)
    page.get_by_text("Note publique et justificatif").click()
    page.get_by_label("Note publique").fill("Une longue note.")
    page.get_by_label("Valeur", exact=True).fill("45")
    page.context.clear_cookies(name="sessionid")

    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.locator("input[name=login]").fill(alix.email)
    page.locator("input[name=password]").fill("une phrase de passe assez longue")
    page.get_by_role("button", name="Se connecter", exact=True).click()

    expect(page.locator("main")).to_contain_text("Rien n’a encore été enregistré.")
    expect(page.get_by_label("Note publique")).to_have_value("Une longue note.")
    assert drafts() == {}
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    expect(page.locator("main")).to_contain_text("Brouillon enregistré")
    assert drafts() == {"Entreprises": 45}


def test_dates_are_asked_for_another_period_only(alix: User, open_as: OpenAs) -> None:
    page = open_as(alix, javascript=False)
    page.goto(ENTRY)

    expect(page.get_by_label("Du", exact=True)).to_be_hidden()
    page.get_by_label("Période", exact=True).select_option(label="Autre période…")
    expect(page.get_by_label("Du", exact=True)).to_be_visible()


# --- Every state of every page -----------------------------------------------------------------


def new_entry(**stored: Any) -> str:
    """Return the entry page of a new indicator for 2024, with what is stored for that year."""
    indicator = IndicatorFactory.create(plan=Plan.objects.get(), title="Autre indicateur")
    ObservationFactory.create(indicator=indicator, year=2023, published=True)
    if stored:
        ObservationFactory.create(indicator=indicator, year=2024, **stored)
    return ENTRY.replace("entreprises", indicator.code)


def wrong(page: Page) -> None:
    page.goto(new_entry())
    page.get_by_label("Valeur", exact=True).fill("abc")
    page.get_by_role("button", name="Enregistrer et soumettre").click()


def doubtful(page: Page) -> None:
    page.goto(new_entry())
    page.get_by_label("Valeur", exact=True).fill("1450")
    page.get_by_role("button", name="Enregistrer et soumettre").click()


def conflict(page: Page) -> None:
    page.goto(new_entry(edited_by=UserFactory.create(name="Léa"), edited_at=timezone.now()))
    Observation.objects.filter(state="draft").update(revision=9, comment="Une note.")
    page.get_by_label("Valeur", exact=True).fill("45")
    page.get_by_role("button", name="Enregistrer le brouillon").click()


def returned(page: Page) -> None:
    page.goto(new_entry(state="returned", return_reason="Quelle page du bilan ?"))


def in_review(page: Page) -> None:
    page.goto(new_entry(state="submitted"))


def correction(page: Page) -> None:
    page.goto(new_entry(published=True))


def ratio(page: Page) -> None:
    page.goto(ENTRY.replace("entreprises", "part"))
    page.evaluate("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")


def grid(page: Page) -> None:
    page.goto(GRID)
    cell(page, "Entreprises").fill("1450")
    cell(page, "Emplois").fill("abc")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


def milestone(page: Page) -> None:
    MilestoneUpdateFactory.create(
        milestone=MilestoneUpdate.objects.get().milestone, as_of=timezone.localdate()
    )
    page.goto(MILESTONE)
    page.get_by_label("Constaté le").fill("2022-08-30")
    page.get_by_role("button", name="Enregistrer le brouillon").click()


def failed_check(page: Page) -> None:
    page.goto(new_entry())
    page.get_by_label("Valeur", exact=True).fill("45")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_role("button", name="Enregistrer le brouillon").click()


STATES = (
    wrong,
    doubtful,
    conflict,
    returned,
    in_review,
    correction,
    ratio,
    grid,
    milestone,
    failed_check,
)


@pytest.mark.parametrize(
    ("width", "dark"),
    [(WIDE, False), (NARROW, False), (WIDE, True)],
    ids=["wide", "narrow", "dark"],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    alix: User, open_as: OpenAs, width: int, dark: bool
) -> None:
    page = open_as(alix, width=width, dark=dark)
    found = {}
    for reach in STATES:
        reach(page)
        page.wait_for_load_state("load")
        found[reach.__name__] = faults(page)
    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_fields_of_a_fold_stand_apart(alix: User, open_as: OpenAs, width: int) -> None:
    page = open_as(alix, width=width)
    page.goto(ENTRY)
    page.get_by_text("Note publique et justificatif").click()

    fields = page.locator("details[open] > .field").all()
    boxes = [box for box in (field.bounding_box() for field in fields) if box is not None]

    assert len(boxes) == 3
    gaps = [after["y"] - before["y"] - before["height"] for before, after in pairwise(boxes)]
    assert min(gaps) >= 12
