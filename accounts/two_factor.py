"""Whether an account has a second factor."""

from __future__ import annotations

from allauth.mfa.models import Authenticator

from accounts.models import User


def has_two_factor(user: User) -> bool:
    """Whether the person has a code generator or a passkey; recovery codes alone do not count."""
    return bool(
        Authenticator.objects.filter(user=user)
        .exclude(type=Authenticator.Type.RECOVERY_CODES)
        .exists()
    )
