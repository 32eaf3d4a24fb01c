"""What becomes of a target once it has been public: revised or abandoned, never simply changed.

Before its plan is public a target is edited like anything else. Stored progress follows in the
same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from indicators.models import Indicator, Target
from indicators.services import refresh_progress

PROMISE = (
    "kind",
    "operator",
    "value",
    "tolerance",
    "starts_on",
    "due_on",
    "periods",
    "checkpoints",
)
"""What is promised: to change one of these is to promise something else."""

_ROWS = ("periods", "checkpoints")


class PromiseError(Exception):
    """A step that a public promise does not allow; the message says what to do, in French."""


def is_public_promise(target: Target) -> bool:
    """Whether the public has been able to read the target."""
    return target.indicator.plan.is_public


def promise_of(target: Target) -> Mapping[str, Any]:
    """Return what a target promises, with its rows."""
    return {
        **{name: getattr(target, name) for name in PROMISE if name not in _ROWS},
        "periods": sorted(target.periods.values_list("starts_on", "ends_on", "value")),
        "checkpoints": sorted(target.checkpoints.values_list("on", "value")),
    }


def lock_in_force(target: Target) -> Target:
    """Return a target as it is now, its indicator locked; refuse one that is superseded.

    Raises PromiseError when another target has replaced it meanwhile.
    """
    Indicator.objects.select_for_update(no_key=True).get(pk=target.indicator_id)
    row = Target.objects.select_related("indicator__plan", "indicator__unit").get(pk=target.pk)
    if row.superseded_on is not None:
        raise PromiseError(
            _("Cette cible a été révisée entre-temps : voyez celle qui la remplace.")
        )
    return row


def open_revision(target: Target, *, on: date) -> Target:
    """Return a new target, not saved, that would replace one in force; the old one is closed.

    The caller fills it, saves it with its rows and calls `refresh_progress`, in one transaction.
    """
    target.superseded_on = on
    target.save(update_fields=["superseded_on"])
    return Target(
        indicator=target.indicator,
        code=target.code,
        position=target.position,
        supersedes=target,
    )


@transaction.atomic
def abandon(target: Target, *, reason: str, on: date, today: date) -> Target:
    """Say that a target is given up, with a public reason.

    Raises PromiseError when it is replaced, given up already, or on a day still to come;
    ValidationError without a reason.
    """
    row = lock_in_force(target)
    if row.abandoned_on is not None:
        raise PromiseError(_("Cette cible est déjà abandonnée."))
    if on > today:
        raise PromiseError(
            _("Un abandon ne s’annonce pas à l’avance : donnez le jour même ou avant.")
        )
    if not reason.strip():
        raise ValidationError(_("Un abandon a un motif."))
    row.abandoned_on = on
    row.abandonment_reason = reason.strip()
    row.full_clean()
    row.save(update_fields=["abandoned_on", "abandonment_reason"])
    refresh_progress([row.indicator_id], on=today)
    return row
