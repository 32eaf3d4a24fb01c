"""What the tests of spreadsheets share: real files, and imports run from end to end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl.worksheet.worksheet import Worksheet

from accounts.models import User
from exchange.models import ImportJob, ImportRow
from exchange.spreadsheets import jobs
from exchange.spreadsheets.columns import COLUMNS, Kind
from plans.models import Plan, Role
from tests.factories import MembershipFactory

NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
YEAR = (date(2024, 1, 1), date(2024, 12, 31))

TITLES = ["Indicateur", "Début de période", "Fin de période", "Valeur", "Source", "Motif"]


def member(plan: Plan, role: Role = Role.REVIEWER) -> User:
    """A person with a role in a plan."""
    user: User = MembershipFactory.create(plan=plan, role=role).user
    return user


def workbook(path: Path, rows: Iterable[Sequence[Any]], title: str = "Valeurs") -> Path:
    """Write rows, titles included, as another program than ours would."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def upload(content: bytes | Path, name: str = "saisie.xlsx") -> SimpleUploadedFile:
    """The file as a form receives it."""
    data = content if isinstance(content, bytes) else content.read_bytes()
    return SimpleUploadedFile(name, data)


def received(plan: Plan, user: User, content: bytes | Path, name: str = "saisie.xlsx") -> ImportJob:
    """An import that waits for its check."""
    return jobs.receive(plan, user, upload(content, name), at=NOON)


def checked(plan: Plan, user: User, content: bytes | Path, name: str = "saisie.xlsx") -> ImportJob:
    """An import after its check."""
    job = received(plan, user, content, name)
    jobs.work_on(job.pk, at=NOON)
    job.refresh_from_db()
    return job


def written(job: ImportJob, *, submits: bool = False) -> ImportJob:
    """A checked import after its writing."""
    jobs.confirm(job, submits=submits, at=NOON)
    jobs.work_on(job.pk, at=NOON)
    job.refresh_from_db()
    return job


def outcomes(job: ImportJob) -> list[tuple[int, str]]:
    """The row numbers and what each would do."""
    return list(job.rows.values_list("number", "outcome"))


def errors(job: ImportJob) -> dict[str, str]:
    """Cell → what is wrong with it."""
    return {
        problem["cell"]: problem["message"]
        for row in job.rows.all()
        for problem in row.problems
        if problem["level"] == "error"
    }


def warnings(job: ImportJob) -> dict[str, str]:
    """Cell → what is remarked of it."""
    return {
        problem["cell"]: problem["message"]
        for row in job.rows.all()
        for problem in row.problems
        if problem["level"] == "warning"
    }


def row(job: ImportJob, number: int) -> ImportRow:
    """The row of this number."""
    return ImportRow.objects.get(job=job, number=number)


def place(kind: Kind, key: str) -> int:
    """Where a column is in the workbooks of the product, from 1."""
    return [column.key for column in COLUMNS[kind]].index(key) + 1
