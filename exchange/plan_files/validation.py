"""A document against the schema: every problem in French, and what can still be looked at.

Pydantic finds what is wrong. So that the cross references of a file with one wrong date are
checked all the same, the entries at fault are set aside and the rest is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from exchange.plan_files.problems import Path, Problem, guess
from exchange.plan_files.reading import Block, Document, Items, Value
from exchange.plan_files.schema import (
    Contents,
    Entry,
    IndicatorEntry,
    MeasureEntry,
    MilestoneEntry,
    ObjectiveEntry,
    PlanEntry,
    PlanFile,
    RegionEntry,
)
from indicators.models import Indicator
from objectives.models import Objective


@dataclass(frozen=True, slots=True)
class Readable:
    """What of a file can be looked at; the whole of it when nothing is wrong."""

    document: Document
    contents: Contents
    region: RegionEntry | None
    plan: PlanEntry | None
    set_aside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The codes of the entries left out, by list: they exist, although they cannot be read."""


def validate(document: Document) -> tuple[PlanFile | None, Readable | None, list[Problem]]:
    """Return the file, or what of it can be looked at, and what is wrong."""
    problems = list(document.problems)
    try:
        file = PlanFile.model_validate(document.root)
    except ValidationError as error:
        problems += [_problem(document.root, details) for details in error.errors()]
        return None, _what_remains(document), problems
    return file, Readable(document, file, file.region, file.plan), problems


def _problem(root: Block, details: Any) -> Problem:
    path: Path = details["loc"]
    match details["type"]:
        case "missing":
            return Problem(path, _("clé obligatoire absente ; ajoutez-la"))
        case "extra_forbidden":
            keys = _fields_at(path[:-1])
            return Problem(
                path,
                _("clé inconnue%(guess)s ; admises : %(keys)s")
                % {"guess": guess(str(path[-1]), keys), "keys": ", ".join(keys)},
            )
        case "tuple_type":
            return Problem(path, _("une liste est attendue (lignes qui commencent par « - »)"))
        case "model_type" | "model_attributes_type":
            return Problem(path, _("des clés sont attendues (lignes « clé: valeur »)"))
        case "plan_file":
            return Problem(path, details["ctx"]["message"])
    raise AssertionError(f"a schema error without French words: {details}")


def _fields_at(path: Path) -> Mapping[str, FieldInfo]:
    """Return the fields of the entry at a path."""
    entry: type[Entry] = PlanFile
    for step in path:
        if isinstance(step, str):
            entry = next(_entries_in(entry.model_fields[step].annotation))
    return entry.model_fields


def _entries_in(annotation: Any) -> Iterator[type[Entry]]:
    if isinstance(annotation, type) and issubclass(annotation, Entry):
        yield annotation
    for argument in get_args(annotation):
        yield from _entries_in(argument)


def _what_remains(document: Document) -> Readable | None:
    """Set aside what is wrong, again and again, until what remains is right."""
    root: Value = document.root
    aside: dict[str, set[str]] = defaultdict(set)
    while isinstance(root, Block):
        try:
            contents = Contents.model_validate(
                {key: value for key, value in root.items() if key in Contents.model_fields}
            )
        except ValidationError as error:
            repairs = dict(_repair(details, Contents) for details in error.errors())
            _remember(root, repairs, aside)
            root = _repaired(root, repairs, ())
            continue
        return Readable(
            document,
            contents,
            _alone(RegionEntry, root.get("region")),
            _alone(PlanEntry, root.get("plan")),
            {name: frozenset(codes) for name, codes in aside.items()},
        )
    return None


def _alone(entry: type[Any], value: Value) -> Any:
    """Return an entry without its unreadable options, or None when it cannot be read at all."""
    while isinstance(value, Block):
        try:
            return entry.model_validate(value)
        except ValidationError as error:
            value = _repaired(value, dict(_repair(item, entry) for item in error.errors()), ())
    return None


_OUT = object()

# An entry that holds others is not set aside with them for want of one of these.
_STAND_INS: Mapping[type[Entry], Mapping[str, str]] = {
    ObjectiveEntry: {"title": "?", "kind": Objective.Kind.OBJECTIVE},
    MeasureEntry: {"title": "?"},
    MilestoneEntry: {"title": "?"},
    IndicatorEntry: {"title": "?", "kind": Indicator.Kind.OUTPUT},
}


def _repair(details: Any, top: type[Entry]) -> tuple[Path, object]:
    """Return the smallest part that can be left out or stood in for, and what stands for it."""
    path: Path = details["loc"]
    key = path[-1]
    if details["type"] == "extra_forbidden" or isinstance(key, int):
        return path, _OUT
    entry = top
    for step in path[:-1]:
        if isinstance(step, str):
            entry = next(_entries_in(entry.model_fields[step].annotation))
    if not entry.model_fields[key].is_required():
        return path, _OUT
    if key in _STAND_INS.get(entry, {}):
        return path, _STAND_INS[entry][key]
    return path[:-1], _OUT


def _repaired(value: Value, repairs: Mapping[Path, object], here: Path) -> Any:
    """Return a repaired copy; its entries keep the path they have in the file."""
    if here in repairs:
        return None if repairs[here] is _OUT else repairs[here]
    if isinstance(value, Block):
        block = Block(value.path, value.line)
        for key, item in value.items():
            if repairs.get((*here, key)) is not _OUT:
                block[key] = _repaired(item, repairs, (*here, key))
        for key in ("title", "kind"):
            if (stand_in := repairs.get((*here, key), _OUT)) is not _OUT:
                block[key] = stand_in
        return block
    if isinstance(value, Items):
        items = Items(value.path, value.line)
        items.extend(
            _repaired(item, repairs, (*here, rank))
            for rank, item in enumerate(value)
            if repairs.get((*here, rank)) is not _OUT
        )
        return items
    return value


def _remember(root: Block, repairs: Mapping[Path, object], aside: dict[str, set[str]]) -> None:
    """Keep the codes that are about to be left out, by the name of the list they are in."""
    for path in (path for path, stand_in in repairs.items() if stand_in is _OUT):
        value: Any = root
        for step in path:
            value = value[step]
        names = [step for step in path if isinstance(step, str)]
        for code in _codes(value):
            aside[names[-1]].add(code)
        if names:
            aside[names[-1]]  # the list lost something, even without a code


def _codes(value: object) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(value.get("code"), str):
        yield value["code"]
    if isinstance(value, list):
        for item in value:
            yield from _codes(item)
