"""Axes and objectives: the ordered parts of a plan, as its source words them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pgtrigger
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from plans.audit import audited
from plans.models import (
    LOCATOR_LENGTH,
    Note,
    Plan,
    Source,
    former_identifiers,
    remember_former,
)
from plans.querysets import CodedQuerySet

if TYPE_CHECKING:
    from accounts.models import User

CODE_LENGTH = 40


@audited()
class Objective(models.Model):
    """An axis or an objective of a plan; it may be part of another."""

    class Kind(models.TextChoices):
        AXIS = "axis", _("axe")
        OBJECTIVE = "objective", _("objectif")
        CROSS_CUTTING = "cross_cutting", _("chantier transversal")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="objectives")
    parent = models.ForeignKey(
        "self",
        models.CASCADE,
        related_name="children",
        verbose_name=_("partie de"),
        null=True,
        blank=True,
    )
    code = models.SlugField(_("code"), max_length=CODE_LENGTH)
    former_codes = former_identifiers(CODE_LENGTH)
    kind = models.CharField(_("nature"), max_length=15, choices=Kind)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    title = models.CharField(_("titre"), max_length=200)
    summary = models.TextField(_("résumé"), blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="objectives", null=True, blank=True
    )
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    notes = models.ManyToManyField(Note, related_name="objectives", blank=True)

    objects = CodedQuerySet.as_manager()

    class Meta:
        verbose_name = _("axe ou objectif")
        verbose_name_plural = _("axes et objectifs")
        ordering = ("plan", "position", "code")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "code"), name="objectives_objective_code_unique"
            ),
            models.CheckConstraint(
                name="objectives_objective_not_its_own_part",
                condition=models.Q(parent__isnull=True) | ~models.Q(parent=models.F("id")),
                violation_error_message=_("Un objectif n’est pas partie de lui-même."),
            ),
        )
        triggers = (
            remember_former("code", "former_codes"),
            pgtrigger.Trigger(
                name="parent_in_same_plan",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__parent_id__isnull=False),
                func="""
                    IF NOT EXISTS (SELECT FROM objectives_objective
                                   WHERE id = NEW.parent_id AND plan_id = NEW.plan_id) THEN
                        RAISE EXCEPTION 'objective %: its parent belongs to another plan', NEW.code
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'objectives_objective_parent_in_same_plan';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the objective's public page."""
        return reverse("dashboards:objective", args=[self.plan.slug, self.code])

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self.plan

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to this: only measures are assigned."""
        return False


@audited()
class ObjectiveNote(Objective.notes.through):  # type: ignore[misc, name-defined] # made by Django
    """A note that an objective refers to, as the audit trail sees it."""

    class Meta:
        proxy = True
