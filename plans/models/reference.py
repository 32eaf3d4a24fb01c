"""What several plans share: regions, organisations, sectors."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from plans.audit import audited


@audited()
class Region(models.Model):
    """A French region, known by its INSEE code (Code officiel géographique)."""

    insee_code = models.CharField(
        _("code INSEE"),
        max_length=3,
        unique=True,
        validators=[
            RegexValidator(
                r"^(\d{2}|X\d{2})$",
                _("Deux chiffres, comme 44 ; X suivi de deux chiffres pour une région fictive."),
            )
        ],
    )
    slug = models.SlugField(_("identifiant"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=100)
    fictitious = models.BooleanField(
        _("fictive"),
        default=False,
        help_text=_("Région de démonstration : chaque page et chaque export le signale."),
    )

    class Meta:
        verbose_name = _("région")
        verbose_name_plural = _("régions")
        ordering = ("fictitious", "name")
        constraints = (
            # Nothing fictitious may pass for a real region: INSEE never issues codes in X.
            models.CheckConstraint(
                name="plans_region_fictitious_code",
                condition=models.Q(fictitious=True, insee_code__startswith="X")
                | models.Q(fictitious=False, insee_code__regex=r"^\d{2}$"),
                violation_error_message=_(
                    "Une région fictive porte un code en X, une région réelle son code INSEE."
                ),
            ),
        )

    def __str__(self) -> str:
        return self.name


@audited()
class Organisation(models.Model):
    """A public body, school, company or cluster that leads, funds or joins a plan or a measure."""

    code = models.SlugField(_("identifiant"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=200)
    short_name = models.CharField(_("nom court"), max_length=60, blank=True)
    url = models.URLField(_("site"), blank=True)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.short_name or self.name


@audited()
class Sector(models.Model):
    """A field of the economy that a plan gives priority to, such as health."""

    code = models.SlugField(_("identifiant"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=100)

    class Meta:
        verbose_name = _("filière")
        verbose_name_plural = _("filières")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class OrganisationRole(models.TextChoices):
    """What an organisation does in a plan or a measure."""

    LEAD = "lead", _("porteur")
    PARTNER = "partner", _("partenaire")
    FUNDER = "funder", _("financeur")
