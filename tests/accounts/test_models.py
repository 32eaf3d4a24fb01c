"""Accounts: the e-mail address is the login, once, whatever its case."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_person_signs_in_with_an_address_typed_in_another_case() -> None:
    user = User.objects.create_user("Agent@example.org", "un mot de passe")

    assert authenticate(username="agent@EXAMPLE.org", password="un mot de passe") == user


def test_an_address_has_one_account_whatever_its_case() -> None:
    User.objects.create_user("agent@example.org")

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("AGENT@example.org")


@pytest.mark.parametrize("email", ["", "   "])
def test_an_account_needs_an_address(email: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        User.objects.create_user(email)


def test_an_account_without_a_password_cannot_sign_in_with_an_empty_one() -> None:
    User.objects.create_user("agent@example.org")

    assert authenticate(username="agent@example.org", password="") is None
