"""The plan, who takes part in it, and who may work on it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import uuid4

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.audit import audited
from plans.models.identifiers import former_identifiers, remember_former
from plans.models.reference import Organisation, OrganisationRole, Region, Sector
from plans.querysets import InvitationQuerySet, PlanQuerySet

if TYPE_CHECKING:
    from accounts.models import User

SLUG_LENGTH = 60


class Role(models.TextChoices):
    """What a member may do in a plan; the rights are in `plans.permissions`."""

    VIEWER = "viewer", _("lecture")
    CONTRIBUTOR = "contributor", _("contribution")
    REVIEWER = "reviewer", _("relecture")
    MANAGER = "manager", _("gestion")


def refuse_unstated(name: str, plan_id: str, operation: pgtrigger.Operation) -> pgtrigger.Trigger:
    """Return the trigger that refuses a date or an amount of a plan which no claim states.

    A claim has a source or says how it is derived, so no number stands without one. Checked at
    commit, because a plan is written before its claims.
    """
    return pgtrigger.Trigger(
        name=name,
        operation=operation,
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        declare=[("stated", "plans_plan%ROWTYPE")],
        func=f"""
            SELECT * INTO stated FROM plans_plan WHERE id = {plan_id};
            IF EXISTS (
                SELECT FROM (VALUES
                    ('adopted_on', stated.adopted_on, NULL::numeric),
                    ('starts_on', stated.starts_on, NULL),
                    ('ends_on', stated.ends_on, NULL),
                    ('budget', NULL, stated.budget)
                ) AS held (subject, date, amount)
                WHERE (held.date IS NOT NULL OR held.amount IS NOT NULL)
                AND NOT EXISTS (
                    SELECT FROM plans_claim claim
                    WHERE claim.plan_id = stated.id AND claim.retained
                    AND claim.subject = held.subject
                    AND (claim.date = held.date OR claim.amount = held.amount)
                )
            ) THEN
                RAISE EXCEPTION 'plan % has a date or a budget that no retained claim states',
                    stated.slug
                    USING ERRCODE = 'integrity_constraint_violation',
                          CONSTRAINT = 'plans_plan_stated_by_a_claim';
            END IF;
            RETURN NULL;
        """,  # noqa: S608 - the operand is one of two names written in this app
    )


@audited()
class Plan(models.Model):
    """A regional AI plan or roadmap, or a programme related to one.

    Dates and budget are null when nobody states them; each value that stands is stated by a
    retained `Claim`. The three limits are shares between 0 and 1 (rules of progress, status).
    """

    class Kind(models.TextChoices):
        REGIONAL_PLAN = "regional_plan", _("plan régional")
        REGIONAL_STRATEGY = "regional_strategy", _("stratégie régionale")
        STATE_REGION_ROADMAP = "state_region_roadmap", _("feuille de route État-Région")
        RELATED_PROGRAMME = "related_programme", _("programme lié")

    region = models.ForeignKey(
        Region, models.PROTECT, related_name="plans", verbose_name=_("région")
    )
    slug = models.SlugField(_("identifiant"), max_length=SLUG_LENGTH, unique=True)
    former_slugs = former_identifiers(SLUG_LENGTH)
    kind = models.CharField(_("nature"), max_length=30, choices=Kind)
    title = models.CharField(_("titre"), max_length=200)
    summary = models.TextField(_("résumé"), blank=True)
    ambition = models.TextField(_("ambition"), blank=True)
    related_to = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="related_programmes",
        verbose_name=_("lié au plan"),
        null=True,
        blank=True,
    )
    adopted_on = models.DateField(_("adopté le"), null=True, blank=True)
    starts_on = models.DateField(_("débute le"), null=True, blank=True)
    ends_on = models.DateField(_("s’achève le"), null=True, blank=True)
    budget = models.DecimalField(
        _("budget (euros)"),
        max_digits=16,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    sectors = models.ManyToManyField(
        Sector, related_name="plans", verbose_name=_("filières prioritaires"), blank=True
    )
    organisations = models.ManyToManyField(
        Organisation, through="PlanOrganisation", related_name="plans", verbose_name=_("acteurs")
    )
    on_track_from = models.DecimalField(
        _("en bonne voie à partir de"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.95"),
        help_text=_("Part du rythme attendu, entre 0 et 1."),
    )
    watch_from = models.DecimalField(
        _("à surveiller à partir de"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.85"),
        help_text=_("Part du rythme attendu, entre 0 et 1 ; au-dessous : en retard."),
    )
    early_below = models.DecimalField(
        _("trop tôt au-dessous de"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.10"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        help_text=_("Part de la cible attendue à ce jour, entre 0 et 1."),
    )
    is_public = models.BooleanField(_("visible du public"), default=False)
    allows_self_publication = models.BooleanField(
        _("autorise à publier sa propre contribution"),
        default=False,
        help_text=_("Sans cela, une autre personne relit et publie."),
    )
    requires_two_factor = models.BooleanField(
        _("exige une double authentification"),
        default=False,
        help_text=_("Sans second facteur, un membre ne voit que les pages publiques."),
    )
    created_at = models.DateTimeField(_("créé le"), auto_now_add=True)
    updated_at = models.DateTimeField(_("modifié le"), auto_now=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ("region__name", "-adopted_on", "slug")
        constraints = (
            models.CheckConstraint(
                name="plans_plan_dates_ordered",
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(starts_on__lte=models.F("ends_on")),
                violation_error_message=_("Le plan s’achève avant de débuter."),
            ),
            models.CheckConstraint(
                name="plans_plan_budget_not_negative",
                condition=models.Q(budget__isnull=True) | models.Q(budget__gte=0),
                violation_error_message=_("Un budget n’est pas négatif."),
            ),
            models.CheckConstraint(
                name="plans_plan_limits_ordered",
                condition=models.Q(
                    early_below__gte=0,
                    early_below__lte=1,
                    watch_from__gt=0,
                    watch_from__lte=models.F("on_track_from"),
                    on_track_from__lte=1,
                ),
                violation_error_message=_(
                    "Les limites vont de 0 à 1, « à surveiller » au plus égal à « en bonne voie »."
                ),
            ),
            models.CheckConstraint(
                name="plans_plan_not_related_to_itself",
                condition=models.Q(related_to__isnull=True) | ~models.Q(related_to=models.F("id")),
                violation_error_message=_("Un plan n’est pas lié à lui-même."),
            ),
        )
        triggers = (
            remember_former("slug", "former_slugs"),
            refuse_unstated("stated_by_a_claim", "NEW.id", pgtrigger.Insert | pgtrigger.Update),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the plan's public page."""
        return reverse("dashboards:plan", args=[self.slug])

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to this: only measures are assigned."""
        return False


class InvitationState(StrEnum):
    """Where an invitation stands on a day."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


