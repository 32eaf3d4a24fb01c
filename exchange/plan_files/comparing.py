"""What a file changes of what is stored, and what becomes of values already public."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum, auto
from typing import Any

from exchange.plan_files.schema import (
    Entry,
    ObservationEntry,
    TargetEntry,
    UpdateEntry,
)
from exchange.plan_files.stored import Held
from indicators.models import Target
from indicators.promises import PROMISE

# Lists whose order means nothing, or is given by their dates.
_UNORDERED = frozenset({"sectors", "notes"})
_DATED = {"periods": "starts_on", "checkpoints": "on"}
# Parts with an identity of their own, each compared by itself.
_PARTS = frozenset({"measures", "milestones", "indicators", "targets", "observations", "updates"})


def differences(
    new: Entry, old: Entry, *, skip: Collection[str] = ()
) -> Iterator[tuple[str, object, object]]:
    """Return the keys that differ, with what each side says; former codes are only ever added."""
    for key in type(new).model_fields:
        if key in skip or key in _PARTS:
            continue
        after, before = getattr(new, key), getattr(old, key)
        if key in ("former_codes", "former_slugs"):
            if not set(after) <= set(before):
                yield key, before, (*before, *(code for code in after if code not in before))
        elif _comparable(key, after) != _comparable(key, before):
            yield key, *_only_what_differs(before, after)


def _comparable(key: str, value: object) -> object:
    if key in _UNORDERED and isinstance(value, tuple):
        return frozenset(value)
    if key in _DATED and isinstance(value, tuple):
        return sorted(value, key=lambda entry: getattr(entry, _DATED[key]))
    return value


def _only_what_differs(before: object, after: object) -> tuple[object, object]:
    """Of two lists, keep what only one of them has; all of it when only the order changes."""
    if isinstance(before, tuple) and isinstance(after, tuple):
        gone = tuple(item for item in before if item not in after)
        come = tuple(item for item in after if item not in before)
        if gone or come:
            return gone, come
    return before, after


class Fate(Enum):
    """What becomes of a value of the file."""

    PUBLISH = auto()
    UNCHANGED = auto()
    CORRECT = auto()
    KEPT = auto()
    """A person wrote the current version: theirs stays."""
    WITHDRAWN = auto()
    """It was taken back on the site: it stays so."""
    NO_REASON = auto()
    OLD_REASON = auto()


def fate_of(
    entry: ObservationEntry | UpdateEntry,
    held: Held[Any, Any] | None,
    *,
    withdrawn: bool,
) -> Fate:
    """Return what becomes of a value, given the current version and whether one was withdrawn."""
    if held is None:
        return Fate.WITHDRAWN if withdrawn else Fate.PUBLISH
    if not any(differences(entry, held.entry, skip=("correction_reason",))):
        return Fate.UNCHANGED
    if held.row.author_id is not None:
        return Fate.KEPT
    if not entry.correction_reason:
        return Fate.NO_REASON
    if entry.correction_reason == held.entry.correction_reason:
        return Fate.OLD_REASON
    return Fate.CORRECT


class Revision(Enum):
    """What becomes of a target of the file."""

    ADD = auto()
    EDIT = auto()
    """As it is, or told otherwise; before the plan is public, changed in place."""
    REVISE = auto()
    NO_REASON = auto()
    OLD_REASON = auto()


def revision_of(
    entry: TargetEntry, held: Held[Target, TargetEntry] | None, *, public: bool
) -> Revision:
    """Return what becomes of a target, given the one in force and whether the plan is public."""
    if held is None:
        return Revision.ADD
    changed = {key for key, _old, _new in differences(entry, held.entry)}
    taken_up_again = entry.abandoned_on is None and held.entry.abandoned_on is not None
    if not public or not (changed.intersection(PROMISE) or taken_up_again):
        return Revision.EDIT
    if not entry.revision_reason:
        return Revision.NO_REASON
    if entry.revision_reason == held.entry.revision_reason:
        return Revision.OLD_REASON
    return Revision.REVISE
