"""The login of whoever installed the site: a random password, never stored in clear."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from accounts.services import vouch_for_address

DEFAULT_EMAIL = "agent@localhost"


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    password: str


def has_administrator() -> bool:
    return User.objects.filter(is_superuser=True, is_active=True).exists()


def renew_login(email: str) -> Login:
    """Create this superuser, or give the existing one a new password."""
    password = secrets.token_urlsafe(15)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_superuser(email, password)
    else:
        user.is_staff = user.is_superuser = user.is_active = True
        user.set_password(password)
        user.save()
    vouch_for_address(user)
    return Login(user.email, password)


def sign_in_address() -> str:
    """Where a person signs in, the Django admin included."""
    return str(settings.BASE_URL + reverse("account_login"))
