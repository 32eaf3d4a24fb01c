"""The login that an installation gives: random, usable, shown once, renewed on demand."""

import re
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.management import call_command

from accounts.models import User

pytestmark = pytest.mark.django_db

SIGN_IN = f"Staff sign in at {settings.BASE_URL}/comptes/login/\n"
SHOWN = re.compile(
    rf"^{re.escape(SIGN_IN)}Staff login, shown this once: (\S+)  password: (\S{{20}})\n$"
)


def create_staff_login(*words: str) -> str:
    output = StringIO()
    call_command("create_staff_login", *words, stdout=output)
    return output.getvalue()


def shown_login(said: str) -> tuple[str, str]:
    found = SHOWN.match(said)
    assert found is not None, said
    return found[1], found[2]


def test_the_first_login_works_and_is_not_kept_in_clear() -> None:
    email, password = shown_login(create_staff_login("--only-first"))
    user = User.objects.get()
    assert (user.email, user.is_superuser, user.is_staff) == (email, True, True)
    assert authenticate(username=email, password=password) == user
    assert password not in user.password


def test_a_second_start_changes_nothing() -> None:
    email, password = shown_login(create_staff_login("--only-first"))
    assert create_staff_login("--only-first") == (
        f"{SIGN_IN}Staff login: unchanged (`make staff` gives a new password).\n"
    )
    assert authenticate(username=email, password=password) is not None


def test_renewing_replaces_the_password_and_reopens_the_account() -> None:
    email, old = shown_login(create_staff_login())
    User.objects.update(is_active=False)
    renewed, new = shown_login(create_staff_login())
    assert (renewed, User.objects.count()) == (email, 1)
    assert authenticate(username=email, password=old) is None
    assert authenticate(username=email, password=new) is not None


def test_a_login_of_ones_own() -> None:
    email, password = shown_login(create_staff_login("marie@example.org"))
    assert email == "marie@example.org"
    assert authenticate(username=email, password=password) is not None
