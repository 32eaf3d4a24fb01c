"""How a contribution moves: draft, submitted, returned or published, corrected or withdrawn.

Each verb works on the row as the database holds it, locked, so that of two people who act at once
one wins and the other is told. The callers own the transaction's follow-up (stored progress).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Notification, User
from accounts.services import notify, settle
from plans.four_eyes import hands_of, hands_of_each
from plans.models import Contribution, Plan, Role

ContributionT = TypeVar("ContributionT", bound=Contribution)


class WorkflowError(Exception):
    """A step that the state or the plan's rules do not allow; the message says why, in French."""


class EditConflictError(WorkflowError):
    """Someone else saved the draft meanwhile; `theirs` is what they saved. Nothing was written."""

    def __init__(self, theirs: Contribution) -> None:
        super().__init__(
            _("%(who)s a enregistré cette saisie entre-temps.")
            % {"who": theirs.edited_by or theirs.author or _("Une autre personne")}
        )
        self.theirs = theirs

    def is_with(self, reader: User) -> bool:
        """Whether the reader saved it in person, from another window."""
        return reader.pk == (self.theirs.edited_by_id or self.theirs.author_id)

    def said_to(self, reader: User) -> str:
        """Return the words for the person who meets the conflict."""
        if self.is_with(reader):
            return _("Vous avez enregistré cette saisie entre-temps, dans une autre fenêtre.")
        return str(self)


class UnseenError(WorkflowError):
    """What would be signed, or returned, is not what the person read. Nothing was written."""

    def __init__(self, now: Contribution, seen: int) -> None:
        super().__init__(
            _("%(who)s a réécrit cette contribution après que vous l’avez ouverte.")
            % {"who": now.edited_by or now.author or _("Une autre personne")}
            if seen
            else _("Votre envoi ne dit pas quelle version de cette contribution vous avez lue.")
        )


def locked(contribution: ContributionT) -> ContributionT:
    """Return the row as it is now, locked until the end of the transaction.

    Raises WorkflowError when it has been discarded meanwhile.
    """
    rows = type(contribution)._default_manager.select_for_update(of=("self",), no_key=True)
    row = rows.filter(pk=contribution.pk).first()
    if row is None:
        raise WorkflowError(_("Cette contribution n’existe plus : elle a été supprimée."))
    return row


def _require_seen(row: Contribution, contribution: Contribution, revision: int | None) -> None:
    """Refuse to decide on what was not read; `revision` as `publish` takes it."""
    seen = contribution.revision if revision is None else revision
    if row.revision != seen:
        raise UnseenError(row, seen)


def _save_checked_by_database(row: Contribution) -> None:
    """Save a row whose constraints the database checks; asked one by one they cost 50 queries.

    Raises ValidationError, with words, where it refuses.
    """
    row.full_clean(validate_constraints=False)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        row.full_clean()
        raise


def _required(reason: str, message: str) -> str:
    if not reason.strip():
        raise WorkflowError(message)
    return reason.strip()


def reviewers_of(plan: Plan) -> QuerySet[User]:
    """Return the people who may publish in a plan; no program reviews what others wrote."""
    return User.objects.filter(
        is_active=True,
        partner_system__isnull=True,
        memberships__plan=plan,
        memberships__role__in=(Role.REVIEWER, Role.MANAGER),
    )


def _key(event: str, row: Contribution, at: datetime) -> str:
    return f"{event}:{row.noun}:{row.pk}:{at.isoformat()}"


def _tell_author(row: Contribution, kind: Notification.Kind, text: str, *, at: datetime) -> None:
    if row.author is not None:
        notify(
            [row.author],
            plan_id=row.permission_plan.pk,
            kind=kind,
            key=_key(kind, row, at),
            text=text % {"what": row},
            url=row.get_absolute_url(),
            at=at,
        )


_ENTERED_EXCEPT = frozenset(
    {
        "id",
        "state",
        "author",
        "reviewer",
        "recorded_at",
        "submitted_at",
        "published_at",
        "return_reason",
        "superseded_at",
        "withdrawal_reason",
        "revision",
        "edited_at",
        "edited_by",
        "measurement",
    }
)


