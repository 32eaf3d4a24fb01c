"""Plan files into the database: all of them in one transaction, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath

import pghistory
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from exchange.plan_files.applying import apply
from exchange.plan_files.batch import Batch
from exchange.plan_files.checking import Shared, check
from exchange.plan_files.conflicts import conflicts, shared_elsewhere
from exchange.plan_files.problems import PlanFileError, Problem
from exchange.plan_files.reading import UnreadableError, read_file
from exchange.plan_files.report import Report
from exchange.plan_files.schema import PlanFile
from exchange.plan_files.stored import StoredPlan
from exchange.plan_files.validation import Readable, validate
from indicators.models import Indicator, Unit
from indicators.services import lock_indicators, refresh_progress
from plans.constraints import check_now
from plans.locking import lock_plan
from plans.models import Organisation, Plan, Sector
from plans.workflow import WorkflowError

# Two loads wait for one another; any number does, as long as it stays the same.
LOCK = 0x706C616E


@dataclass(slots=True)
class _Read:
    """A file that could be looked at; `file` is the whole of it, when its shape is right."""

    readable: Readable
    file: PlanFile | None
    problems: list[Problem]
    stored: StoredPlan | None = None


def load_files(
    paths: Sequence[FilePath], *, at: datetime, dry_run: bool = False, only_new: bool = False
) -> list[Report]:
    """Load plan files and return what that changed, in the order in which they were loaded.

    `at` is the moment of publication of what is new. With `dry_run` everything is done, checked
    by the database, and undone. With `only_new` a file whose plan is stored already is passed
    over: what people changed on the site since is theirs. Raises PlanFileError with every problem
    of every file, the database unchanged.
    """
    read, lines = _read(paths)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for item in read:
            if item.file is not None:
                item.stored = _stored(item.file, locked=not only_new)
        if only_new:
            read = [item for item in read if item.stored is None]
        batch = Batch([item.readable for item in read])
        shared = _shared_codes()
        for item in read:
            item.problems += check(item.readable, shared)
            item.problems += batch.problems_of(item.readable)
            if item.file is not None:
                item.problems += conflicts(item.file, item.stored, batch)
            lines += item.readable.document.describe(item.problems)
        if lines:
            raise PlanFileError(lines)
        reports = [_load(item, batch, at) for item in _in_order(read, batch)]
        if dry_run:
            transaction.set_rollback(True)
    return reports


def _read(paths: Sequence[FilePath]) -> tuple[list[_Read], list[str]]:
    """Return the files that can be looked at, and what is said of those that cannot."""
    read: list[_Read] = []
    lines: list[str] = []
    for path in paths:
        try:
            document = read_file(path)
        except UnreadableError as error:
            lines.append(f"{path}:{error.line or 1}: {error.message}")
            continue
        file, readable, problems = validate(document)
        if readable is None:
            lines += document.describe(problems)
        else:
            read.append(_Read(readable, file, problems))
    return read, lines


def _in_order(read: Sequence[_Read], batch: Batch) -> list[_Read]:
    rank = {id(readable): number for number, readable in enumerate(batch.in_order())}
    return sorted(read, key=lambda item: rank[id(item.readable)])


def _shared_codes() -> Shared:
    return Shared(
        organisations=frozenset(Organisation.objects.values_list("code", flat=True)),
        sectors=frozenset(Sector.objects.values_list("code", flat=True)),
        units=frozenset(Unit.objects.values_list("code", flat=True)),
    )


def _stored(file: PlanFile, *, locked: bool) -> StoredPlan | None:
    """Return the plan under its slug, or under one that the file calls former.

    What people change of it is locked before it is read: what they publish, correct or withdraw
    meanwhile is compared with the file, or comes after it.
    """
    plans = {
        plan.slug: plan
        for plan in Plan.objects.filter(
            slug__in=(file.plan.slug, *file.plan.former_slugs)
        ).select_related("region", "related_to")
    }
    for slug in (file.plan.slug, *file.plan.former_slugs):
        if slug in plans:
            if locked:
                lock_plan(plans[slug])
                lock_indicators(_indicators(plans[slug]))
            return StoredPlan(plans[slug])
    return None


def _load(item: _Read, batch: Batch, at: datetime) -> Report:
    document, file = item.readable.document, item.file
    assert file is not None
    # A file of the same command, loaded before, may just have said otherwise.
    if problems := list(shared_elsewhere(file, item.stored, batch)):
        raise PlanFileError(document.describe(problems))
    today = timezone.localdate(at)
    report = Report(document.name, file.plan.slug)
    try:
        with (
            pghistory.context(command=f"load_plan {FilePath(document.name).name}"),
            transaction.atomic(),
        ):
            plan = apply(file, item.stored, report, at=at)
            if not report.changes_nothing:
                refresh_progress(_indicators(plan), on=today)
            # What the database only checks at the end, it checks here, dry run included. The
            # editions wait: with theirs in hand no other file may lock its indicators.
            check_now()
    except (DatabaseError, ValidationError, WorkflowError) as error:
        # Somebody changed the same thing on the site meanwhile, or a rule only the database has.
        first = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        first = first.strip().splitlines()[0]
        raise PlanFileError(
            [
                f"{document.name}:1: "
                + _("la base refuse ce fichier : %(reason)s") % {"reason": first}
            ]
        ) from error
    return report


def _indicators(plan: Plan) -> QuerySet[Indicator, int]:
    return Indicator.objects.filter(plan=plan).values_list("pk", flat=True)
