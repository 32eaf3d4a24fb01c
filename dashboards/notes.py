"""Notes and claims as pages show them: each with the sources it rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from plans.models import Claim, Note, NoteCitation, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEntry:
    """A note and its citations, in order."""

    note: Note
    citations: tuple[NoteCitation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectEntry:
    """What the sources say of one subject, in words."""

    subject: str
    claims: tuple[Claim, ...]


def notes_of(notes: QuerySet[Note]) -> tuple[NoteEntry, ...]:
    """Return notes with their citations. Two queries."""
    return tuple(
        NoteEntry(note=note, citations=tuple(note.citations.all()))
        for note in notes.order_by("position", "code").prefetch_related(
            Prefetch(
                "citations",
                NoteCitation.objects.select_related("source").order_by("position", "id"),
            )
        )
    )


def claims_of(plan: Plan) -> list[Claim]:
    """Return every claim on a plan, the retained one of each subject first. One query."""
    return list(
        plan.claims.select_related("source").order_by("subject", "-retained", "position", "code")
    )


def by_subject(claims: Iterable[Claim]) -> tuple[SubjectEntry, ...]:
    """Group claims by what they are about, in the order of `Claim.Subject`."""
    grouped: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        grouped[claim.subject].append(claim)
    return tuple(
        SubjectEntry(subject=str(subject.label), claims=tuple(grouped[subject.value]))
        for subject in Claim.Subject
        if grouped[subject.value]
    )


def disputed(claims: Iterable[Claim]) -> tuple[SubjectEntry, ...]:
    """Return the subjects on which the sources do not all say the same.

    They disagree by the date or the amount they give; where they give neither (a name, a number
    of axes), by what they state. What we derive from them is shown beside, and makes no dispute:
    a yearly mean does not contradict the total it comes from.
    """
    return tuple(
        entry
        for entry in by_subject(claim for claim in claims if claim.subject != Claim.Subject.OTHER)
        if len(
            {
                claim.date or claim.amount or claim.statement
                for claim in entry.claims
                if not claim.derived
            }
        )
        > 1
    )
