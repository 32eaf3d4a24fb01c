"""Whether an account has a second factor."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User


def _second_factors() -> QuerySet[Authenticator]:
    """Code generators and passkeys; recovery codes alone do not count."""
    factors: QuerySet[Authenticator] = Authenticator.objects.exclude(
        type=Authenticator.Type.RECOVERY_CODES
    )
    return factors


def has_two_factor(user: User) -> bool:
    """Whether the person has a code generator or a passkey; recovery codes alone do not count."""
    return _second_factors().filter(user=user).exists()


def two_factor_of(user_field: str) -> Exists:
    """The same, asked in the query of rows that refer to people."""
    return Exists(_second_factors().filter(user=OuterRef(user_field)))
