"""Who takes part in a plan: roles given, changed and taken back.

Each verb locks the plan first, so that two managers who act at once cannot leave it without one.
"""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from plans.models import Membership, Plan, Role
from plans.permissions import Rights


class MemberError(Exception):
    """A change that the plan's rules do not allow; the message says why, in French."""


def refuse_above(rights: Rights, role: Role) -> None:
    """Refuse a role that allows more than the role of whoever gives it."""
    ranks = list(Role)
    if rights.role is None or ranks.index(role) > ranks.index(rights.role):
        raise MemberError(
            _("Vous ne pouvez pas donner un rôle plus étendu que le vôtre (« %(role)s »).")
            % {"role": role.label}
        )


def lock_members(plan: Plan) -> None:
    """Let nobody else change the plan's members until the end of the transaction."""
    Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan.pk)


def _refuse_managing_program(membership: Membership, role: Role) -> None:
    if role == Role.MANAGER and hasattr(membership.user, "partner_system"):
        raise MemberError(_("Un système partenaire ne gère pas un plan."))


def _refuse_without_manager(membership: Membership) -> None:
    others = Membership.objects.filter(
        plan=membership.plan, role=Role.MANAGER, user__is_active=True
    ).exclude(pk=membership.pk)
    if membership.role == Role.MANAGER and not others.exists():
        raise MemberError(
            _(
                "Ce plan n’aurait plus de gestionnaire : "
                "donnez d’abord ce rôle à une autre personne."
            )
        )


@transaction.atomic
def change_role(membership: Membership, role: Role, *, rights: Rights) -> None:
    """Give a member another role.

    Raises MemberError for a role above that of whoever gives it, for the last manager, and for a
    program that would manage.
    """
    lock_members(membership.plan)
    membership.refresh_from_db(fields=("role",))
    if membership.role == role:
        return
    refuse_above(rights, role)
    _refuse_managing_program(membership, role)
    _refuse_without_manager(membership)
    membership.role = role
    membership.save(update_fields=("role",))


@transaction.atomic
def remove(membership: Membership) -> None:
    """End a membership; what the person wrote stays theirs. MemberError for the last manager."""
    lock_members(membership.plan)
    _refuse_without_manager(membership)
    membership.delete()


def join(plan: Plan, user: User, role: Role) -> Membership:
    """Make the person a member; who is one already keeps the more extended of the two roles."""
    ranks = list(Role)
    membership, created = Membership.objects.get_or_create(
        plan=plan, user=user, defaults={"role": role}
    )
    if not created and ranks.index(role) > ranks.index(Role(membership.role)):
        membership.role = role
        membership.save(update_fields=("role",))
    return membership
