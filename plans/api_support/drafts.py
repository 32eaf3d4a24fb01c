"""Contributions under way, as a partner's system reads, writes and hands them in.

At most one is under way for an indicator and a period, or a milestone and a day: these words are
its address. It is checked by the very form of the staff pages (`ContributionForm`), and moves by
the same services. A system changes only what it wrote itself.
"""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.utils import timezone, translation
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from plans import contributing
from plans.api_support.draft_serializers import OPEN_STATES, ConfirmationSerializer
from plans.api_support.pagination import NumberedPages
from plans.api_support.parameters import asked_among
from plans.api_support.problems import Refused
from plans.api_support.renderers import json_of
from plans.api_support.representation import represented
from plans.api_support.schema import parameter
from plans.api_support.writing import IN_ENGLISH, TokenView, pointed, refused_content
from plans.contribution_forms import ContributionForm, fingerprint
from plans.locking import lock_plan
from plans.models import OPEN, Contribution, Source
from plans.permissions import Action, Rights
from plans.workflow import EditConflictError, entered

# Where the form names a field otherwise than the API.
POINTERS: Mapping[str, str] = {
    "__all__": "",
    "period": "/period_end",
    "source_title": "/document/title",
    "source_kind": "/document/kind",
    "source_publisher": "/document/publisher",
    "source_url": "/document/url",
    "source_published": "/document/published_on",
}


def form_errors(form: ContributionForm) -> list[dict[str, str]]:
    """Return what a form refuses, with pointers into the body."""
    return [
        {"pointer": POINTERS.get(name, f"/{name}"), "detail": str(text)}
        for name, texts in form.errors.items()
        for text in texts
    ]


def validation_errors(error: ValidationError) -> list[dict[str, str]]:
    """Return what a model or the database refuses, with pointers into the body."""
    return list(pointed(error.message_dict if hasattr(error, "error_dict") else error.messages))


