"""A plan's dates and budget are what its retained claims state: both are written together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from plans.codes import free_code
from plans.models import Claim, Plan

CODE_STEMS: Mapping[str, str] = MappingProxyType(
    {
        Claim.Subject.ADOPTED_ON: "adoption",
        Claim.Subject.STARTS_ON: "debut",
        Claim.Subject.ENDS_ON: "fin",
        Claim.Subject.BUDGET: "budget",
        Claim.Subject.AXES: "axes",
        Claim.Subject.NAME: "nom",
        Claim.Subject.OTHER: "autre",
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """Where a subject's value stands: in the plan, and in the claim."""

    plan: str
    value: str


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        Claim.Subject.ADOPTED_ON: Column("adopted_on", "date"),
        Claim.Subject.STARTS_ON: Column("starts_on", "date"),
        Claim.Subject.ENDS_ON: Column("ends_on", "date"),
        Claim.Subject.BUDGET: Column("budget", "amount"),
    }
)
"""The subjects of which one claim at most is retained, and gives the plan its value."""


class Provenance(NamedTuple):
    """The claim that each of these facts of a plan rests on; None where nothing is known of it."""

    adopted_on: Claim | None
    starts_on: Claim | None
    ends_on: Claim | None
    budget: Claim | None


def retained_claims() -> QuerySet[Claim]:
    """Select the claims that give plans their dates and budgets, each with its source."""
    return Claim.objects.filter(retained=True, subject__in=COLUMNS).select_related("source")


def provenance_of(plan: Plan, claims: Iterable[Claim]) -> Provenance:
    """Return what the dates and the budget of a plan rest on, among its `retained_claims`."""
    by_column = {COLUMNS[claim.subject].plan: claim for claim in claims if claim.subject in COLUMNS}
    return Provenance(
        **{
            # No value stands without its claim, but for who reads one before a change, one after.
            name: None if getattr(plan, name) is None else by_column.get(name)
            for name in Provenance._fields
        }
    )


@transaction.atomic
def state(claim: Claim) -> None:
    """Save a claim, new or changed, and bring the plan to what is retained of its subject.

    Raises ValidationError when the plan would end before it starts.
    """
    plan = Plan.objects.select_for_update(no_key=True).get(pk=claim.plan_id)
    if claim._state.adding:
        claim.code = free_code(
            CODE_STEMS[claim.subject],
            set(plan.claims.values_list("code", flat=True)),
            longest=60,
            empty="affirmation",
        )
        claim.position = plan.claims.filter(subject=claim.subject).count() + 1
    if claim.retained and claim.subject in COLUMNS:
        others = plan.claims.filter(subject=claim.subject, retained=True).exclude(pk=claim.pk)
        others.update(retained=False)
    claim.save()
    _bring(plan, claim.subject)


@transaction.atomic
def unstate(claim: Claim) -> None:
    """Delete a claim; a value that nothing else states becomes unknown."""
    plan = Plan.objects.select_for_update(no_key=True).get(pk=claim.plan_id)
    claim.delete()
    _bring(plan, claim.subject)


def _bring(plan: Plan, subject: str) -> None:
    column = COLUMNS.get(subject)
    if column is None:
        return
    retained = plan.claims.filter(subject=subject, retained=True).first()
    value = None if retained is None else getattr(retained, column.value)
    if getattr(plan, column.plan) != value:
        setattr(plan, column.plan, value)
        plan.validate_constraints()
        plan.save(update_fields=[column.plan, "updated_at"])
