"""Progress as stored: what the rules of `indicators.progress` say of a target on a day."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from indicators import progress
from indicators.models.indicator import VALUE_DECIMALS, VALUE_DIGITS, Indicator
from indicators.models.observation import Observation
from indicators.models.outdating import outdates_progress
from indicators.models.target import Target
from measures.models import Measure
from plans.models import Plan


class Status(models.TextChoices):
    """The words for the codes of `indicators.progress.Status`."""

    ABANDONED = "abandoned", _("abandonné")
    NO_TARGET = "no_target", _("sans cible")
    UPCOMING = "upcoming", _("à venir")
    NOT_REPORTED = "not_reported", _("non renseigné")
    MET = "met", _("respecté")
    NOT_MET = "not_met", _("non respecté")
    ACHIEVED = "achieved", _("atteint")
    PARTLY_ACHIEVED = "partly_achieved", _("partiellement atteint")
    MISSED = "missed", _("non atteint")
    OVERDUE = "overdue", _("échu, bilan non publié")
    NOT_COMPUTABLE = "not_computable", _("non calculable")
    REGRESSING = "regressing", _("en recul")
    OPEN_ENDED = "open_ended", _("en cours, sans échéance")
    EARLY = "early", _("trop tôt")
    ON_TRACK = "on_track", _("en bonne voie")
    WATCH = "watch", _("à surveiller")
    BEHIND = "behind", _("en retard")


class Freshness(models.TextChoices):
    """Whether the figures that should be published by now are."""

    FRESH = "fresh", _("à jour")
    DUE = "due", _("attendu")
    STALE = "stale", _("en retard de publication")


class ProgressRecord(models.Model):
    """The progress of a target, or of an indicator without one, as evaluated for a day.

    Rates and shares are fractions (0.4 is 40 %), never clamped; values are in the indicator's
    unit. `rules_version` tells by which edition of the rules it was computed.
    """

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="progress_records")
    target = models.ForeignKey(
        Target, models.CASCADE, related_name="progress_records", null=True, blank=True
    )
    evaluated_on = models.DateField()
    rules_version = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=16, choices=Status)
    reason = models.CharField(max_length=40, blank=True)
    explanation = models.TextField()
    rate = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    value = models.DecimalField(
        _("valeur"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True
    )
    target_value = models.DecimalField(
        _("cible"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True
    )
    expected = models.DecimalField(
        _("attendu"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True
    )
    expected_share = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    pace = models.DecimalField(max_digits=24, decimal_places=10, null=True)
    satisfied = models.BooleanField(null=True)
    derived_total = models.BooleanField(default=False)
    from_zero = models.BooleanField(default=False)
    ignored = models.PositiveIntegerField(default=0)
    reported_until = models.DateField(null=True)
    latest = models.ForeignKey(Observation, models.SET_NULL, related_name="+", null=True)
    latest_value = models.DecimalField(
        _("dernière valeur"), max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True
    )
    periods_reported = models.PositiveIntegerField(null=True)
    periods_ended = models.PositiveIntegerField(null=True)
    periods_total = models.PositiveIntegerField(null=True)
    freshness = models.CharField(max_length=5, choices=Freshness, null=True)
    next_due_on = models.DateField(null=True)

    value_qualifier: progress.Qualifier | None
    """How `value` is to be read; None without one. Not stored: `indicators.services` says it."""

    class Meta:
        verbose_name = _("avancement")
        verbose_name_plural = _("avancements")
        ordering = ("indicator", "target__position", "target")
        constraints = (
            models.UniqueConstraint(
                fields=("indicator", "target"),
                nulls_distinct=False,
                name="indicators_progressrecord_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.indicator} : {self.get_status_display()} ({self.evaluated_on})"


class MeasureWhoseStateCounts(Measure):
    """Carries the trigger of this app on measures: abandoning one abandons its targets."""

    class Meta:
        proxy = True
        triggers = (
            outdates_progress(
                "SELECT id FROM indicators_indicator WHERE measure_id = changed.id",
                pgtrigger.UpdateOf("state"),
            ),
        )


class PlanWhoseLimitsCount(Plan):
    """Carries the trigger of this app on plans: the limits decide between statuses."""

    class Meta:
        proxy = True
        triggers = (
            outdates_progress(
                "SELECT id FROM indicators_indicator WHERE plan_id = changed.id",
                pgtrigger.UpdateOf("on_track_from", "watch_from", "early_below"),
            ),
        )
