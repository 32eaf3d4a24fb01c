"""Who asks: a partner's system that shows a token, or anyone.

A token that is wrong, has expired or was revoked is refused everywhere, also where nobody need show
one: a program whose token ended must learn it from its first answer.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User
from plans import tokens
from plans.models import ApiToken, TokenState

SCHEME = "Bearer"


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer pia_…` (RFC 6750): `request.user` is the system's account."""

    def authenticate(self, request: Request) -> tuple[User | AnonymousUser, ApiToken] | None:
        """Return the account and the token; None where no token is shown."""
        words = get_authorization_header(request).split()
        if not words:
            return None
        if words[0].lower() != SCHEME.lower().encode() or len(words) != 2:
            raise AuthenticationFailed("Write “Authorization: Bearer ” and the token.")
        now = timezone.now()
        token = tokens.find(words[1].decode("latin-1"))
        if token is None:
            raise AuthenticationFailed("This token is not known.")
        if not token.system.user.is_active:
            raise AuthenticationFailed("The account of this system is closed.")
        match token.state_at(now):
            case TokenState.REVOKED:
                raise AuthenticationFailed("This token was revoked.")
            case TokenState.EXPIRED:
                raise AuthenticationFailed("This token has expired.")
        tokens.note_use(token, at=now)
        return token.system.user, token

    def authenticate_header(self, request: Request) -> str:
        """Return what a refusal asks for."""
        return f'{SCHEME} realm="api"'


class TokenHolder(BasePermission):
    """Only who shows a token; what it allows depends on the plan and is for the view to ask."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether a valid token is shown."""
        return isinstance(request.auth, ApiToken)


class BearerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema tells it."""

    target_class = BearerToken
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe the header."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that a manager of the plan made for a partner's system.",
        }
