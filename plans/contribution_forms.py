"""What every contribution is entered with: its source, its evidence, and how sure it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans import evidence
from plans.alphabet import alphabetical
from plans.contributing import published_twin
from plans.models import Contribution, Plan, Source
from plans.sourcing import Document, read_publication_date
from plans.workflow import entered

if TYPE_CHECKING:
    # Generic for the type checker only.
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm

CONTRIBUTION_FIELDS = (
    "provisional",
    "date_inferred",
    "source",
    "locator",
    "comment",
    "evidence_url",
    "correction_reason",
)

CONTRIBUTION_LABELS = {
    "source": gettext_lazy("Source"),
    "locator": gettext_lazy("Endroit dans la source"),
    "comment": gettext_lazy("Note publique"),
    "evidence_url": gettext_lazy("Lien vers un justificatif public"),
    "provisional": gettext_lazy("Provisoire"),
    "date_inferred": gettext_lazy("Date déduite"),
    "correction_reason": gettext_lazy("Motif public de la correction"),
}


def fingerprint(doubts: Iterable[str], version: Contribution) -> str:
    """Return what a person confirms by ticking a box: these doubts about this very content."""
    said = entered(version)
    numbers = [f"{said[name]}" for name in ("value", "numerator", "denominator") if name in said]
    return hashlib.sha256("\n".join([*doubts, *numbers]).encode()).hexdigest()[:16]


class PublicationDateField(forms.Field):
    """A date as precise as a document shows it: a day, a month or a year."""

    def to_python(self, value: Any) -> Any:
        """Return the day and its precision; None when nothing is typed."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return read_publication_date(text)
        except ValueError:
            raise ValidationError(
                _("« %(text)s » n’est pas une date : écrivez 20/06/2019, 06/2019 ou 2019.")
                % {"text": text}
            ) from None


ADDRESS_EXPECTED = {
    "invalid": gettext_lazy("Écrivez l’adresse entière, par exemple https://exemple.fr/bilan.pdf.")
}
"""What is said of an address that is none."""


