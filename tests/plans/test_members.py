"""Roles: who may give them, and the last manager, whom nobody can take away."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial

import pytest

from plans import members
from plans.members import MemberError
from plans.models import Membership, Plan, Role
from plans.permissions import Rights, rights_in
from tests.at_once import at_once
from tests.factories import MembershipFactory, PlanFactory

pytestmark = pytest.mark.django_db


def manager_of(plan: Plan) -> Membership:
    membership: Membership = MembershipFactory.create(plan=plan, role=Role.MANAGER)
    return membership


def rights_of(membership: Membership) -> Rights:
    return rights_in(membership.user, membership.plan)


def roles_in(plan: Plan) -> list[str]:
    return sorted(Membership.objects.filter(plan=plan).values_list("role", flat=True))


@pytest.mark.parametrize("role", Role)
def test_a_manager_gives_any_role(role: Role) -> None:
    membership = MembershipFactory.create(role=Role.VIEWER)

    members.change_role(membership, role, rights=rights_of(manager_of(membership.plan)))

    membership.refresh_from_db()
    assert membership.role == role


@pytest.mark.parametrize("own", Role)
@pytest.mark.parametrize("given", [Role.CONTRIBUTOR, Role.REVIEWER, Role.MANAGER])
def test_nobody_gives_more_than_they_have(own: Role, given: Role) -> None:
    membership = MembershipFactory.create(role=Role.VIEWER)
    rights = Rights(user=membership.user, plan=membership.plan, role=own, lacks_second_factor=False)
    ranks = list(Role)
    allowed = ranks.index(given) <= ranks.index(own)

    with nullcontext() if allowed else pytest.raises(MemberError, match="plus étendu que le vôtre"):
        members.change_role(membership, given, rights=rights)

    membership.refresh_from_db()
    assert membership.role == (given if allowed else Role.VIEWER)


def test_the_last_manager_neither_leaves_nor_steps_down() -> None:
    plan = PlanFactory.create()
    own = manager_of(plan)
    MembershipFactory.create(plan=plan, role=Role.REVIEWER)
    MembershipFactory.create(role=Role.MANAGER)  # of another plan
    MembershipFactory.create(plan=plan, role=Role.MANAGER, user__is_active=False)

    with pytest.raises(MemberError, match="n’aurait plus de gestionnaire"):
        members.change_role(own, Role.REVIEWER, rights=rights_of(own))
    with pytest.raises(MemberError, match="n’aurait plus de gestionnaire"):
        members.remove(own)

    assert roles_in(plan) == ["manager", "manager", "reviewer"]


def test_with_another_manager_one_may_leave() -> None:
    plan = PlanFactory.create()
    own = manager_of(plan)
    manager_of(plan)

    members.remove(own)

    assert roles_in(plan) == ["manager"]


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_remove_each_other_at_once_leave_one() -> None:
    plan = PlanFactory.create()
    both = [manager_of(plan), manager_of(plan)]
    refusals: list[str] = []

    def remove(membership: Membership) -> None:
        try:
            members.remove(membership)
        except MemberError as error:
            refusals.append(str(error))

    at_once(*(partial(remove, membership) for membership in both))

    assert len(refusals) == 1
    assert roles_in(plan) == ["manager"]