def form_data(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body as the form takes it."""
    document = content.get("document") or {}
    return {
        **{name: value for name, value in content.items() if name != "document"},
        **{f"source_{name}": value for name, value in document.items() if name != "published_on"},
        "source_published": document.get("published_on", ""),
    }


def is_same_as_published(form: ContributionForm) -> bool:
    """Whether what is sent is what is published already."""
    if form.corrects is None or form.document is not None:
        return False
    ours, theirs = entered(form.instance), entered(form.corrects)
    return all(
        ours[name] == theirs[name]
        for name in ours
        if name not in ("supersedes_id", "correction_reason", "evidence_file", "evidence_name")
    )


def is_trusted(rights: Rights) -> bool:
    """Whether a system may publish what it wrote: its role reviews, and the plan trusts authors."""
    return rights.may(Action.REVIEW) and rights.plan.allows_self_publication


def _only(rows: QuerySet[Any]) -> Any:
    row = rows.first()
    if row is None:
        raise Http404
    return row


class Drafts(TokenView):
    """What holds for the contributions of a kind; a subject is an indicator or a milestone."""

    serializer_class: Any

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The plan's sources by code."""
        return {source.code: source for source in self.plan.sources.all()}

    # What each kind says of itself.

    @abstractmethod
    def subject_at(self, words: Mapping[str, str]) -> Any:
        """Return the indicator or the milestone that the address names; raises `missing()`."""

    @abstractmethod
    def rows(self) -> QuerySet[Any]:
        """Return the contributions of the plan, each with what the serializer shows."""

    @abstractmethod
    def about(self, subject: Any, words: Mapping[str, str]) -> dict[str, Any]:
        """Return the columns that the address of a contribution stands for; raises Http404."""

    @abstractmethod
    def blank(self, subject: Any) -> Contribution:
        """Return a new contribution."""

    @abstractmethod
    def form(self, subject: Any, content: dict[str, Any], row: Any) -> ContributionForm:
        """Return the form that checks a body."""

    @abstractmethod
    def doubts(self, row: Any) -> list[str]:
        """Return why the value surprises."""

    @abstractmethod
    def lock(self, subject: Any) -> None:
        """Lock what a publication changes with the contribution."""

    @abstractmethod
    def publish(self, row: Any) -> Contribution:
        """Publish, with what follows."""

    # What they share.

    def serialized(self, row: Any) -> Any:
        """Return a contribution as the answer shows it."""
        row.mine = row.author_id == self.system_user.pk
        # The labels are French whatever the language of the messages, and so is the tag of them.
        with translation.override(settings.LANGUAGE_CODE):
            return represented(self.serializer_class, row)

    def etag(self, row: Any) -> str:
        """Return the tag of what the answer shows."""
        return f'"{hashlib.sha256(json_of(self.serialized(row))).hexdigest()[:32]}"'

    def shown(self, row: Contribution, *, status: int = 200) -> HttpResponse:
        """Answer with a contribution as it now is."""
        data = self.serialized(self.rows().get(pk=row.pk))
        body = json_of(data)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"Location": data["url"]} if status == 201 else {}
        return self.answered(data, status=status, ETag=tag, **headers)

    def found(self, words: Mapping[str, str]) -> Any:
        """Return the contribution under way that the address names, with its subject."""
        return _only(self._under_way(self.subject_at(words), words))

    def _under_way(self, subject: Any, words: Mapping[str, str]) -> QuerySet[Any]:
        return self.rows().filter(OPEN, **self.about(subject, words))

    def own(self, words: Mapping[str, str], *, cites: bool = False, publishes: bool = False) -> Any:
        """Return the system's own contribution, locked, as the caller has seen it.

        What else is to be locked comes first (`plans.locking`): the plan, of which a document is
        cited, and the subject of what is published.
        """
        subject = self.subject_at(words)
        if cites:
            lock_plan(self.plan)
        if publishes:
            self.lock(subject)
        under_way = self._under_way(subject, words)
        row = _only(under_way.select_for_update(of=("self",), no_key=True))
        self.rights_on(self.subject_of(row))
        if row.author_id != self.system_user.pk:
            raise PermissionDenied("Someone else wrote it: a system changes what it wrote itself.")
        self.require_seen(self.etag(row))
        return row

    @abstractmethod
    def subject_of(self, row: Any) -> Any:
        """Return what a contribution is about."""

    def rights_on(self, subject: Any) -> None:
        """Refuse what the role does not allow on this indicator or milestone."""
        if not self.rights.may(Action.CONTRIBUTE, subject):
            raise PermissionDenied("Its measure is not assigned to this system.")

    def save(self, subject: Any, content: dict[str, Any], row: Any) -> Contribution:
        """Check a body as the staff pages do, and save it."""
        revision = row.revision if row.pk else None
        with translation.override(IN_ENGLISH):
            form = self.form(subject, content, row)
            if not form.is_valid():
                if is_same_as_published(form):
                    raise Refused(409, "The same is published already: nothing to correct.")
                raise refused_content(form_errors(form))
            try:
                return contributing.save(
                    form.instance,
                    self.plan,
                    editor=self.system_user,
                    revision=revision,
                    at=timezone.now(),
                    document=form.document,
                )
            except EditConflictError as conflict:
                raise self.conflict(conflict.theirs) from None
            except ValidationError as error:
                raise refused_content(validation_errors(error)) from error

    def conflict(self, theirs: Any) -> Refused:
        """Return the refusal to write a second one for the same period or day, and where it is."""
        address = self.serialized(self.rows().get(pk=theirs.pk))["url"]
        return Refused(
            409,
            f"One is under way already for these days: {address}",
            headers={"Location": address},
        )

    def require_unsurprising(self, row: Any, confirmation: str) -> None:
        """Refuse to hand in a surprising value that nobody confirmed."""
        with translation.override(IN_ENGLISH):
            doubts = self.doubts(row)
        if doubts and confirmation != fingerprint(doubts, row):
            raise Refused(
                422,
                "The value surprises: check it, then send the confirmation.",
                doubts=doubts,
                confirmation=fingerprint(doubts, row),
            )

    def published(self, row: Any) -> Contribution:
        """Publish a submitted contribution of the system's own, where the plan trusts it."""
        self.require_trust()
        try:
            return self.publish(row)
        except ValidationError as error:
            raise Refused(409, " ".join(error.messages)) from error

    def require_trust(self) -> None:
        """Refuse to publish where the plan leaves it to reviewers."""
        if not is_trusted(self.rights):
            raise PermissionDenied("This plan leaves publication to its reviewers.")


class DraftCreation(Drafts):
    """A new contribution."""

    body: ClassVar[Any]

    def post(self, request: Request, **words: str) -> HttpResponseBase:
        """Draft a contribution."""

        def act() -> HttpResponse:
            content = self.body_as(self.body)
            subject = self.subject_at(words)
            self.rights_on(subject)
            row = self.blank(subject)
            about = {name: content[name] for name in self.identified_by}
            theirs = self.rows().filter(OPEN, **self.within(subject), **about).first()
            if theirs is not None:
                raise self.conflict(theirs)
            return self.shown(self.save(subject, content, row), status=201)

        return self.write(act)

    identified_by: ClassVar[Sequence[str]]

    @abstractmethod
    def within(self, subject: Any) -> dict[str, Any]:
        """Return the column of the subject."""


