"""The pages of a plan and of what one code names in it: objectives, measures, sources, claims…"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agent.editing.pages import EditingPage
from indicators.indicator_forms import IndicatorForm
from indicators.models import Indicator, Unit
from indicators.number_fields import NumberField
from measures.forms import MeasureActorsFormSet, MeasureForm, MilestoneForm
from measures.models import Measure, Milestone
from objectives.forms import ObjectiveForm
from objectives.models import Objective
from plans.forms import (
    ClaimForm,
    NoteCitationsFormSet,
    NoteForm,
    PlanActorsFormSet,
    PlanForm,
    SourceForm,
)
from plans.models import Claim, Membership, Note, Plan, Role, Source
from plans.ordering import next_position
from plans.part_forms import DocumentForm
from plans.querysets import CodedQuerySet
from plans.stating import state

EURO = Unit(name="euro", name_plural="euros", symbol="€", decimals=2)


def coded(rows: CodedQuerySet[Any], plan: Plan, code: str) -> Any:
    """Return what has, or had, a code in the plan; raise Http404 when nothing ever had."""
    row = rows.known_as(plan, code).first()
    if row is None:
        raise Http404
    row.plan = plan
    return row


class PartPage(EditingPage):
    """The page of a part of a plan that a code names."""

    form_class: Any
    rows_classes: tuple[Any, ...] = ()
    titles: tuple[Any, Any]
    """The heading for a new one, and for one that is there."""
    word = ""

    def bind(self, data: QueryDict | None) -> None:
        """Make the form, its rows, and the description of a document."""
        self.document = DocumentForm(data, plan=self.plan)
        shared = {"plan": self.plan, "document": self.document}
        self.form = self.form_class(data, instance=self.instance, **shared)
        self.rows = [
            rows(data, instance=self.instance, form_kwargs=shared) for rows in self.rows_classes
        ]

    def locked(self, instance: Any) -> Any:
        """Lock it; it stays in this plan."""
        return _in_plan(super().locked(instance), self.plan)

    @property
    def title(self) -> str:
        """The heading of the page."""
        return str(self.titles[self.instance.pk is not None])

    def save(self) -> Any:
        """Write it, a new one after the others."""
        if self.instance.pk is None:
            self.instance.position = next_position(self.siblings())
        return super().save()

    def siblings(self) -> Any:
        """Return what stands beside it, in the same order."""
        return self.kind._default_manager.filter(plan=self.plan)

    def acts(self) -> Iterable[tuple[str, str]]:
        """Offer its history and its deletion."""
        slug, code = self.plan.slug, self.instance.code
        if self.word:
            history = reverse("agent:history", args=[slug])
            yield _("Historique"), f"{history}?objet={self.word}:{self.history_code()}"
        yield _("Supprimer"), reverse("agent:editing_delete", args=[slug, self.noun, code])

    def history_code(self) -> str:
        """Return what names the thing in the address of its history."""
        return str(self.instance.code)


class ObjectivePage(PartPage):
    """An axis or an objective."""

    kind = Objective
    noun = "objectifs"
    word = "objectif"
    form_class = ObjectiveForm
    titles = (gettext_lazy("Nouvel axe ou objectif"), gettext_lazy("Modifier l’objectif"))

    def found(self, code: str) -> Objective:
        """Return an objective of the plan."""
        found: Objective = coded(Objective.objects.all(), self.plan, code)
        return found

    def blank(self, asked: QueryDict) -> Objective:
        """Return a new objective, part of the one that the address names."""
        parent = self.plan.objectives.filter(code=asked.get("objectif", "")).first()
        return Objective(plan=self.plan, parent=parent)


class MeasurePage(PartPage):
    """A measure and who takes part in it."""

    kind = Measure
    noun = "mesures"
    word = "mesure"
    form_class = MeasureForm
    rows_classes = (MeasureActorsFormSet,)
    titles = (gettext_lazy("Nouvelle mesure"), gettext_lazy("Modifier la mesure"))

    def found(self, code: str) -> Measure:
        """Return a measure of the plan."""
        found: Measure = coded(Measure.objects.all(), self.plan, code)
        return found

    def blank(self, asked: QueryDict) -> Measure:
        """Return a new measure, in the objective that the address names."""
        objective = self.plan.objectives.filter(code=asked.get("objectif", "")).first()
        if objective is None:
            return Measure(plan=self.plan)
        return Measure(plan=self.plan, objective=objective)

    def touched(self, saved: Measure) -> Iterable[int]:
        """Return its indicators: an abandoned measure stops them."""
        return saved.indicators.values_list("pk", flat=True)

    def acts(self) -> Iterable[tuple[str, str]]:
        """Offer to abandon it too."""
        if self.instance.state != "abandoned":
            yield (
                _("Abandonner avec un motif"),
                reverse("agent:measure_abandon", args=[self.plan.slug, self.instance.code]),
            )
        yield from super().acts()


class IndicatorPage(PartPage):
    """An indicator."""

    kind = Indicator
    noun = "indicateurs"
    word = "indicateur"
    form_class = IndicatorForm
    titles = (gettext_lazy("Nouvel indicateur"), gettext_lazy("Modifier l’indicateur"))

    def found(self, code: str) -> Indicator:
        """Return an indicator of the plan."""
        found: Indicator = coded(Indicator.objects.select_related("unit"), self.plan, code)
        return found

    def blank(self, asked: QueryDict) -> Indicator:
        """Return a new indicator, on the objective or the measure that the address names."""
        measure = self.plan.measures.filter(code=asked.get("mesure", "")).first()
        objective = self.plan.objectives.filter(code=asked.get("objectif", "")).first()
        return Indicator(plan=self.plan, measure=measure, objective=None if measure else objective)

    def touched(self, saved: Indicator) -> Iterable[int]:
        """Return the indicator itself."""
        return [saved.pk]

    def also_written(self) -> Iterable[str]:
        """Return the two columns that say what it hangs on."""
        return ("objective", "measure")

    def acts(self) -> Iterable[tuple[str, str]]:
        """Offer to add a target too."""
        yield (
            _("Ajouter une cible"),
            reverse("agent:target_add", args=[self.plan.slug, self.instance.code]),
        )
        yield from super().acts()


class MilestonePage(PartPage):
    """A deliverable, found by its measure's code and its own."""

    kind = Milestone
    noun = "jalons"
    word = "jalon"
    form_class = MilestoneForm
    titles = (gettext_lazy("Nouveau jalon"), gettext_lazy("Modifier le jalon"))

    def __init__(self, *args: Any, measure: str) -> None:
        super().__init__(*args)
        self.measure: Measure = coded(Measure.objects.all(), self.plan, measure)

    def found(self, code: str) -> Milestone:
        """Return a deliverable of the measure."""
        found = self.measure.milestones.filter(code=code).first()
        if found is None:
            raise Http404
        found.measure = self.measure
        return found

    def blank(self, asked: QueryDict) -> Milestone:
        """Return a new deliverable of the measure."""
        return Milestone(measure=self.measure)

    def locked(self, instance: Any) -> Any:
        """Lock it; it stays in this measure."""
        fresh = EditingPage.locked(self, instance)
        fresh.measure = self.measure
        return fresh

    def siblings(self) -> Any:
        """Return the measure's deliverables."""
        return self.measure.milestones.all()

    def anchor(self, thing: Any) -> str:
        """Return the place of its measure."""
        return f"mesures-{self.measure.code}"

    def history_code(self) -> str:
        """Return its measure's code and its own."""
        return f"{self.measure.code}/{self.instance.code}"

    def acts(self) -> Iterable[tuple[str, str]]:
        """Offer its history and its deletion."""
        slug, codes = self.plan.slug, (self.measure.code, self.instance.code)
        history = reverse("agent:history", args=[slug])
        yield _("Historique"), f"{history}?objet={self.word}:{self.history_code()}"
        yield _("Supprimer"), reverse("agent:milestone_delete", args=[slug, *codes])

    def context(self) -> dict[str, Any]:
        """Return the measure it belongs to."""
        return {"owner": self.measure}


