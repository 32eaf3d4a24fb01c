"""People and requests that the tests of the staff pages share."""

from __future__ import annotations

from django.test import Client

from accounts.models import User
from measures.models import Measure, MeasureAssignment
from plans.models import Plan, Role
from tests.factories import MembershipFactory


def member(plan: Plan, role: Role = Role.MANAGER, *, assigned_to: Measure | None = None) -> User:
    """Make a member of a plan, assigned to a measure or to none."""
    user: User = MembershipFactory.create(plan=plan, role=role).user
    if assigned_to is not None:
        MeasureAssignment.objects.create(measure=assigned_to, user=user)
    return user


def signed_in(user: User, *, checks_csrf: bool = False) -> Client:
    """Return a browser in which the person is signed in."""
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client
