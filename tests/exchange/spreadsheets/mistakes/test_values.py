"""What other products got wrong with numbers and dates, with real files.

The numbers in the titles of the sections are those of the list of known cases.
"""

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone
from openpyxl.styles import numbers as formats

from accounts.models import User
from exchange.models import ImportJob
from indicators.models import Indicator, Observation
from plans.models import Plan
from tests.exchange.spreadsheets.mistakes.lines import YEAR_2024, line, values
from tests.exchange.spreadsheets.workbooks import (
    TITLES,
    checked,
    errors,
    outcomes,
    row,
    workbook,
    written,
)
from tests.factories import IndicatorFactory, ObservationFactory, UnitFactory

pytestmark = pytest.mark.django_db


# --- 13. Numbers as people write them -------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2,5", "2.5"),
        ("35 000", "35000"),
        ("35\u00a0000", "35000"),
        ("35\u202f000", "35000"),
        ("35 000,25", "35000.25"),
        ("-3,5", "-3.5"),
        ("\u22123,5", "-3.5"),
        ("  12  ", "12"),
        ("0", "0"),
        (0, "0"),
        (0.0, "0"),
        (12, "12"),
        (0.1 + 0.2, "0.3"),
        (23.00, "23"),
        ("23,00", "23"),
    ],
)
def test_a_number_is_read_as_it_was_meant(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], typed: Any, value: str
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", typed)])

    job = written(checked(plan, user, path))

    assert values() == {("entreprises", 2024): Decimal(value)}
    assert job.state == ImportJob.State.WRITTEN


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("2,012", "2,012"),
        ("2.012", "2.012"),
        ("1,234,567.89", "1,234,567.89"),
        ("douze", "douze"),
        ("12 à 15", "12 à 15"),
        ("n.d.", "n.d."),
        ("-", "-"),
        ("1/2", "est une date"),
        ("12 %", "12 %"),
        (True, "VRAI ou FAUX"),
        (time(12, 30), "format Heure"),
    ],
)
def test_what_is_no_number_or_could_be_two_is_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], typed: Any, hint: str
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", typed)])

    job = checked(plan, user, path)

    assert list(errors(job)) == ["D2"]
    assert hint in errors(job)["D2"]
    assert not job.can_be_confirmed


def test_23_against_23_00_is_no_change(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    ObservationFactory.create(
        indicator=indicators[0], year=2024, value=Decimal("23.000000"), author=user,
        source=plan.sources.get(),
    )  # fmt: skip
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", "23,00")])

    assert outcomes(checked(plan, user, path)) == [(2, "same")]


def test_a_percentage_goes_with_an_indicator_in_percent_only(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    percent = UnitFactory.create(percent=True)
    IndicatorFactory.create(plan=plan, code="part", unit=percent, stock=True)
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("part", 0.025), line("entreprises", 0.025)])
    book = openpyxl.load_workbook(path)
    for cell in ("D2", "D3"):
        book.active[cell].number_format = formats.FORMAT_PERCENTAGE_00
    book.save(path)

    job = checked(plan, user, path)

    # 2,5 % is 2.5 in a unit of percents; 250 % or 0.025 would be another figure.
    assert row(job, 2).value == Decimal("2.5")
    assert list(errors(job)) == ["D3"]
    assert "est un pourcentage" in errors(job)["D3"]


# --- 15. Dates ------------------------------------------------------------------------------------


def test_a_number_that_the_spreadsheet_made_a_date_is_told(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", date(2026, 2, 1))])

    job = checked(plan, user, path)

    assert "« 01/02/2026 » est une date, pas un nombre" in errors(job)["D2"]


@pytest.mark.parametrize(
    ("written_as", "hint"),
    [
        ("1/2", "n’est pas une date"),
        ("01/02/24", "n’est pas une date"),
        ("31/02/2024", "n’est pas une date"),
        ("2024", "n’est pas une date"),
        (2024, "est un nombre, pas une date"),
        ("01/01/1024", "n’est pas vraisemblable"),
    ],
)
def test_a_date_is_checked_and_not_only_parsed(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], written_as: Any, hint: str
) -> None:
    said = ["entreprises", written_as, date(2024, 12, 31), 3, "bilan", None]

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, said]))

    assert list(errors(job)) == ["B2"]
    assert hint in errors(job)["B2"]


@pytest.mark.parametrize("end", ["31/12/2024", "2024-12-31", "31.12.2024", date(2024, 12, 31)])
def test_the_31_december_stays_in_its_year(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], end: Any
) -> None:
    said = ["entreprises", "01/01/2024", end, 3, "bilan", None]

    written(checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, said])))

    found = Observation.objects.get()
    assert (found.period_start, found.period_end) == YEAR_2024


def test_dates_counted_from_1904_are_the_same_days(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = tmp_path / "mac.xlsx"
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for one in (TITLES, line("entreprises", 7)):
        book.active.append(one)
    book.save(path)

    written(checked(plan, user, path))

    found = Observation.objects.get()
    assert (found.period_start, found.period_end) == YEAR_2024


def test_a_period_that_is_none_of_the_calendar_is_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    said = ["entreprises", date(2024, 2, 1), date(2025, 1, 31), 3, "bilan", None]
    turned = ["emplois", date(2024, 12, 31), date(2024, 1, 1), 3, "bilan", None]

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, said, turned]))

    assert "périodicité" in errors(job)["B2"]
    assert errors(job)["C3"] == "La période s’achève avant de débuter."


def test_a_period_that_no_page_would_take_is_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    """Nothing is reported of 1901, nor of a year that has not begun; the current year may be."""
    this_year = timezone.localdate().year
    lines = [line("entreprises", 1, year) for year in (1901, 2150, this_year + 1, this_year)]

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, *lines]))

    assert errors(job) == {
        "B2": "Vérifiez l’année\u00a0: la période débute avant 1950.",
        "B3": "La période n’a pas commencé\u00a0: elle débute le 1er janvier 2150.",
        "B4": f"La période n’a pas commencé\u00a0: elle débute le 1er janvier {this_year + 1}.",
    }
    assert outcomes(job) == [(2, "error"), (3, "error"), (4, "error"), (5, "new")]


def test_what_stands_at_such_a_period_is_left_or_withdrawn(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    """A plan file may have published it: a workbook that says the same must not be refused."""
    for indicator in indicators:
        ObservationFactory.create(
            indicator=indicator, year=1948, value=5, published=True, source=plan.sources.get()
        )
    rows = [
        [*line("entreprises", 5, 1948), None],
        [*line("emplois", None, 1948)[:5], "Année fausse.", "RETIRER"],
        [*line("projets", 6, 1948)[:5], "Faute de frappe.", None],
    ]

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [[*TITLES, "Retrait"], *rows]))

    assert outcomes(job) == [(2, "same"), (3, "withdraw"), (4, "error")]
    assert errors(job) == {"B4": "Vérifiez l’année\u00a0: la période débute avant 1950."}
