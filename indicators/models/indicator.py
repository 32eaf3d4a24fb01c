"""What is counted: units and indicators."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pgtrigger
from django.core.validators import MaxValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from indicators.models.outdating import outdates_progress
from indicators.querysets import IndicatorQuerySet
from measures.models import Measure
from objectives.models import CODE_LENGTH, Objective
from plans.audit import audited
from plans.models import (
    LOCATOR_LENGTH,
    Note,
    Plan,
    Source,
    former_identifiers,
    remember_former,
)

if TYPE_CHECKING:
    from accounts.models import User


class Measurement(models.TextChoices):
    """How the values of an indicator relate to time (rules in `indicators.progress`)."""

    FLOW = "flow", _("flux (les périodes s’additionnent)")
    STOCK = "stock", _("niveau (la dernière valeur compte)")
    RATIO = "ratio", _("rapport (numérateur et dénominateur)")


class Qualifier(models.TextChoices):
    """How exactly a source states a value."""

    EXACT = "exact", _("valeur exacte")
    AT_LEAST = "at_least", _("au moins")
    ABOUT = "about", _("environ")
    AT_MOST = "at_most", _("au plus")


# Measured values are decimals, never floats.
VALUE_DIGITS = 20
VALUE_DECIMALS = 6


@audited()
class Unit(models.Model):
    """What values are counted in.

    `ratio_scale` multiplies numerator/denominator: 100 where the unit is a percentage, else 1.
    """

    code = models.SlugField(_("identifiant"), max_length=40, unique=True)
    name = models.CharField(_("nom au singulier"), max_length=60)
    name_plural = models.CharField(_("nom au pluriel"), max_length=60)
    symbol = models.CharField(
        _("symbole"), max_length=12, blank=True, help_text=_("Par exemple € ou %.")
    )
    decimals = models.PositiveSmallIntegerField(
        _("décimales affichées"), default=0, validators=[MaxValueValidator(6)]
    )
    ratio_scale = models.DecimalField(
        _("facteur des rapports"), max_digits=9, decimal_places=3, default=Decimal(1)
    )

    class Meta:
        verbose_name = _("unité")
        verbose_name_plural = _("unités")
        ordering = ("name",)
        triggers = (
            outdates_progress(
                "SELECT id FROM indicators_indicator WHERE unit_id = changed.id",
                pgtrigger.Update,
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="indicators_unit_decimals_few",
                condition=models.Q(decimals__lte=6),
                violation_error_message=_("Six décimales au plus."),
            ),
            models.CheckConstraint(
                name="indicators_unit_scale_positive",
                condition=models.Q(ratio_scale__gt=0),
                violation_error_message=_("Le facteur est strictement positif."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def counts_things(self) -> bool:
        """Whether it counts companies or meetings. A symbol (€, MWh) or decimals measure."""
        return not self.symbol and self.decimals == 0


@audited()
class Indicator(models.Model):
    """What is followed in a plan, an objective or a measure: exactly one of the three.

    `plan` is the plan it is part of; with neither objective nor measure it hangs on the plan.
    """

    class Kind(models.TextChoices):
        OUTPUT = "output", _("réalisation")
        RESULT = "result", _("résultat")
        IMPACT = "impact", _("impact")
        CONTEXT = "context", _("contexte")

    class Frequency(models.TextChoices):
        MONTH = "month", _("mensuelle")
        QUARTER = "quarter", _("trimestrielle")
        HALF_YEAR = "half_year", _("semestrielle")
        YEAR = "year", _("annuelle")
        ONCE = "once", _("une fois")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="indicators")
    objective = models.ForeignKey(
        Objective, models.CASCADE, related_name="indicators", null=True, blank=True
    )
    measure = models.ForeignKey(
        Measure, models.CASCADE, related_name="indicators", null=True, blank=True
    )
    code = models.SlugField(_("code"), max_length=CODE_LENGTH)
    former_codes = former_identifiers(CODE_LENGTH)
    common_code = models.SlugField(
        _("code commun"),
        max_length=CODE_LENGTH,
        blank=True,
        help_text=_("Le même pour les indicateurs de plusieurs plans qui comptent la même chose."),
    )
    position = models.PositiveSmallIntegerField(_("rang"), default=0)
    title = models.CharField(_("titre"), max_length=200)
    definition = models.TextField(_("définition"), blank=True)
    method = models.TextField(_("méthode de calcul"), blank=True)
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    measurement = models.CharField(_("type de mesure"), max_length=5, choices=Measurement)
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="indicators", verbose_name=_("unité")
    )
    frequency = models.CharField(
        _("périodicité"), max_length=10, choices=Frequency, null=True, blank=True
    )
    availability_lag_days = models.PositiveSmallIntegerField(
        _("délai de disponibilité (jours)"),
        default=0,
        help_text=_("Entre la fin d’une période et la date où sa valeur peut être connue."),
    )
    baseline = models.DecimalField(
        _("valeur initiale"),
        max_digits=VALUE_DIGITS,
        decimal_places=VALUE_DECIMALS,
        null=True,
        blank=True,
    )
    baseline_on = models.DateField(_("date de la valeur initiale"), null=True, blank=True)
    baseline_qualifier = models.CharField(
        _("précision de la valeur initiale"),
        max_length=8,
        choices=Qualifier,
        default=Qualifier.EXACT,
    )
    baseline_source = models.ForeignKey(
        Source, models.PROTECT, related_name="baselines", null=True, blank=True
    )
    baseline_locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="indicators", null=True, blank=True
    )
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    notes = models.ManyToManyField(Note, related_name="indicators", blank=True)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = _("indicateur")
        verbose_name_plural = _("indicateurs")
        ordering = ("plan", "position", "code")
        constraints = (
            models.UniqueConstraint(
                fields=("plan", "code"), name="indicators_indicator_code_unique"
            ),
            models.CheckConstraint(
                name="indicators_indicator_one_parent",
                condition=models.Q(objective__isnull=True) | models.Q(measure__isnull=True),
                violation_error_message=_(
                    "Un indicateur dépend du plan, d’un objectif ou d’une mesure : un seul des "
                    "trois."
                ),
            ),
            models.CheckConstraint(
                name="indicators_indicator_baseline_sourced",
                condition=models.Q(baseline__isnull=True) | models.Q(baseline_source__isnull=False),
                violation_error_message=_("Une valeur initiale a une source."),
            ),
        )
        triggers = (
            remember_former("code", "former_codes"),
            outdates_progress("SELECT changed.id", pgtrigger.Update),
            pgtrigger.Trigger(
                name="parent_in_same_plan",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF (NEW.objective_id IS NOT NULL AND NOT EXISTS (
                            SELECT FROM objectives_objective
                            WHERE id = NEW.objective_id AND plan_id = NEW.plan_id))
                    OR (NEW.measure_id IS NOT NULL AND NOT EXISTS (
                            SELECT FROM measures_measure
                            WHERE id = NEW.measure_id AND plan_id = NEW.plan_id))
                    THEN
                        RAISE EXCEPTION 'indicator %: its parent belongs to another plan', NEW.code
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'indicators_indicator_parent_in_same_plan';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # What was counted one way cannot be read another way: the values would change meaning.
            pgtrigger.Trigger(
                name="measurement_is_settled",
                operation=pgtrigger.UpdateOf("measurement"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__measurement__df=pgtrigger.F("new__measurement")),
                func="""
                    IF EXISTS (SELECT FROM indicators_observation WHERE indicator_id = NEW.id)
                    OR EXISTS (SELECT FROM indicators_target WHERE indicator_id = NEW.id) THEN
                        RAISE EXCEPTION 'indicator % has targets or observations: its measurement '
                            'stays %', NEW.code, OLD.measurement
                            USING ERRCODE = 'integrity_constraint_violation',
                                  CONSTRAINT = 'indicators_indicator_measurement_is_settled';
                    END IF;
                    RETURN NEW;
                """,
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the indicator's public page."""
        return reverse("dashboards:indicator", args=[self.plan.slug, self.code])

    @property
    def parent(self) -> Plan | Objective | Measure:
        """What the indicator hangs on."""
        return self.measure or self.objective or self.plan

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self.plan

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to its measure."""
        return self.measure is not None and self.measure.assigned_to(user)


@audited()
class IndicatorNote(Indicator.notes.through):  # type: ignore[misc, name-defined] # made by Django
    """A note that an indicator refers to, as the audit trail sees it."""

    class Meta:
        proxy = True


def copy_measurement() -> pgtrigger.Trigger:
    """Return the trigger that copies the indicator's measurement to a row that depends on it.

    The copy lets plain, visible constraints say which columns and kinds go with a measurement.
    """
    return pgtrigger.Trigger(
        name="copy_measurement",
        operation=pgtrigger.Insert | pgtrigger.UpdateOf("indicator_id", "measurement"),
        when=pgtrigger.Before,
        func="""
            SELECT measurement INTO NEW.measurement
            FROM indicators_indicator WHERE id = NEW.indicator_id;
            RETURN NEW;
        """,
    )