class DraftDetail(Drafts):
    """A contribution under way: read, replaced, deleted."""

    body: ClassVar[Any]
    identified_by: ClassVar[Sequence[str]]

    @property
    def right(self) -> Action:  # type: ignore[override] # it depends on the method
        """Reading asks for less than writing."""
        safe = self.request.method in ("GET", "HEAD")
        return Action.SEE_DRAFTS if safe else Action.CONTRIBUTE

    def get(self, request: Request, **words: str) -> HttpResponseBase:
        """Show it."""
        answer = self.shown(self.found(words))
        held = parse_etags(request.headers.get("If-None-Match", ""))
        if "*" in held or answer["ETag"] in held:
            tag = answer["ETag"]
            return HttpResponseNotModified(headers={"ETag": tag})
        return answer

    def put(self, request: Request, **words: str) -> HttpResponseBase:
        """Replace the whole content of a draft, or of what was returned."""

        def act() -> HttpResponse:
            self.seen()
            content = self.body_as(self.body)
            row = self.own(words, cites=bool(content.get("document")))
            if row.state == Contribution.State.SUBMITTED:
                raise Refused(409, "It is in review: it may be changed once it is returned.")
            content |= {name: getattr(row, name) for name in self.identified_by}
            return self.shown(self.save(self.subject_of(row), content, row))

        return self.write(act)

    def delete(self, request: Request, **words: str) -> HttpResponseBase:
        """Discard a draft."""

        def act() -> HttpResponse:
            self.seen()
            row = self.own(words)
            if row.state == Contribution.State.SUBMITTED:
                raise Refused(409, "It is in review: it may be discarded once it is returned.")
            contributing.discard(row, revision=row.revision, at=timezone.now())
            return HttpResponse(status=204)

        return self.write(act)


class DraftSubmission(Drafts):
    """Handing a draft in."""

    def post(self, request: Request, **words: str) -> HttpResponseBase:
        """Hand it to the reviewers."""

        def act() -> HttpResponse:
            self.seen()
            confirmation = self.body_as(ConfirmationSerializer).get("confirmation", "")
            row = self.own(words)
            if row.state == Contribution.State.SUBMITTED:
                return self.shown(row)
            if row.source_id is None:
                raise refused_content(
                    [{"pointer": "/source", "detail": "Name the source before handing it in."}]
                )
            self.require_unsurprising(row, confirmation)
            return self.shown(contributing.submit(row, revision=row.revision, at=timezone.now()))

        return self.write(act)


class DraftPublication(Drafts):
    """Publishing what was handed in, where the plan trusts the system."""

    def post(self, request: Request, **words: str) -> HttpResponseBase:
        """Publish it."""

        def act() -> HttpResponse:
            self.seen()
            self.require_trust()
            row = self.own(words, publishes=True)
            if row.state != Contribution.State.SUBMITTED:
                raise Refused(409, "Hand it in first.")
            return self.shown(self.published(row))

        return self.write(act)


class DraftList(Drafts):
    """Everything under way in the plan, a page at a time."""

    right = Action.SEE_DRAFTS
    parameters = ("state", "mine", "page", "page_size")
    pagination_class = NumberedPages

    def get(self, request: Request, **words: str) -> Response:
        """List what is under way, the latest periods first."""
        rows = self.rows().filter(OPEN).order_by(*self.order, "pk")
        states = asked_among(request, "state", OPEN_STATES)
        if states:
            rows = rows.filter(state__in=states)
        mine = asked_among(request, "mine", ("true", "false"))
        if mine == ["true"]:
            rows = rows.filter(author=self.system_user)
        elif mine == ["false"]:
            rows = rows.exclude(author=self.system_user)
        page = self.paginate_queryset(rows)
        assert page is not None
        return self.get_paginated_response([self.serialized(row) for row in page])

    order: ClassVar[Sequence[str]]

    def query(self, method: str) -> list[dict[str, Any]]:
        """Describe the parameters after the question mark."""
        states = parameter("state", "Where they stand.", OPEN_STATES)
        states["schema"] = {"type": "array", "items": states["schema"], "minItems": 1}
        states |= {"style": "form", "explode": False}
        mine = parameter("mine", "Those of this system, or those of others.")
        mine["schema"] = {"type": "boolean"}
        pages: list[dict[str, Any]] = NumberedPages().get_schema_operation_parameters(None)
        return [states, mine, *pages]