@audited()
class Invitation(models.Model):
    """A place in a plan offered to an e-mail address; the link is shown in the mail only.

    The mail is sent by a task that may die and start again: what it needs is in the row, but for
    the site's secret key, without which the link cannot be made from the row.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("adresse électronique"))
    role = models.CharField(_("rôle"), max_length=12, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("envoyée le"), default=timezone.now)
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    accepted_at = models.DateTimeField(_("acceptée le"), null=True, blank=True)
    accepted_by: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_at = models.DateTimeField(_("retirée le"), null=True, blank=True)
    mail_key = models.UUIDField(default=uuid4, editable=False)
    mail_due_at = models.DateTimeField(default=timezone.now, editable=False)
    mail_attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    mail_error = models.CharField(max_length=300, blank=True, editable=False)
    mailed_at = models.DateTimeField(_("courriel parti le"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("plan", "-created_at")
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                "plan",
                condition=models.Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="plans_invitation_one_open",
                violation_error_message=_("Une invitation est déjà en cours pour cette adresse."),
            ),
        )
        indexes = (
            models.Index(
                fields=("mail_due_at",),
                condition=models.Q(mailed_at__isnull=True),
                name="plans_invitation_to_mail",
            ),
        )

    def __str__(self) -> str:
        return f"{self.email} ({self.get_role_display()})"

    def state_at(self, moment: datetime) -> InvitationState:
        """Where the invitation stands at a moment."""
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.revoked_at is not None:
            return InvitationState.REVOKED
        return InvitationState.OPEN if moment < self.expires_at else InvitationState.EXPIRED

    def is_for(self, user: User) -> bool:
        """Whether the invitation was sent to this person's address."""
        return self.email.lower() == user.email.lower()


@audited()
class PlanSector(Plan.sectors.through):  # type: ignore[misc, name-defined] # made by Django
    """A priority sector of a plan, as the audit trail sees it."""

    class Meta:
        proxy = True


@audited()
class PlanOrganisation(models.Model):
    """An organisation's part in a plan."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="participations")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="plan_participations"
    )
    role = models.CharField(_("rôle"), max_length=10, choices=OrganisationRole)
    detail = models.CharField(_("précision"), max_length=250, blank=True)
    source = models.ForeignKey(
        "plans.Source", models.PROTECT, related_name="+", null=True, blank=True
    )
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("acteur du plan")
        verbose_name_plural = _("acteurs du plan")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "organisation", "role"), name="plans_planorganisation_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation} ({self.get_role_display()})"


@audited()
class Membership(models.Model):
    """The role of a person in a plan; different plans, different roles."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="memberships")
    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("rôle"), max_length=12, choices=Role)

    class Meta:
        verbose_name = _("membre")
        verbose_name_plural = _("membres")
        ordering = ("plan", "user")
        constraints = (
            models.UniqueConstraint(fields=("plan", "user"), name="plans_membership_once"),
        )

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