def entered(contribution: Contribution) -> dict[str, Any]:
    """Return what a person typed: every column but those the workflow keeps."""
    return {
        field.attname: field.value_from_object(contribution)
        for field in contribution._meta.concrete_fields
        if field.name not in _ENTERED_EXCEPT
    }


@transaction.atomic
def save_draft(
    contribution: ContributionT, *, editor: User, revision: int | None, at: datetime
) -> ContributionT:
    """Save a new draft (`revision` None) or a changed one, and return it as saved.

    `revision` is the one the editor had before their eyes. Saving the very same content again (a
    double click, a form sent twice) changes nothing. Raises EditConflictError when someone else has
    saved other content since, or has opened a draft for the same period or day; WorkflowError
    when the contribution is not a draft any more; ValidationError on bad content.
    """
    if contribution.pk is None:
        contribution.author = contribution.edited_by = editor
        contribution.recorded_at = contribution.edited_at = at
        contribution.full_clean(validate_constraints=False)
        try:
            with transaction.atomic():
                contribution.save()
        except IntegrityError:
            theirs = contribution.open_twin()
            if theirs is None:
                contribution.full_clean()
                raise
            if entered(theirs) == entered(contribution) and theirs.edited_by == editor:
                return theirs
            raise EditConflictError(theirs) from None
        return contribution
    row = locked(contribution)
    if row.revision != revision:
        if entered(row) == entered(contribution):
            return row
        raise EditConflictError(row)
    if row.state not in (Contribution.State.DRAFT, Contribution.State.RETURNED):
        raise WorkflowError(_("Cette contribution n’est plus un brouillon."))
    if entered(row) == entered(contribution):
        return row
    for name, value in entered(contribution).items():
        setattr(row, name, value)
    row.revision += 1
    row.edited_at = at
    row.edited_by = editor
    _save_checked_by_database(row)
    return row


@transaction.atomic
def submit(contribution: ContributionT, *, at: datetime, told: bool = True) -> ContributionT:
    """Hand a draft, or a returned contribution, to the reviewers.

    Whoever hands in many at once tells the reviewers once for all (`tell_reviewers_of_many`), and
    says `told=False` here. Raises WorkflowError when it is already submitted or published.
    """
    row = locked(contribution)
    if row.state not in (Contribution.State.DRAFT, Contribution.State.RETURNED):
        raise WorkflowError(
            _("Cette contribution est déjà à l’état « %(state)s ».")
            % {"state": row.get_state_display()}
        )
    row.state = Contribution.State.SUBMITTED
    row.submitted_at = at
    row.return_reason = ""
    _save_checked_by_database(row)
    plan = row.permission_plan
    settle(kind=Notification.Kind.RETURNED, url=row.get_absolute_url(), at=at)
    if told:
        notify(
            _reviewers_other_than(plan, (row.author_id, row.edited_by_id)),
            plan_id=plan.pk,
            kind=Notification.Kind.TO_REVIEW,
            key=_key("to_review", row, at),
            text=_("À relire : %(what)s") % {"what": row},
            url=row.get_absolute_url(),
            at=at,
        )
    return row


def _reviewers_other_than(plan: Plan, writers: Iterable[int | None]) -> list[User]:
    """Return the reviewers of a plan whose own work is not that of these accounts. Two queries."""
    reviewers = list(reviewers_of(plan))
    hands = hands_of_each(reviewers)
    return [one for one in reviewers if hands[one.pk].accounts.isdisjoint(writers)]


def tell_reviewers_of_many(plan: Plan, author: User, text: str, *, key: str, at: datetime) -> None:
    """Tell the reviewers once of all that was handed in together."""
    notify(
        _reviewers_other_than(plan, [author.pk]),
        plan_id=plan.pk,
        kind=Notification.Kind.TO_REVIEW,
        key=f"to_review:{key}",
        text=text,
        url=reverse("agent:review", args=[plan.slug]),
        at=at,
    )


