"""The partner systems that are told of what is published in a plan: managers see to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from agent.access import plan_page
from agent.webhooks.forms import RotationForm, WebhookForm
from agent.webhooks.words import Line, answer_words, line_of
from exchange.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from exchange.webhooks import services
from exchange.webhooks.keys import UnreadableSecretError
from plans.models import Plan
from plans.permissions import Action, Rights

A_PAGE = 50


def _found(plan: Plan, subscription: int) -> WebhookSubscription:
    found = get_object_or_404(WebhookSubscription, plan=plan, pk=subscription)
    found.plan = plan
    return found


def _delivery(subscription: WebhookSubscription, delivery: int) -> WebhookDelivery:
    return get_object_or_404(_deliveries(subscription), pk=delivery)


def _deliveries(subscription: WebhookSubscription) -> QuerySet[WebhookDelivery]:
    return subscription.deliveries.select_related(
        "event__observation__indicator",
        "event__update__milestone",
        "event__target__indicator",
    )


def _page(
    request: HttpRequest, template: str, rights: Rights, status: int = 200, **context: Any
) -> HttpResponse:
    shared = {"plan": rights.plan, "rights": rights, "section": "webhooks"}
    return render(request, f"agent/webhooks/{template}.html", {**shared, **context}, status=status)


@plan_page(Action.MANAGE)
def webhooks(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """List the systems that are told."""
    listed = WebhookSubscription.objects.filter(plan=plan).annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state="waiting")),
        last_received_at=Max("deliveries__ended_at", filter=Q(deliveries__state="delivered")),
    )
    return _page(request, "webhooks", rights, subscriptions=list(listed))


@plan_page(Action.MANAGE)
def create(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """Subscribe one more system; its secret is shown on the next page."""
    assert isinstance(request.user, User)
    form = WebhookForm(request.POST or None, plan=plan)
    if request.method == "POST" and form.is_valid():
        try:
            made, _secret = services.subscribe(
                plan, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        except services.SubscriptionError as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                _("« %(name)s » est abonné. Transmettez-lui maintenant le secret.")
                % {"name": made.name},
            )
            return redirect("agent:webhook_secret", plan.slug, made.pk)
    return _page(request, "form", rights, form=form, subscription=None)


@plan_page(Action.MANAGE)
def edit(request: HttpRequest, plan: Plan, rights: Rights, subscription: int) -> HttpResponse:
    """Change the name, the address or what is told; these columns and no other."""
    found = _found(plan, subscription)
    form = WebhookForm(request.POST or None, instance=found, plan=plan)
    if request.method == "POST" and form.is_valid():
        services.change(found, **form.cleaned_data, at=timezone.now())
        messages.success(request, _("L’abonnement est enregistré."))
        return redirect("agent:webhook", plan.slug, found.pk)
    # The heading keeps the stored name while another is being typed.
    return _page(request, "form", rights, form=form, subscription=_found(plan, subscription))


@plan_page(Action.MANAGE)
def webhook(request: HttpRequest, plan: Plan, rights: Rights, subscription: int) -> HttpResponse:
    """One system: what it is told, how it answers, the log of deliveries."""
    found = _found(plan, subscription)
    page = Paginator(_deliveries(found).order_by("-id"), A_PAGE).get_page(request.GET.get("page"))
    return _page(
        request,
        "webhook",
        rights,
        subscription=found,
        page=page,
        lines=_lines(list(page.object_list), at=timezone.now()),
        waiting=found.deliveries.waiting().count(),
    )


def _lines(deliveries: list[WebhookDelivery], *, at: datetime) -> list[Line]:
    """Return the deliveries with the latest attempt of each. One query."""
    latest = {
        attempt.delivery_id: attempt
        for attempt in WebhookAttempt.objects.filter(delivery__in=deliveries)
        .order_by("delivery_id", "-id")
        .distinct("delivery_id")
    }
    return [line_of(delivery, latest.get(delivery.pk), at=at) for delivery in deliveries]


@plan_page(Action.MANAGE)
def secret(request: HttpRequest, plan: Plan, rights: Rights, subscription: int) -> HttpResponse:
    """Show the secret once; replace it."""
    found = _found(plan, subscription)
    shown = None
    form = RotationForm(request.POST if "rotate" in request.POST else None)
    if request.method == "POST" and "show" in request.POST:
        try:
            shown = services.show_secret(found, at=timezone.now())
        except services.SubscriptionError as refusal:
            messages.error(request, str(refusal))
        except UnreadableSecretError:
            messages.error(
                request, _("La clé du site a changé : ce secret est illisible, remplacez-le.")
            )
        found.refresh_from_db()
    elif request.method == "POST" and form.is_valid():
        services.rotate_secret(found, leaked=form.cleaned_data["leaked"], at=timezone.now())
        messages.success(request, _("Un nouveau secret est prêt."))
        return redirect("agent:webhook_secret", plan.slug, found.pk)
    return _page(request, "secret", rights, subscription=found, secret=shown, form=form)


@plan_page(Action.MANAGE)
@require_POST
def send_test(request: HttpRequest, plan: Plan, rights: Rights, subscription: int) -> HttpResponse:
    """Send a message without content."""
    found = _found(plan, subscription)
    sent = services.send_test(found, at=timezone.now())
    messages.success(request, _("L’essai part. Rechargez cette page pour voir la réponse."))
    return redirect("agent:webhook_delivery", plan.slug, found.pk, sent.pk)


@plan_page(Action.MANAGE)
@require_POST
def pause(request: HttpRequest, plan: Plan, rights: Rights, subscription: int) -> HttpResponse:
    """Hold back what is to come."""
    found = _found(plan, subscription)
    try:
        services.pause(found)
    except services.SubscriptionError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("L’abonnement est en pause : ce qui change attend."))
    return redirect("agent:webhook", plan.slug, found.pk)


@plan_page(Action.MANAGE)
@require_POST
def resume(request: HttpRequest, plan: Plan, rights: Rights, subscription: int) -> HttpResponse:
    """Take it up again; what waits leaves."""
    found = _found(plan, subscription)
    try:
        services.resume(found, at=timezone.now())
    except services.SubscriptionError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("L’abonnement est de nouveau actif : ce qui attendait part."))
    return redirect("agent:webhook", plan.slug, found.pk)


@plan_page(Action.MANAGE)
def delete(request: HttpRequest, plan: Plan, rights: Rights, subscription: int) -> HttpResponse:
    """Ask, then end the subscription, its log with it."""
    found = _found(plan, subscription)
    if request.method == "POST":
        found.delete()
        messages.success(request, _("« %(name)s » n’est plus abonné.") % {"name": found.name})
        return redirect("agent:webhooks", plan.slug)
    waiting = found.deliveries.waiting().count()
    return _page(request, "delete", rights, subscription=found, waiting=waiting)


@plan_page(Action.MANAGE)
def delivery(
    request: HttpRequest, plan: Plan, rights: Rights, subscription: int, delivery: int
) -> HttpResponse:
    """One message: what it says, each attempt and what was answered."""
    found = _found(plan, subscription)
    row = _delivery(found, delivery)
    now = timezone.now()
    attempts = [(attempt, answer_words(attempt, at=now)) for attempt in row.log.all()]
    latest = attempts[-1][0] if attempts else None
    return _page(
        request,
        "delivery",
        rights,
        subscription=found,
        line=line_of(row, latest, at=now),
        attempts=attempts,
    )


@plan_page(Action.MANAGE)
@require_POST
def send_again(
    request: HttpRequest, plan: Plan, rights: Rights, subscription: int, delivery: int
) -> HttpResponse:
    """Send a message again, or try now one that waits."""
    found = _found(plan, subscription)
    sent = services.send_again(_delivery(found, delivery), at=timezone.now())
    messages.success(request, _("Le message part. Rechargez cette page pour voir la réponse."))
    return redirect("agent:webhook_delivery", plan.slug, found.pk, sent.pk)
