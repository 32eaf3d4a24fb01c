"""What the product exports, it imports: nothing changes on the way, whatever the texts hold."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from exchange.models import ImportJob
from exchange.spreadsheets.columns import Kind
from exchange.spreadsheets.selection import Selection
from exchange.spreadsheets.writing_csv import DIALECTS, write_csv
from exchange.spreadsheets.writing_workbooks import write_workbook
from indicators.models import Observation
from plans.models import Plan
from tests.exchange.spreadsheets.workbooks import NOON, checked, errors, member, outcomes
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

pytestmark = pytest.mark.django_db

# Texts that spreadsheets, CSV or XML are known to change.
TEXTS = [
    '=HYPERLINK("http://example.org")',
    "+33 1 23 45 67 89",
    "-3 points",
    "@SOMME(A1)",
    "'=déjà protégé",
    "''=deux fois",
    "'entre apostrophes'",
    "\tune tabulation",
    'première ligne\r\nseconde ; avec, "guillemets"',
    "_x0041_ et & < > ]]>",
    "﻿＝pleine chasse",
    "1/2",
    "00123",
    "TRUE",
    "12,5 %",
]
NUMBERS = [
    Decimal(0),
    Decimal("-3.5"),
    Decimal("2.012"),
    Decimal("0.1"),
    Decimal("1234567.125"),
    Decimal("12345678901234.123456"),
    Decimal("99999999999999.999999"),
    Decimal("0.000001"),
    Decimal(35000),
    Decimal("1e12"),
    Decimal(2012),
    Decimal("100.10"),
    Decimal("-0.333333"),
    Decimal(7),
    Decimal(8),
]


def a_plan(**fields: Any) -> Plan:
    """A plan with a value for each text and number, some published, and milestones."""
    plan: Plan = PlanFactory.create(**fields)
    source = SourceFactory.create(plan=plan, code="-deliberation")
    measure = MeasureFactory.create(plan=plan)
    author = UserFactory.create()
    for number, (text, value) in enumerate(zip(TEXTS, NUMBERS, strict=True)):
        indicator = IndicatorFactory.create(plan=plan, measure=measure, code=f"i{number}")
        TargetFactory.create(indicator=indicator)
        ObservationFactory.create(
            indicator=indicator,
            year=2024,
            published=number % 2 == 0,
            author=author,
            source=source,
            value=value,
            comment=text,
            locator=text[:40],
            provisional=number % 3 == 0,
            qualifier=["exact", "at_least", "about", "at_most"][number % 4],
        )
    ratio = IndicatorFactory.create(plan=plan, measure=measure, code="part", ratio=True)
    ObservationFactory.create(
        indicator=ratio, year=2024, published=True, source=source, value=None,
        numerator=Decimal("2012.5"), denominator=Decimal(3),
    )  # fmt: skip
    IndicatorFactory.create(plan=plan, measure=measure, code="rien")
    milestone = MilestoneFactory.create(measure=measure)
    MilestoneUpdateFactory.create(
        milestone=milestone, as_of=date(2024, 3, 1), published=True, source=source, comment="=1+1"
    )
    MilestoneFactory.create(measure=measure)
    return plan


def selection(plan: Plan) -> Selection:
    return Selection(plan=plan, start=date(2024, 1, 1), end=date(2024, 12, 31))


def content() -> list[Any]:
    return list(Observation.objects.order_by("pk").values())


def assert_nothing_changes(job: ImportJob, rows: int) -> None:
    assert errors(job) == {}
    assert job.refusal == ""
    assert [outcome for _number, outcome in outcomes(job)] == ["same"] * rows
    assert job.counts == {"same": rows}
    assert job.to_write == 0


def test_a_workbook_sent_back_untouched_changes_nothing(tmp_path: Path) -> None:
    plan = a_plan()
    write_workbook(tmp_path / "plan.xlsx", selection(plan), at=NOON)

    assert_nothing_changes(checked(plan, member(plan), tmp_path / "plan.xlsx"), rows=19)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("kind", "rows"), [(Kind.VALUES, 17), (Kind.MILESTONES, 2)])
def test_a_csv_sent_back_untouched_changes_nothing(
    tmp_path: Path, dialect: str, kind: Kind, rows: int
) -> None:
    plan = a_plan()
    write_csv(tmp_path / "plan.csv", kind, selection(plan), DIALECTS[dialect])

    assert_nothing_changes(checked(plan, member(plan), tmp_path / "plan.csv", "plan.csv"), rows)


def strip_versions(path: Path) -> None:
    """Empty the marks, so that only the values themselves say whether a row changes something."""
    book = openpyxl.load_workbook(path)
    for title in ("Valeurs", "Jalons"):
        sheet = book[title]
        for cell in sheet[1]:
            if cell.value == "Version":
                for line in range(2, sheet.max_row + 1):
                    sheet.cell(line, cell.column).value = None
    book.save(path)


def test_every_value_is_given_back_to_the_last_digit_and_byte(tmp_path: Path) -> None:
    plan = a_plan()
    path = tmp_path / "plan.xlsx"
    write_workbook(path, selection(plan), at=NOON)
    strip_versions(path)

    assert_nothing_changes(checked(plan, member(plan), path), rows=19)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_value_of_a_csv_is_given_back(tmp_path: Path, dialect: str) -> None:
    plan = a_plan()
    path = tmp_path / "plan.csv"
    write_csv(path, Kind.VALUES, selection(plan), DIALECTS[dialect])
    encoding, separator = DIALECTS[dialect].encoding, DIALECTS[dialect].separator
    with path.open(encoding=encoding, newline="") as file:
        rows = list(csv.DictReader(file, delimiter=separator))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=separator)
        writer.writeheader()
        writer.writerows({**row, "Version": ""} for row in rows)

    assert_nothing_changes(checked(plan, member(plan), path, "plan.csv"), rows=17)
