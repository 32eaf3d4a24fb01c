"""A page with the form of one thing of a plan: shown, checked, saved whole or not at all.

Everything happens in one transaction, on rows locked in it. A form carries the mark of what its
reader saw (`trail.mark_of`): if someone else has changed one of its fields since, nothing is
written, what changed is shown and the typed text stays. A new thing's form carries a number of
its own, so that sent twice it makes one thing.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import pghistory
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.utils import ErrorDict
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from agent.editing import trail
from agent.editing.story import Entry, tell
from agent.typed_text import posted
from indicators.services import refresh_progress
from plans.constraints import check_now
from plans.models import Plan
from plans.part_forms import DocumentForm, SourceChoice
from plans.permissions import Rights

MARK, SENDING, ROWS = "vu", "envoi", "lignes"
_MORE_ROWS = 3
_LONGEST_SENDING = 40


class EditingPage(ABC):
    """What the page of a kind of thing has of its own."""

    kind: ClassVar[trail.Kind]
    noun: ClassVar[str]
    """What stands for the kind in an address: ``mesures``."""
    template: ClassVar[str] = "agent/editing/form.html"

    def __init__(self, plan: Plan, rights: Rights) -> None:
        self.plan = plan
        self.rights = rights
        self.user = cast("User", rights.user)
        self.rows: Sequence[Any] = ()
        self.form: Any = None
        self.document = DocumentForm(plan=plan)
        self.instance: Any = None

    # What each kind says

    @abstractmethod
    def found(self, code: str) -> Any:
        """Return the thing of this plan that has a code; raise Http404 when none has."""

    @abstractmethod
    def blank(self, asked: QueryDict) -> Any:
        """Return a new thing, where the address says."""

    @abstractmethod
    def bind(self, data: QueryDict | None) -> None:
        """Make the form, its rows and the description of a document, from what is typed."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The heading of the page."""

    def save(self) -> Any:
        """Write the form and its rows; return what was saved."""
        saved = self.form.save()
        for rows in self.rows:
            rows.instance = saved
            rows.save()
        return saved

    def touched(self, saved: Any) -> Iterable[int]:
        """Return the ids of the indicators whose progress may have changed."""
        return ()

    def done(self, saved: Any) -> str:
        """Return the address to go to once saved."""
        return f"{reverse('agent:editing', args=[self.plan.slug])}#{self.anchor(saved)}"

    def anchor(self, thing: Any) -> str:
        """Return the place of the thing on the page of the structure."""
        return f"{self.noun}-{thing.code}"

    def said(self, saved: Any) -> str:
        """Return what to tell once saved."""
        return _("Enregistré : %(what)s.") % {"what": saved}

    def acts(self) -> Iterable[tuple[str, str]]:
        """Return what else can be done to the thing: words and address."""
        return ()

    def help(self, data: QueryDict) -> bool:
        """Do what a button of the form asks that saves nothing; whether one was pressed."""
        wanted = data.get(ROWS, "")
        for rows in self.rows:
            if rows.prefix == wanted:
                rows.grow(_MORE_ROWS)
                return True
        return False

    def context(self) -> dict[str, Any]:
        """Return what else the page shows."""
        return {}

    # What all of them do

    def locked(self, instance: Any) -> Any:
        """Lock a thing until the end of the transaction and return it as it is now."""
        rows = type(instance)._default_manager.select_for_update(of=("self",), no_key=True)
        fresh = rows.filter(pk=instance.pk).first()
        if fresh is None:
            raise Http404
        return fresh

    def is_valid(self) -> bool:
        """Check everything, so that all errors are told at once."""
        right = [self.form.is_valid(), *(rows.is_valid() for rows in self.rows)]
        return all(right)

    def hush(self) -> None:
        """Show what is typed without judging it yet: nobody asked to save."""
        for form in (self.form, self.document, *(one for rows in self.rows for one in rows.forms)):
            form._errors = ErrorDict()
            form.cleaned_data = {}
        for rows in self.rows:
            rows._non_form_errors = rows.error_class()

    @property
    def takes_document(self) -> bool:
        """Whether a source is chosen on the page, so that a new document may be described."""
        fields = [*self.form.fields.values()]
        for rows in self.rows:
            fields += rows.empty_form.fields.values()
        return any(isinstance(field, SourceChoice) for field in fields)

    @property
    def error_lines(self) -> list[dict[str, str]]:
        """The errors of the rows and of the document, for the summary at the top."""
        lines: list[dict[str, str]] = []
        for rows in self.rows:
            lines += [
                {"text": f"{rows.title} : {error}", "anchor": rows.prefix or ""}
                for error in rows.non_form_errors()
            ]
            for number, form in enumerate(rows.forms, 1):
                lines += _lines(
                    form, _("%(rows)s, ligne %(number)s") % {"rows": rows.title, "number": number}
                )
        if self.document.called_for:
            lines += _lines(self.document, _("Nouveau document"))
        return lines

    @property
    def marked(self) -> Any:
        """The row whose marks the form carries."""
        return self.instance

    def conflict(self, mark: str) -> list[Entry]:
        """Return what others changed, since a mark, of what the form writes."""
        entries = tell(trail.since(self.kind, self.marked.pk, mark))
        owned = {kind._meta.model_name for kind in trail.OWNED[self.kind]}
        shown = {*self.form.fields, *owned, *self.also_written()}
        for entry in entries:
            entry.changes = [change for change in entry.changes if change.column in shown]
        return [entry for entry in entries if entry.changes]

    def also_written(self) -> Iterable[str]:
        """Return the columns that the form writes under other names."""
        return ()


