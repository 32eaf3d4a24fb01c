"""What the forms of a plan's parts share: sources, codes, dates, rows of owned things.

A page holds one form, its rows, and one description of a document that the plan does not know
yet: any choice of a source may point to that document (`SourceChoice`), which is written with the
rest or not at all. So such forms are checked inside the transaction that saves them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet, ModelChoiceIterator
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.alphabet import alphabetical
from plans.codes import free_code
from plans.contribution_forms import ADDRESS_EXPECTED, PublicationDateField
from plans.days import EARLIEST, LATEST, is_reckoned_with
from plans.models import Note, Plan, Source
from plans.sourcing import Document, cite

if TYPE_CHECKING:
    # Generic for the type checker only.
    _ModelForm = forms.ModelForm[Any]
    _InlineFormSet = BaseInlineFormSet[Any, Any, Any]
    _ModelChoiceField = forms.ModelChoiceField[Source]
    _ModelChoiceIterator = ModelChoiceIterator[Source]
else:
    _ModelForm = forms.ModelForm
    _InlineFormSet = BaseInlineFormSet
    _ModelChoiceField = forms.ModelChoiceField
    _ModelChoiceIterator = ModelChoiceIterator

NEW_DOCUMENT = "nouveau"
"""What stands for the document described on the same page, in a list of sources."""


CODE_EXPECTED = {
    "invalid": gettext_lazy(
        "Lettres sans accent, chiffres et tirets seulement : « pack-ia-2 », par exemple."
    )
}
"""What is said of a text that cannot stand in the address of a page."""


class DocumentForm(forms.Form):
    """A document that the plan does not know yet; asked only where a source points to it."""

    prefix = "document"
    use_required_attribute = False

    title = forms.CharField(label=gettext_lazy("Titre du document"), max_length=250)
    kind = forms.ChoiceField(
        label=gettext_lazy("Nature"),
        choices=[("", gettext_lazy("— à choisir —")), *Source.Kind.choices],
    )
    publisher = forms.CharField(label=gettext_lazy("Éditeur"), max_length=150, required=False)
    url = forms.URLField(
        label=gettext_lazy("Adresse"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages=ADDRESS_EXPECTED,
    )
    published = PublicationDateField(
        label=gettext_lazy("Date de publication"),
        help_text=gettext_lazy("Telle que le document la montre : 20/06/2019, 06/2019 ou 2019."),
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, plan: Plan) -> None:
        super().__init__(data)
        self.plan = plan
        self.called_for = False
        self._cited: Source | None = None

    def cited(self) -> Source | None:
        """Return the plan's source for the document, written if need be; None if it is wrong."""
        self.called_for = True
        if self._cited is None and self.is_valid():
            on, precision = self.cleaned_data["published"] or (None, Source.Precision.DAY)
            self._cited = cite(
                self.plan,
                Document(
                    kind=self.cleaned_data["kind"],
                    title=self.cleaned_data["title"],
                    publisher=self.cleaned_data["publisher"],
                    url=self.cleaned_data["url"],
                    published_on=on,
                    published_precision=precision,
                ),
            )
        return self._cited

    @property
    def is_open(self) -> bool:
        """Whether something is typed in it: the fold is then shown open."""
        return self.is_bound and any((self[name].value() or "").strip() for name in self.fields)


class _WithNewDocument(_ModelChoiceIterator):
    """The sources of the plan, after the document described on the page."""

    def __iter__(self) -> Iterator[Any]:
        choices = super().__iter__()
        if self.field.empty_label is not None:
            yield next(choices)
        yield NEW_DOCUMENT, _("Le document décrit plus bas")
        yield from choices


class SourceChoice(_ModelChoiceField):
    """A source of the plan, or the document that the page describes."""

    iterator = _WithNewDocument

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("empty_label", gettext_lazy("— aucune —"))
        super().__init__(queryset=Source.objects.none(), **kwargs)
        self.document: DocumentForm | None = None

    def to_python(self, value: Any) -> Any:
        """Return the source; for the document of the page, the one it is cited as."""
        if value != NEW_DOCUMENT or self.document is None:
            return super().to_python(value)
        source = self.document.cited()
        if source is None:
            raise ValidationError(_("Complétez la description du document, plus bas."))
        return source