class SourcePage(PartPage):
    """A document."""

    kind = Source
    noun = "sources"
    word = "source"
    form_class = SourceForm
    titles = (gettext_lazy("Nouvelle source"), gettext_lazy("Modifier la source"))

    def found(self, code: str) -> Source:
        """Return a source of the plan."""
        found: Source = _of_plan(self.plan.sources.filter(code=code), self.plan)
        return found

    def blank(self, asked: QueryDict) -> Source:
        """Return a new source."""
        return Source(plan=self.plan)

    def save(self) -> Any:
        """Write it: sources have no order of their own."""
        return self.form.save()

    def also_written(self) -> Iterable[str]:
        """Return the column of the date."""
        return ("published_on",)


class NotePage(PartPage):
    """A note and the sources it rests on."""

    kind = Note
    noun = "notes"
    word = "note"
    form_class = NoteForm
    rows_classes = (NoteCitationsFormSet,)
    titles = (gettext_lazy("Nouvelle note"), gettext_lazy("Modifier la note"))

    def found(self, code: str) -> Note:
        """Return a note of the plan."""
        found: Note = _of_plan(self.plan.notes.filter(code=code), self.plan)
        return found

    def blank(self, asked: QueryDict) -> Note:
        """Return a new note."""
        return Note(plan=self.plan)

    def said(self, saved: Any) -> str:
        """Say that the note is kept, without repeating it."""
        return _("Note enregistrée.")


