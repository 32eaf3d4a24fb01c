"""Who reports on which measure."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from measures.models import Measure, MeasureAssignment
from plans.models import Plan


@transaction.atomic
def assign(user: User, plan: Plan, measures: Iterable[Measure]) -> None:
    """Assign the person to these measures of the plan and to no other of its measures."""
    wanted = {measure.pk for measure in measures if measure.plan_id == plan.pk}
    held = MeasureAssignment.objects.filter(user=user, measure__plan=plan)
    # One by one: the audit trail has each, and a row that stays is not written anew.
    for assignment in held.exclude(measure__in=wanted):
        assignment.delete()
    MeasureAssignment.objects.bulk_create(
        [MeasureAssignment(user=user, measure_id=key) for key in sorted(wanted)],
        ignore_conflicts=True,
    )
