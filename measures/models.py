"""Measures of a plan, their deliverables, and what is known of each deliverable's state."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from measures.querysets import MilestoneQuerySet, MilestoneUpdateQuerySet
from objectives.models import CODE_LENGTH, Objective
from plans.audit import audited
from plans.models import (
    CURRENT,
    LOCATOR_LENGTH,
    OPEN,
    Contribution,
    ContributionComment,
    Note,
    Organisation,
    OrganisationRole,
    Plan,
    Sector,
    Source,
    contribution_triggers,
    former_identifiers,
    not_blank,
    remember_former,
)
from plans.querysets import CodedQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class Advancement(models.TextChoices):
    """How far a measure or a milestone is; null when nobody has said."""

    PLANNED = "planned", _("prévu")
    IN_PROGRESS = "in_progress", _("en cours")
    DONE = "done", _("fait")
    ABANDONED = "abandoned", _("abandonné")


@audited()
class Measure(models.Model):
    """An action of a plan, in one objective."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="measures")
    objective = models.ForeignKey(Objective, models.CASCADE, related_name="measures")
    code = models.SlugField(_("code"), max_length=CODE_LENGTH)
    former_codes = former_identifiers(CODE_LENGTH)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    title = models.CharField(_("titre"), max_length=200)
    summary = models.TextField(_("résumé"), blank=True)
    state = models.CharField(
        _("état"),
        max_length=12,
        choices=Advancement,
        null=True,
        blank=True,
        help_text=_("Vide tant que personne ne l’a rapporté."),
    )
    state_reason = models.TextField(
        _("précision sur l’état"), blank=True, help_text=_("Obligatoire en cas d’abandon.")
    )
    starts_on = models.DateField(_("débute le"), null=True, blank=True)
    ends_on = models.DateField(_("s’achève le"), null=True, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="measures", null=True, blank=True
    )
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    organisations = models.ManyToManyField(
        Organisation,
        through="MeasureOrganisation",
        related_name="measures",
        verbose_name=_("acteurs"),
    )
    sectors = models.ManyToManyField(
        Sector, related_name="measures", verbose_name=_("filières"), blank=True
    )
    notes = models.ManyToManyField(Note, related_name="measures", blank=True)

    objects = CodedQuerySet.as_manager()

    class Meta:
        verbose_name = _("mesure")
        verbose_name_plural = _("mesures")
        ordering = ("plan", "objective__position", "position", "code")
        constraints = (
            models.UniqueConstraint(fields=("plan", "code"), name="measures_measure_code_unique"),
            models.CheckConstraint(
                name="measures_measure_dates_ordered",
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(starts_on__lte=models.F("ends_on")),
                violation_error_message=_("La mesure s’achève avant de débuter."),
            ),
            models.CheckConstraint(
                name="measures_measure_abandoned_with_reason",
                condition=~models.Q(state=Advancement.ABANDONED)
                | models.Q(state__isnull=True)
                | not_blank("state_reason"),
                violation_error_message=_("Un abandon a un motif."),
            ),
        )
        triggers = (
            remember_former("code", "former_codes"),
            pgtrigger.Trigger(
                name="objective_in_same_plan",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (SELECT FROM objectives_objective
                                   WHERE id = NEW.objective_id AND plan_id = NEW.plan_id) THEN
                        RAISE EXCEPTION 'measure %: its objective belongs to another plan', NEW.code
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'measures_measure_objective_in_same_plan';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the measure's public page."""
        return reverse("dashboards:measure", args=[self.plan.slug, self.code])

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self.plan

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to the measure."""
        return self.assignments.filter(user=user).exists()


@audited()
class MeasureSector(Measure.sectors.through):  # type: ignore[misc, name-defined] # made by Django
    """A sector of a measure, as the audit trail sees it."""

    class Meta:
        proxy = True


@audited()
class MeasureNote(Measure.notes.through):  # type: ignore[misc, name-defined] # made by Django
    """A note that a measure refers to, as the audit trail sees it."""

    class Meta:
        proxy = True


@audited()
class MeasureOrganisation(models.Model):
    """An organisation's part in a measure."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="participations")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="measure_participations"
    )
    role = models.CharField(_("rôle"), max_length=10, choices=OrganisationRole)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("acteur de la mesure")
        verbose_name_plural = _("acteurs de la mesure")
        ordering = ("position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "organisation", "role"),
                name="measures_measureorganisation_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation} ({self.get_role_display()})"


@audited()
class MeasureAssignment(models.Model):
    """A person who reports on a measure (its pilot): a contributor acts on assigned measures."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="assignments")
    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="assignments"
    )

    class Meta:
        verbose_name = _("pilote")
        verbose_name_plural = _("pilotes")
        ordering = ("measure", "user")
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "user"), name="measures_measureassignment_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} : {self.measure}"


@audited()
class Milestone(models.Model):
    """A yes/no deliverable of a measure; its state is what the latest published update says."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="milestones")
    code = models.SlugField(_("code"), max_length=CODE_LENGTH)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    title = models.CharField(_("titre"), max_length=200)
    due_on = models.DateField(_("échéance"), null=True, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="milestones", null=True, blank=True
    )
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        verbose_name = _("jalon")
        verbose_name_plural = _("jalons")
        ordering = ("measure", "position", "code")
        constraints = (
            models.UniqueConstraint(
                fields=("measure", "code"), name="measures_milestone_code_unique"
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self.measure.plan

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to its measure."""
        return self.measure.assigned_to(user)


@audited()
class MilestoneUpdate(Contribution):
    """What a source says of a milestone's state on a day."""

    noun = "jalons"
    identity = ("milestone_id", "as_of")

    milestone = models.ForeignKey(Milestone, models.PROTECT, related_name="updates")
    as_of = models.DateField(_("constaté le"))
    advancement = models.CharField(_("état du jalon"), max_length=12, choices=Advancement)

    objects = MilestoneUpdateQuerySet.as_manager()

    class Meta(Contribution.Meta):
        verbose_name = _("état de jalon")
        verbose_name_plural = _("états de jalons")
        ordering = ("milestone", "-as_of", "-recorded_at")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            *Contribution.Meta.constraints,
            models.UniqueConstraint(
                fields=("milestone", "as_of"),
                condition=CURRENT,
                name="measures_milestoneupdate_one_current",
                violation_error_message=_("Un état est déjà publié pour ce jalon à cette date."),
            ),
            models.UniqueConstraint(
                fields=("milestone", "as_of"),
                condition=OPEN,
                name="measures_milestoneupdate_one_open",
                violation_error_message=_("Une saisie est déjà en cours pour ce jalon ce jour-là."),
            ),
        )
        triggers = contribution_triggers(
            "measures_milestoneupdate",
            "milestone_id",
            """
            SELECT plan.allows_self_publication FROM measures_milestone milestone
            JOIN measures_measure measure ON measure.id = milestone.measure_id
            JOIN plans_plan plan ON plan.id = measure.plan_id
            WHERE milestone.id = NEW.milestone_id
            """,
        )

    def __str__(self) -> str:
        return f"{self.milestone} : {self.get_advancement_display()}"

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self.milestone.permission_plan

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to its measure."""
        return self.milestone.assigned_to(user)


class MilestoneUpdateComment(ContributionComment):
    """A remark about a milestone's update."""

    contribution = models.ForeignKey(MilestoneUpdate, models.CASCADE, related_name="comments")

    class Meta(ContributionComment.Meta):
        verbose_name = _("commentaire")
        verbose_name_plural = _("commentaires")