class ContributionForm(_ModelForm):
    """A draft as a person types it, held to what a draft must be.

    What only a submission needs is for `refuse_submission`. Conflicts with other versions are for
    the service that saves, which alone can judge them. The workflow's columns are not in the form.
    """

    source_title = forms.CharField(
        label=gettext_lazy("Titre du document"), max_length=250, required=False
    )
    source_kind = forms.ChoiceField(
        label=gettext_lazy("Nature"),
        choices=[("", gettext_lazy("— à choisir —")), *Source.Kind.choices],
        required=False,
    )
    source_publisher = forms.CharField(
        label=gettext_lazy("Éditeur"), max_length=150, required=False
    )
    source_url = forms.URLField(
        label=gettext_lazy("Adresse"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages=ADDRESS_EXPECTED,
    )
    source_published = PublicationDateField(
        label=gettext_lazy("Date de publication"),
        help_text=gettext_lazy("Telle que le document la montre : 20/06/2019, 06/2019 ou 2019."),
        required=False,
    )
    evidence_upload = forms.FileField(
        label=gettext_lazy("Pièce justificative"),
        required=False,
        widget=forms.FileInput(attrs={"accept": evidence.ACCEPT}),
    )
    evidence_ticket = forms.CharField(required=False, widget=forms.HiddenInput)
    evidence_removed = forms.BooleanField(
        label=gettext_lazy("Retirer la pièce jointe"), required=False
    )
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)

    NEW_SOURCE: ClassVar[tuple[str, ...]] = (
        "source_title",
        "source_kind",
        "source_publisher",
        "source_url",
        "source_published",
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plan = plan
        self.corrects: Contribution | None = self.find_published()
        self.attached: evidence.Evidence | None = None
        self.doubts: list[str] = []
        self.fields["evidence_url"].error_messages |= ADDRESS_EXPECTED
        source = cast("forms.ModelChoiceField[Source]", self.fields["source"])
        source.queryset = plan.sources.order_by(alphabetical("title"))
        source.empty_label = _("— à choisir —")
        for name, help_text in (
            ("source", ""),
            ("locator", _("Page, tableau, paragraphe.")),
            ("comment", ""),
            ("evidence_url", ""),
            ("provisional", _("La valeur pourra encore changer.")),
            ("correction_reason", _("Affiché dans l’historique de la valeur.")),
        ):
            self.fields[name].help_text = help_text
        self.fields["comment"].widget.attrs["rows"] = 3
        self.fields["correction_reason"].widget.attrs["rows"] = 2
        self.fields["evidence_upload"].help_text = _(
            "%(types)s ; %(most)s au plus. Seuls les membres du plan la voient."
        ) % {
            "types": ", ".join(one.name for one in evidence.FORMATS),
            "most": evidence.megabytes(settings.EVIDENCE_MAX_BYTES),
        }

    def find_published(self) -> Contribution | None:
        """Return what is published for the same period or day: what this would correct."""
        return published_twin(self.instance)

    # --- Evidence -----------------------------------------------------------------------------

    @property
    def _owner(self) -> str:
        return f"plan-{self.plan.pk}"

    def clean_evidence_upload(self) -> None:
        """Store the file at once: if the form is refused for another field, it is not lost."""
        upload = cast("File[bytes] | None", self.cleaned_data.get("evidence_upload"))
        if upload:
            try:
                self.attached = evidence.keep(upload, owner=self._owner)
            except evidence.EvidenceError as refusal:
                raise ValidationError(str(refusal)) from None

    def clean_evidence_ticket(self) -> None:
        """Find again the file that came with the same form before."""
        if self.attached is None:
            self.attached = evidence.of_ticket(
                self.cleaned_data["evidence_ticket"], owner=self._owner
            )

    @property
    def ticket(self) -> str:
        """What the form shown again carries, so that its file need not be sent twice."""
        return "" if self.attached is None else evidence.ticket(self.attached, owner=self._owner)

    @property
    def evidence_name(self) -> str:
        """The name of the file that goes with the form; empty without one."""
        return self.attached.name if self.attached is not None else self.instance.evidence_name

    # --- Source -------------------------------------------------------------------------------

    @property
    def describes_source(self) -> bool:
        """Whether something stands in the fold of a new document: it is then open."""
        return self.holds(*self.NEW_SOURCE)

    @property
    def gives_proof(self) -> bool:
        """Whether something stands in the fold of the evidence and the note."""
        return bool(self.evidence_name) or self.holds("evidence_url", "evidence_upload", "comment")

    def holds(self, *names: str) -> bool:
        """Whether one of these fields holds something, or is wrong."""
        return any(name in self.errors or self[name].value() for name in names)

    @property
    def document(self) -> Document | None:
        """The new document to cite, if one is described."""
        data = self.cleaned_data
        if not data.get("source_title"):
            return None
        on, precision = data.get("source_published") or (None, Source.Precision.DAY)
        return Document(
            kind=data["source_kind"],
            title=data["source_title"],
            publisher=data["source_publisher"],
            url=data["source_url"],
            published_on=on,
            published_precision=precision,
        )

    def _check_source(self) -> None:
        data = self.cleaned_data
        if not any(data.get(name) for name in self.NEW_SOURCE):
            return
        if data.get("source"):
            self.add_error(
                "source",
                _("Choisissez une source de la liste, ou décrivez-en une nouvelle : pas les deux."),
            )
        if not data.get("source_title") and "source_title" not in self.errors:
            self.add_error("source_title", _("Donnez le titre du document."))
        if not data.get("source_kind") and "source_kind" not in self.errors:
            self.add_error("source_kind", _("Choisissez la nature du document."))

    # --- The whole ----------------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        """Check what goes together."""
        data = super().clean() or self.cleaned_data
        self._check_source()
        return data

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # private, and meant to be extended
        if self.attached is not None:
            self.instance.evidence_file = self.attached.path
            self.instance.evidence_name = self.attached.name
        elif self.cleaned_data.get("evidence_removed"):
            self.instance.evidence_file = self.instance.evidence_name = ""
        if not self.errors:
            self._check_correction()

    def _check_correction(self) -> None:
        """A correction says why, and changes something."""
        self.corrects = self.find_published()
        if self.corrects is None:
            return
        if not self.instance.correction_reason:
            self.add_error("correction_reason", self.published_already())
        ours, theirs = entered(self.instance), entered(self.corrects)
        if not self.document and all(
            ours[name] == theirs[name]
            for name in ours
            if name not in ("supersedes_id", "correction_reason")
        ):
            self.add_error(None, _("Rien ne change par rapport à ce qui est publié."))

    def published_already(self) -> str:
        """Say that there is something to correct, and that a correction has a reason."""
        raise TypeError(f"{type(self).__name__} does not say what is published already")

    def validate_unique(self) -> None:
        """Leave it to the service, which shows the other version."""

    def validate_constraints(self) -> None:
        """Leave it to the service, which shows the other version."""

    # --- Submission ---------------------------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        """What a person confirms: these doubts, about what is typed now."""
        return fingerprint(self.doubts, self.instance)

    @property
    def is_confirmed(self) -> bool:
        """Whether the person has said that the value is right in spite of its doubts."""
        return not self.doubts or self.cleaned_data.get("confirmed") == self.fingerprint

    def refuse_submission(self) -> bool:
        """Add what stands between a good draft and its submission; whether there is anything."""
        if not self.instance.source_id and self.document is None:
            self.add_error("source", _("Indiquez la source avant de soumettre."))
        if not self.is_confirmed:
            self.add_error(
                None, _("La valeur surprend : vérifiez-la, puis confirmez-la avant de soumettre.")
            )
        return bool(self.errors)

    def add_refusal(self, refusal: ValidationError) -> None:
        """Show what the database or a model refused, next to its field when the form has it."""
        if hasattr(refusal, "error_dict"):
            for name, errors in refusal.error_dict.items():
                self.add_error(name if name in self.fields else None, errors)
        else:
            self.add_error(None, refusal)
