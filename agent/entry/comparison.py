"""Two versions of one draft, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from indicators.formats import format_date, format_period
from indicators.models import Observation
from indicators.number_fields import quantity_of
from measures.models import MilestoneUpdate
from plans.models import Contribution


@dataclass(frozen=True, slots=True)
class Line:
    """What two versions say of one thing."""

    label: str
    theirs: str
    mine: str

    @property
    def differs(self) -> bool:
        """Whether they say different things."""
        return self.theirs != self.mine


def side_by_side(theirs: Contribution, mine: Contribution, *, new_source: str = "") -> list[Line]:
    """Return what each version says, line by line; `new_source` is a document mine describes."""
    said = _facts(theirs)
    ours = _facts(mine) | ({_("Source"): new_source} if new_source else {})
    return [Line(label, said[label], ours[label]) for label in said if said[label] or ours[label]]


def _facts(version: Contribution) -> dict[str, str]:
    """Return what a version says, by label, empty where it says nothing."""
    return _own_facts(version) | {
        _("Provisoire"): _("oui") if version.provisional else _("non"),
        _("Date déduite"): _("oui") if version.date_inferred else _("non"),
        _("Source"): "" if version.source is None else version.source.title,
        _("Endroit dans la source"): version.locator,
        _("Note publique"): version.comment,
        _("Lien vers un justificatif public"): version.evidence_url,
        _("Pièce justificative"): version.evidence_name,
        _("Motif public de la correction"): version.correction_reason,
    }


def _own_facts(version: Contribution) -> dict[str, str]:
    if isinstance(version, Observation):
        return {
            _("Période"): format_period(version.period_start, version.period_end),
            _("Valeur"): quantity_of(version),
            _("Précision de la valeur"): str(version.get_qualifier_display()),
        }
    assert isinstance(version, MilestoneUpdate)
    return {
        _("Constaté le"): format_date(version.as_of),
        _("État du jalon"): str(version.get_advancement_display()),
    }
