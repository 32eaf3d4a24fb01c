"""Forms on a plan, on what its documents say, and on what plans share."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.alphabet import alphabetical
from plans.codes import free_code
from plans.contribution_forms import PublicationDateField
from plans.fiction import offered_to, plans_like
from plans.models import (
    Claim,
    Note,
    NoteCitation,
    Organisation,
    OrganisationRole,
    Plan,
    PlanOrganisation,
    Region,
    Sector,
    Source,
)
from plans.models.plan import SLUG_LENGTH
from plans.part_forms import (
    CODE_EXPECTED,
    CodedForm,
    DayInput,
    PlanPartForm,
    RowsFormSet,
    SourceChoice,
)
from plans.sourcing import publication_text
from plans.stating import COLUMNS

if TYPE_CHECKING:
    from accounts.models import User

    # Generic for the type checker only.
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm

FEW_LINES = {"rows": 3}
NOT_OF_ITS_KIND = gettext_lazy(
    "Ce choix n’est pas dans la liste : ce que nomment les plans fictifs et ce que nomment les "
    "plans réels ne se mêlent pas."
)
LIMITS = ("on_track_from", "watch_from", "early_below")


class PlanForm(_ModelForm):
    """What a plan is. Its dates and its budget are what its claims state: see `ClaimForm`.

    Only a superuser makes a plan, and moves it to another region.
    """

    use_required_attribute = False

    SECTIONS: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = (
        (gettext_lazy("Le plan"), ("region", "kind", "title", "slug")),
        (gettext_lazy("Présentation publique"), ("summary", "ambition", "sectors", "related_to")),
        (gettext_lazy("Limites des statuts"), LIMITS),
    )

    class Meta:
        model = Plan
        fields = (
            "region",
            "kind",
            "title",
            "slug",
            "summary",
            "ambition",
            "sectors",
            "related_to",
            *LIMITS,
        )
        widgets = {
            "summary": forms.Textarea(attrs=FEW_LINES),
            "ambition": forms.Textarea(attrs=FEW_LINES),
            "sectors": forms.CheckboxSelectMultiple,
        }
        localized_fields = LIMITS
        error_messages = {
            "slug": CODE_EXPECTED
            | {"unique": gettext_lazy("Un plan a déjà cet identifiant : choisissez-en un autre.")}
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance if self.instance.pk is not None else None
        if user.is_superuser:
            region = cast("forms.ModelChoiceField[Region]", self.fields["region"])
            region.queryset = Region.objects.order_by("fictitious", alphabetical("name"))
            if known is None:
                region.help_text = _(
                    "Une région fictive a ses propres listes : les filières et le plan lié d’un "
                    "plan fictif se choisissent une fois qu’il est créé."
                )
            else:
                # What hangs on it is of its kind: it moves among regions of that kind.
                region.queryset = region.queryset.filter(fictitious=known.region.fictitious)
            region.empty_label = _("— choisir —")
        else:
            del self.fields["region"]
        fictitious = self._is_fictitious()
        kind = cast("forms.ChoiceField", self.fields["kind"])
        kind.choices = [("", _("— choisir —")), *Plan.Kind.choices]
        sectors = cast("forms.ModelMultipleChoiceField[Sector]", self.fields["sectors"])
        sectors.queryset = offered_to(
            Sector.objects.order_by(alphabetical("name")), known, fictitious=fictitious
        )
        sectors.error_messages["invalid_choice"] = NOT_OF_ITS_KIND
        related = cast("forms.ModelChoiceField[Plan]", self.fields["related_to"])
        others = plans_like(fictitious=fictitious).exclude(pk=self.instance.pk)
        if not user.is_superuser:
            # A plan that is not public is known to its members only.
            others = others.filter(
                models.Q(is_public=True)
                | models.Q(memberships__user=user)
                | models.Q(related_programmes=self.instance.pk or 0)
            ).distinct()
        # Told apart first: rows that are kept once cannot be listed by what is reckoned from them.
        related.queryset = Plan.objects.filter(pk__in=others).order_by(alphabetical("title"))
        related.empty_label = _("— aucun —")
        related.error_messages["invalid_choice"] = _(
            "Ce plan n’est pas dans la liste : un plan fictif et un plan réel ne se lient pas."
        )
        for name in LIMITS:
            self.fields[name].widget.attrs["inputmode"] = "decimal"
            # As people write it: 0,95 of what is stored as 0.950.
            limit = self.get_initial_for_field(self.fields[name], name)
            self.initial[name] = Decimal(limit).normalize()
        self.fields["slug"].required = False
        self.fields["slug"].help_text = (
            _(
                "Dans l’adresse de la page : lettres sans accent, chiffres et tirets. Laissez "
                "vide pour le tirer du titre."
            )
            if known is None
            else _(
                "Dans l’adresse du plan et de toutes ses pages. Si vous le changez, les "
                "anciennes adresses redirigent."
            )
        )

    def _is_fictitious(self) -> bool:
        """Whether the plan is; a new one is of the kind of the region that is chosen."""
        if self.instance.pk is not None:
            return bool(self.instance.region.fictitious)
        chosen = str(self.data.get(self.add_prefix("region"), ""))
        return (
            chosen.isdecimal() and Region.objects.filter(pk=int(chosen), fictitious=True).exists()
        )

    @property
    def sections(self) -> Any:
        """The fields as the page groups them."""
        for heading, names in self.SECTIONS:
            yield heading, [self[name] for name in names if name in self.fields]

    def clean_slug(self) -> str:
        """Refuse the former address of another plan: it must go on redirecting there.

        Keep the one there is when the field is emptied; see `clean` for a new one.
        """
        slug: str = self.cleaned_data["slug"] or self.instance.slug
        others = Plan.objects.exclude(pk=self.instance.pk)
        if others.filter(former_slugs__contains=[slug]).exists():
            raise ValidationError(
                _("« %(slug)s » a été l’identifiant d’un autre plan : son adresse y conduit.")
                % {"slug": slug}
            )
        return slug

    def clean(self) -> dict[str, Any]:
        """Make an address from the title where none is given; no present or former one again."""
        data = super().clean() or self.cleaned_data
        if not data.get("slug") and "slug" not in self.errors:
            former = Plan.objects.values_list("former_slugs", flat=True)
            taken = {*Plan.objects.values_list("slug", flat=True), *chain.from_iterable(former)}
            data["slug"] = free_code(
                str(data.get("title") or ""), taken, longest=SLUG_LENGTH, empty="plan"
            )
        return data

    def validate_constraints(self) -> None:
        """Check the constraints of a row whose fields are right: else they repeat the errors."""
        if not self.errors:
            super().validate_constraints()


class ActorForm(PlanPartForm):
    """The part of an organisation in a plan or a measure."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisation = cast("forms.ModelChoiceField[Organisation]", self.fields["organisation"])
        organisation.queryset = offered_to(
            Organisation.objects.order_by(alphabetical("name")),
            self.plan,
            fictitious=self.plan.region.fictitious,
        )
        organisation.error_messages["invalid_choice"] = NOT_OF_ITS_KIND
        organisation.empty_label = _("— choisir —")
        organisation.label_from_instance = _full_name  # type: ignore[method-assign, assignment]
        role = cast("forms.ChoiceField", self.fields["role"])
        role.choices = [("", _("— choisir —")), *OrganisationRole.choices]


