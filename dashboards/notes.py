"""Notes and claims as pages show them: each with the sources it rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Literal, NamedTuple

from dashboards.facts import SourceFacts
from plans.models import Claim, Note
from plans.prepared import KEY, Prepared

Scope = Literal["plan", "objectives", "measures", "indicators"]
"""What the notes of a page are about: a plan, or a part of one that refers to them."""


class NoteFacts(NamedTuple):
    """A note."""

    kind: str
    text: str

    def get_kind_display(self) -> str:
        """The kind in words."""
        return str(Note.Kind(self.kind).label)


class CitationFacts(NamedTuple):
    """A source of a note, and what it says where sources disagree."""

    statement: str
    locator: str
    source: SourceFacts


class NoteEntry(NamedTuple):
    """A note and its citations, in order."""

    note: NoteFacts
    citations: tuple[CitationFacts, ...]


class ClaimFacts(NamedTuple):
    """What one source says of one subject, or what we derive where none does."""

    code: str
    subject: str
    statement: str
    date: date | None
    amount: Decimal | None
    derivation: str
    retained: bool
    locator: str
    source: SourceFacts | None

    @property
    def derived(self) -> bool:
        """Whether we infer it, no source stating it."""
        return self.source is None


class SubjectEntry(NamedTuple):
    """What the sources say of one subject, in words."""

    subject: str
    claims: tuple[ClaimFacts, ...]


def notes_of(scope: Scope, key: int) -> tuple[NoteEntry, ...]:
    """Return the notes of a plan or of a part of it (its id), with their citations. One query."""
    return tuple(
        NoteEntry(
            note=NoteFacts(kind, text),
            citations=tuple(
                CitationFacts(statement, locator, SourceFacts(code, title))
                for *_note, statement, locator, code, title in cited
                if code is not None
            ),
        )
        for (_pk, kind, text), cited in groupby(_notes(scope).rows(key=key), lambda row: row[:3])
    )


@cache
def _notes(scope: Scope) -> Prepared:
    return Prepared(
        lambda: (
            Note.objects.filter(**{scope: KEY})
            .order_by("position", "code", "pk", "citations__position", "citations__pk")
            .values_list(
                "pk", "kind", "text", "citations__statement", "citations__locator",
                "citations__source__code", "citations__source__title",
            )
        )
    )  # fmt: skip


CLAIMS = Prepared(
    lambda: (
        Claim.objects.filter(plan=KEY)
        .order_by("subject", "-retained", "position", "code")
        .values_list(*ClaimFacts._fields[:-1], "source__code", "source__title")
    )
)


def claims_of(plan: int) -> list[ClaimFacts]:
    """Return every claim on a plan (its id), the retained one of each subject first. One query."""
    return [
        ClaimFacts._make((*facts, None if code is None else SourceFacts(code, title)))
        for *facts, code, title in CLAIMS.rows(key=plan)
    ]


def by_subject(claims: Iterable[ClaimFacts]) -> tuple[SubjectEntry, ...]:
    """Group claims by what they are about, in the order of `Claim.Subject`."""
    grouped: dict[str, list[ClaimFacts]] = defaultdict(list)
    for claim in claims:
        grouped[claim.subject].append(claim)
    return tuple(
        SubjectEntry(subject=str(subject.label), claims=tuple(grouped[subject.value]))
        for subject in Claim.Subject
        if grouped[subject.value]
    )


def disputed(claims: Iterable[ClaimFacts]) -> tuple[SubjectEntry, ...]:
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
