"""What a reader would miss in a plan about to become public: advice, never a refusal.

What must not exist (a target without source, a date that nothing states) cannot be stored at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from indicators.models import Indicator, Target
from measures.models import Measure, MeasureOrganisation, Milestone
from plans.models import OrganisationRole, Plan


@dataclass(frozen=True, slots=True)
class Where:
    """A thing to complete, and the page where to do it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that readers would miss, and where."""

    text: str
    where: Sequence[Where]


def advice_on(plan: Plan) -> list[Advice]:
    """Return what remains to be said of a plan. Seven queries, whatever its size."""
    return [advice for advice in _all(plan) if advice.where]


def _all(plan: Plan) -> Iterator[Advice]:
    yield Advice(_("Le plan n’a pas de résumé."), _plan_pages(plan, "" if plan.summary else "x"))
    unsaid = [
        (name, subject)
        for name, subject, value in (
            (_("date d’adoption"), "adopted_on", plan.adopted_on),
            (_("début"), "starts_on", plan.starts_on),
            (_("fin"), "ends_on", plan.ends_on),
            (_("budget"), "budget", plan.budget),
        )
        if value is None
    ]
    add_claim = reverse("agent:editing_add", args=[plan.slug, "affirmations"])
    yield Advice(
        _("La page dira « non renseigné » pour :"),
        [Where(name, f"{add_claim}?objet={subject}") for name, subject in unsaid],
    )
    leads = MeasureOrganisation.objects.filter(measure=OuterRef("pk"), role=OrganisationRole.LEAD)
    measures = list(
        Measure.objects.filter(plan=plan)
        .annotate(
            led=Exists(leads),
            followed=Exists(Indicator.objects.filter(measure=OuterRef("pk")))
            | Exists(Milestone.objects.filter(measure=OuterRef("pk"))),
        )
        .order_by("objective__position", "position", "code")
    )
    indicators = list(
        Indicator.objects.of_plan(plan).annotate(
            promised=Exists(Target.objects.in_force().filter(indicator=OuterRef("pk")))
        )
    )
    objectives = list(
        plan.objectives.annotate(
            used=Exists(Measure.objects.filter(objective=OuterRef("pk")))
            | Exists(Indicator.objects.filter(objective=OuterRef("pk")))
            | Exists(plan.objectives.filter(parent=OuterRef("pk")))
        ).order_by("position", "code")
    )
    if not objectives:
        add_objective = reverse("agent:editing_add", args=[plan.slug, "objectifs"])
        yield Advice(
            _("Le plan n’a aucun objectif."), [Where(_("ajouter un objectif"), add_objective)]
        )
    for text, noun, rows in (
        (_("Objectifs sans mesure ni indicateur :"), "objectifs", _not(objectives, "used")),
        (_("Mesures sans porteur :"), "mesures", _not(measures, "led")),
        (_("Mesures sans indicateur ni jalon :"), "mesures", _not(measures, "followed")),
        (_("Indicateurs sans périodicité :"), "indicateurs", _not(indicators, "frequency")),
        (_("Indicateurs sans cible :"), "indicateurs", _not(indicators, "promised")),
        (_("Indicateurs sans définition :"), "indicateurs", _not(indicators, "definition")),
    ):
        yield Advice(
            text,
            [
                Where(str(row), reverse("agent:editing_edit", args=[plan.slug, noun, row.code]))
                for row in rows
            ],
        )


def _not(rows: Iterable[Any], name: str) -> list[Any]:
    return [row for row in rows if not getattr(row, name)]


def _plan_pages(plan: Plan, missing: str) -> list[Where]:
    page = reverse("agent:editing_plan", args=[plan.slug])
    return [Where(_("compléter le plan"), page)] if missing else []
