"""Partner systems of a plan and their tokens: made, shown once, revoked."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from agent.access import plan_page
from agent.tokens.forms import SystemForm, TokenForm
from measures.assignments import assign
from measures.models import MeasureAssignment
from plans import tokens as token_rules
from plans.members import MemberError
from plans.models import ApiToken, Membership, PartnerSystem, Plan, TokenState
from plans.permissions import Action, Rights


@dataclass(frozen=True, slots=True)
class TokenLine:
    """A token, as the page shows it."""

    token: ApiToken
    state: str
    """A code of `TokenState`."""


@dataclass(frozen=True, slots=True)
class SystemLine:
    """A system, as the page shows it."""

    system: PartnerSystem
    membership: Membership | None
    measures: list[str]
    tokens: list[TokenLine]
    renewal: TokenForm


def _lines(plan: Plan) -> list[SystemLine]:
    """Return the systems of a plan, each with its tokens: five queries, however many."""
    now = timezone.now()
    members = {one.user_id: one for one in Membership.objects.filter(plan=plan)}
    assigned: dict[int, list[str]] = {}
    for user, title in (
        MeasureAssignment.objects.filter(measure__plan=plan, user__partner_system__isnull=False)
        .order_by("measure__objective__position", "measure__position")
        .values_list("user_id", "measure__title")
    ):
        assigned.setdefault(user, []).append(title)
    systems = plan.partner_systems.select_related("user").prefetch_related("tokens__created_by")
    return [
        SystemLine(
            system,
            members.get(system.user_id),
            assigned.get(system.user_id, []),
            [TokenLine(token, token.state_at(now).value) for token in system.tokens.all()],
            TokenForm(auto_id=f"id_{system.pk}_%s"),
        )
        for system in systems
    ]


def _page(
    request: HttpRequest,
    plan: Plan,
    rights: Rights,
    form: SystemForm,
    *,
    made: ApiToken | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    return render(
        request,
        "agent/tokens/tokens.html",
        {
            "plan": plan,
            "rights": rights,
            "section": "members",
            "systems": _lines(plan),
            "form": form,
            "made": made,
            "secret": secret,
        },
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.MANAGE)
def tokens(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """List the systems; register one more with its first token, which is shown this once."""
    form = SystemForm(request.POST or None, plan=plan)
    if request.method != "POST":
        return _page(request, plan, rights, form)
    if not form.is_valid():
        return _page(request, plan, rights, form, status=422)
    assert isinstance(request.user, User)
    now = timezone.now()
    try:
        with transaction.atomic():
            system = token_rules.register(
                plan, form.cleaned_data["name"], form.cleaned_data["role"], rights=rights, at=now
            )
            assign(system.user, plan, form.cleaned_data["measures"])
            made, secret = token_rules.issue(
                system,
                form.cleaned_data["scope"],
                by=request.user,
                lifetime=form.lifetime,
                at=now,
            )
    except MemberError as refusal:
        form.add_error("name", str(refusal))
        return _page(request, plan, rights, form, status=409)
    return _page(request, plan, rights, SystemForm(plan=plan), made=made, secret=secret, status=201)


@require_POST
@plan_page(Action.MANAGE)
def renew(request: HttpRequest, plan: Plan, rights: Rights, system: int) -> HttpResponse:
    """Make one more token for a system, so that it changes without a gap."""
    found = get_object_or_404(PartnerSystem, pk=system, plan=plan)
    form = TokenForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choisissez la portée et la durée du nouveau jeton."))
        return redirect("agent:tokens", plan.slug)
    assert isinstance(request.user, User)
    made, secret = token_rules.issue(
        found,
        form.cleaned_data["scope"],
        by=request.user,
        lifetime=form.lifetime,
        at=timezone.now(),
    )
    return _page(request, plan, rights, SystemForm(plan=plan), made=made, secret=secret, status=201)


@require_POST
@plan_page(Action.MANAGE)
def revoke(request: HttpRequest, plan: Plan, rights: Rights, token: int) -> HttpResponse:
    """End a token at once."""
    found = get_object_or_404(
        ApiToken.objects.select_related("system"), pk=token, system__plan=plan
    )
    was_valid = found.state_at(timezone.now()) == TokenState.VALID
    token_rules.revoke(found, at=timezone.now())
    if was_valid:
        messages.success(
            request,
            _("Le jeton %(hint)s… de « %(system)s » est révoqué : il est refusé dès maintenant.")
            % {"hint": found.hint, "system": found.system},
        )
    else:
        messages.info(request, _("Ce jeton ne servait déjà plus."))
    return redirect("agent:tokens", plan.slug)