class DayInput(forms.DateInput):
    """A day, with the calendar of the browser."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


def check_day(day: date) -> None:
    """Refuse a day that the site does not reckon with; see `plans.days`."""
    if not is_reckoned_with(day):
        raise ValidationError(
            _("Vérifiez l’année : une date va de %(first)s à %(last)s.")
            % {"first": EARLIEST.year, "last": LATEST.year}
        )


class PlanPartForm(_ModelForm):
    """A form on something of a plan: its lists offer what is in that plan, and nothing else."""

    use_required_attribute = False

    SECTIONS: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()
    """How the page groups the fields: a heading, and the names of those under it."""
    LABELS: ClassVar[Mapping[str, Any]] = {}
    HELP: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self, *args: Any, plan: Plan, document: DocumentForm | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField):
                field.validators.append(check_day)
            elif isinstance(field, SourceChoice):
                field.document = document
                field.queryset = plan.sources.order_by(alphabetical("title"))
            elif name == "notes":
                notes = cast("forms.ModelMultipleChoiceField[Note]", field)
                notes.queryset = plan.notes.order_by("position", "code")
            if name in self.LABELS:
                field.label = self.LABELS[name]
            if name in self.HELP:
                field.help_text = self.HELP[name]
        # What is wrong is told in the order of the page.
        self.order_fields([name for _heading, names in self.SECTIONS for name in names])

    @property
    def sections(self) -> Iterator[tuple[Any, list[forms.BoundField]]]:
        """The fields as the page groups them."""
        for heading, names in self.SECTIONS:
            fields = [self[name] for name in names if name in self.fields]
            if fields:
                yield heading, fields

    def validate_constraints(self) -> None:
        """Check the constraints of a row whose fields are right: else they repeat the errors."""
        if not self.errors:
            super().validate_constraints()


class CodedForm(PlanPartForm):
    """A part of a plan with a code: made from its title where nobody chooses one."""

    code = forms.SlugField(label=gettext_lazy("Code"), required=False, error_messages=CODE_EXPECTED)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = cast("forms.SlugField", self.fields["code"])
        column = self._meta.model._meta.get_field("code")
        code.max_length = column.max_length
        code.widget.attrs["maxlength"] = str(column.max_length)
        code.help_text = self.code_help()

    def code_help(self) -> str:
        """Say what the code is for, and what becomes of an address that has the former one."""
        if self.instance.pk is None:
            return _(
                "Dans l’adresse de la page : lettres sans accent, chiffres et tirets. Laissez "
                "vide pour le tirer du titre."
            )
        return _("Dans l’adresse de la page. Si vous le changez, l’ancienne adresse redirige.")

    def siblings(self) -> models.QuerySet[Any]:
        """Return what the code must differ from."""
        rows: models.QuerySet[Any] = self._meta.model._default_manager.filter(plan=self.plan)
        return rows

    def title_for_code(self) -> str:
        """Return the text that a missing code is made from."""
        return str(self.cleaned_data.get("title") or "")

    def clean_code(self) -> str:
        """Keep the code there is when the field is emptied; see `clean` for a new one."""
        return str(self.cleaned_data["code"] or self.instance.code)

    def clean(self) -> dict[str, Any]:
        """Make a code where none is given, and refuse one that is taken."""
        data = super().clean() or self.cleaned_data
        if "code" not in self.fields:
            return data
        code = data.get("code")
        others = self.siblings().exclude(pk=self.instance.pk)
        if code and others.filter(code=code).exists():
            self.add_error("code", _("Le code « %(code)s » est déjà pris.") % {"code": code})
        elif not code and "code" not in self.errors:
            data["code"] = free_code(
                self.title_for_code(),
                set(others.values_list("code", flat=True)),
                longest=cast("forms.SlugField", self.fields["code"]).max_length or 40,
                empty="sans-titre",
            )
        return data

    def validate_unique(self) -> None:
        """Done in `clean`, with the code that is made there."""


class RowsFormSet(_InlineFormSet):
    """Rows that belong to the thing of a page; their order is that of the page.

    Without a script, one asks for further rows with a button that saves nothing.
    """

    title: ClassVar[Any] = ""
    intro: ClassVar[Any] = ""
    ordered: ClassVar[bool] = True
    key: ClassVar[tuple[str, ...]] = ()
    """The columns that tell rows apart: with other ones it is another row."""

    def grow(self, rows: int) -> None:
        """Show so many further empty rows, what is typed in the others kept."""
        assert self.is_bound, "only what is typed grows"
        data = cast("QueryDict", self.data).copy()
        name = f"{self.prefix}-TOTAL_FORMS"
        data[name] = str(min(self.total_form_count() + rows, self.max_num))
        self.data = data
        self.__dict__.pop("management_form", None)
        self.__dict__.pop("forms", None)

    def save(self, commit: bool = True) -> list[Any]:
        """Write the rows. What goes, or changes place, goes first: another may take its place."""
        assert commit, "rows are written with the thing they belong to"
        assert self.model is not None, "the factory of formsets gives it"
        gone = self.deleted_forms
        moved = [
            form
            for form in self.initial_forms
            if form not in gone and not set(self.key).isdisjoint(form.changed_data)
        ]
        for form in self.initial_forms:
            if form in gone or form in moved:
                type(form.instance)._default_manager.filter(pk=form.instance.pk).delete()
        for form in moved:
            form.instance.pk = None
            form.instance._state.adding = True
        written = []
        for position, form in enumerate(self.forms, 1):
            if form in gone or not form.has_changed():
                continue
            setattr(form.instance, self.fk.name, self.instance)
            if self.ordered:
                form.instance.position = position
            form.instance.save()
            written.append(form.instance)
        return written
