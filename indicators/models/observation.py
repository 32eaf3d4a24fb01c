"""What was found: the versions of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators.formats import format_period
from indicators.models.indicator import (
    VALUE_DECIMALS,
    VALUE_DIGITS,
    Indicator,
    Measurement,
    Qualifier,
    copy_measurement,
)
from indicators.models.outdating import outdates_progress
from indicators.models.target import inclusive_period, one_of
from indicators.querysets import ObservationQuerySet
from plans.audit import audited
from plans.models import (
    CURRENT,
    OPEN,
    Contribution,
    ContributionComment,
    Plan,
    contribution_triggers,
)

if TYPE_CHECKING:
    from accounts.models import User


@audited()
class Observation(Contribution):
    """A value of an indicator for a period (inclusive days), in the indicator's unit.

    A ratio has its numerator and its denominator instead of a value.
    """

    noun = "observations"
    identity = ("indicator_id", "period_start", "period_end")

    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="observations")
    measurement = models.CharField(max_length=5, choices=Measurement, editable=False)
    period_start = models.DateField(_("du"))
    period_end = models.DateField(_("au"))
    value = models.DecimalField(
        _("valeur"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True, blank=True
    )
    numerator = models.DecimalField(
        _("numérateur"),
        max_digits=VALUE_DIGITS,
        decimal_places=VALUE_DECIMALS,
        null=True,
        blank=True,
    )
    denominator = models.DecimalField(
        _("dénominateur"),
        max_digits=VALUE_DIGITS,
        decimal_places=VALUE_DECIMALS,
        null=True,
        blank=True,
    )
    qualifier = models.CharField(
        _("précision"), max_length=8, choices=Qualifier, default=Qualifier.EXACT
    )

    objects = ObservationQuerySet.as_manager()

    class Meta(Contribution.Meta):
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        ordering = ("indicator", "-period_end", "-recorded_at")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            *Contribution.Meta.constraints,
            models.CheckConstraint(
                name="indicators_observation_dates_ordered",
                condition=models.Q(period_start__lte=models.F("period_end")),
                violation_error_message=_("La période s’achève avant de débuter."),
            ),
            models.CheckConstraint(
                name="indicators_observation_value_of_measurement",
                condition=models.Q(
                    measurement="ratio",
                    value__isnull=True,
                    numerator__isnull=False,
                    denominator__isnull=False,
                    denominator__gt=0,
                )
                | models.Q(
                    measurement__in=("flow", "stock"),
                    value__isnull=False,
                    numerator__isnull=True,
                    denominator__isnull=True,
                ),
                violation_error_message=_(
                    "Un rapport a un numérateur et un dénominateur positif ; un flux ou un niveau "
                    "a une valeur."
                ),
            ),
            models.UniqueConstraint(
                fields=("indicator", "period_start", "period_end"),
                condition=CURRENT,
                name="indicators_observation_one_current",
                violation_error_message=_("Une valeur est déjà publiée pour cette période."),
            ),
            models.UniqueConstraint(
                fields=("indicator", "period_start", "period_end"),
                condition=OPEN,
                name="indicators_observation_one_open",
                violation_error_message=_("Une saisie est déjà en cours pour cette période."),
            ),
            # Periods of a flow add up: two that overlap would count the same days twice.
            ExclusionConstraint(
                name="indicators_observation_apart",
                expressions=(
                    (one_of("indicator"), RangeOperators.OVERLAPS),
                    (inclusive_period("period_start", "period_end"), RangeOperators.OVERLAPS),
                ),
                condition=CURRENT & models.Q(measurement__in=("flow", "ratio")),
                violation_error_message=_(
                    "Une valeur déjà publiée porte sur une période qui recouvre celle-ci."
                ),
            ),
        )
        indexes = (
            models.Index(
                fields=("indicator", "period_end"),
                condition=CURRENT,
                name="indicators_obs_current",
            ),
        )
        triggers = (
            copy_measurement(),
            outdates_progress(
                "SELECT changed.indicator_id",
                pgtrigger.Insert | pgtrigger.Update,
                pgtrigger.Q(new__state="published"),
            ),
            *contribution_triggers(
                "indicators_observation",
                "indicator_id",
                """
                SELECT plan.allows_self_publication FROM indicators_indicator indicator
                JOIN plans_plan plan ON plan.id = indicator.plan_id
                WHERE indicator.id = NEW.indicator_id
                """,
            ),
        )

    def __str__(self) -> str:
        return f"{self.indicator} ({format_period(self.period_start, self.period_end)})"

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
        """Check the constraints that read columns which no form shows: state and measurement."""
        unseen = {"measurement", "state", "superseded_at"}
        super().validate_constraints(exclude=set(exclude or ()) - unseen)


class ObservationComment(ContributionComment):
    """A remark about an observation."""

    contribution = models.ForeignKey(Observation, models.CASCADE, related_name="comments")

    class Meta(ContributionComment.Meta):
        verbose_name = _("commentaire")
        verbose_name_plural = _("commentaires")