def _lines(form: forms.BaseForm, heading: str) -> list[dict[str, str]]:
    lines = []
    for name, errors in form.errors.items():
        where, anchor = heading, ""
        if name != "__all__":
            where, anchor = f"{heading}, {form[name].label}", str(form[name].auto_id)
        lines += [{"text": f"{where} : {error}", "anchor": anchor} for error in errors]
    return lines


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the page shows again, nothing having been written."""

    status: int = 200
    theirs: Sequence[Entry] = ()
    mark: str = ""
    quiet: bool = False
    """Whether nothing is to be said of what is wrong: the person only asked for more rows."""


def serve(request: HttpRequest, page: EditingPage, code: str | None) -> HttpResponse:
    """Show the form of a thing, new for no code, or save it."""
    data = posted(request)
    if data is None:
        page.instance = page.blank(request.GET) if code is None else page.found(code)
        page.bind(None)
        mark = "" if code is None else trail.mark_of(page.kind, page.marked.pk)
        return _shown(request, page, None, _Answer(mark=mark))
    if data.get(SENDING):
        pghistory.context(sending=data[SENDING][:_LONGEST_SENDING])
    with transaction.atomic():
        answer = _judge(request, page, code, data)
        if isinstance(answer, _Answer):
            # A document that was cited for a form that is refused goes with the rest.
            transaction.set_rollback(True)
    return _shown(request, page, data, answer) if isinstance(answer, _Answer) else answer


def _judge(
    request: HttpRequest, page: EditingPage, code: str | None, data: QueryDict
) -> HttpResponse | _Answer:
    """Check what is typed and save it; else say what to show again."""
    if page.plan.pk is not None:
        # New things of one plan wait for one another: their codes and places differ.
        Plan.objects.select_for_update(no_key=True).get(pk=page.plan.pk)
    if code is None:
        made = _made_before(page, data)
        if made is not None and request.method == "POST":
            messages.success(request, page.said(made))
            return redirect(page.done(made))
        page.instance = page.blank(request.GET)
    else:
        page.instance = page.locked(page.found(code))
    page.bind(data)
    asks_help = page.help(data)
    right = page.is_valid()
    mark = data.get(MARK, "")
    if asks_help or request.method != "POST":
        return _Answer(mark=mark, quiet=asks_help)
    if code is not None and (theirs := page.conflict(mark)):
        return _Answer(409, theirs, trail.mark_of(page.kind, page.marked.pk))
    if not right:
        return _Answer(422, mark=mark)
    return _saved(request, page) or _Answer(422, mark=mark)


def _made_before(page: EditingPage, data: QueryDict) -> Any | None:
    sending = data.get(SENDING, "")[:_LONGEST_SENDING]
    if not sending:
        return None
    made = trail.made_by(page.kind, page.plan if page.plan.pk else None, sending)
    return None if made is None else page.kind._default_manager.filter(pk=made).first()


def _saved(request: HttpRequest, page: EditingPage) -> HttpResponse | None:
    """Save and say where to go; None when the model or the database refuses."""
    try:
        with transaction.atomic():
            saved = page.save()
            # What the database only checks at the end, it checks while we can still tell.
            check_now()
            refresh_progress(page.touched(saved), on=timezone.localdate())
    except ValidationError as refusal:
        for name, errors in _by_field(refusal, page.form).items():
            page.form.add_error(name, errors)
        return None
    messages.success(request, page.said(saved))
    return redirect(page.done(saved))


def _by_field(refusal: ValidationError, form: Any) -> dict[str | None, list[Any]]:
    if not hasattr(refusal, "error_dict"):
        return {None: [refusal]}
    by_field: dict[str | None, list[Any]] = {}
    for name, errors in refusal.error_dict.items():
        by_field.setdefault(name if name in form.fields else None, []).extend(errors)
    return by_field


def _shown(
    request: HttpRequest, page: EditingPage, data: QueryDict | None, answer: _Answer
) -> HttpResponse:
    """Answer with the page; after a conflict, under the mark of what is shown of it."""
    if answer.quiet:
        page.hush()
    known = page.instance.pk is not None
    sending = (data.get(SENDING, "") if data is not None else "") or secrets.token_urlsafe(12)
    context = {
        "plan": page.plan if page.plan.pk else None,
        "rights": page.rights,
        "section": "editing",
        "page": page,
        "title": page.title,
        "form": page.form,
        "rows": page.rows,
        "document": page.document if page.takes_document else None,
        "lines": page.error_lines if data is not None else [],
        "theirs": answer.theirs,
        "mark": answer.mark,
        "sending": "" if known else sending,
        "acts": list(page.acts()) if known else [],
        **page.context(),
    }
    return render(request, page.template, context, status=answer.status)
