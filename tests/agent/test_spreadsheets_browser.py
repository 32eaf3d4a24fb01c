"""A workbook's round trip as a person makes it: ten kinds of mistakes, a copy, drafts at the end.

A real browser, and a real worker that checks and writes while the page waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from celery import current_app
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Page, expect

from accounts.models import User
from exchange.models import ImportJob
from indicators.models import Observation
from plans.models import Plan, Role
from tests.accessibility import faults_at, violations
from tests.agent.staff import member
from tests.conftest import NARROW
from tests.exchange.spreadsheets.workbooks import checked
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
)
from tests.processes import worker

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/agent/plans/plan-ia/tableur/"
CODES = [f"i{number:02}" for number in range(1, 13)]

OpenAs = Callable[..., Page]


@pytest.fixture
def plan() -> Plan:
    """Twelve yearly counts, a ratio, a value that is published, a milestone."""
    made: Plan = PlanFactory.create(slug="plan-ia", title="Plan IA")
    source = SourceFactory.create(plan=made, code="bilan", title="Bilan annuel")
    measure = MeasureFactory.create(plan=made, code="pack-ia", title="Pack IA")
    for position, code in enumerate(CODES):
        IndicatorFactory.create(
            plan=made, measure=measure, code=code, title=f"Suivi {code}", position=position
        )
    ObservationFactory.create(
        indicator=made.indicators.get(code="i08"), year=2024, published=True, source=source
    )
    IndicatorFactory.create(
        plan=made, measure=measure, code="part", title="Part", position=20, ratio=True
    )
    MilestoneFactory.create(measure=measure, code="panorama", title="Panorama")
    return made


@pytest.fixture
def alix(plan: Plan) -> User:
    return member(plan, Role.CONTRIBUTOR, assigned_to=plan.measures.get())


@pytest.fixture
def _at_work(tmp_path: Path) -> Iterator[None]:
    """A worker at work."""
    current_app.control.purge()
    with worker(tmp_path / "worker.log"):
        yield


class Sheet:
    """The sheet of values of a workbook, by code and title."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book = openpyxl.load_workbook(path)
        sheet = self._book["Valeurs"]
        assert isinstance(sheet, Worksheet)
        self.sheet = sheet
        self._places = {cell.value: cell.column for cell in sheet[1]}
        self._rows = {sheet.cell(row, 2).value: row for row in range(2, sheet.max_row + 1)}

    def cell(self, code: str, title: str) -> Any:
        return self.sheet.cell(self._rows[code], self._places[title])

    def fill(self, code: str, **cells: Any) -> None:
        """Type into cells, by their title; that of the period's beginning is Début."""
        for title, value in cells.items():
            self.cell(code, "Début de période" if title == "Début" else title).value = value

    def commented(self) -> list[str]:
        """The cells that carry a comment."""
        return [cell.coordinate for line in self.sheet.iter_rows() for cell in line if cell.comment]

    def save(self) -> Path:
        self._book.save(self._path)
        return self._path


def download(page: Page, button: Any, path: Path) -> Sheet:
    with page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(path)
    return Sheet(path)


def send(page: Page, path: Path) -> None:
    page.goto(PAGE)
    page.get_by_label("Fichier", exact=True).set_input_files(path)
    page.get_by_role("button", name="Envoyer et contrôler").click()


def make_mistakes(sheet: Sheet) -> None:
    """Fill in everything, wrongly in more than ten ways; only i12 is right."""
    for code in CODES:
        if code != "i08":
            sheet.fill(code, Valeur=40, Source="bilan")
    sheet.fill("i01", Valeur="une quarantaine")  # 1. a word for a number
    sheet.fill("i02", Valeur="2,012")  # 2. two or two thousand
    sheet.fill("i03", Valeur=date(2026, 2, 1))  # 3. 1/2 made a date
    sheet.fill("i04", Valeur="=1/0")  # 4. a formula without its result
    sheet.fill("i05", Source="bilam")  # 5. a source that is none
    sheet.fill("i06", Précision="presque")  # 6. a word that is not in the list
    sheet.fill("i07", Début=date(2024, 2, 1))  # 7. a period that is none
    sheet.fill("i08", Valeur=31)  # 8. a correction without its reason
    sheet.fill("i09", Indicateur="i99")  # 9. a code that nothing has
    sheet.fill("i10", Indicateur="i11", Titre="Suivi i11")  # 10. the same period twice
    sheet.fill("part", Numérateur=3)  # 11. a share of nothing


def correct(sheet: Sheet) -> None:
    """Correct the copy that came back, where its marks are."""
    for code in ("i01", "i02", "i03", "i04"):
        sheet.fill(code, Valeur=41)
    sheet.cell("i03", "Valeur").number_format = "General"  # as the message says
    sheet.fill("i05", Source="bilan")
    sheet.fill("i06", Précision="environ")
    sheet.fill("i07", Début=date(2024, 1, 1))
    sheet.fill("i08", Motif="Un dossier compté deux fois")
    sheet.fill("i99", Indicateur="i09")
    sheet.fill("part", Dénominateur=4, Source="bilan")
    assert sheet.sheet["B11"].value == "i11"
    sheet.sheet["B11"], sheet.sheet["C11"] = "i10", "Suivi i10"


