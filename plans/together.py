"""The steps of `plans.contributing` and `plans.workflow`, taken by many contributions at once.

Same states, same revisions, same refusals, the same line of the audit trail for each step; but a
statement is over all of them. Where one cannot go with the others nothing is written: the steps
are then taken one by one, and say why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Notification, User
from accounts.services import settle_all
from plans.models import CURRENT, Contribution, Plan
from plans.workflow import entered

State = Contribution.State
OWN = (State.DRAFT, State.RETURNED)


class NotTogetherError(Exception):
    """One of the contributions calls for more than what all of them are given."""


@dataclass(slots=True)
class Entry:
    """A contribution to write: the content to save, if any, and what stood there before."""

    content: Contribution | None
    stored: Contribution | None
    was_handed_in: bool = False
    """Whether it was handed in by this."""

    @property
    def row(self) -> Contribution:
        """The contribution as it is now."""
        assert self.stored is not None
        return self.stored


@transaction.atomic
def write(
    entries: Sequence[Entry], plan: Plan, *, editor: User, submits: bool, publishes: bool,
    at: datetime,
) -> None:  # fmt: skip
    """Save the contents as drafts, then hand them in, then publish them, as far as asked.

    Each entry then holds its row as it is. What has been validated is not validated again, but by
    the database. The subjects are locked already where they are to be published. Raises
    NotTogetherError or IntegrityError where one cannot go with the others.
    """
    if not entries:
        return
    kind = type(entries[0].content or entries[0].row)
    waiting = [entry for entry in entries if entry.stored and entry.stored.state == "submitted"]
    _lock(kind, [entry for entry in entries if entry.stored is not None])
    _save(kind, [entry for entry in entries if entry.content is not None], editor=editor, at=at)
    if submits or publishes:
        _submit(kind, [entry for entry in entries if entry.row.state in OWN], at=at)
    if publishes:
        due = [entry for entry in entries if entry.row.state == State.SUBMITTED]
        _publish(kind, [entry.row for entry in due], plan, reviewer=editor, at=at)
        urls = [entry.row.get_absolute_url() for entry in waiting]
        settle_all(kind=Notification.Kind.TO_REVIEW, urls=urls, at=at)


def _locked(kind: type[Contribution], keys: Iterable[int]) -> dict[int, Any]:
    rows = kind._default_manager.select_for_update(of=("self",), no_key=True)
    return {row.pk: row for row in rows.filter(pk__in=keys).order_by("pk")}


def _lock(kind: type[Contribution], entries: Sequence[Entry]) -> None:
    """Take the rows as the database holds them; none may have changed since they were read."""
    rows = _locked(kind, [entry.row.pk for entry in entries]) if entries else {}
    for entry in entries:
        row = rows.get(entry.row.pk)
        if row is None or (row.revision, row.state) != (entry.row.revision, entry.row.state):
            raise NotTogetherError
        # What hangs on it was read already.
        row._state.fields_cache = dict(entry.row._state.fields_cache)
        entry.stored = row


def _save(
    kind: type[Contribution], entries: Sequence[Entry], *, editor: User, at: datetime
) -> None:
    corrected = _published(kind, [entry.content for entry in entries])
    new: list[Contribution] = []
    for entry in entries:
        content = entry.content
        assert content is not None
        content.supersedes_id = corrected.get(_about(content))  # type: ignore[attr-defined]
        if content.supersedes_id is None:  # type: ignore[attr-defined]
            content.correction_reason = ""
        if entry.stored is None:
            content.author = content.edited_by = editor
            content.recorded_at = content.edited_at = at
            entry.stored = content
            new.append(content)
        else:
            _change(entry.stored, content, editor=editor, at=at)
    kind._default_manager.bulk_create(new)


def _change(row: Contribution, content: Contribution, *, editor: User, at: datetime) -> None:
    if row.state not in OWN:
        raise NotTogetherError
    said = entered(content)
    if entered(row) == said:
        return
    for name, value in said.items():
        setattr(row, name, value)
    row.revision += 1
    row.edited_at = at
    row.edited_by = editor
    row.save()


def _about(contribution: Any) -> tuple[Any, ...]:
    return tuple(getattr(contribution, name) for name in contribution.identity)


def _published(kind: type[Contribution], contents: Sequence[Any]) -> dict[tuple[Any, ...], int]:
    """Return the key of what is published for the same, by what it is about."""
    alike = {f"{name}__in": {getattr(one, name) for one in contents} for name in kind.identity}
    rows = (
        kind._default_manager.filter(CURRENT, **alike).order_by().values_list("pk", *kind.identity)
    )
    return {tuple(about): key for key, *about in rows}


def _submit(kind: type[Contribution], entries: Sequence[Entry], *, at: datetime) -> None:
    rows = [entry.row for entry in entries]
    if any(row.source_id is None for row in rows):
        raise NotTogetherError
    again = [row.get_absolute_url() for row in rows if row.state == State.RETURNED]
    changes = {"state": State.SUBMITTED, "submitted_at": at, "return_reason": ""}
    _update(kind, rows, changes)
    for entry in entries:
        entry.was_handed_in = True
    settle_all(kind=Notification.Kind.RETURNED, urls=again, at=at)


def _publish(
    kind: type[Contribution], rows: Sequence[Contribution], plan: Plan, *, reviewer: User,
    at: datetime,
) -> None:  # fmt: skip
    for row in rows:
        own = row.author_id == reviewer.pk and plan.allows_self_publication
        if not own or row.source_id is None:
            raise NotTogetherError
    replaced = [key for row in rows if (key := row.supersedes_id) is not None]  # type: ignore[attr-defined]
    if replaced:
        corrected = list(_locked(kind, replaced).values())
        if len(corrected) != len(replaced) or not all(one.is_current for one in corrected):
            raise NotTogetherError
        _update(kind, corrected, {"superseded_at": at})
    changes = {"state": State.PUBLISHED, "reviewer": reviewer, "published_at": at}
    _update(kind, rows, changes)


def _update(
    kind: type[Contribution], rows: Sequence[Contribution], changes: dict[str, Any]
) -> None:
    """Change rows that are locked, or not seen by anybody else yet."""
    kind._default_manager.filter(pk__in=[row.pk for row in rows]).update(**changes)
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
