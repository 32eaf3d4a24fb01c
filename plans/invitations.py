"""Inviting people to take part in a plan: offered, mailed, taken back, accepted.

The mail goes after commit by a task, or later by the beat where the broker is down. Its link can
be made anew from the row and the site's secret key, never from the row alone: the database keeps
a hash of the token, and a mail that went out just before a worker died goes again unchanged.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from kombu.exceptions import KombuError

from accounts.models import User
from accounts.services import vouch_for_address
from plans import members
from plans.models import Invitation, InvitationState, Membership, Plan, Role
from plans.permissions import Rights

LIFETIME = timedelta(days=14)
LONGEST_PAUSE = timedelta(hours=6)
SEND_TASK = "plans.tasks.send_invitations"

logger = logging.getLogger(__name__)


class InvitationError(Exception):
    """An invitation that cannot be made or accepted; the message says why, in French."""


def token_of(invitation: Invitation) -> str:
    """Return the token of the invitation's link, made anew from the secret key."""
    return salted_hmac(
        "plans.invitations", str(invitation.mail_key), algorithm="sha256"
    ).hexdigest()


def hash_of(token: str) -> str:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_of(invitation: Invitation) -> str:
    """Return the address that the mail gives."""
    return str(settings.BASE_URL + reverse("invitation", args=[token_of(invitation)]))


def find(token: str) -> Invitation | None:
    """Return the invitation of a link, whatever its state."""
    return (
        Invitation.objects.select_related("plan__region", "invited_by", "accepted_by")
        .filter(token_hash=hash_of(token))
        .first()
    )


@transaction.atomic
def invite(plan: Plan, email: str, role: Role, *, rights: Rights, at: datetime) -> Invitation:
    """Offer a role to an address; the mail goes after commit.

    Raises InvitationError where the address is a member's or is invited already, MemberError for
    a role above that of whoever invites.
    """
    assert isinstance(rights.user, User)
    email = email.strip().lower()
    members.refuse_above(rights, role)
    members.lock_members(plan)
    if Membership.objects.filter(plan=plan, user__email__iexact=email).exists():
        raise InvitationError(_("%(email)s est déjà membre de ce plan.") % {"email": email})
    waiting = Invitation.objects.pending().filter(plan=plan, email__iexact=email)
    # The one that ran out is closed, so that it does not stand in the way of a new one.
    waiting.filter(expires_at__lte=at).update(revoked_at=at)
    if waiting.exists():
        raise InvitationError(
            _("Une invitation attend déjà la réponse de %(email)s : renvoyez-la ou retirez-la.")
            % {"email": email}
        )
    invitation = Invitation(plan=plan, email=email, role=role, invited_by=rights.user)
    _start(invitation, at=at)
    return invitation


@transaction.atomic
def resend(invitation: Invitation, *, at: datetime) -> None:
    """Send a new link, valid from now; the former one no longer works."""
    invitation = _locked(invitation)
    _refuse_settled(invitation)
    _start(invitation, at=at)


@transaction.atomic
def revoke(invitation: Invitation, *, at: datetime) -> None:
    """Take the offer back; the link no longer works."""
    invitation = _locked(invitation)
    _refuse_settled(invitation)
    invitation.revoked_at = at
    invitation.save(update_fields=("revoked_at",))


@transaction.atomic
def accept(invitation: Invitation, user: User, *, at: datetime) -> Membership:
    """Make the person a member, once.

    Raises InvitationError where the invitation is another person's, was used, taken back or has
    run out.
    """
    members.lock_members(invitation.plan)
    invitation = _locked(invitation)
    if not invitation.is_for(user):
        raise InvitationError(_("Cette invitation est destinée à une autre adresse."))
    state = invitation.state_at(at)
    if state != InvitationState.OPEN:
        raise InvitationError(
            {
                InvitationState.ACCEPTED: _("Cette invitation a déjà été utilisée."),
                InvitationState.REVOKED: _("Cette invitation a été retirée."),
                InvitationState.EXPIRED: _("Cette invitation n’est plus valable."),
            }[state]
        )
    invitation.accepted_at = at
    invitation.accepted_by = user
    invitation.save(update_fields=("accepted_at", "accepted_by"))
    return members.join(invitation.plan, user, Role(invitation.role))


