"""What spreadsheets do to files, each with a real one."""

from pathlib import Path

import openpyxl
import pytest

from accounts.models import User
from indicators.models import Indicator
from plans.models import Plan
from tests.exchange.spreadsheets.mistakes.lines import YEAR_2024, line
from tests.exchange.spreadsheets.workbooks import TITLES, checked, errors, outcomes, workbook
from tests.factories import IndicatorFactory

pytestmark = pytest.mark.django_db


def test_formulas_without_result_errors_and_merged_cells_are_told(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            TITLES,
            line("entreprises", "=1+1"),
            line("emplois", "#DIV/0!"),
            line("projets", 3),
            line("projets", 3, 2023),
        ],
    )
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("D4:D5")
    book.save(path)

    job = checked(plan, user, path)

    assert sorted(errors(job)) == ["D2", "D3", "D4", "D5"]
    assert "n’est pas dans le fichier" in errors(job)["D2"]
    assert "#DIV/0!" in errors(job)["D3"]
    assert "Cellules fusionnées D4:D5" in errors(job)["D5"]


def test_hidden_rows_are_read_and_said_and_hidden_sheets_are_not(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", 1), line("emplois", 2)])
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    other = book.create_sheet("Brouillon")
    for one in (TITLES, line("projets", 3)):
        other.append(one)
    other.sheet_state = "hidden"
    book.save(path)

    job = checked(plan, user, path)

    assert outcomes(job) == [(2, "new"), (3, "new")]
    assert job.remarks == ["1 ligne masquée a été lue comme les autres."]
    assert "Feuille masquée, non lue : « Brouillon »." in job.understood


def test_a_column_sorted_without_the_others_is_noticed(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    titles = ["Indicateur", "Titre", *TITLES[1:]]
    path = workbook(
        tmp_path / "a.xlsx",
        [titles, ["entreprises", indicators[1].title, *YEAR_2024, 3, "bilan", None]],
    )

    job = checked(plan, user, path)

    assert "Ce titre est celui de « emplois »" in errors(job)["B2"]


def test_a_row_of_another_plan_is_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    other = IndicatorFactory.create(code="la-bas", plan__is_public=True)
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["Plan", *TITLES],
            [other.plan.slug, *line("entreprises", 1)],
            [plan.slug, *line("la-bas", 1)],
        ],
    )

    job = checked(plan, user, path)

    assert "l’import est celui de « plan-essai »" in errors(job)["A2"]
    assert other.plan.title in errors(job)["B3"]