class ClaimPage(PartPage):
    """What a source says of a date or of the budget; the plan follows what is retained."""

    kind = Claim
    noun = "affirmations"
    form_class = ClaimForm
    titles = (
        gettext_lazy("Nouvelle date, budget ou affirmation"),
        gettext_lazy("Modifier l’affirmation"),
    )

    def found(self, code: str) -> Claim:
        """Return a claim on the plan."""
        found: Claim = _of_plan(self.plan.claims.filter(code=code), self.plan)
        return found

    def blank(self, asked: QueryDict) -> Claim:
        """Return a new claim, on the subject that the address names, retained if it is alone."""
        subject = asked.get("objet", "")
        if subject not in Claim.Subject.values:
            return Claim(plan=self.plan, subject="")
        alone = not self.plan.claims.filter(subject=subject).exists()
        return Claim(plan=self.plan, subject=subject, retained=alone)

    def bind(self, data: QueryDict | None) -> None:
        """Read the amount as people type it."""
        super().bind(data)
        self.form.fields["amount"] = NumberField(EURO, label=_("Montant (euros)"), required=False)

    def save(self) -> Any:
        """Write the claim, and the plan with it."""
        claim = self.form.save(commit=False)
        state(claim)
        return claim

    def touched(self, saved: Any) -> Iterable[int]:
        """Return nothing: no target is reckoned from the dates of its plan."""
        return ()


class PlanPage(EditingPage):
    """A plan and who takes part in it."""

    kind = Plan
    noun = "plan"

    def found(self, code: str) -> Plan:
        """Return the plan itself."""
        return self.plan

    def blank(self, asked: QueryDict) -> Plan:
        """Return a new plan; nobody sees it before it is made public."""
        return Plan(is_public=False)

    def bind(self, data: QueryDict | None) -> None:
        """Make the form and the rows of who takes part."""
        self.form = PlanForm(data, instance=self.instance, user=self.user)
        if self.instance.pk is None:
            self.rows = []
            return
        self.document = DocumentForm(data, plan=self.plan)
        shared = {"plan": self.instance, "document": self.document}
        self.rows = [PlanActorsFormSet(data, instance=self.instance, form_kwargs=shared)]

    @property
    def title(self) -> str:
        """The heading of the page."""
        return _("Nouveau plan") if self.instance.pk is None else _("Modifier le plan")

    def save(self) -> Plan:
        """Write the plan; whoever makes one manages it."""
        fresh = self.instance.pk is None
        plan: Plan = super().save()
        if fresh:
            Membership.objects.create(plan=plan, user=self.user, role=Role.MANAGER)
        return plan

    def touched(self, saved: Plan) -> Iterable[int]:
        """Return all its indicators: the limits of the statuses are the plan's."""
        return saved.indicators.values_list("pk", flat=True)

    def done(self, saved: Plan) -> str:
        """Return to the structure, at the plan's present address."""
        return reverse("agent:editing", args=[saved.slug])

    def acts(self) -> Iterable[tuple[str, str]]:
        """Offer its dates and its history."""
        slug = self.plan.slug
        yield _("Dates et budget"), f"{reverse('agent:editing', args=[slug])}#affirmations"
        yield _("Historique"), f"{reverse('agent:history', args=[slug])}?objet=plan"


def _in_plan(row: Any, plan: Plan) -> Any:
    row.plan = plan
    return row


def _of_plan(rows: Any, plan: Plan) -> Any:
    row = rows.first()
    if row is None:
        raise Http404
    return _in_plan(row, plan)


PARTS = MappingProxyType(
    {
        page.noun: page
        for page in (ObjectivePage, MeasurePage, IndicatorPage, SourcePage, NotePage, ClaimPage)
    }
)
"""The parts that one code names, by the noun of their address."""
