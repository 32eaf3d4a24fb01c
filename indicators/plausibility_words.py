"""The French words for a doubt of `indicators.plausibility`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from indicators.formats import format_date, format_full_quantity, format_period, format_quantity
from indicators.plausibility import Doubt, DoubtCode

if TYPE_CHECKING:
    from indicators.models import Unit


def in_french(doubt: Doubt, unit: Unit) -> str:
    """Return what is doubtful, with the figure it is held against."""
    words = {
        DoubtCode.HIGHER: _("Plus du triple de la valeur précédente : %(figure)s (%(period)s)."),
        DoubtCode.LOWER: _("Moins du tiers de la valeur précédente : %(figure)s (%(period)s)."),
        DoubtCode.OTHER_SIGN: _(
            "De signe contraire à la valeur précédente : %(figure)s (%(period)s)."
        ),
        DoubtCode.BEYOND_TARGET: _("Plus de dix fois la cible : %(figure)s."),
        DoubtCode.NOT_A_SHARE: _("Un pourcentage se tient d’ordinaire entre 0 et 100 %%."),
        DoubtCode.NOT_ENDED: _("La période s’achève le %(day)s : la valeur ne comptera pas avant."),
        DoubtCode.NOT_A_COUNT: _("Ce qui se compte n’est pas négatif, d’ordinaire : %(figure)s."),
        DoubtCode.FINER: _(
            "Plus de décimales que n’en montre l’unité : %(full)s s’affichera %(figure)s, sauf "
            "dans les tableaux de valeurs."
        ),
    }[doubt.code]
    against, previous = doubt.against, doubt.previous
    return words % {
        "figure": format_quantity(against, unit) if isinstance(against, Decimal) else "",
        "full": format_full_quantity(against, unit) if isinstance(against, Decimal) else "",
        "day": format_date(against) if isinstance(against, date) else "",
        "period": "" if previous is None else format_period(previous.start, previous.end),
    }