@transaction.atomic
def take_back(contribution: ContributionT, *, at: datetime) -> ContributionT:
    """Make a draft again of what waits for a review, and tell no reviewer of it any more.

    Who may: `plans.permissions.Rights.may_take_back`. A double click changes nothing more. Raises
    WorkflowError when somebody has decided on it already.
    """
    row = locked(contribution)
    if row.state == Contribution.State.DRAFT:
        return row
    if row.state != Contribution.State.SUBMITTED:
        raise WorkflowError(
            _("Trop tard pour la reprendre : cette contribution est à l’état « %(state)s ».")
            % {"state": row.get_state_display()}
        )
    row.state = Contribution.State.DRAFT
    row.submitted_at = None
    _save_checked_by_database(row)
    settle(kind=Notification.Kind.TO_REVIEW, url=row.get_absolute_url(), at=at)
    return row


@transaction.atomic
def send_back(
    contribution: ContributionT,
    *,
    reviewer: User,
    reason: str,
    at: datetime,
    revision: int | None = None,
) -> ContributionT:
    """Return a submitted contribution to its author, with a reason.

    `revision`: see `publish`. Raises UnseenError when it was rewritten since, WorkflowError without
    a reason, or when the contribution is not submitted.
    """
    row = locked(contribution)
    if row.state != Contribution.State.SUBMITTED:
        raise WorkflowError(_("Seule une contribution soumise peut être renvoyée."))
    _require_seen(row, contribution, revision)
    row.state = Contribution.State.RETURNED
    row.reviewer = reviewer
    row.return_reason = _required(reason, _("Un renvoi a un motif."))
    row.full_clean()
    row.save()
    settle(kind=Notification.Kind.TO_REVIEW, url=row.get_absolute_url(), at=at)
    _tell_author(row, Notification.Kind.RETURNED, _("Renvoyé : %(what)s"), at=at)
    return row


@transaction.atomic
def publish(
    contribution: ContributionT,
    plan: Plan,
    *,
    reviewer: User | None,
    at: datetime,
    revision: int | None = None,
) -> ContributionT:
    """Make a contribution public; a correction supersedes the version it corrects.

    `reviewer` is None for what a reference plan file brings, which has no author either.
    `revision` is the one the reviewer had before their eyes, 0 where nobody knows; that of
    `contribution`, as the caller has read it, unless told.
    Raises UnseenError when it was rewritten since; WorkflowError when it is already published, has
    no source, when whoever wrote it (`plans.four_eyes`) publishes it against the plan's rule, or
    when the version it corrects is no longer the current one.
    """
    row = locked(contribution)
    if row.state == Contribution.State.PUBLISHED:
        raise WorkflowError(_("Cette contribution est déjà publiée."))
    if row.author_id is not None:
        if row.state != Contribution.State.SUBMITTED:
            raise WorkflowError(_("Seule une contribution soumise peut être publiée."))
        if reviewer is None:
            raise WorkflowError(_("Une contribution est publiée par une personne."))
        if not plan.allows_self_publication and (refusal := hands_of(reviewer).refusal(row)):
            raise WorkflowError(refusal)
    _require_seen(row, contribution, revision)
    if row.source_id is None:
        raise WorkflowError(_("Une valeur publiée a une source."))
    if row.supersedes is not None:
        corrected = locked(row.supersedes)
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
    settle(kind=Notification.Kind.TO_REVIEW, url=row.get_absolute_url(), at=at)
    if reviewer is not None and reviewer.pk != row.author_id:
        _tell_author(row, Notification.Kind.PUBLISHED, _("Publié : %(what)s"), at=at)
    return row


@transaction.atomic
def withdraw(
    contribution: ContributionT, *, reason: str, at: datetime, revision: int | None = None
) -> ContributionT:
    """Take a published version back, with a public reason; it stays readable as withdrawn.

    `revision`: see `publish`. Raises UnseenError when it is not the one that was read,
    WorkflowError without a reason, or when the version is not the current one.
    """
    row = locked(contribution)
    if not row.is_current:
        raise WorkflowError(_("Seule la version publiée actuelle peut être retirée."))
    _require_seen(row, contribution, revision)
    row.withdrawal_reason = _required(reason, _("Un retrait a un motif."))
    row.superseded_at = at
    row.save(update_fields=["withdrawal_reason", "superseded_at"])
    return row
