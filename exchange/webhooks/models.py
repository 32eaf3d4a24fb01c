"""Who is told, what there is to tell, and what became of it.

An event and its deliveries are written by triggers (`telling.py`) in the transaction of the change
itself: the outbox. What happens afterwards, in the courier, may fail, be killed and start again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.webhooks.querysets import WebhookDeliveryQuerySet
from indicators.models import Observation, Target
from measures.models import MilestoneUpdate
from plans.models import Plan, not_blank

if TYPE_CHECKING:
    from accounts.models import User

KIND_LENGTH = 30
EXCERPT_LENGTH = 500


class EventKind(models.TextChoices):
    """What a partner may ask to be told of; the codes stand in the `type` of a message."""

    OBSERVATION_PUBLISHED = "observation.published", _("valeur publiée")
    OBSERVATION_CORRECTED = "observation.corrected", _("valeur corrigée")
    OBSERVATION_WITHDRAWN = "observation.withdrawn", _("valeur retirée")
    UPDATE_PUBLISHED = "milestone_update.published", _("état de jalon publié")
    UPDATE_CORRECTED = "milestone_update.corrected", _("état de jalon corrigé")
    UPDATE_WITHDRAWN = "milestone_update.withdrawn", _("état de jalon retiré")
    TARGET_PUBLISHED = "target.published", _("cible ajoutée")
    TARGET_REVISED = "target.revised", _("cible révisée")
    TARGET_ABANDONED = "target.abandoned", _("cible abandonnée")


TEST = "webhook.test"
"""The kind of a message that a manager sends to try an address; nobody subscribes to it."""


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    pghistory.DeleteEvent(),
    # The trail tells what a manager decided: no secret, and not how the deliveries go.
    fields=["id", "plan", "name", "url", "kinds", "state", "state_reason"],
    model_name="WebhookSubscriptionEvent",
)
class WebhookSubscription(models.Model):
    """A partner system's wish to be told what changes in a plan, and the address that is told.

    The secret signs, so it must be readable: it is kept encrypted (`keys.py`), not hashed.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("actif")
        PAUSED = "paused", _("en pause")
        DISABLED = "disabled", _("arrêté après des échecs")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="webhooks")
    name = models.CharField(_("système partenaire"), max_length=100)
    url = models.URLField(_("adresse qui reçoit"), max_length=500)
    kinds = ArrayField(
        models.CharField(max_length=KIND_LENGTH, choices=EventKind),
        verbose_name=_("changements annoncés"),
    )
    state = models.CharField(_("état"), max_length=8, choices=State, default=State.ACTIVE)
    state_reason = models.CharField(_("motif de l’arrêt"), max_length=300, blank=True)
    secret = models.TextField(editable=False, help_text="Encrypted.")
    secret_shown_at = models.DateTimeField(null=True, editable=False)
    former_secret = models.TextField(
        editable=False, blank=True, help_text="Encrypted; signs as well until the moment beside it."
    )
    former_secret_until = models.DateTimeField(null=True, editable=False)
    created_by: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("créé le"), default=timezone.now)
    failing_since = models.DateTimeField(
        null=True, editable=False, help_text="The first failure since something was accepted."
    )
    failures = models.PositiveIntegerField(
        default=0, editable=False, help_text="Failures since something was accepted."
    )
    rests_until = models.DateTimeField(
        null=True, editable=False, help_text="After failures in a row nothing is tried until then."
    )
    lease = models.UUIDField(null=True, editable=False, help_text="Whose turn it is to deliver.")
    leased_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("abonnement d’un partenaire")
        verbose_name_plural = _("abonnements de partenaires")
        ordering = ("plan", "name", "id")
        constraints = (
            models.CheckConstraint(
                name="exchange_webhook_named",
                condition=not_blank("name"),
                violation_error_message=_("Un abonnement a un nom."),
            ),
            models.CheckConstraint(
                name="exchange_webhook_tells_something",
                condition=models.Q(kinds__len__gt=0),
                violation_error_message=_("Un abonnement annonce au moins un changement."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the staff page that shows how its deliveries go."""
        return reverse("agent:webhook", args=[self.plan.slug, self.pk])


class WebhookEvent(models.Model):
    """One change of a public plan, as partners are told of it.

    `lane` names what the change is about (an indicator, a milestone): the events of one lane are
    delivered in the order of their ids. `body` is the message, written when it first leaves, from
    rows that do not change any more; every later attempt sends the same bytes.
    """

    key = models.UUIDField(unique=True, default=uuid4, help_text="The id that receivers see.")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="+")
    kind = models.CharField(
        max_length=KIND_LENGTH, choices=[*EventKind.choices, (TEST, _("message d’essai"))]
    )
    lane = models.CharField(max_length=40, blank=True)
    observation = models.ForeignKey(Observation, models.CASCADE, related_name="+", null=True)
    update = models.ForeignKey(MilestoneUpdate, models.CASCADE, related_name="+", null=True)
    target = models.ForeignKey(Target, models.CASCADE, related_name="+", null=True)
    occurred_at = models.DateTimeField(_("survenu le"))
    body = models.TextField(blank=True)

    class Meta:
        verbose_name = _("changement à annoncer")
        verbose_name_plural = _("changements à annoncer")
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                name="exchange_event_about_one_thing",
                condition=models.Q(
                    kind__startswith="observation.",
                    observation__isnull=False,
                    update__isnull=True,
                    target__isnull=True,
                )
                | models.Q(
                    kind__startswith="milestone_update.",
                    observation__isnull=True,
                    update__isnull=False,
                    target__isnull=True,
                )
                | models.Q(
                    kind__startswith="target.",
                    observation__isnull=True,
                    update__isnull=True,
                    target__isnull=False,
                )
                | models.Q(
                    kind=TEST,
                    observation__isnull=True,
                    update__isnull=True,
                    target__isnull=True,
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def message_id(self) -> str:
        """The id under which receivers recognise a message that comes again."""
        return f"msg_{self.key.hex}"


class WebhookDelivery(models.Model):
    """One event on its way to one subscription.

    What a person asks for on a page (`on_request`: a test, a second sending) has no lane, so it
    waits for nothing and holds nothing back; it is tried once.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("en attente")
        DELIVERED = "delivered", _("reçu")
        GIVEN_UP = "given_up", _("abandonné")

    subscription = models.ForeignKey(WebhookSubscription, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="deliveries")
    lane = models.CharField(max_length=40, blank=True, help_text="That of the event.")
    on_request = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("tentatives"), default=0)
    created_at = models.DateTimeField(_("écrit le"), default=timezone.now)
    due_at = models.DateTimeField(_("à envoyer à partir de"), default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("envoi")
        verbose_name_plural = _("envois")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("subscription", "event"),
                condition=models.Q(on_request=False),
                name="exchange_delivery_once",
            ),
            models.CheckConstraint(
                name="exchange_delivery_ended",
                condition=models.Q(state="waiting", ended_at__isnull=True)
                | (~models.Q(state="waiting") & models.Q(ended_at__isnull=False)),
            ),
        )
        indexes = (
            models.Index(
                fields=("subscription", "lane", "event"),
                condition=models.Q(state="waiting"),
                name="exchange_delivery_waiting",
            ),
            models.Index(
                fields=("subscription", "attempts", "event"),
                condition=models.Q(state="waiting"),
                name="exchange_delivery_turn",
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} → {self.subscription}"


class WebhookAttempt(models.Model):
    """One try at a delivery: what the receiver answered, or why there was no answer.

    Written before the try: one that never ended is that of a courier that was killed.
    """

    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="log")
    started_at = models.DateTimeField(_("débuté le"))
    ended_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(_("réponse"), null=True)
    duration_ms = models.PositiveIntegerField(_("durée (ms)"), null=True)
    error = models.CharField(_("erreur"), max_length=300, blank=True)
    excerpt = models.CharField(_("début de la réponse"), max_length=EXCERPT_LENGTH, blank=True)

    class Meta:
        verbose_name = _("tentative")
        verbose_name_plural = _("tentatives")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.delivery_id} : {self.status or self.error}"
