"""Who may have an account made by signing in through an identity provider."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.models import SocialLogin
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.adapters import SocialAccountAdapter
from accounts.models import User
from accounts.services import vouch_for_address
from plans import invitations
from plans.models import Invitation


class InvitedOnlyAdapter(SocialAccountAdapter):
    """An identity makes an account where its verified address is invited to a plan."""

    def is_invited(self, sociallogin: SocialLogin) -> bool:
        """Whether an invitation waits for the address that the provider has verified."""
        return any(
            Invitation.objects.open_at(timezone.now()).filter(email__iexact=address.email).exists()
            for address in sociallogin.email_addresses
            if address.verified
        )

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account, and the person a member of the plans that invited them."""
        with transaction.atomic():
            user: User = super().save_user(request, sociallogin, form)
            vouch_for_address(user)
            invitations.accept_all_of(user, at=timezone.now())
        return user
