"""The lists that belong to a thing, brought to what the file says without starting afresh.

A row that the file still names keeps its id; only what is no longer named goes.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import ManyToManyField, Model

BATCH = 1_000


class OwnedRows:
    """Changes of owned rows, gathered and written together."""

    def __init__(self) -> None:
        self._gone: dict[type[Model], list[Any]] = defaultdict(list)
        self._changed: dict[type[Model], list[Model]] = defaultdict(list)
        self._fields: dict[type[Model], set[str]] = defaultdict(set)
        self._new: dict[type[Model], list[Model]] = defaultdict(list)

    def bring(
        self,
        model: type[Model],
        owner: Mapping[str, Model],
        rows: Iterable[Model],
        wanted: Sequence[Mapping[str, Any]],
        key: tuple[str, ...],
    ) -> None:
        """Plan what turns the rows of an owner into those wanted; `key` tells which is which.

        Several rows may have one key: the first of each side go together, then the second.
        """
        present: dict[tuple[Any, ...], deque[Model]] = defaultdict(deque)
        for row in rows:
            present[tuple(getattr(row, name) for name in key)].append(row)
        for values in wanted:
            same_key = present[tuple(values[name] for name in key)]
            if not same_key:
                self._new[model].append(model(**owner, **values))
                continue
            row = same_key.popleft()
            different = [name for name, value in values.items() if getattr(row, name) != value]
            if different:
                for name in different:
                    setattr(row, name, values[name])
                self._changed[model].append(row)
                self._fields[model].update(different)
        self._gone[model] += [row.pk for left in present.values() for row in left]

    def write(self) -> None:
        """Write what was planned: what goes first, for what comes may take its place."""
        for model, keys in self._gone.items():
            model._default_manager.filter(pk__in=keys).delete()
        for model, rows in self._changed.items():
            model._default_manager.bulk_update(rows, sorted(self._fields[model]), BATCH)
        for model, rows in self._new.items():
            model._default_manager.bulk_create(rows, BATCH)
        for planned in (self._gone, self._changed, self._fields, self._new):
            planned.clear()


def set_links(
    model: type[Model], name: str, wanted: Mapping[int, Iterable[Model]], known: Iterable[int]
) -> None:
    """Make the rows of a many-to-many field those wanted, by owner id; `known` owners exist."""
    field = model._meta.get_field(name)
    assert isinstance(field, ManyToManyField)
    through = field.remote_field.through
    assert through is not None
    owner, other = f"{field.m2m_column_name()}", f"{field.m2m_reverse_name()}"
    links = through._default_manager
    present = set(links.filter(**{f"{owner}__in": list(known)}).values_list(owner, other))
    asked = {(pk, row.pk) for pk, rows in wanted.items() for row in rows}
    for pk, gone in sorted(present - asked):
        links.filter(**{owner: pk, other: gone}).delete()
    links.bulk_create(
        [through(**{owner: pk, other: come}) for pk, come in sorted(asked - present)], BATCH
    )