def _full_name(organisation: Organisation) -> str:
    if organisation.short_name:
        return f"{organisation.name} ({organisation.short_name})"
    return organisation.name


class PlanActorForm(ActorForm):
    """The part of an organisation in a plan."""

    source = SourceChoice(label=gettext_lazy("Source"), required=False)

    class Meta:
        model = PlanOrganisation
        fields = ("organisation", "role", "detail", "source")


class ActorsFormSet(RowsFormSet):
    """The organisations that take part."""

    title = gettext_lazy("Acteurs")
    intro = gettext_lazy("Qui porte, accompagne ou finance.")
    key = ("organisation", "role")


PlanActorsFormSet = forms.inlineformset_factory(
    Plan,
    PlanOrganisation,
    form=PlanActorForm,
    formset=ActorsFormSet,
    extra=1,
    max_num=100,
)


class SourceForm(CodedForm):
    """A document of the plan."""

    published = PublicationDateField(
        label=gettext_lazy("Date de publication"),
        help_text=gettext_lazy("Telle que le document la montre : 20/06/2019, 06/2019 ou 2019."),
        required=False,
    )

    SECTIONS = (
        (None, ("title", "kind", "publisher", "url", "published", "published_inferred")),
        (None, ("comment", "code")),
    )

    class Meta:
        model = Source
        fields = ("code", "kind", "title", "publisher", "url", "published_inferred", "comment")
        widgets = {"comment": forms.Textarea(attrs=FEW_LINES)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["published"] = publication_text(self.instance)

    def code_help(self) -> str:
        """Say where the code is seen."""
        return _(
            "Désigne la source dans les fichiers de plan. Laissez vide pour le tirer du titre."
        )

    def _post_clean(self) -> None:
        published = self.cleaned_data.get("published") or (None, Source.Precision.DAY)
        self.instance.published_on, self.instance.published_precision = published
        super()._post_clean()  # type: ignore[misc] # private, and meant to be extended


class NoteForm(CodedForm):
    """Something a reader must know."""

    SECTIONS = ((None, ("kind", "text", "code")),)

    class Meta:
        model = Note
        fields = ("code", "kind", "text")
        widgets = {"text": forms.Textarea(attrs=FEW_LINES)}

    def code_help(self) -> str:
        """Say where the code is seen."""
        return _("Désigne la note dans les fichiers de plan. Laissez vide pour le tirer du texte.")

    def title_for_code(self) -> str:
        """Return the beginning of the text."""
        return " ".join(str(self.cleaned_data.get("text") or "").split()[:6])


class CitationForm(PlanPartForm):
    """A source of a note, and what it says."""

    source = SourceChoice(label=gettext_lazy("Source"), empty_label=gettext_lazy("— choisir —"))

    class Meta:
        model = NoteCitation
        fields = ("source", "locator", "statement")


class CitationsFormSet(RowsFormSet):
    """What the sources of a note say, side by side."""

    title = gettext_lazy("Sources de la note")
    intro = gettext_lazy("Si elles se contredisent, donnez l’énoncé de chacune.")


NoteCitationsFormSet = forms.inlineformset_factory(
    Note,
    NoteCitation,
    form=CitationForm,
    formset=CitationsFormSet,
    extra=2,
    max_num=50,
)


class ClaimForm(PlanPartForm):
    """What one source says of a date, a budget… of the plan, or how we infer it.

    The claim that is retained gives the plan its date or its budget: they are written together.
    """

    source = SourceChoice(label=gettext_lazy("Source"), required=False)

    SECTIONS = (
        (gettext_lazy("Ce qui est dit"), ("subject", "date", "amount", "statement")),
        (gettext_lazy("D’où cela vient"), ("source", "locator", "derivation")),
        (None, ("retained",)),
    )
    LABELS = {"retained": gettext_lazy("Valeur retenue pour le plan")}
    HELP = {
        "statement": gettext_lazy(
            "Ce que dit la source, tel qu’affiché : « 350 M€ sur cinq ans »."
        ),
        "source": gettext_lazy("Sans source, dites plus bas comment la valeur est déduite."),
        "retained": gettext_lazy(
            "La page du plan affiche cette date ou ce montant ; les autres affirmations restent "
            "lisibles à côté."
        ),
    }

    class Meta:
        model = Claim
        fields = (
            "subject",
            "date",
            "amount",
            "statement",
            "source",
            "locator",
            "derivation",
            "retained",
        )
        widgets = {
            "date": DayInput,
            "derivation": forms.Textarea(attrs=FEW_LINES),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        subject = cast("forms.ChoiceField", self.fields["subject"])
        subject.choices = [("", _("— choisir —")), *Claim.Subject.choices]
        if self.instance.pk is not None:
            # The plan's value hangs on it: another subject is another claim.
            subject.disabled = True

    def clean(self) -> dict[str, Any]:
        """Ask for the value that the subject is about, and no other."""
        data = super().clean() or self.cleaned_data
        column = COLUMNS.get(data.get("subject", ""))
        asked = None if column is None else column.value
        missing = {
            "date": _("Donnez la date que le plan retient."),
            "amount": _("Donnez le montant que le plan retient."),
        }
        if asked and data.get("retained") and data.get(asked) is None and asked not in self.errors:
            self.add_error(asked, missing[asked])
        if asked == "date" and data.get("amount") is not None:
            self.add_error("amount", _("Cet objet est une date : laissez le montant vide."))
        if asked == "amount" and data.get("date") is not None:
            self.add_error("date", _("Cet objet est un montant : laissez la date vide."))
        derived = str(data.get("derivation") or "").strip()
        if not data.get("source") and not derived and "source" not in self.errors:
            self.add_error(
                "source",
                _("Choisissez la source, ou dites plus bas comment la valeur est déduite."),
            )
        return data

    def validate_constraints(self) -> None:
        """Leave what concerns several claims to `plans.stating`, which changes them together."""
        if not self.errors:
            self.instance.validate_constraints(exclude={"plan", "retained"})