def accept_as_new_person(invitation: Invitation, *, name: str, password: str, at: datetime) -> User:
    """Make the account of the invited address, and the person a member.

    Raises InvitationError as `accept` does, and where the account was made meanwhile.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(invitation.email, password, name=name)
            vouch_for_address(user)
            accept(invitation, user, at=at)
    except IntegrityError as error:
        raise InvitationError(
            _("Un compte existe déjà avec cette adresse : connectez-vous.")
        ) from error
    return user


def accept_all_of(user: User, *, at: datetime) -> None:
    """Accept what waits for the person's address, which someone else has verified."""
    for invitation in Invitation.objects.open_at(at).filter(email__iexact=user.email):
        accept(invitation, user, at=at)


def deliver(*, at: datetime) -> int:
    """Send the mails that wait and return how many went; one that fails is tried again later.

    Each is a transaction of its own, and two workers never hold the same one.
    """
    sent = 0
    for key in list(Invitation.objects.to_mail_at(at).values_list("pk", flat=True)):
        with transaction.atomic():
            invitation = (
                Invitation.objects.to_mail_at(at)
                .select_for_update(of=("self",), skip_locked=True)
                .select_related("plan__region", "invited_by")
                .filter(pk=key)
                .first()
            )
            if invitation is not None:
                sent += _send(invitation, at=at)
    return sent


def _send(invitation: Invitation, *, at: datetime) -> bool:
    invitation.mail_attempts += 1
    # The same as before, unless the site's secret key has changed since.
    invitation.token_hash = hash_of(token_of(invitation))
    try:
        _message(invitation).send()
    except (OSError, ValueError) as error:  # the network, the mail server; an impossible address
        pause = min(timedelta(minutes=2**invitation.mail_attempts), LONGEST_PAUSE)
        invitation.mail_due_at = at + pause
        invitation.mail_error = str(error)[:300]
        logger.warning("The mail of invitation %s did not go: %s", invitation.pk, error)
    else:
        invitation.mailed_at = at
        invitation.mail_error = ""
    invitation.save(
        update_fields=("token_hash", "mail_attempts", "mail_due_at", "mail_error", "mailed_at")
    )
    return invitation.mailed_at is not None


def _message(invitation: Invitation) -> EmailMessage:
    domain = urlsplit(settings.BASE_URL).hostname
    text = render_to_string(
        "plans/mail/invitation.txt",
        {"invitation": invitation, "link": link_of(invitation), "site": settings.SITE},
    )
    return EmailMessage(
        subject=_("Invitation à suivre « %(plan)s »")
        % {"plan": " ".join(invitation.plan.title.split())},
        body=text,
        to=[invitation.email],
        headers={"Message-ID": f"<invitation-{invitation.mail_key}@{domain}>"},
    )


def _start(invitation: Invitation, *, at: datetime) -> None:
    invitation.mail_key = uuid4()
    invitation.token_hash = hash_of(token_of(invitation))
    invitation.expires_at = at + LIFETIME
    invitation.mail_due_at = at
    invitation.mail_attempts = 0
    invitation.mail_error = ""
    invitation.mailed_at = None
    invitation.save()
    transaction.on_commit(_ask_for_mail)


def _ask_for_mail() -> None:
    try:
        current_app.send_task(SEND_TASK, ignore_result=True, retry=False)
    except KombuError as error:
        logger.warning("No broker (%s): the invitations will go with the next beat.", error)


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("plan").get(pk=invitation.pk)


def _refuse_settled(invitation: Invitation) -> None:
    if invitation.accepted_at is not None:
        raise InvitationError(_("Cette invitation a déjà été acceptée."))
    if invitation.revoked_at is not None:
        raise InvitationError(_("Cette invitation a déjà été retirée."))