def drafts() -> dict[str, Decimal | None]:
    return dict(Observation.objects.filter(state="draft").values_list("indicator__code", "value"))


@pytest.mark.usefixtures("_at_work")
def test_a_workbook_with_ten_kinds_of_mistakes(alix: User, open_as: OpenAs, tmp_path: Path) -> None:
    page = open_as(alix)
    page.goto("/agent/plans/plan-ia/")
    page.get_by_role("link", name="Tableur", exact=True).click()
    page.get_by_label("Du", exact=True).fill("2024-01-01")
    page.get_by_label("Au", exact=True).fill("2024-12-31")
    button = page.get_by_role("button", name="Télécharger", exact=True)
    sheet = download(page, button, tmp_path / "plan.xlsx")
    make_mistakes(sheet)
    send(page, sheet.save())

    # The page follows the worker by itself.
    expect(page.get_by_text("12 lignes à corriger")).to_be_visible(timeout=30_000)
    assert ImportJob.objects.get().counts == {"error": 12, "new": 1, "same": 1}
    expect(page.get_by_role("row")).to_have_count(13)
    expect(page.get_by_text("Vouliez-vous dire « bilan » ?")).to_be_visible()
    assert violations(page) == []
    assert page.get_by_role("button", name="Enregistrer").count() == 0
    assert drafts() == {}

    link = page.get_by_role("link", name="Télécharger la copie annotée")
    copy = download(page, link, tmp_path / "plan-annote.xlsx")
    assert len(copy.commented()) >= 12
    assert "une quarantaine" in copy.cell("i01", "Valeur").comment.text
    correct(copy)
    send(page, copy.save())

    save = page.get_by_role("button", name="Enregistrer", exact=True)
    expect(save).to_be_visible(timeout=30_000)
    assert violations(page) == []
    save.click()
    expect(page.get_by_text("13 lignes enregistrées")).to_be_visible(timeout=30_000)

    expected = {code: Decimal(41 if code < "i05" else 40) for code in CODES}
    assert drafts() == {**expected, "i08": Decimal(31), "part": None}
    assert set(Observation.objects.filter(state="draft").values_list("author", flat=True)) == {
        alix.pk
    }
    page.goto("/agent/plans/plan-ia/saisie/?periode=2024")
    expect(page.get_by_label("Valeur : Suivi i01", exact=True)).to_have_value("41")


def files(plan: Plan, user: User) -> dict[str, ImportJob]:
    """An import in each state that a page shows."""
    titles = "Indicateur;Début de période;Fin de période;Valeur;Source"
    row = "i01;01/01/2024;31/12/2024;{};bilan"
    long_name = "une-saisie-dont-le-nom-ne-finit-pas-et-ne-se-coupe-nulle-part-2024.csv"
    made = {
        "wrong": checked(plan, user, f"{titles}\n{row.format('beaucoup')}".encode(), long_name),
        "ready": checked(plan, user, f"{titles}\n{row.format(5)}".encode(), "b.csv"),
        "refused": checked(plan, user, b"", "c.csv"),
        "moving": checked(plan, user, f"{titles}\n{row.format(5)}".encode(), "d.csv"),
    }
    ImportJob.objects.filter(pk=made["moving"].pk).update(state="checking", share_done=0.4)
    return made


@pytest.mark.parametrize("width", [1280, NARROW])
def test_every_page_is_accessible_and_fits(
    plan: Plan, alix: User, open_as: OpenAs, width: int
) -> None:
    page = open_as(alix, width=width)
    pages = [PAGE, f"{PAGE}telecharger/?choix-part=rien"]
    pages += [job.get_absolute_url() for job in files(plan, alix).values()]

    for address in pages:
        assert faults_at(page, address) == []


@pytest.mark.usefixtures("_at_work")
def test_a_workbook_goes_its_way_without_a_script(
    alix: User, open_as: OpenAs, tmp_path: Path
) -> None:
    page = open_as(alix, javascript=False)
    path = tmp_path / "saisie.csv"
    path.write_text(
        "Indicateur;Début de période;Fin de période;Valeur;Source\n"
        "i01;01/01/2024;31/12/2024;5;bilan\n"
    )
    send(page, path)

    reload_link = page.get_by_role("link", name="Actualiser")
    for name in ("Enregistrer", "Voir le travail en cours du plan"):
        wanted = page.get_by_text(name, exact=True)
        expect(wanted.or_(reload_link)).to_be_visible()
        for _look in range(60):
            if wanted.count():
                break
            reload_link.click()
            page.wait_for_load_state()
            expect(wanted.or_(reload_link)).to_be_visible()
        wanted.click()

    assert Observation.objects.get(state="draft").value == 5
