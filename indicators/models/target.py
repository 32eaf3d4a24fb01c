"""What was promised: targets, their yearly quotas and their checkpoints."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.models.indicator import (
    VALUE_DECIMALS,
    VALUE_DIGITS,
    Indicator,
    Measurement,
    copy_measurement,
)
from indicators.models.outdating import outdates_progress
from indicators.querysets import TargetQuerySet
from objectives.models import CODE_LENGTH
from plans.audit import audited
from plans.models import LOCATOR_LENGTH, Plan, Source, not_blank

if TYPE_CHECKING:
    from accounts.models import User

ANY_CHANGE = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
OF_TARGET = "SELECT indicator_id FROM indicators_target WHERE id = changed.target_id"


def refuse_terms_at_odds(operation: pgtrigger.Operation, target_id: str) -> pgtrigger.Trigger:
    """Return the trigger that holds a target's own rows to its kind.

    A quota has periods and only a quota has; only a level has checkpoints, between its start and
    its due date. Checked at commit, as a target is written before its rows.
    """
    return pgtrigger.Trigger(
        name="refuse_terms_at_odds",
        operation=operation,
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        declare=[("target", "indicators_target%ROWTYPE"), ("at_odds", "text")],
        func=f"""
            SELECT * INTO target FROM indicators_target WHERE id = {target_id};
            IF NOT FOUND THEN
                RETURN NULL;
            END IF;
            IF (target.kind = 'quota') <> EXISTS (
                SELECT FROM indicators_targetperiod WHERE target_id = target.id
            ) THEN
                at_odds := 'a quota has periods, and only a quota';
            ELSIF target.kind <> 'level' AND EXISTS (
                SELECT FROM indicators_checkpoint WHERE target_id = target.id
            ) THEN
                at_odds := 'only a level has checkpoints';
            ELSIF EXISTS (
                SELECT FROM indicators_checkpoint WHERE target_id = target.id
                AND ("on" <= target.starts_on OR "on" >= target.due_on)
            ) THEN
                at_odds := 'a checkpoint lies between the start and the due date';
            END IF;
            IF at_odds IS NOT NULL THEN
                RAISE EXCEPTION 'target %: %', target.id, at_odds
                    USING ERRCODE = 'integrity_constraint_violation',
                          CONSTRAINT = 'indicators_target_terms_at_odds';
            END IF;
            RETURN NULL;
        """,  # noqa: S608 - the operand is one of two names written in this module
    )


def one_of(column: str) -> models.Func:
    """Return the range that holds one foreign key alone.

    Overlap of two of them is equality, which lets a stock PostgreSQL exclude overlapping periods
    per object without the btree_gist extension.
    """
    return models.Func(
        models.F(column),
        models.F(column),
        models.Value("[]"),
        function="int8range",
        output_field=BigIntegerRangeField(),
    )


def inclusive_period(start: str, end: str) -> models.Func:
    """Return the range of days from `start` to `end`, both included."""
    return models.Func(
        models.F(start),
        models.F(end),
        models.Value("[]"),
        function="daterange",
        output_field=DateRangeField(),
    )


@audited()
class Target(models.Model):
    """A number promised for an indicator, with its source and its wording.

    A target that changes is superseded by a new row with a public reason; the old one stays.
    A quota has its values in its periods; the other kinds have `value`.
    """

    class Kind(models.TextChoices):
        QUOTA = "quota", _("valeur à chaque période")
        TOTAL = "total", _("total à atteindre")
        LEVEL = "level", _("niveau à atteindre")
        THRESHOLD = "threshold", _("seuil à tenir")

    class Operator(models.TextChoices):
        AT_LEAST = "at_least", _("au moins")
        AT_MOST = "at_most", _("au plus")

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="targets")
    measurement = models.CharField(max_length=5, choices=Measurement, editable=False)
    code = models.SlugField(_("code"), max_length=CODE_LENGTH, default="cible")
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    operator = models.CharField(
        _("sens"), max_length=8, choices=Operator, default=Operator.AT_LEAST
    )
    value = models.DecimalField(
        _("valeur"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True, blank=True
    )
    tolerance = models.DecimalField(
        _("tolérance"),
        max_digits=5,
        decimal_places=4,
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        help_text=_("Fraction de la cible, entre 0 et 1 ; 0,1 quand la source dit « environ »."),
    )
    starts_on = models.DateField(_("débute le"), null=True, blank=True)
    due_on = models.DateField(_("échéance"), null=True, blank=True)
    wording = models.CharField(_("formulation de la source"), max_length=300)
    source = models.ForeignKey(Source, models.PROTECT, related_name="targets")
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    derivation = models.TextField(
        _("déduction"),
        blank=True,
        help_text=_("Ce que nous déduisons et que la source n’énonce pas : valeur, échéance…"),
    )
    assumption = models.TextField(
        _("hypothèse"), blank=True, help_text=_("Ce qu’il a fallu supposer, affiché avec la cible.")
    )
    abandoned_on = models.DateField(_("abandonnée le"), null=True, blank=True)
    abandonment_reason = models.TextField(_("motif de l’abandon"), blank=True)
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        related_name="superseded_by",
        verbose_name=_("remplace"),
        null=True,
        blank=True,
    )
    revision_reason = models.TextField(_("motif de la révision"), blank=True)
    superseded_on = models.DateField(_("remplacée le"), null=True, blank=True)

    objects = TargetQuerySet.as_manager()

    class Meta:
        verbose_name = _("cible")
        verbose_name_plural = _("cibles")
        ordering = ("indicator", "position", "code", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("indicator", "code"),
                condition=models.Q(superseded_on__isnull=True),
                name="indicators_target_code_unique",
                violation_error_message=_("Cet indicateur a déjà une cible de ce code."),
            ),
            models.CheckConstraint(
                name="indicators_target_kind_allowed",
                condition=models.Q(measurement="flow", kind__in=("quota", "total", "threshold"))
                | models.Q(measurement__in=("stock", "ratio"), kind__in=("level", "threshold")),
                violation_error_message=_(
                    "Cette nature de cible ne va pas avec l’indicateur : un flux admet quota, "
                    "total et seuil ; un niveau ou un rapport admet niveau et seuil."
                ),
            ),
            models.CheckConstraint(
                name="indicators_target_quota_total_at_least",
                condition=~models.Q(kind__in=("quota", "total"), operator="at_most"),
                violation_error_message=_("Un quota ou un total se fixe « au moins »."),
            ),
            models.CheckConstraint(
                name="indicators_target_value_of_kind",
                condition=models.Q(kind="quota", value__isnull=True)
                # A null compares as unknown, which a check lets pass: hence "not null" as well.
                | models.Q(kind="total", value__isnull=False, value__gt=0)
                | models.Q(kind__in=("level", "threshold"), value__isnull=False),
                violation_error_message=_(
                    "Un total a une valeur positive, un niveau et un seuil ont une valeur, un "
                    "quota a les siennes dans ses périodes."
                ),
            ),
            models.CheckConstraint(
                name="indicators_target_tolerance_fraction",
                condition=models.Q(tolerance__gte=0, tolerance__lte=1),
                violation_error_message=_("La tolérance est une fraction, entre 0 et 1."),
            ),
            models.CheckConstraint(
                name="indicators_target_dates_ordered",
                condition=models.Q(starts_on__isnull=True)
                | models.Q(due_on__isnull=True)
                | models.Q(starts_on__lte=models.F("due_on")),
                violation_error_message=_("L’échéance précède le début."),
            ),
            models.CheckConstraint(
                name="indicators_target_worded",
                condition=not_blank("wording"),
                violation_error_message=_("Une cible a la formulation de sa source."),
            ),
            models.CheckConstraint(
                name="indicators_target_abandoned_with_reason",
                condition=models.Q(abandoned_on__isnull=True) | not_blank("abandonment_reason"),
                violation_error_message=_("Un abandon a un motif."),
            ),
            models.CheckConstraint(
                name="indicators_target_revised_with_reason",
                condition=models.Q(supersedes__isnull=True) | not_blank("revision_reason"),
                violation_error_message=_("Une révision a un motif."),
            ),
        )
        triggers = (
            copy_measurement(),
            outdates_progress("SELECT changed.indicator_id", ANY_CHANGE),
            refuse_terms_at_odds(pgtrigger.Insert | pgtrigger.Update, "NEW.id"),
        )

    def __str__(self) -> str:
        return self.wording

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self.indicator.plan

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to the indicator's measure."""
        return self.indicator.assigned_to(user)

    def clean_fields(self, exclude: Any = None) -> None:
        """Copy the measurement, as the database does, so that the constraints can be checked."""
        if self.indicator_id:
            self.measurement = self.indicator.measurement
        super().clean_fields(exclude=exclude)

    def validate_constraints(self, exclude: Any = None) -> None:
        """Check every constraint that reads the copied measurement, which no form shows."""
        super().validate_constraints(exclude=set(exclude or ()) - {"measurement"})


