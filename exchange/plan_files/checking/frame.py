"""The plan itself: its region, its limits, and what sources say of it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from exchange.plan_files.checking.references import Checked
from exchange.plan_files.problems import Problem
from exchange.plan_files.schema import (
    ClaimEntry,
    PlanEntry,
    RegionEntry,
)
from plans.models import Claim

_STATED = (
    Claim.Subject.ADOPTED_ON,
    Claim.Subject.STARTS_ON,
    Claim.Subject.ENDS_ON,
    Claim.Subject.BUDGET,
)


def check_region(checked: Checked, region: RegionEntry) -> Iterator[Problem]:
    """Check that a fictitious region says so in its code, and a real one does not."""
    if region.fictitious != region.insee_code.startswith("X"):
        yield Problem(
            (*region.path, "insee_code"),
            _(
                "« %(code)s » ne va pas avec fictitious: %(fictitious)s ; une région fictive "
                "porte un code en X (X01), une région réelle son code INSEE (44)"
            )
            % {
                "code": region.insee_code,
                "fictitious": "true" if region.fictitious else "false",
            },
        )


def check_plan(checked: Checked, plan: PlanEntry) -> Iterator[Problem]:
    """Check the plan: its parts, its dates, its limits, and that its figures are stated."""
    yield from checked.participations(plan.organisations)
    for entry in plan.organisations:
        yield from checked.source(entry.path, entry.source)
    yield from checked.many(plan.path, "sectors", plan.sectors, checked.sectors)
    yield from checked.ordered(plan.path, plan.starts_on, plan.ends_on)
    if plan.slug in plan.former_slugs:
        yield Problem(
            (*plan.path, "former_slugs"),
            _("« %(slug)s » est le slug actuel ; un ancien slug ne sert plus")
            % {"slug": plan.slug},
        )
    if plan.related_to == plan.slug:
        yield Problem(
            (*plan.path, "related_to"), _("un plan n’est pas lié à lui-même ; un autre slug")
        )
    limits = plan.limits
    if not 0 < limits.watch_from <= limits.on_track_from <= 1 or not limits.early_below <= 1:
        yield Problem(
            (*plan.path, "limits"),
            _(
                "limites incohérentes ; attendu : 0 < watch_from ≤ on_track_from ≤ 1 et "
                "0 ≤ early_below ≤ 1"
            ),
        )
    if "claims" not in checked.readable.set_aside:
        for subject in _STATED:
            yield from _stated(checked, plan, subject)


def _stated(checked: Checked, plan: PlanEntry, subject: str) -> Iterator[Problem]:
    """A date or a budget is what a retained claim states, and the other way round."""
    held = getattr(plan, subject)
    retained = [
        (claim, value)
        for claim in checked.contents.claims
        if claim.retained
        and claim.subject == subject
        and (value := _value_of(claim, subject)) is not None
    ]
    if held is None:
        for claim, value in retained:
            yield Problem(
                (*claim.path, "retained"),
                _(
                    "%(value)s est retenu, et le plan n’a pas de %(key)s ; donnez-le au plan "
                    "ou mettez retained: false"
                )
                % {"value": value, "key": subject},
            )
    elif held not in [value for _claim, value in retained]:
        yield Problem(
            (*plan.path, subject),
            _(
                "%(value)s n’est énoncé par aucune affirmation retenue ; ajoutez dans claims "
                "subject: %(key)s, %(column)s: %(value)s, retained: true%(found)s"
            )
            % {
                "value": held,
                "key": subject,
                "column": "amount" if subject == Claim.Subject.BUDGET else "date",
                "found": _(" (retenu à présent : %(value)s)") % {"value": retained[0][1]}
                if retained
                else "",
            },
        )


def check_claims(checked: Checked) -> Iterator[Problem]:
    """Check what sources say of the plan: one claim is retained by subject."""
    retained: dict[str, ClaimEntry] = {}
    for claim in checked.contents.claims:
        yield from checked.source(claim.path, claim.source)
        if claim.source is None and not claim.derivation:
            yield Problem(
                claim.path,
                _("affirmation sans source ; donnez source, ou derivation si elle est déduite"),
            )
        if not claim.retained or claim.subject not in _STATED:
            continue
        first = retained.setdefault(claim.subject, claim)
        if first is not claim:
            yield Problem(
                (*claim.path, "retained"),
                _("« %(code)s » est déjà retenu pour %(subject)s ; un seul par objet")
                % {"code": first.code, "subject": claim.subject},
            )


def _value_of(claim: ClaimEntry, subject: str) -> object:
    return claim.amount if subject == Claim.Subject.BUDGET else claim.date
