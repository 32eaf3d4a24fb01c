"""The pages of a target: make one, say it otherwise, revise it, give it up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agent.editing.pages import EditingPage
from agent.editing.parts import coded
from dashboards import wording
from indicators.forms import (
    TERMS,
    WORDING,
    TargetCheckpointsFormSet,
    TargetForm,
    TargetPeriodsFormSet,
    YearlyForm,
)
from indicators.models import Indicator, Target
from indicators.number_fields import NumberField
from indicators.promises import is_public_promise, open_revision, promise_of
from plans.ordering import next_position
from plans.part_forms import DocumentForm

FILL = "remplir"


class TargetPage(EditingPage):
    """A target of an indicator, found by its code among those in force.

    Once its plan is public its terms stay; the page leaves how it is told, and offers to revise.
    """

    kind = Target
    noun = "cibles"
    template = "agent/editing/target.html"

    def __init__(self, *args: Any, indicator: str) -> None:
        super().__init__(*args)
        rows = Indicator.objects.select_related("unit")
        self.indicator: Indicator = coded(rows, self.plan, indicator)
        self.yearly: YearlyForm | None = None

    def found(self, code: str) -> Target:
        """Return the target in force that has the code."""
        found = Target.objects.in_force().filter(indicator=self.indicator, code=code).first()
        if found is None:
            raise Http404
        found.indicator = self.indicator
        return found

    def locked(self, instance: Any) -> Any:
        """Lock the indicator before its target: everyone locks in that order."""
        Indicator.objects.select_for_update(no_key=True).get(pk=self.indicator.pk)
        fresh = super().locked(instance)
        fresh.indicator = self.indicator
        return fresh

    def blank(self, asked: QueryDict) -> Target:
        """Return a new target of the indicator."""
        return Target(indicator=self.indicator, code="")

    @property
    def with_terms(self) -> bool:
        """Whether the terms may be typed: a new target's, or one's that nobody has read."""
        return self.instance.pk is None or not is_public_promise(self.instance)

    def bind(self, data: QueryDict | None) -> None:
        """Make the form and, where the terms may change, the rows of periods and checkpoints."""
        self._bind(data, with_terms=self.with_terms)

    def _bind(
        self, data: QueryDict | None, *, with_terms: bool, revises: bool = False, **form: Any
    ) -> None:
        self.document = DocumentForm(data, plan=self.plan)
        self.form = TargetForm(
            data,
            instance=self.instance,
            plan=self.plan,
            document=self.document,
            with_terms=with_terms,
            revises=revises,
            **form,
        )
        unit = self.indicator.unit
        if not with_terms:
            self.rows = []
            return
        shared = {"plan": self.plan, "unit": unit}
        self.rows = [
            rows(data, instance=self.instance, form_kwargs=shared)
            for rows in (TargetPeriodsFormSet, TargetCheckpointsFormSet)
        ]
        if self.indicator.measurement == "flow":
            self.rows = self.rows[:1]
            self.yearly = YearlyForm(data if data is not None and FILL in data else None, unit=unit)
        else:
            self.rows = self.rows[1:]

    def help(self, data: QueryDict) -> bool:
        """Fill the periods with a yearly quota, or add empty rows."""
        if FILL in data and self.yearly is not None:
            if self.yearly.is_valid():
                value = str(
                    NumberField(self.indicator.unit).prepare_value(
                        self.yearly.cleaned_data["value"]
                    )
                )
                periods = TargetPeriodsFormSet
                self.rows = [
                    periods(
                        _filled(data, self.rows[0], self.yearly.rows, value),
                        instance=self.instance,
                        form_kwargs={"plan": self.plan, "unit": self.indicator.unit},
                    )
                ]
            return True
        return super().help(data)

    @property
    def title(self) -> str:
        """The heading of the page."""
        return _("Nouvelle cible") if self.instance.pk is None else _("Modifier la cible")

    def save(self) -> Any:
        """Write it with its rows, a new one after the others."""
        if self.instance.pk is None:
            siblings = Target.objects.filter(indicator=self.indicator)
            self.instance.position = self.instance.position or next_position(siblings)
        return super().save()

    def touched(self, saved: Target) -> Iterable[int]:
        """Return its indicator."""
        return [saved.indicator_id]

    def anchor(self, thing: Any) -> str:
        """Return the place of its indicator."""
        return f"indicateurs-{self.indicator.code}"

    def said(self, saved: Any) -> str:
        """Say what is promised now."""
        return _("Cible enregistrée : %(what)s.") % {
            "what": wording.promise(saved, self.indicator.unit)
        }

    def acts(self) -> Iterable[tuple[str, str]]:
        """Offer what a promise allows."""
        words = [self.plan.slug, self.indicator.code, self.instance.code]
        if is_public_promise(self.instance):
            yield _("Réviser avec un motif"), reverse("agent:target_revise", args=words)
            if self.instance.abandoned_on is None:
                yield _("Abandonner avec un motif"), reverse("agent:target_abandon", args=words)
        history = reverse("agent:history", args=[self.plan.slug])
        yield _("Historique"), f"{history}?objet=indicateur:{self.indicator.code}"
        yield _("Supprimer"), reverse("agent:target_delete", args=words)

    def context(self) -> dict[str, Any]:
        """Return the indicator, and what is promised where it cannot be typed."""
        stored = None if self.instance.pk is None else self.instance
        return {
            "indicator": self.indicator,
            "yearly": self.yearly,
            "promised": wording.promise(stored, self.indicator.unit)
            if stored is not None and not self.with_terms
            else "",
        }


class RevisionPage(TargetPage):
    """A new target in the place of one that the public has read, with the reason."""

    replaced: Target

    def locked(self, instance: Any) -> Any:
        """Lock the target to replace."""
        self.replaced = super().locked(instance)
        return self.replaced

    def bind(self, data: QueryDict | None) -> None:
        """Make the form of the new target, which starts from the old one.

        When it is to be saved the old one is closed first, as both have one code; the whole is
        undone with the transaction if the form is refused.
        """
        old = self.instance
        self.replaced = old
        initial: dict[str, Any] = {
            name: getattr(old, name) for name in (*TERMS, *WORDING) if name != "source"
        }
        initial["source"] = old.source_id
        if data is None:
            self._bind(None, with_terms=True, revises=True, initial=initial)
            self._copy_rows(old)
            return
        self.before = promise_of(old)
        self.instance = open_revision(old, on=timezone.localdate())
        self._bind(data, with_terms=True, revises=True)

    def _copy_rows(self, old: Target) -> None:
        """Show the rows of the old target as rows of a new one."""
        copied = []
        for rows in self.rows:
            values = [
                {name: getattr(row, name) for name in (*rows.key, "value")}
                for row in rows.get_queryset()
            ]
            shown = type(rows)(
                instance=Target(indicator=self.indicator, kind=old.kind),
                initial=values,
                form_kwargs=rows.form_kwargs,
            )
            shown.extra = len(values) + 1
            copied.append(shown)
        self.rows = copied

    def is_valid(self) -> bool:
        """Refuse a revision that promises the same."""
        if not super().is_valid():
            return False
        if self.replaced.abandoned_on is None and self._promised() == self.before:
            self.form.add_error(
                None,
                _(
                    "Rien ne change dans ce qui est promis. Pour la formulation, la source ou "
                    "l’hypothèse, modifiez la cible sans la réviser."
                ),
            )
            return False
        return True

    def _promised(self) -> dict[str, Any]:
        [rows] = self.rows
        names = (*rows.key, "value")
        typed = sorted(
            tuple(form.cleaned_data[name] for name in names)
            for form in rows.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        )
        terms = {name: getattr(self.instance, name) for name in TERMS}
        return {**terms, "periods": [], "checkpoints": [], rows.field: typed}

    @property
    def marked(self) -> Target:
        """The target to replace: what others may have changed."""
        return self.replaced

    @property
    def title(self) -> str:
        """The heading of the page."""
        return _("Réviser la cible")

    def acts(self) -> Iterable[tuple[str, str]]:
        """Offer nothing else: one thing at a time."""
        return ()

    def context(self) -> dict[str, Any]:
        """Return the target to replace, in words."""
        return {
            **super().context(),
            "promised": wording.promise(self.replaced, self.indicator.unit),
        }


def _filled(data: QueryDict, rows: Any, periods: list[tuple[date, date]], value: str) -> QueryDict:
    """Return what is typed with the periods in the place of those there were.

    A stored period that is among them stays where it is; the others go.
    """
    filled = data.copy()
    prefix = rows.prefix
    for name in [name for name in filled if name.startswith(f"{prefix}-")]:
        if not name.endswith(("_FORMS", "-id", "-target")):
            del filled[name]
    stored = [(form.instance.starts_on, form.instance.ends_on) for form in rows.initial_forms]
    for number, span in enumerate(stored):
        if span not in periods:
            filled[f"{prefix}-{number}-DELETE"] = "on"
    shown = [*stored, *(span for span in periods if span not in stored)]
    for number, (start, end) in enumerate(shown):
        filled[f"{prefix}-{number}-starts_on"] = start.isoformat()
        filled[f"{prefix}-{number}-ends_on"] = end.isoformat()
        filled[f"{prefix}-{number}-value"] = value
    filled[f"{prefix}-TOTAL_FORMS"] = str(len(shown))
    return filled
