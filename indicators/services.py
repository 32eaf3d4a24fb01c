"""Verbs with consequences: what becomes public, and the stored progress that follows from it.

Progress is refreshed in the transaction that publishes, corrects or withdraws a value, so that no
reader sees one without the other, and from midnight on as dates pass.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.utils import timezone

from indicators import progress
from indicators.evaluation import TOGETHER, Evaluation, evaluated_by_and_by
from indicators.explanations import explain
from indicators.models import Indicator, Observation, ProgressRecord, Qualifier, Target
from indicators.stated import qualifier_of
from plans import workflow
from plans.models import Plan

if TYPE_CHECKING:
    from accounts.models import User

_STORED = [
    field.name
    for field in ProgressRecord._meta.concrete_fields
    if field.name not in ("id", "indicator", "target")
]


def record_of(evaluation: Evaluation) -> ProgressRecord:
    """Return an evaluation as the row that stores it, not saved."""
    result = evaluation.result
    coverage = result.coverage
    record = ProgressRecord(
        indicator=evaluation.indicator,
        target=evaluation.target,
        evaluated_on=result.on,
        rules_version=progress.RULES_VERSION,
        status=result.status,
        reason=result.reason or "",
        explanation=explain(evaluation),
        rate=result.rate,
        value=result.value,
        target_value=result.target_value,
        expected=result.expected,
        expected_share=result.expected_share,
        pace=result.pace,
        satisfied=result.satisfied,
        derived_total=result.derived_total,
        from_zero=result.from_zero,
        ignored=result.ignored,
        reported_until=result.reported_until,
        latest=evaluation.latest,
        latest_value=result.latest_value,
        periods_reported=None if coverage is None else coverage.reported,
        periods_ended=None if coverage is None else coverage.ended,
        periods_total=None if coverage is None else coverage.total,
        freshness=result.freshness,
        next_due_on=result.next_due,
    )
    record.value_qualifier = result.value_qualifier
    return record


def progress_of(
    indicators: Sequence[Indicator], *, on: date, with_qualifiers: bool = False
) -> dict[int, list[ProgressRecord]]:
    """Return the progress of each indicator on a day, by indicator id.

    One record per target in force, or one without target. What is stored for that very day is
    read (two queries); what is not is evaluated now, so that a page never shows another day's
    status even before that of the day is stored. The indicators come with plan, unit and measure.
    `with_qualifiers` says of each record how its value is to be read (two queries at most).
    """
    stored: dict[int, list[ProgressRecord]] = defaultdict(list)
    for record in (
        ProgressRecord.objects.filter(
            indicator__in=indicators, evaluated_on=on, rules_version=progress.RULES_VERSION
        )
        .select_related("target__source")
        # Not joined: statistics know nothing of the newest ids, and a join may then read them all.
        .prefetch_related(Prefetch("latest", Observation.objects.select_related("source")))
        .order_by("target__position", "target__code", "target_id")
    ):
        stored[record.indicator_id].append(record)
    if with_qualifiers:
        _qualify([record for records in stored.values() for record in records], on=on)
    missing = [indicator for indicator in indicators if indicator.pk not in stored]
    if missing:
        for evaluation in evaluated_by_and_by(missing, on=on):
            stored[evaluation.indicator.pk].append(record_of(evaluation))
    return stored


def _qualify(records: Sequence[ProgressRecord], *, on: date) -> None:
    """Say of stored records how their values are to be read."""
    inexact: dict[int, list[progress.Observed]] = defaultdict(list)
    for pk, start, end, qualifier in (
        Observation.objects.current()
        .of_indicators({record.indicator_id for record in records})
        .filter(period_end__lte=on)
        .exclude(qualifier=Qualifier.EXACT)
        .order_by()
        .values_list("indicator_id", "period_start", "period_end", "qualifier")
    ):
        inexact[pk].append(
            progress.Observed(start=start, end=end, qualifier=progress.Qualifier(qualifier))
        )
    quotas = {
        record.pk: record.target
        for record in records
        if record.target is not None
        and record.target.kind == Target.Kind.QUOTA
        and record.indicator_id in inexact
    }
    prefetch_related_objects(list(quotas.values()), "periods")
    for record in records:
        periods = quotas[record.pk].periods.all() if record.pk in quotas else ()
        record.value_qualifier = qualifier_of(
            record, record.target, periods, inexact.get(record.indicator_id, ())
        )


@transaction.atomic
def refresh_progress(indicators: Iterable[int], *, on: date, waits: bool = True) -> int:
    """Evaluate these indicators (ids) for a day and store the result; return how many records.

    The indicators are locked, in the order of their ids: a publication going on elsewhere waits,
    or is waited for, and the last to finish stores what includes both. Who does not wait leaves to
    the others what they have in hand: whoever holds the lock stores what follows.
    """
    locked = list(
        Indicator.objects.filter(pk__in=indicators)
        .select_related("plan", "unit", "measure")
        .select_for_update(of=("self",), no_key=True, skip_locked=not waits)
        .order_by("pk")
    )
    records = [record_of(evaluation) for evaluation in evaluated_by_and_by(locked, on=on)]
    kept = ProgressRecord.objects.bulk_create(
        records,
        update_conflicts=True,
        unique_fields=["indicator", "target"],
        update_fields=_STORED,
    )
    # A target superseded since, or a first target that replaces "no target".
    ProgressRecord.objects.filter(indicator__in=locked).exclude(
        pk__in=[record.pk for record in kept]
    ).delete()
    return len(kept)


def refresh_all_progress(*, on: date) -> int:
    """Store the progress of every plan for a day, one transaction a plan; return how many."""
    return sum(
        refresh_progress(Indicator.objects.filter(plan=plan).values_list("pk", flat=True), on=on)
        for plan in Plan.objects.order_by("pk")
    )


def refresh_missing_progress(*, on: date) -> int:
    """Store for a day what no record says of it yet; return how many records.

    What is stored for the day is right: triggers remove what a change makes wrong. It is missing
    at midnight, after a restore, and where the rules are new. A few indicators at a time: readers
    find more stored with each, and a second worker takes others. One query when nothing is missing.
    """
    stored = ProgressRecord.objects.filter(
        indicator=OuterRef("pk"), evaluated_on=on, rules_version=progress.RULES_VERSION
    )
    missing = Indicator.objects.filter(~Exists(stored)).order_by("pk").values_list("pk", flat=True)
    count = last = 0
    while few := list(missing.filter(pk__gt=last)[:TOGETHER]):
        count += refresh_progress(few, on=on, waits=False)
        last = few[-1]
    return count


def lock_indicators(keys: Iterable[int]) -> None:
    """Lock indicators by their ids, before what is said of them (see `plans.locking`)."""
    locked = Indicator.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    list(locked.values_list("pk"))


def _lock_indicator(observation: Observation) -> Indicator:
    """Lock the indicator before its observation: everyone locks in that order."""
    return (
        Indicator.objects.select_related("plan")
        .select_for_update(of=("self",), no_key=True)
        .get(pk=observation.indicator_id)
    )


@transaction.atomic
def publish(
    observation: Observation,
    *,
    reviewer: User | None,
    at: datetime,
    revision: int | None = None,
    refresh: bool = True,
) -> Observation:
    """Publish an observation, or a correction of one, and refresh the progress it changes.

    `revision`: see `plans.workflow.publish`.
    `refresh` is False where the caller publishes several in one transaction, and refreshes once.
    Raises plans.workflow.WorkflowError when it may not be published, ValidationError when a
    value is already published for its period or for one that overlaps.
    """
    indicator = _lock_indicator(observation)
    published = workflow.publish(
        observation, indicator.plan, reviewer=reviewer, at=at, revision=revision
    )
    if refresh:
        refresh_progress([indicator.pk], on=timezone.localdate(at))
    return published


@transaction.atomic
def withdraw(
    observation: Observation, *, reason: str, at: datetime, revision: int | None = None
) -> Observation:
    """Withdraw a published observation with a public reason, and refresh the progress it changes.

    `revision`: see `plans.workflow.publish`.
    Raises plans.workflow.WorkflowError when it is not the current version or has no reason.
    """
    indicator = _lock_indicator(observation)
    withdrawn = workflow.withdraw(observation, reason=reason, at=at, revision=revision)
    refresh_progress([indicator.pk], on=timezone.localdate(at))
    return withdrawn
