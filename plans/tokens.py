"""Tokens of partner systems: handed out by a manager, shown once, hashed, revoked at once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from plans.members import MemberError, lock_members, refuse_above
from plans.models import ApiToken, Membership, PartnerSystem, Plan, Role, Scope
from plans.permissions import Rights

PREFIX = "pia_"
"""What scanners of leaked secrets look for."""
SYSTEM_DOMAIN = "systeme.invalid"
"""No mail reaches it (RFC 2606): nobody can have the password of a system made anew."""
LONGEST = timedelta(days=366)
USE_NOTED_EVERY = timedelta(minutes=1)
SYSTEM_ROLES = (Role.VIEWER, Role.CONTRIBUTOR, Role.REVIEWER)
"""A program does not manage a plan."""


class TokenError(MemberError):
    """A token or a system that cannot be made; the message says why, in French."""


def hash_of(token: str) -> str:
    """Return what the database keeps of a token, which is too random to be guessed from it."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def register(plan: Plan, name: str, role: Role, *, rights: Rights, at: datetime) -> PartnerSystem:
    """Make a partner's system a member of the plan, with an account that cannot be signed in to.

    Raises TokenError where the name is taken or the role is not one for a program, MemberError for
    a role above that of whoever registers it.
    """
    assert isinstance(rights.user, User)
    refuse_above(rights, role)
    if role not in SYSTEM_ROLES:
        raise TokenError(_("Un système partenaire ne gère pas un plan."))
    lock_members(plan)
    user = User.objects.create_user(
        f"{uuid4().hex}@{SYSTEM_DOMAIN}", None, name=name, digest=User.Digest.NEVER
    )
    try:
        with transaction.atomic():
            system = PartnerSystem.objects.create(
                plan=plan, user=user, name=name, created_by=rights.user, created_at=at
            )
    except IntegrityError as error:
        raise TokenError(_("Ce plan a déjà un système nommé « %s ».") % name) from error
    Membership.objects.create(plan=plan, user=user, role=role)
    return system


def issue(
    system: PartnerSystem, scope: Scope, *, by: User, lifetime: timedelta, at: datetime
) -> tuple[ApiToken, str]:
    """Make a token and return it with its text, which is never to be had again.

    Raises TokenError where it would last more than a year.
    """
    if not timedelta(0) < lifetime <= LONGEST:
        raise TokenError(_("Un jeton vaut un an au plus."))
    text = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        system=system,
        scope=scope,
        token_hash=hash_of(text),
        hint=text[:10],
        created_by=by,
        created_at=at,
        expires_at=at + lifetime,
    )
    return token, text


def revoke(token: ApiToken, *, at: datetime) -> None:
    """End a token: the next request that shows it is refused. One that has ended stays so."""
    ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at)


def find(text: str) -> ApiToken | None:
    """Return the token of this text whatever its state, with its system, account and plan."""
    return (
        ApiToken.objects.select_related("system__user", "system__plan__region")
        .filter(token_hash=hash_of(text))
        .first()
    )


def note_use(token: ApiToken, *, at: datetime) -> None:
    """Keep when the token was last used, to the minute: reading costs no write each time."""
    if token.last_used_at is None or at - token.last_used_at >= USE_NOTED_EVERY:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=at)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=at)