@audited()
class TargetPeriod(models.Model):
    """The quota of one period (inclusive days), in the indicator's unit."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="periods")
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))
    value = models.DecimalField(_("quota"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS)

    class Meta:
        verbose_name = _("période de quota")
        verbose_name_plural = _("périodes de quota")
        ordering = ("target", "starts_on")
        triggers = (
            outdates_progress(OF_TARGET, ANY_CHANGE),
            refuse_terms_at_odds(ANY_CHANGE, "COALESCE(NEW.target_id, OLD.target_id)"),
        )
        constraints = (
            models.CheckConstraint(
                name="indicators_targetperiod_dates_ordered",
                condition=models.Q(starts_on__lte=models.F("ends_on")),
                violation_error_message=_("La période s’achève avant de débuter."),
            ),
            models.CheckConstraint(
                name="indicators_targetperiod_positive",
                condition=models.Q(value__gt=0),
                violation_error_message=_("Un quota est strictement positif."),
            ),
            ExclusionConstraint(
                name="indicators_targetperiod_apart",
                expressions=(
                    (one_of("target"), RangeOperators.OVERLAPS),
                    (inclusive_period("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ),
                violation_error_message=_("Deux périodes de quota se recouvrent."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on} : {self.value}"


@audited()
class Checkpoint(models.Model):
    """A level that the target expects on the way, on a day between its start and its due date."""

    target = models.ForeignKey(Target, models.CASCADE, related_name="checkpoints")
    on = models.DateField(_("le"))
    value = models.DecimalField(
        _("niveau attendu"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS
    )

    class Meta:
        verbose_name = _("point de passage")
        verbose_name_plural = _("points de passage")
        ordering = ("target", "on")
        triggers = (
            outdates_progress(OF_TARGET, ANY_CHANGE),
            refuse_terms_at_odds(ANY_CHANGE, "COALESCE(NEW.target_id, OLD.target_id)"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("target", "on"), name="indicators_checkpoint_one_a_day"
            ),
        )

    def __str__(self) -> str:
        return f"{self.on} : {self.value}"
