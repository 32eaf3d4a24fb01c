"""What a person does to a contribution before its review: save it, hand it in.

On top of `plans.workflow`, whose rules hold: a form sent twice writes once, and nobody overwrites
what they have not seen.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Notification, User
from accounts.services import settle
from plans import workflow
from plans.models import Contribution, Plan
from plans.sourcing import Document, cite
from plans.workflow import ContributionT, EditConflictError, WorkflowError, entered


class UnsourcedError(WorkflowError):
    """What is handed in names its source, so that the reviewer can check it."""

    def __init__(self) -> None:
        super().__init__(_("Indiquez la source avant de soumettre."))


def published_twin(contribution: ContributionT) -> ContributionT | None:
    """Return what is published now for the same period or day: what this one would correct."""
    alike = {name: getattr(contribution, name) for name in contribution.identity}
    return (
        type(contribution)
        ._default_manager.filter(state="published", superseded_at__isnull=True, **alike)
        .order_by("pk")  # there is one at most: no need of what the order of the model joins
        .first()
    )


@transaction.atomic
def save(
    contribution: ContributionT,
    plan: Plan,
    *,
    editor: User,
    revision: int | None,
    at: datetime,
    document: Document | None = None,
) -> ContributionT:
    """Save a draft, citing a document the plan may not know yet, and return it as saved.

    A draft corrects what is published for its period or day; its reason goes with that.
    Raises what `workflow.save_draft` raises.
    """
    contribution.supersedes = published_twin(contribution)
    if contribution.supersedes is None:
        contribution.correction_reason = ""
    if document is not None:
        contribution.source = cite(plan, document)
    if contribution.pk is not None:
        row = workflow.locked(contribution)
        if row.state == Contribution.State.SUBMITTED and entered(row) == entered(contribution):
            return row  # a double click on what also hands it in
    return workflow.save_draft(contribution, editor=editor, revision=revision, at=at)


@transaction.atomic
def submit(
    contribution: ContributionT, *, revision: int | None, at: datetime, told: bool = True
) -> ContributionT:
    """Hand in a draft as the person saw it; one that is handed in already stays as it is.

    `told`: see `workflow.submit`. Raises EditConflictError when someone saved other content since
    `revision`, UnsourcedError without a source, WorkflowError when it is published already.
    """
    row = workflow.locked(contribution)
    if row.revision != revision:
        raise EditConflictError(row)
    if row.state == Contribution.State.SUBMITTED:
        return row
    if row.source_id is None:
        raise UnsourcedError
    return workflow.submit(row, at=at, told=told)


@transaction.atomic
def discard(contribution: Contribution, *, revision: int | None, at: datetime) -> None:
    """Delete a draft as the person saw it; the audit trail remembers it.

    Raises EditConflictError when someone saved other content since `revision`, WorkflowError when
    it is in review or published.
    """
    row = workflow.locked(contribution)
    if row.revision != revision:
        raise EditConflictError(row)
    if row.state not in (Contribution.State.DRAFT, Contribution.State.RETURNED):
        raise WorkflowError(_("Cette contribution n’est plus un brouillon."))
    settle(kind=Notification.Kind.RETURNED, url=row.get_absolute_url(), at=at)
    row.delete()
