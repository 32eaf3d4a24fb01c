"""Who may do what in a plan: the one place that decides, asked by pages and API alike.

Nothing is granted unless a line below grants it. A subject is a plan or a part of one; a part
says which plan it is in and whether a person is assigned to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.two_factor import has_two_factor
from plans.alphabet import alphabetical
from plans.models import ApiToken, Contribution, Membership, Plan, Role, Scope

if TYPE_CHECKING:
    from plans.querysets import PlanQuerySet


class Action(StrEnum):
    """What a person may be allowed to do."""

    SEE_DRAFTS = "see_drafts"
    """See the staff pages of a plan, drafts and comments included."""
    CONTRIBUTE = "contribute"
    """Draft, submit and comment."""
    REVIEW = "review"
    """Publish, return, withdraw."""
    MANAGE = "manage"
    """Edit the plan's structure, members and settings."""


class Subject(Protocol):
    """A plan or a part of one."""

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to this."""


GRANTS: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({Action.SEE_DRAFTS}),
        Role.CONTRIBUTOR: frozenset({Action.SEE_DRAFTS, Action.CONTRIBUTE}),
        Role.REVIEWER: frozenset({Action.SEE_DRAFTS, Action.CONTRIBUTE, Action.REVIEW}),
        Role.MANAGER: frozenset(Action),
    }
)
"""What each role allows. A contributor contributes only to what they are assigned to."""


ALL = frozenset(Action)

SCOPES: Mapping[Scope, frozenset[Action]] = MappingProxyType(
    {
        Scope.READ: frozenset({Action.SEE_DRAFTS}),
        Scope.CONTRIBUTE: frozenset({Action.SEE_DRAFTS, Action.CONTRIBUTE, Action.REVIEW}),
    }
)
"""What a token may be used for, of what the role of its system allows."""


class TwoFactorRequiredError(PermissionDenied):
    """The person has the role, but the plan asks for a second factor that the account lacks."""


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do in one plan: asked once, then free of queries but for assignments."""

    user: User | AnonymousUser
    plan: Plan
    role: Role | None
    lacks_second_factor: bool
    within: frozenset[Action] = ALL
    """What the means of asking is good for: everything for a person, its scope for a token."""

    def may(self, action: Action, subject: Subject | None = None) -> bool:
        """Whether the action is granted, on the plan or on a part of it."""
        if self.role is None or self.lacks_second_factor:
            return False
        if action not in GRANTS[self.role] & self.within:
            return False
        if action == Action.CONTRIBUTE and self.role == Role.CONTRIBUTOR and subject is not None:
            return isinstance(self.user, User) and subject.assigned_to(self.user)
        return True

    def may_take_back(self, contribution: Contribution) -> bool:
        """Whether what waits for a review is the person's own, to make a draft of it again.

        One's own is what one wrote, or rewrote last. That nobody has decided on it yet is for
        `plans.workflow.take_back` to check.
        """
        writers = (contribution.author_id, contribution.edited_by_id)
        return self.user.pk in writers and self.may(Action.CONTRIBUTE, contribution)

    def require(self, action: Action, subject: Subject | None = None) -> None:
        """Refuse what is not granted.

        Raises TwoFactorRequiredError when only the second factor is missing, else
        PermissionDenied.
        """
        if self.lacks_second_factor:
            raise TwoFactorRequiredError(
                _("Ce plan exige une double authentification : activez-la sur votre compte.")
            )
        if not self.may(action, subject):
            raise PermissionDenied(_("Votre rôle dans ce plan ne permet pas cette action."))


def rights_in(user: User | AnonymousUser, plan: Plan) -> Rights:
    """Return what a person may do in a plan."""
    role: Role | None = None
    if isinstance(user, User) and user.is_active:
        if user.is_superuser:
            role = Role.MANAGER
        else:
            membership = Membership.objects.filter(user=user, plan=plan).first()
            role = None if membership is None else Role(membership.role)
    lacks = (
        role is not None
        and plan.requires_two_factor
        and isinstance(user, User)
        and not has_two_factor(user)
    )
    return Rights(user=user, plan=plan, role=role, lacks_second_factor=lacks)


def rights_by(token: ApiToken, plan: Plan) -> Rights:
    """Return what the system that shows a valid token may do in a plan: nothing in another's.

    A token stands for a second factor by itself: a secret of 256 bits, which a manager of the plan
    handed out, with the second factor of their own where the plan asks for one.
    """
    system = token.system
    membership = (
        Membership.objects.filter(user=system.user_id, plan=plan).first()
        if system.plan_id == plan.pk and system.user.is_active
        else None
    )
    return Rights(
        user=system.user,
        plan=plan,
        role=None if membership is None else Role(membership.role),
        lacks_second_factor=False,
        within=SCOPES[Scope(token.scope)],
    )


def plans_where(user: User | AnonymousUser, action: Action) -> PlanQuerySet:
    """Return the plans in which a person may do something, on some part of it at least."""
    if not isinstance(user, User) or not user.is_active:
        return Plan.objects.none()
    plans = Plan.objects.all()
    if not user.is_superuser:
        roles = [role for role, actions in GRANTS.items() if action in actions]
        plans = plans.filter(memberships__user=user, memberships__role__in=roles)
    if not has_two_factor(user):
        plans = plans.exclude(requires_two_factor=True)
    return plans


def all_rights(user: User | AnonymousUser) -> list[Rights]:
    """Return what a person may do in each plan they work in, plan by plan. Three queries."""
    plans = (
        plans_where(user, Action.SEE_DRAFTS)
        .select_related("region")
        .order_by(alphabetical("region__name"), "-adopted_on", "slug")
    )
    everywhere = user.is_superuser
    roles: dict[int, str] = {}
    if isinstance(user, User) and not everywhere:
        roles = dict(Membership.objects.filter(user=user).values_list("plan", "role"))
    return [
        Rights(
            user=user,
            plan=plan,
            role=Role(Role.MANAGER if everywhere else roles[plan.pk]),
            lacks_second_factor=False,
        )
        for plan in plans
        # A membership may end between the two queries.
        if everywhere or plan.pk in roles
    ]
