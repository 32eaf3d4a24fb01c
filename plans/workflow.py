"""How a contribution moves: draft, submitted, returned or published, corrected or withdrawn.

Each verb works on the row as the database holds it, locked, so that of two people who act at once
one wins and the other is told. The callers own the transaction's follow-up (stored progress).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from plans.models import Contribution, Plan

if TYPE_CHECKING:
    from accounts.models import User

ContributionT = TypeVar("ContributionT", bound=Contribution)


class WorkflowError(Exception):
    """A step that the state or the plan's rules do not allow; the message says why, in French."""


def _locked(contribution: ContributionT) -> ContributionT:
    """Return the row as it is now, locked until the end of the transaction."""
    rows = type(contribution)._default_manager.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=contribution.pk)


def _required(reason: str, message: str) -> str:
    if not reason.strip():
        raise WorkflowError(message)
    return reason.strip()


@transaction.atomic
def submit(contribution: ContributionT, *, at: datetime) -> ContributionT:
    """Hand a draft, or a returned contribution, to the reviewers.

    Raises WorkflowError when it is already submitted or published.
    """
    row = _locked(contribution)
    if row.state not in (Contribution.State.DRAFT, Contribution.State.RETURNED):
        raise WorkflowError(
            _("Cette contribution est déjà à l’état « %(state)s ».")
            % {"state": row.get_state_display()}
        )
    row.state = Contribution.State.SUBMITTED
    row.submitted_at = at
    row.return_reason = ""
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def send_back(contribution: ContributionT, *, reviewer: User, reason: str) -> ContributionT:
    """Return a submitted contribution to its author, with a reason.

    Raises WorkflowError without a reason, or when the contribution is not submitted.
    """
    row = _locked(contribution)
    if row.state != Contribution.State.SUBMITTED:
        raise WorkflowError(_("Seule une contribution soumise peut être renvoyée."))
    row.state = Contribution.State.RETURNED
    row.reviewer = reviewer
    row.return_reason = _required(reason, _("Un renvoi a un motif."))
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def publish(
    contribution: ContributionT, plan: Plan, *, reviewer: User | None, at: datetime
) -> ContributionT:
    """Make a contribution public; a correction supersedes the version it corrects.

    `reviewer` is None for what a reference plan file brings, which has no author either.
    Raises WorkflowError when it is already published, has no source, when its author publishes
    it against the plan's rule, or when the version it corrects is no longer the current one.
    """
    row = _locked(contribution)
    if row.state == Contribution.State.PUBLISHED:
        raise WorkflowError(_("Cette contribution est déjà publiée."))
    if row.author_id is not None:
        if row.state != Contribution.State.SUBMITTED:
            raise WorkflowError(_("Seule une contribution soumise peut être publiée."))
        if reviewer is None:
            raise WorkflowError(_("Une contribution est publiée par une personne."))
        if reviewer.pk == row.author_id and not plan.allows_self_publication:
            raise WorkflowError(
                _("Une autre personne que l’auteur relit et publie cette contribution.")
            )
    if row.source_id is None:
        raise WorkflowError(_("Une valeur publiée a une source."))
    if row.supersedes is not None:
        corrected = _locked(row.supersedes)
        if not corrected.is_current:
            raise WorkflowError(
                _("La version à corriger a déjà été remplacée ou retirée entre-temps.")
            )
        corrected.superseded_at = at
        corrected.save(update_fields=["superseded_at"])
    row.state = Contribution.State.PUBLISHED
    row.reviewer = reviewer
    row.published_at = at
    # What must not be published twice, or overlap, is said in words rather than by the database.
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def withdraw(contribution: ContributionT, *, reason: str, at: datetime) -> ContributionT:
    """Take a published version back, with a public reason; it stays readable as withdrawn.

    Raises WorkflowError without a reason, or when the version is not the current one.
    """
    row = _locked(contribution)
    if not row.is_current:
        raise WorkflowError(_("Seule la version publiée actuelle peut être retirée."))
    row.withdrawal_reason = _required(reason, _("Un retrait a un motif."))
    row.superseded_at = at
    row.save(update_fields=["withdrawal_reason", "superseded_at"])
    return row
