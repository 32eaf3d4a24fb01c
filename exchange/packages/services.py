"""Building packages: in the background when data changed, on request when there is none yet."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from exchange.models import PlanPackage
from exchange.packages.fingerprint import fingerprints
from exchange.plan_files.problems import PlanFileError
from indicators.models import Observation
from plans.models import Plan

logger = logging.getLogger(__name__)

# What a request may wait for; a larger plan is left to the background.
OBSERVATIONS_ON_REQUEST = 20_000
LOCKS = 0x706B67
"""The family of advisory locks that building takes, one for each plan."""


class NotReadyError(Exception):
    """The package is not there yet, and is not for this request to build."""


def build_changed(*, at: datetime) -> int:
    """Build the package of each public plan whose rows, or day, changed; return how many.

    A plan that fails is logged and leaves the others alone.
    """
    on = timezone.localdate(at)
    wanted = fingerprints(on=on)
    kept = dict(PlanPackage.objects.values_list("plan", "fingerprint"))
    built = 0
    for plan in Plan.objects.public().select_related("region", "related_to").order_by("pk"):
        if kept.get(plan.pk) != wanted[plan.pk]:
            try:
                built += build(plan, fingerprint=wanted[plan.pk], at=at) is not None
            except PlanFileError:
                logger.exception("The package of %s cannot be built", plan.slug)
    # What is no longer public is no longer kept.
    PlanPackage.objects.exclude(plan__in=Plan.objects.public()).delete()
    return built


@transaction.atomic
def build(plan: Plan, *, fingerprint: str, at: datetime) -> PlanPackage | None:
    """Build and keep a plan's package; None when another process is at it.

    `modified_at` moves only when something other than the day of the evaluation changed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCKS, plan.pk])
        if cursor.fetchone() != (True,):
            return None
    # What reads plan files takes 10 MB of a web process, which hardly ever builds a package.
    from exchange.packages.archive import archive_of  # noqa: PLC0415

    archive = archive_of(plan, on=timezone.localdate(at))
    former = PlanPackage.objects.filter(plan=plan).defer("content").first()
    unchanged = former is not None and former.content_digest == archive.content_digest
    package, _created = PlanPackage.objects.update_or_create(
        plan=plan,
        defaults={
            "fingerprint": fingerprint,
            "content": archive.content,
            "digest": archive.digest,
            "content_digest": archive.content_digest,
            "size": len(archive.content),
            "table_sizes": dict(archive.sizes),
            "modified_at": former.modified_at if former is not None and unchanged else at,
            "built_at": at,
        },
    )
    return package


def package_of(plan: Plan, *, at: datetime) -> PlanPackage:
    """Return the kept package of a public plan, without its content, or build the first one now.

    Raises NotReadyError when it is large, being built by somebody else, or cannot be built.
    """
    kept = PlanPackage.objects.filter(plan=plan).defer("content").first()
    if kept is not None:
        return kept
    observations = Observation.objects.filter(indicator__plan=plan)[: OBSERVATIONS_ON_REQUEST + 1]
    if observations.count() > OBSERVATIONS_ON_REQUEST:
        raise NotReadyError
    fingerprint = fingerprints(on=timezone.localdate(at))[plan.pk]
    try:
        built = build(plan, fingerprint=fingerprint, at=at)
    except PlanFileError as error:
        logger.exception("The package of %s cannot be built", plan.slug)
        raise NotReadyError from error
    if built is None:
        raise NotReadyError
    return built
