"""One contribution, entered on a page of its own: what is common to values and milestones.

The person sees the draft under way, if there is one, and saves it under the revision they saw. A
draft is saved even when it cannot be handed in yet: nothing typed waits for a missing source.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from agent.entry.comparison import side_by_side
from agent.typed_text import posted
from plans import contributing
from plans.contribution_forms import ContributionForm
from plans.models import Contribution
from plans.permissions import Rights
from plans.workflow import EditConflictError, WorkflowError

SAVE, SUBMIT, DISCARD = "save", "submit", "discard"


class EntryPage(ABC):
    """What a kind of contribution has of its own."""

    template: ClassVar[str]

    def __init__(self, rights: Rights) -> None:
        self.rights = rights
        self.on: date = timezone.localdate()

    @abstractmethod
    def blank(self) -> Contribution:
        """Return a new contribution to the subject of the page."""

    @abstractmethod
    def shown(self, asked: QueryDict) -> Contribution:
        """Return what the page opens with: a draft, a correction to make, or a new contribution."""

    @abstractmethod
    def draft(self, number: int) -> Contribution | None:
        """Return a draft to the subject of the page by its id."""

    @abstractmethod
    def form(self, data: QueryDict | None, files: Any, instance: Any) -> ContributionForm:
        """Return the form of a contribution."""

    @abstractmethod
    def address_of(self, contribution: Contribution) -> str:
        """Return the address of the page that opens with a contribution."""

    @abstractmethod
    def said(self, contribution: Contribution) -> str:
        """Return what a contribution says, in a few words: a value and its period."""

    @abstractmethod
    def context(self, form: ContributionForm) -> dict[str, Any]:
        """Return what else the page shows."""


def serve(request: HttpRequest, page: EntryPage) -> HttpResponse:
    """Show the form of a contribution, or do what it asks."""
    data = posted(request)
    if data is None:
        instance = page.shown(request.GET)
        return _shown(request, page, page.form(None, None, instance), instance)
    number = _whole(data.get("draft"))
    instance = (page.draft(number) if number is not None else None) or page.blank()
    # The form changes its instance: what the database holds is kept apart.
    revision = _whole(data.get("revision"))
    form = page.form(data, request.FILES or None, instance)
    if request.method != "POST":
        return _shown(request, page, form, instance, revision=revision)
    if data.get("action") == DISCARD and instance.pk is not None:
        return _discard(request, page, form, instance, revision)
    if not form.is_valid():
        return _shown(request, page, form, instance, revision=revision, status=422)
    return _save(request, page, form, revision=revision)


def _save(
    request: HttpRequest, page: EntryPage, form: ContributionForm, *, revision: int | None
) -> HttpResponse:
    now = timezone.now()
    instance: Contribution = form.instance
    try:
        saved = contributing.save(
            instance,
            page.rights.plan,
            editor=_person(request),
            revision=revision,
            at=now,
            document=form.document,
        )
        revision = saved.revision
        if form.data.get("action") == SUBMIT:
            if form.refuse_submission():
                messages.warning(request, _("Brouillon enregistré ; il n’est pas encore soumis."))
                return _shown(request, page, form, saved, revision=revision, status=422)
            contributing.submit(saved, revision=revision, at=now)
            messages.success(
                request, _("Soumis à la relecture : %(what)s.") % {"what": page.said(saved)}
            )
            return redirect(saved)
    except EditConflictError as conflict:
        return _conflict(request, page, form, conflict)
    except WorkflowError as refusal:
        form.add_error(None, str(refusal))
        return _shown(request, page, form, instance, revision=revision, status=422)
    except ValidationError as refusal:
        form.add_refusal(refusal)
        return _shown(request, page, form, instance, revision=revision, status=422)
    messages.success(request, _("Brouillon enregistré : %(what)s.") % {"what": page.said(saved)})
    for doubt in form.doubts:
        messages.warning(request, _("À vérifier. %(doubt)s") % {"doubt": doubt})
    return redirect(page.address_of(saved))


def _conflict(
    request: HttpRequest, page: EntryPage, form: ContributionForm, conflict: EditConflictError
) -> HttpResponse:
    """Show what the other person saved beside what this one typed; nothing was written."""
    theirs = conflict.theirs
    document = form.document
    lines = side_by_side(theirs, form.instance, new_source=document.title if document else "")
    return _shown(
        request,
        page,
        form,
        theirs,
        revision=theirs.revision,
        status=409,
        conflict=conflict.said_to(_person(request)),
        own_conflict=conflict.is_with(_person(request)),
        lines=lines,
        theirs=theirs,
        theirs_address=page.address_of(theirs),
    )


def _discard(
    request: HttpRequest,
    page: EntryPage,
    form: ContributionForm,
    instance: Contribution,
    revision: int | None,
) -> HttpResponse:
    what = page.said(instance)
    try:
        contributing.discard(instance, revision=revision, at=timezone.now())
    except EditConflictError as conflict:
        messages.error(request, conflict.said_to(_person(request)))
        return redirect(page.address_of(conflict.theirs))
    except WorkflowError as refusal:
        messages.error(request, str(refusal))
        return redirect(instance)
    messages.success(request, _("Brouillon supprimé : %(what)s.") % {"what": what})
    return redirect("agent:plan", page.rights.plan.slug)


def _shown(
    request: HttpRequest,
    page: EntryPage,
    form: ContributionForm,
    stored: Contribution,
    *,
    revision: int | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """Answer with the page; `stored` is the draft that the form is saved to, if it has an id."""
    if stored.pk is not None and revision is None:
        revision = stored.revision
    context = {
        "plan": page.rights.plan,
        "rights": page.rights,
        "section": "entry",
        "form": form,
        "stored": stored,
        "revision": revision,
        "in_review": stored.state == Contribution.State.SUBMITTED,
        "may_take_back": stored.state == Contribution.State.SUBMITTED
        and page.rights.may_take_back(stored),
        **page.context(form),
        **more,
    }
    return render(request, page.template, context, status=status)


def _person(request: HttpRequest) -> User:
    """Return who is signed in: nobody else reaches these pages."""
    return cast("User", request.user)


def _whole(text: str | None) -> int | None:
    """Return a whole number that a form carries; None for anything else."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return int(text)
