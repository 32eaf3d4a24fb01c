"""The life of an import: received, checked, confirmed, written; taken up again when a worker dies.

Each step is one a worker may repeat: a check starts by forgetting what an earlier one wrote, and
the writing is one transaction that also says it is done. Who is at work is a number drawn at the
start and looked at, under lock, before anything is stored: of two workers at one job, the one that
was taken for dead stops.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pghistory
from django.conf import settings
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.models import ImportJob, ImportRow
from exchange.models.imports import upload_path
from exchange.spreadsheets.annotating import annotate
from exchange.spreadsheets.applying import ConflictError, write
from exchange.spreadsheets.checking import Checker
from exchange.spreadsheets.csv_reading import CsvDocument
from exchange.spreadsheets.directory import Directory
from exchange.spreadsheets.keeping import forget
from exchange.spreadsheets.problems import FileError
from exchange.spreadsheets.reading import opened
from exchange.spreadsheets.staging import compare_rows, count_outcomes, refresh_statistics, store
from exchange.spreadsheets.xlsx_reading import XlsxDocument
from plans.models import Plan
from plans.permissions import rights_in
from plans.workflow import tell_reviewers_of_many

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

State = ImportJob.State
Outcome = ImportRow.Outcome

BATCH = 2_000
MAX_ATTEMPTS = 3
MAX_UNFINISHED = 5
"""Imports that one person may have under way at once."""
ROWS_SHARE = 0.9
"""Of the bar of a check, what the rows take; the rest is the annotated copy."""


class SupersededError(Exception):
    """Another worker has taken the job over, or the person gave it up: stop at once."""


class NotNowError(Exception):
    """What was asked of an import is not possible in its present state; says why in French."""


# --- What people ask ----------------------------------------------------------------------------


def receive(plan: Plan, user: User, upload: UploadedFile[Any], *, at: datetime) -> ImportJob:
    """Keep a file and queue its check.

    Raises NotNowError when it is too big, one too many, or cannot be stored: nothing is kept then.
    """
    size = upload.size or 0
    if size > settings.SPREADSHEET_MAX_BYTES:
        raise NotNowError(
            _("Ce fichier pèse %(size)s Mo ; %(limit)s Mo au plus.")
            % {"size": round(size / 1e6), "limit": round(settings.SPREADSHEET_MAX_BYTES / 1e6)}
        )
    with transaction.atomic():
        unfinished = ImportJob.objects.filter(
            user=user, state__in=(*ImportJob.WAITING, *ImportJob.AT_WORK)
        )
        if unfinished.count() >= MAX_UNFINISHED:
            raise NotNowError(
                _("Vous avez déjà %(count)s imports en cours : attendez qu’ils s’achèvent.")
                % {"count": MAX_UNFINISHED}
            )
        job = ImportJob(
            plan=plan, user=user, name=(upload.name or "")[-200:], size=size, created_at=at
        )
        try:
            job.file.name = _stored(job, upload.name or "import", upload)
        except OSError as error:
            logger.exception("A file that was sent cannot be stored.")
            raise NotNowError(
                _(
                    "Ce fichier n’a pas pu être enregistré : le serveur n’a pas pu l’écrire. "
                    "Envoyez-le de nouveau plus tard."
                )
            ) from error
        job.save()
    return job


def _stored(job: ImportJob, name: str, content: File[Any]) -> str:
    """Store a file of an import, return where; raises OSError, and leaves no half of it then."""
    storage, path = job.file.storage, upload_path(job, name)
    try:
        return storage.save(path, content)
    except OSError:
        with suppress(OSError):
            storage.delete(path)
        raise


def confirm(job: ImportJob, *, submits: bool, at: datetime) -> None:
    """Ask for the writing of a checked import; a second click finds it asked already."""
    with transaction.atomic():
        row = _locked(job)
        if row.state in (State.CONFIRMED, State.WRITING, State.WRITTEN):
            return
        if not row.can_be_confirmed:
            raise NotNowError(_("Cet import n’a rien à enregistrer, ou contient des erreurs."))
        if submits and (unsourced := row.rows.unsourced().count()):
            raise NotNowError(
                ngettext(
                    "%(count)s ligne est sans source : donnez-la dans le fichier, ou enregistrez "
                    "des brouillons.",
                    "%(count)s lignes sont sans source : donnez-la dans le fichier, ou enregistrez "
                    "des brouillons.",
                    unsourced,
                )
                % {"count": unsourced}
            )
        row.state = State.CONFIRMED
        row.submits = submits
        row.confirmed_at = at
        row.attempts = 0
        row.share_done = 0
        row.save()


def check_again(job: ImportJob) -> None:
    """Ask for another check of the same file, against the database as it is now."""
    with transaction.atomic():
        row = _locked(job)
        if row.state == State.QUEUED:
            return
        if not row.can_be_checked_again:
            raise NotNowError(_("Cet import ne peut plus être contrôlé."))
        row.state = State.QUEUED
        row.attempts = 0
        row.share_done = 0
        row.rows_done = 0
        row.counts = {}
        row.save()


def cancel(job: ImportJob, *, at: datetime) -> None:
    """Give up an import of which nothing is written; a worker at its check stops."""
    with transaction.atomic():
        row = _locked(job)
        if row.state == State.CANCELLED:
            return
        if not row.can_be_cancelled:
            raise NotNowError(_("Cet import est en cours d’écriture ou déjà enregistré."))
        row.state = State.CANCELLED
        row.run = None
        row.finished_at = at
        row.save()
    try:
        forget(row.pk, at=at)
    except OSError:
        logger.exception("The files of import %s stay until they are outdated", row.pk)


def _locked(job: ImportJob) -> ImportJob:
    return ImportJob.objects.select_for_update(of=("self",)).get(pk=job.pk)


# --- What workers do ----------------------------------------------------------------------------


def work_on(job_id: int, *, at: datetime) -> None:
    """Do what is next for a job: check it, or write it. Nothing when it is not waiting."""
    job = _claim(job_id, at)
    if job is None:
        return
    try:
        if job.state == State.CHECKING:
            _check(job)
        elif job.state == State.WRITING:
            _write(job)
    except SupersededError:
        logger.info("Import %s goes on elsewhere, or was given up", job.pk)
    except (OperationalError, OSError):
        # The database or the storage is away: the job stays at work, and is taken up when its
        # silence has lasted.
        raise
    except Exception:
        _fail(job)
        raise


def _claim(job_id: int, at: datetime) -> ImportJob | None:
    with transaction.atomic():
        job = (
            ImportJob.objects.waiting()
            .select_related("plan", "user")
            .select_for_update(of=("self",), skip_locked=True)
            .filter(pk=job_id)
            .first()
        )
        if job is None:
            return None
        if job.attempts >= MAX_ATTEMPTS:
            job.state = State.FAILED
            job.finished_at = at
        else:
            job.state = State.CHECKING if job.state == State.QUEUED else State.WRITING
            job.attempts += 1
        job.run = uuid4()
        job.heartbeat_at = at
        job.save()
        return job


def _keep(job: ImportJob, **fields: object) -> None:
    """Store fields of a job at work, with a sign of life; stop when it is no longer ours."""
    held = ImportJob.objects.filter(pk=job.pk, run=job.run, state=job.state)
    if not held.update(heartbeat_at=timezone.now(), **fields):
        raise SupersededError
    for name, value in fields.items():
        setattr(job, name, value)


def _check(job: ImportJob) -> None:
    rows = ImportRow.objects.filter(job=job)
    rows._raw_delete(rows.db)
    _forget_copy(job)
    with _local_copy(job) as path:
        try:
            with opened(path) as document:
                _keep(job, understood=document.understood(), rows_done=0, share_done=0)
                _check_rows(job, document)
                _annotate(job, document, path)
        except FileError as error:
            rows._raw_delete(rows.db)
            _finish(job, State.REFUSED, refusal=str(error), counts={})
            return
    _finish(job, State.CHECKED, counts=count_outcomes(job), share_done=1.0)


def _finish(job: ImportJob, state: State, **fields: object) -> None:
    _keep(job, state=state, checked_at=timezone.now(), attempts=0, **fields)


def _check_rows(job: ImportJob, document: XlsxDocument | CsvDocument) -> None:
    directory = Directory(job.plan, rights_in(job.user, job.plan))
    checker = Checker(directory, job.user, on=timezone.localdate())
    position = hidden = 0
    for table in document.tables:
        rows = document.rows(table)
        while batch := list(islice(rows, BATCH)):
            hidden += sum(row.hidden for row in batch)
            drafts = checker.check(table, batch)
            if position + len(batch) > settings.SPREADSHEET_MAX_ROWS:
                raise FileError(
                    _(
                        "Ce fichier a plus de %(limit)s lignes remplies : envoyez-le en plusieurs "
                        "fichiers."
                    )
                    % {"limit": settings.SPREADSHEET_MAX_ROWS}
                )
            with transaction.atomic():
                _keep(
                    job,
                    rows_done=position + len(batch),
                    share_done=ROWS_SHARE * document.share_read(),
                )
                store(job, drafts, position, directory.sources)
            position += len(batch)
    if position == 0:
        raise FileError(_("Ce fichier n’a aucune ligne sous ses titres."))
    refresh_statistics(position)
    with transaction.atomic():
        _keep(job, remarks=_remarks(hidden))
        compare_rows(job, document.tables)


def _remarks(hidden: int) -> list[str]:
    if not hidden:
        return []
    return [
        ngettext(
            "%(count)s ligne masquée a été lue comme les autres.",
            "%(count)s lignes masquées ont été lues comme les autres.",
            hidden,
        )
        % {"count": hidden}
    ]


def _forget_copy(job: ImportJob) -> None:
    """Remove the copy that an earlier check annotated: what it says need not be true any more."""
    if job.annotated.name:
        _keep(job)
        job.annotated.storage.delete(job.annotated.name)
        _keep(job, annotated="")


def _annotate(job: ImportJob, document: XlsxDocument | CsvDocument, path: Path) -> None:
    """Make the annotated copy, when there is something to say."""
    if not ImportRow.objects.filter(job=job).exclude(problems=[]).exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "copie.xlsx")
        annotate(document, path, target, job, alive=lambda: _keep(job))
        with target.open("rb") as copy:
            job.annotated.name = _stored(job, "copie.xlsx", File(copy))
    try:
        _keep(job, annotated=job.annotated.name)
    except SupersededError:
        job.annotated.delete(save=False)
        raise


def _write(job: ImportJob) -> None:
    refresh_statistics(job.to_write)
    for attempt in range(MAX_ATTEMPTS):
        at = timezone.now()
        try:
            with (
                pghistory.context(user=job.user_id, import_job=job.pk),
                transaction.atomic(),
            ):
                # The row stays locked until everything is written, with the word that it is.
                if not (
                    ImportJob.objects.select_for_update(of=("self",))
                    .filter(pk=job.pk, run=job.run, state=State.WRITING)
                    .exists()
                ):
                    raise SupersededError
                write(job, rights_in(job.user, job.plan), at=at)
                _keep(job, state=State.WRITTEN, finished_at=at, attempts=0, share_done=1.0)
                if job.submits:
                    _tell_reviewers(job, at)
        except ConflictError as conflict:
            _tell_conflict(job, conflict, at)
        except (IntegrityError, OperationalError) as error:
            # Somebody opened the same entry in between, or waited for us as we for them: the next
            # look sees what they did.
            if isinstance(error, OperationalError) and not _is_deadlock(error):
                raise
            if attempt == MAX_ATTEMPTS - 1:
                raise
            continue
        return


def _is_deadlock(error: DatabaseError) -> bool:
    return getattr(error.__cause__, "sqlstate", "") in ("40P01", "40001")


def _tell_conflict(job: ImportJob, conflict: ConflictError, at: datetime) -> None:
    problem = {
        "cell": "",
        "column": "",
        "level": "error",
        "message": _(
            "Cette ligne partait d’une saisie ou d’une publication qui a changé depuis le "
            "contrôle, ou que vous n’avez plus le droit de modifier."
        ),
    }
    with transaction.atomic():
        _keep(job)
        ImportRow.objects.filter(pk__in=conflict.rows).update(
            outcome=Outcome.ERROR, problems=[problem]
        )
        _keep(
            job,
            state=State.CONFLICT,
            counts=count_outcomes(job),
            finished_at=at,
            attempts=0,
        )


def _tell_reviewers(job: ImportJob, at: datetime) -> None:
    """Tell once for the whole import what each submission tells for itself."""
    count = job.to_write - job.count(Outcome.WITHDRAW)
    tell_reviewers_of_many(
        job.plan,
        job.user,
        ngettext(
            "À relire : %(count)s saisie du fichier « %(name)s »",
            "À relire : %(count)s saisies du fichier « %(name)s »",
            count,
        )
        % {"count": count, "name": job.name[-150:]},
        key=f"import:{job.pk}",
        at=at,
    )


def _fail(job: ImportJob) -> None:
    ImportJob.objects.filter(pk=job.pk, run=job.run).update(
        state=State.FAILED, finished_at=timezone.now()
    )


@contextmanager
def _local_copy(job: ImportJob) -> Iterator[Path]:
    """Give the file a place on this machine: reading goes back and forth in it."""
    with tempfile.NamedTemporaryFile(prefix="import-") as local:
        with job.file.open("rb") as stored:
            shutil.copyfileobj(stored, local)
        local.flush()
        yield Path(local.name)


def take_up(*, at: datetime) -> list[int]:
    """Return the jobs that wait for a worker, those of dead workers put back in the queue."""
    with transaction.atomic():
        abandoned = ImportJob.objects.abandoned_at(at).select_for_update(skip_locked=True)
        for job in abandoned:
            job.state = State.QUEUED if job.state == State.CHECKING else State.CONFIRMED
            job.run = None
            job.save(update_fields=["state", "run"])
    return list(ImportJob.objects.waiting().order_by("created_at").values_list("pk", flat=True))
