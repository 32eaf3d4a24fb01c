"""The members of a plan: who they are, what they do, whom to invite, how they work together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Case, IntegerField, Prefetch, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.two_factor import two_factor_of
from agent.access import plan_page
from agent.members.forms import InvitationForm, MemberForm, PlanSettingsForm
from measures.assignments import assign
from measures.models import MeasureAssignment
from plans import invitations
from plans import members as membership_rules
from plans.alphabet import alphabetical
from plans.models import Invitation, InvitationState, Membership, Plan, Role
from plans.permissions import Action, Rights


@dataclass(frozen=True, slots=True)
class Pending:
    """An invitation that waits for its answer, as the page shows it."""

    invitation: Invitation
    expired: bool


def _members_of(plan: Plan) -> QuerySet[Any]:
    """Return the members, those with most rights first, with what the list says of each.

    Each has `two_factor` — whether the account has a second factor — and `user.assigned`.
    """
    rank = Case(
        *(When(role=role, then=Value(place)) for place, role in enumerate(Role)),
        output_field=IntegerField(),
    )
    assignments = MeasureAssignment.objects.filter(measure__plan=plan).select_related("measure")
    return (
        Membership.objects.filter(plan=plan)
        .select_related("user")
        .annotate(two_factor=two_factor_of("user_id"), rank=rank)
        .prefetch_related(
            Prefetch(
                "user__assignments",
                assignments.order_by("measure__objective__position", "measure__position"),
                to_attr="assigned",
            )
        )
        .order_by("-rank", alphabetical("user__name"), "user__email")
    )


@plan_page(Action.MANAGE)
def members(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """List members and pending invitations; invite one more."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitations.invite(
                plan,
                form.cleaned_data["email"],
                form.cleaned_data["role"],
                rights=rights,
                at=timezone.now(),
            )
        except (invitations.InvitationError, membership_rules.MemberError) as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(
                request, _("L’invitation part à %(email)s.") % {"email": invitation.email}
            )
            return redirect("agent:members", plan.slug)
    now = timezone.now()
    listed = list(_members_of(plan).filter(user__partner_system__isnull=True))
    return render(
        request,
        "agent/members/members.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "members",
            "members": listed,
            "without_two_factor": sum(not member.two_factor for member in listed),
            "pending": [
                Pending(invitation, invitation.state_at(now) == InvitationState.EXPIRED)
                for invitation in Invitation.objects.pending()
                .filter(plan=plan)
                .select_related("invited_by")
            ],
            "form": form,
        },
    )


@plan_page(Action.MANAGE)
def member(request: HttpRequest, plan: Plan, rights: Rights, member: int) -> HttpResponse:
    """One member's role and measures."""
    membership = get_object_or_404(_members_of(plan), pk=member)
    form = MemberForm(request.POST or None, membership=membership)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                membership_rules.change_role(membership, form.cleaned_data["role"], rights=rights)
                assign(membership.user, plan, form.cleaned_data["measures"])
        except membership_rules.MemberError as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(
                request,
                _("Le rôle et les mesures de %(who)s sont enregistrés.") % {"who": membership.user},
            )
            return redirect("agent:members", plan.slug)
    return render(
        request,
        "agent/members/member.html",
        {"plan": plan, "rights": rights, "section": "members", "member": membership, "form": form},
    )


@plan_page(Action.MANAGE)
def remove_member(request: HttpRequest, plan: Plan, rights: Rights, member: int) -> HttpResponse:
    """Ask, then take the person out of the plan; what they wrote stays theirs."""
    membership = get_object_or_404(_members_of(plan), pk=member)
    refusal = None
    if request.method == "POST":
        try:
            with transaction.atomic():
                membership_rules.remove(membership)
                assign(membership.user, plan, [])
        except membership_rules.MemberError as error:
            refusal = str(error)
        else:
            messages.success(
                request, _("%(who)s n’est plus membre du plan.") % {"who": membership.user}
            )
            if membership.user == request.user and not membership.user.is_superuser:
                return redirect("agent:home")
            return redirect("agent:members", plan.slug)
    return render(
        request,
        "agent/members/remove.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "members",
            "member": membership,
            "refusal": refusal,
        },
        status=200 if refusal is None else 409,
    )


@plan_page(Action.MANAGE)
@require_POST
def resend_invitation(
    request: HttpRequest, plan: Plan, rights: Rights, invitation: int
) -> HttpResponse:
    """Send a new link, which replaces the former one."""
    found = get_object_or_404(Invitation, pk=invitation, plan=plan)
    try:
        invitations.resend(found, at=timezone.now())
    except invitations.InvitationError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _("Un nouveau lien part à %(email)s ; le précédent ne fonctionne plus.")
            % {"email": found.email},
        )
    return redirect("agent:members", plan.slug)


@plan_page(Action.MANAGE)
@require_POST
def revoke_invitation(
    request: HttpRequest, plan: Plan, rights: Rights, invitation: int
) -> HttpResponse:
    """Take an invitation back."""
    found = get_object_or_404(Invitation, pk=invitation, plan=plan)
    try:
        invitations.revoke(found, at=timezone.now())
    except invitations.InvitationError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, _("L’invitation de %(email)s est retirée.") % {"email": found.email}
        )
    return redirect("agent:members", plan.slug)


@plan_page(Action.MANAGE)
def settings(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """How members work together: the second factor, publishing one's own contributions."""
    assert isinstance(request.user, User)
    form = PlanSettingsForm(request.POST or None, instance=plan, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Les réglages du plan sont enregistrés."))
        return redirect("agent:members", plan.slug)
    listed = list(_members_of(plan).filter(user__partner_system__isnull=True))
    return render(
        request,
        "agent/members/settings.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "members",
            "form": form,
            "without_two_factor": [member for member in listed if not member.two_factor],
        },
    )
