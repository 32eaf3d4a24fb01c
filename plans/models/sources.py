"""Provenance: the documents read, what they claim, and what we say about them."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from plans.audit import audited
from plans.models.plan import Plan, refuse_unstated

LOCATOR_LENGTH = 250


def not_blank(field: str) -> models.Q:
    """Return the condition that a text holds more than white space."""
    return models.Q(**{f"{field}__regex": r"\S"})


@audited()
class Source(models.Model):
    """A document that a figure, a date or a statement of a plan comes from."""

    class Kind(models.TextChoices):
        OFFICIAL = "official", _("source officielle")
        PRESS = "press", _("presse")
        TRADE_PRESS = "trade_press", _("presse spécialisée")
        INTERVIEW = "interview", _("entretien")
        ELECTED = "elected", _("site d’élu ou de groupe politique")
        DIRECTORY = "directory", _("annuaire")
        OTHER = "other", _("autre")

    class Precision(models.TextChoices):
        DAY = "day", _("au jour")
        MONTH = "month", _("au mois")
        YEAR = "year", _("à l’année")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="sources")
    code = models.SlugField(_("identifiant"), max_length=60)
    kind = models.CharField(_("nature"), max_length=15, choices=Kind)
    title = models.CharField(_("titre"), max_length=250)
    publisher = models.CharField(_("éditeur"), max_length=150, blank=True)
    url = models.URLField(_("adresse"), max_length=500, blank=True)
    published_on = models.DateField(_("publié le"), null=True, blank=True)
    published_precision = models.CharField(
        _("précision de la date"), max_length=5, choices=Precision, default=Precision.DAY
    )
    published_inferred = models.BooleanField(
        _("date déduite"),
        default=False,
        help_text=_("Le document ne montre pas sa date ; elle est déduite de son contenu."),
    )
    comment = models.TextField(
        _("remarque"), blank=True, help_text=_("Par exemple : seul le début a été lu.")
    )

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ("plan", "code")
        constraints = (
            models.UniqueConstraint(fields=("plan", "code"), name="plans_source_code_unique"),
        )

    def __str__(self) -> str:
        return self.title


@audited()
class Claim(models.Model):
    """What one source says of a plan's date, budget, number of axes…

    Where sources disagree each has its claim; `retained` marks the one the site reckons with.
    What no source states but we infer is `derived`, with how it was inferred.
    """

    class Subject(models.TextChoices):
        ADOPTED_ON = "adopted_on", _("adoption")
        STARTS_ON = "starts_on", _("début")
        ENDS_ON = "ends_on", _("fin")
        BUDGET = "budget", _("budget")
        AXES = "axes", _("nombre d’axes ou d’objectifs")
        NAME = "name", _("nom")
        OTHER = "other", _("autre")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="claims")
    code = models.SlugField(_("identifiant"), max_length=60)
    subject = models.CharField(_("objet"), max_length=12, choices=Subject)
    statement = models.CharField(
        _("énoncé"), max_length=300, help_text=_("Ce que dit la source, tel qu’affiché.")
    )
    date = models.DateField(_("date"), null=True, blank=True)
    amount = models.DecimalField(
        _("montant (euros)"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="claims", null=True, blank=True)
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    derivation = models.TextField(
        _("déduction"),
        blank=True,
        help_text=_("Comment la valeur est déduite, quand aucune source ne l’énonce."),
    )
    retained = models.BooleanField(_("retenu"), default=False)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("affirmation")
        verbose_name_plural = _("affirmations")
        ordering = ("subject", "position", "code")
        constraints = (
            models.UniqueConstraint(fields=("plan", "code"), name="plans_claim_code_unique"),
            models.UniqueConstraint(
                fields=("plan", "subject"),
                condition=models.Q(
                    retained=True, subject__in=("adopted_on", "starts_on", "ends_on", "budget")
                ),
                name="plans_claim_one_retained",
                violation_error_message=_("Une seule affirmation est retenue par objet."),
            ),
            models.CheckConstraint(
                name="plans_claim_sourced_or_derived",
                condition=models.Q(source__isnull=False) | not_blank("derivation"),
                violation_error_message=_(
                    "Une affirmation a une source, ou dit comment elle est déduite."
                ),
            ),
            models.CheckConstraint(
                name="plans_claim_says_something",
                condition=not_blank("statement"),
                violation_error_message=_("Une affirmation a un énoncé."),
            ),
        )
        triggers = (
            refuse_unstated(
                "plan_still_stated", "OLD.plan_id", pgtrigger.Update | pgtrigger.Delete
            ),
        )

    def __str__(self) -> str:
        return self.statement

    @property
    def derived(self) -> bool:
        """Whether we infer it, no source stating it."""
        return self.source_id is None


@audited()
class Note(models.Model):
    """Something a reader must know about a plan, or about a part of it that refers to the note."""

    class Kind(models.TextChoices):
        DISCREPANCY = "discrepancy", _("sources en désaccord")
        ASSUMPTION = "assumption", _("hypothèse")
        UNKNOWN = "unknown", _("inconnu")
        CONTEXT = "context", _("contexte")

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="notes")
    code = models.SlugField(_("identifiant"), max_length=60)
    kind = models.CharField(_("nature"), max_length=12, choices=Kind)
    text = models.TextField(_("texte"))
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ("plan", "position", "code")
        constraints = (
            models.UniqueConstraint(fields=("plan", "code"), name="plans_note_code_unique"),
            models.CheckConstraint(
                name="plans_note_says_something",
                condition=not_blank("text"),
                violation_error_message=_("Une note a un texte."),
            ),
        )

    def __str__(self) -> str:
        return self.text


@audited()
class NoteCitation(models.Model):
    """A source of a note, and what that source says where the sources disagree."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="citations")
    source = models.ForeignKey(Source, models.PROTECT, related_name="note_citations")
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    statement = models.CharField(_("énoncé"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("citation")
        verbose_name_plural = _("citations")
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.statement or str(self.source)
