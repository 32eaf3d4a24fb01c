"""How long imports are kept: what a person sent goes, that they did and what became of it stays."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from exchange.models import ImportJob, ImportRow

logger = logging.getLogger(__name__)

State = ImportJob.State


def purge(*, at: datetime) -> int:
    """Remove files and rows kept long enough; return of how many imports.

    Those that the storage does not let go are left to the next night.
    """
    removed = 0
    for number in ImportJob.objects.outdated_at(at).values_list("pk", flat=True):
        try:
            removed += forget(number, at=at)
        except OSError:
            logger.exception("The files of import %s cannot be removed", number)
    return removed


@transaction.atomic
def forget(number: int, *, at: datetime) -> bool:
    """Remove the files and rows of an import; return whether there was something to remove.

    It is looked at again, locked: one that somebody confirmed or had checked again meanwhile is
    left alone. Only what waited for a confirmation is given up by this. Files first, and raises
    OSError when they stay: `purged_at` says that they are gone.
    """
    job = ImportJob.objects.forgettable().select_for_update(of=("self",)).filter(pk=number).first()
    if job is None:
        return False
    for file in (job.file, job.annotated):
        if file.name:
            file.storage.delete(file.name)
    rows = ImportRow.objects.filter(job=job)
    rows._raw_delete(rows.db)
    if job.state == State.CHECKED:
        job.state = State.CANCELLED
    job.purged_at = at
    job.save(update_fields=["state", "purged_at"])
    return True
