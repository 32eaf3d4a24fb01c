"""The page of a plan's sources: documents, what each claims, and our notes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

import pghistory.models
from django.db.models import Exists, ManyToOneRel, OuterRef, Q, QuerySet

from dashboards.notes import NoteEntry, SubjectEntry, by_subject, claims_of, notes_of
from plans.alphabet import alphabetical
from plans.models import Contribution, Note, Plan, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteGroup:
    """The notes of one kind."""

    kind: str
    label: str
    notes: tuple[NoteEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage:
    """Everything the page of a plan's sources shows."""

    plan: Plan
    as_of: date
    sources: tuple[Source, ...]
    subjects: tuple[SubjectEntry, ...]
    notes_by_kind: tuple[NoteGroup, ...]


def public_sources(plan: Plan) -> QuerySet[Source]:
    """Keep the sources that something public refers to.

    A document that only drafts cite says what the staff are working on: it is not public yet.
    """
    cited = Q()
    for relation in Source._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ManyToOneRel):
            continue
        model = relation.related_model
        if issubclass(model, pghistory.models.Event):
            continue  # the audit trail remembers what nothing refers to any more
        rows = model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
        if issubclass(model, Contribution):
            rows = rows.filter(state=Contribution.State.PUBLISHED)
        cited |= Q(Exists(rows))
    return plan.sources.filter(cited)


def sources_page(plan: Plan, *, on: date) -> SourcesPage:
    """Load the sources of a plan, selected with its region."""
    by_kind: dict[str, list[NoteEntry]] = defaultdict(list)
    for entry in notes_of("plan", plan.pk):
        by_kind[entry.note.kind].append(entry)
    return SourcesPage(
        plan=plan,
        as_of=on,
        sources=tuple(public_sources(plan).order_by("published_on", alphabetical("title"))),
        subjects=by_subject(claims_of(plan.pk)),
        notes_by_kind=tuple(
            NoteGroup(kind=kind.value, label=str(kind.label), notes=tuple(by_kind[kind.value]))
            for kind in Note.Kind
            if by_kind[kind.value]
        ),
    )
