"""The table of rights, role by role, and what falls outside it."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from accounts.models import User
from measures.models import MeasureAssignment
from plans.models import Plan, Role
from plans.permissions import Action, Subject, TwoFactorRequiredError, plans_where, rights_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MembershipFactory,
    PlanFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

SEE, CONTRIBUTE, REVIEW, MANAGE = Action
RIGHTS = {
    Role.VIEWER: {SEE},
    Role.CONTRIBUTOR: {SEE, CONTRIBUTE},
    Role.REVIEWER: {SEE, CONTRIBUTE, REVIEW},
    Role.MANAGER: {SEE, CONTRIBUTE, REVIEW, MANAGE},
}


def member(role: Role, plan: Plan | None = None) -> tuple[User, Plan]:
    membership = MembershipFactory.create(role=role, plan=plan or PlanFactory.create())
    return membership.user, membership.plan


def may(user: User | AnonymousUser, action: Action, subject: Subject) -> bool:
    return rights_in(user, subject.permission_plan).may(action, subject)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_role_allows_what_its_row_says_in_its_plan_and_nothing_in_another(
    role: Role, action: Action
) -> None:
    user, plan = member(role)
    other = PlanFactory.create()

    assert plans_where(user, action).contains(plan) == (action in RIGHTS[role])
    assert not may(user, action, other)
    assert not plans_where(user, action).contains(other)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("assigned", [True, False])
def test_a_contributor_contributes_to_assigned_measures_a_reviewer_to_all(
    role: Role, assigned: bool
) -> None:
    user, plan = member(role)
    measure = MeasureFactory.create(plan=plan)
    indicator = IndicatorFactory.create(plan=plan, measure=measure)
    if assigned:
        MeasureAssignment.objects.create(measure=measure, user=user)

    expected = {
        Role.VIEWER: False,
        Role.CONTRIBUTOR: assigned,
        Role.REVIEWER: True,
        Role.MANAGER: True,
    }[role]
    assert may(user, CONTRIBUTE, measure) is expected
    assert may(user, CONTRIBUTE, indicator) is expected


def test_an_indicator_of_the_plan_itself_is_not_for_contributors() -> None:
    user, plan = member(Role.CONTRIBUTOR)

    assert not may(user, CONTRIBUTE, IndicatorFactory.create(plan=plan, on_plan=True))


def test_an_assignment_without_membership_grants_nothing() -> None:
    measure, user = MeasureFactory.create(), UserFactory.create()
    MeasureAssignment.objects.create(measure=measure, user=user)

    assert not may(user, CONTRIBUTE, measure)


@pytest.mark.parametrize("action", Action)
def test_strangers_visitors_and_closed_accounts_may_nothing(action: Action) -> None:
    closed, plan = member(Role.MANAGER)
    closed.is_active = False
    closed.save()

    for user in (AnonymousUser(), UserFactory.create(), closed):
        assert not may(user, action, plan)
        assert list(plans_where(user, action)) == []
        with pytest.raises(PermissionDenied):
            rights_in(user, plan).require(action)


def test_a_superuser_may_all_without_being_a_member() -> None:
    plan, user = PlanFactory.create(), UserFactory.create(superuser=True)

    assert all(may(user, action, plan) for action in Action)
    assert list(plans_where(user, MANAGE)) == [plan]


def test_a_person_has_different_roles_in_different_plans() -> None:
    user, first = member(Role.MANAGER)
    second = MembershipFactory.create(user=user, role=Role.VIEWER).plan

    assert (may(user, MANAGE, first), may(user, MANAGE, second)) == (True, False)


def test_a_plan_that_requires_two_factors_grants_nothing_without_the_second() -> None:
    user, plan = member(Role.MANAGER, PlanFactory.create(requires_two_factor=True))

    assert not may(user, SEE, plan)
    assert list(plans_where(user, SEE)) == []
    with pytest.raises(TwoFactorRequiredError, match="double authentification"):
        rights_in(user, plan).require(SEE)

    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={})
    assert not may(user, SEE, plan)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    assert may(user, MANAGE, plan)
    assert list(plans_where(user, MANAGE)) == [plan]
