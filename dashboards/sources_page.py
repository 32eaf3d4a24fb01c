"""The page of a plan's sources: documents, what each claims, and our notes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from dashboards.notes import NoteEntry, SubjectEntry, by_subject, claims_of, notes_of
from plans.models import Note, Plan, Source


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


def sources_page(plan: Plan, *, on: date) -> SourcesPage:
    """Load the sources of a plan, selected with its region."""
    by_kind: dict[str, list[NoteEntry]] = defaultdict(list)
    for entry in notes_of(plan.notes.all()):
        by_kind[entry.note.kind].append(entry)
    return SourcesPage(
        plan=plan,
        as_of=on,
        sources=tuple(plan.sources.order_by("published_on", "title")),
        subjects=by_subject(claims_of(plan)),
        notes_by_kind=tuple(
            NoteGroup(kind=kind.value, label=str(kind.label), notes=tuple(by_kind[kind.value]))
            for kind in Note.Kind
            if by_kind[kind.value]
        ),
    )
