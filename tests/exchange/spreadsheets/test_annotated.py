"""The copy that comes back: the person's own file, all of it, and what the control says."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.workbook import Workbook

from accounts.models import User
from exchange.models import ImportJob
from exchange.spreadsheets import jobs
from exchange.spreadsheets.annotated_styles import FILLS
from exchange.spreadsheets.marks import AUTHOR
from exchange.spreadsheets.problems import Level
from exchange.spreadsheets.selection import Selection
from exchange.spreadsheets.writing_workbooks import write_workbook
from indicators.models import Observation
from plans.models import Plan, Role
from tests.exchange.spreadsheets.workbooks import (
    NOON,
    TITLES,
    checked,
    errors,
    member,
    outcomes,
    workbook,
    written,
)
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory

pytestmark = pytest.mark.django_db

RED, AMBER = FILLS[Level.ERROR], FILLS[Level.WARNING]
YEAR = (date(2024, 1, 1), date(2024, 12, 31))


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create()
    SourceFactory.create(plan=made, code="bilan")
    for code in ("entreprises", "emplois", "projets"):
        IndicatorFactory.create(plan=made, code=code)
    return made


@pytest.fixture
def user(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


def copy_of(job: ImportJob) -> Workbook:
    with job.annotated.open("rb") as file:
        return openpyxl.load_workbook(io.BytesIO(file.read()))


def fill(cell: Any) -> str | None:
    return cell.fill.fgColor.rgb if cell.fill.patternType == "solid" else None


def faulty(path: Path) -> Path:
    return workbook(
        path,
        [
            TITLES,
            ["entreprises", *YEAR, "douze", "bilan", None],
            ["emplois", *YEAR, 2, None, None],
            ["projets", *YEAR, 3, "bilan", None],
        ],
    )


def test_cells_are_coloured_and_commented_and_each_row_has_its_verdict(
    tmp_path: Path, plan: Plan, user: User
) -> None:
    sheet = copy_of(checked(plan, user, faulty(tmp_path / "a.xlsx"))).active

    assert (fill(sheet["D2"]), fill(sheet["E3"]), fill(sheet["D4"])) == (RED, AMBER, None)
    assert sheet["D2"].value == "douze"
    assert sheet["D2"].comment.author == AUTHOR
    assert "douze" in sheet["D2"].comment.text
    assert sheet["D4"].comment is None
    assert sheet["G1"].value == "Résultat du contrôle"
    assert sheet["G2"].value.startswith("en erreur — D2 : ")
    assert sheet["G4"].value == "nouvelle"


def test_the_rest_of_the_workbook_is_untouched(tmp_path: Path, plan: Plan, user: User) -> None:
    path = faulty(tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet["D2"].font = Font(bold=True)
    sheet["A4"].comment = Comment("À vérifier avec Paul", "Zoé")
    sheet.column_dimensions["A"].width = 33
    sheet.freeze_panes = "B2"
    notes = book.create_sheet("Mes notes")
    notes["A1"], notes["B1"] = "=SUM(1,2)", "x"
    book.save(path)

    job = checked(plan, user, path)

    copy = copy_of(job)
    sheet = copy["Valeurs"]
    assert copy.sheetnames == ["Valeurs", "Mes notes"]
    assert copy["Mes notes"]["A1"].value == "=SUM(1,2)"
    assert sheet["D2"].font.bold
    assert (sheet["A4"].comment.text, sheet["A4"].comment.author) == ("À vérifier avec Paul", "Zoé")
    assert (sheet.column_dimensions["A"].width, sheet.freeze_panes) == (33, "B2")
    with job.annotated.open("rb") as file, zipfile.ZipFile(io.BytesIO(file.read())) as parts:
        assert parts.testzip() is None
        with zipfile.ZipFile(path) as own:
            assert parts.read("xl/worksheets/sheet2.xml") == own.read("xl/worksheets/sheet2.xml")


def test_the_corrected_copy_is_read_and_its_marks_go(
    tmp_path: Path, plan: Plan, user: User
) -> None:
    book = copy_of(checked(plan, user, faulty(tmp_path / "a.xlsx")))
    book.active["D2"], book.active["E2"] = 12, None
    again = tmp_path / "b.xlsx"
    book.save(again)

    second = checked(plan, user, again)

    assert outcomes(second) == [(2, "new"), (3, "new"), (4, "new")]
    sheet = copy_of(second).active
    # Only what is said now is marked: D2 is clean, E2 has lost its source.
    assert (fill(sheet["D2"]), fill(sheet["E2"])) == (None, AMBER)
    assert sheet["D2"].comment is None
    assert sheet.max_column == 7
    written(second)
    assert Observation.objects.count() == 3


def test_a_downloaded_workbook_comes_back_annotated(tmp_path: Path, plan: Plan, user: User) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, Selection(plan=plan, start=YEAR[0], end=YEAR[1]), at=NOON)
    book = openpyxl.load_workbook(path)
    sheet = book["Valeurs"]
    place = {cell.value: cell.column_letter for cell in sheet[1]}["Valeur"]
    sheet[f"{place}2"] = "beaucoup"
    book.save(path)

    job = checked(plan, user, path)

    assert list(errors(job)) == [f"{place}2"]
    copy = copy_of(job)
    assert fill(copy["Valeurs"][f"{place}2"]) == RED
    assert copy["Valeurs"].protection.sheet
    assert copy["Valeurs"].data_validations.dataValidation


def test_a_csv_comes_back_as_a_workbook_of_its_cells(plan: Plan, user: User) -> None:
    lines = [";".join(TITLES), "entreprises;01/01/2024;31/12/2024;=1+1;bilan;"]

    job = checked(plan, user, "\n".join(lines).encode("cp1252"), "saisie.csv")

    sheet = copy_of(job).active
    assert (sheet["D2"].value, sheet["D2"].data_type) == ("=1+1", "s")  # a text, never a formula
    assert fill(sheet["D2"]) == RED
    assert sheet["G2"].value.startswith("en erreur — D2 : ")


def test_nothing_to_say_makes_no_copy(tmp_path: Path, plan: Plan, user: User) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, ["projets", *YEAR, 3, "bilan", None]])

    assert checked(plan, user, path).annotated.name == ""


def test_a_copy_goes_with_the_check_that_made_it(plan: Plan, user: User) -> None:
    """What was wrong and is right at the next check leaves no copy that says it is wrong."""
    lines = [";".join(TITLES), "ateliers;01/01/2024;31/12/2024;3;bilan;"]
    job = checked(plan, user, "\n".join(lines).encode(), "saisie.csv")
    former = Path(job.annotated.path)
    assert former.exists()

    IndicatorFactory.create(plan=plan, code="ateliers")
    jobs.check_again(job)
    jobs.work_on(job.pk, at=NOON)

    job.refresh_from_db()
    assert (job.state, job.counts, job.annotated.name) == ("checked", {"new": 1}, "")
    assert not former.exists()
