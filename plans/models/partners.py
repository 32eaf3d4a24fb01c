"""Partner systems: programs that take part in a plan, the tokens they show, what they were told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.audit import audited
from plans.models.plan import Plan
from plans.models.sources import not_blank

if TYPE_CHECKING:
    from accounts.models import User

KEY_LENGTH = 200


class Scope(models.TextChoices):
    """What a token may be used for at most; the member's role still decides."""

    READ = "read", _("lecture")
    CONTRIBUTE = "contribute", _("contribution")


class TokenState(StrEnum):
    """Where a token stands at a moment."""

    VALID = "valid"
    REVOKED = "revoked"
    EXPIRED = "expired"


@audited()
class PartnerSystem(models.Model):
    """A program of a partner: a member of one plan through an account that nobody signs in to."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="partner_systems")
    user: models.OneToOneField[User, User] = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="partner_system"
    )
    name = models.CharField(
        _("nom du système"),
        max_length=100,
        help_text=_("Le partenaire et son outil : « Agence régionale, tableau de bord »."),
    )
    created_by: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("créé le"), default=timezone.now)

    class Meta:
        verbose_name = _("système partenaire")
        verbose_name_plural = _("systèmes partenaires")
        ordering = ("plan", "name")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "name"),
                name="plans_partnersystem_name_once",
                violation_error_message=_("Ce plan a déjà un système de ce nom."),
            ),
            models.CheckConstraint(
                name="plans_partnersystem_named",
                condition=not_blank("name"),
                violation_error_message=_("Un système partenaire a un nom."),
            ),
        )

    def __str__(self) -> str:
        return self.name


# What changes at each use is no decision of anybody's: the audit trail leaves it out.
@audited(but=("last_used_at", "token_hash"))
class ApiToken(models.Model):
    """What a partner's system shows to be known. Only a hash of it is kept."""

    system = models.ForeignKey(PartnerSystem, models.CASCADE, related_name="tokens")
    scope = models.CharField(_("portée"), max_length=10, choices=Scope)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("début du jeton"), max_length=12, editable=False)
    created_by: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("créé le"), default=timezone.now)
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    revoked_at = models.DateTimeField(_("révoqué le"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("dernier usage"), null=True, blank=True)

    class Meta:
        verbose_name = _("jeton")
        verbose_name_plural = _("jetons")
        ordering = ("system", "-created_at")
        constraints = (
            models.CheckConstraint(
                name="plans_apitoken_expires_later",
                condition=models.Q(expires_at__gt=models.F("created_at")),
                violation_error_message=_("Un jeton expire après sa création."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.system} ({self.hint}…)"

    def state_at(self, moment: datetime) -> TokenState:
        """Where the token stands at a moment."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        return TokenState.VALID if moment < self.expires_at else TokenState.EXPIRED


class IdempotencyKey(models.Model):
    """What a request was answered, so that the same request sent again is answered the same."""

    system = models.ForeignKey(PartnerSystem, models.CASCADE, related_name="+")
    key = models.CharField(max_length=KEY_LENGTH)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "clé d’idempotence"
        verbose_name_plural = "clés d’idempotence"
        constraints = (
            models.UniqueConstraint(fields=("system", "key"), name="plans_idempotencykey_once"),
        )

    def __str__(self) -> str:
        return self.key
