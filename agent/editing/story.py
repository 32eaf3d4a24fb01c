"""Events of the audit trail in French: who, when, what; each value as a reader writes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from agent.editing.trail import OWNED, PARENT, Event, Kind, events_of
from exchange.models import WebhookSubscription
from indicators.formats import format_date, format_exact, format_full_money, format_period
from indicators.models import (
    Checkpoint,
    Indicator,
    Observation,
    Target,
    TargetPeriod,
    Unit,
)
from measures.models import (
    Measure,
    MeasureAssignment,
    MeasureOrganisation,
    Milestone,
    MilestoneUpdate,
)
from objectives.models import Objective
from plans.models import (
    Claim,
    Membership,
    Note,
    NoteCitation,
    Organisation,
    OrganisationRole,
    Plan,
    PlanOrganisation,
    Region,
    Sector,
    Source,
)

WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        Plan: "plan",
        Objective: "objectif",
        Measure: "mesure",
        Milestone: "jalon",
        Indicator: "indicateur",
        Source: "source",
        Note: "note",
    }
)
"""The things whose history can be asked for, by the word that stands in the address."""

# Columns that say nothing to a reader: keys, copies, what the workflow and triggers keep.
_SILENT = frozenset(
    {
        "id",
        "plan",
        "measurement_copy",
        "former_slugs",
        "former_codes",
        "created_at",
        "updated_at",
        "recorded_at",
        "submitted_at",
        "published_at",
        "edited_at",
        "edited_by",
        "revision",
        "evidence_file",
        "published_precision",
        "supersedes",
    }
)
# Where the column has no French name of its own.
_LABELS: Mapping[str, Any] = MappingProxyType(
    {
        "objective": gettext_lazy("objectif"),
        "measure": gettext_lazy("mesure"),
        "indicator": gettext_lazy("indicateur"),
        "milestone": gettext_lazy("jalon"),
        "baseline_source": gettext_lazy("source de la valeur initiale"),
        "baseline_locator": gettext_lazy("endroit (valeur initiale)"),
        "author": gettext_lazy("auteur"),
        "reviewer": gettext_lazy("relecteur"),
        "user": gettext_lazy("personne"),
        "code": gettext_lazy("code"),
        "slug": gettext_lazy("identifiant"),
    }
)
_NAMED_BY: Mapping[Kind, str] = MappingProxyType(
    {
        Target: "wording",
        Claim: "statement",
        Organisation: "name",
        Region: "name",
        Sector: "name",
        Unit: "name",
        WebhookSubscription: "name",
    }
)
_CREATED, _CHANGED, _DELETED = (
    gettext_lazy("Création"),
    gettext_lazy("Modification"),
    gettext_lazy("Suppression"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a column, or a row that belongs to the thing, said and says; None for nothing."""

    column: str
    label: str
    old: str | None
    new: str | None


@dataclass(slots=True, kw_only=True)
class Entry:
    """What one act did to one thing."""

    at: datetime
    who: str
    act: str
    thing: str
    name: str
    word: str = ""
    """Asks for the history of the thing: ``mesure:pack-ia``; empty where there is none."""
    changes: list[Change] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether it tells all of a thing that came or went, and not what changed."""
        return self.act != str(_CHANGED)


class _Names:
    """How the things that events refer to are called: the present name, or the last they had."""

    def __init__(self, wanted: Iterable[tuple[Kind, int]]) -> None:
        keys: dict[Kind, set[int]] = defaultdict(set)
        for kind, key in wanted:
            keys[kind].add(key)
        users = keys.pop(User, set())
        self.rows: dict[tuple[Kind, int], Any] = {}
        for kind, ids in keys.items():
            latest = (
                events_of(kind)
                .filter(pgh_obj_id__in=ids)
                .order_by("pgh_obj_id", "-pgh_id")
                .distinct("pgh_obj_id")
            )
            for row in latest:
                self.rows[kind, row.pgh_obj_id] = row
        self.users = {user.pk: str(user) for user in User.objects.filter(pk__in=users)}

    def of(self, kind: Kind, key: int | None) -> str:
        """Return the name of a row; an empty one for no row."""
        if key is None:
            return ""
        if kind is User:
            return self.users.get(key, _("compte supprimé"))
        row = self.rows.get((kind, key))
        return _("inconnu") if row is None else name_of(kind, row)


def name_of(kind: Kind, row: Any) -> str:
    """Return how a row is called, from its own columns."""
    if kind is Note:
        return Truncator(row.text).chars(60)
    column = _NAMED_BY.get(kind, "title")
    return str(getattr(row, column, ""))


def tell(events: Sequence[Event]) -> list[Entry]:
    """Return events as entries, in order: one for all that an act did to a thing.

    The number of queries depends on the kinds of rows, never on how many there are.
    """
    names = _Names(_references(events))
    entries: dict[Any, Entry] = {}
    for event in events:
        kind, key = event.part_of
        changes = list(_changes(event, names))
        if event.row.pgh_label == "update" and not changes:
            continue
        act = event.row.pgh_context_id or (event.kind, event.row.pgh_id)
        entry = entries.get((act, kind, key))
        if entry is None:
            entry = entries[act, kind, key] = Entry(
                at=timezone.localtime(event.row.pgh_created_at),
                who=_who(event, names),
                act=str(_CHANGED),
                thing=str(kind._meta.verbose_name),
                name=_subject_name(event, kind, key, names),
                word=_word(kind, key, names),
            )
        if event.kind is kind and event.row.pgh_label != "update":
            entry.act = str(_CREATED if event.row.pgh_label == "insert" else _DELETED)
        entry.changes += changes
    return list(entries.values())


def _references(events: Iterable[Event]) -> Iterator[tuple[Kind, int]]:
    """Return every row that the events name: owners, sources, people…"""
    for event in events:
        yield event.part_of
        if (user := _user_of(event)) is not None:
            yield User, user
        for column in event.kind._meta.concrete_fields:
            if isinstance(column, models.ForeignKey) and column.name not in _SILENT:
                for row in (event.row, event.before):
                    # A column that the trail does not keep refers to nothing.
                    referred = None if row is None else getattr(row, column.attname, None)
                    if referred is not None:
                        yield column.related_model, referred


def _user_of(event: Event) -> int | None:
    context = event.row.pgh_context
    user = context.metadata.get("user") if context is not None else None
    return user if isinstance(user, int) else None


def _who(event: Event, names: _Names) -> str:
    context = event.row.pgh_context
    user = _user_of(event)
    if user is not None:
        return names.of(User, user)
    command = str(context.metadata.get("command", "")) if context is not None else ""
    if command.startswith("load_plan"):
        return _("fichier de plan %(name)s") % {"name": command.removeprefix("load_plan").strip()}
    return _("hors des pages du site")


def _subject_name(event: Event, kind: Kind, key: int, names: _Names) -> str:
    row = event.row
    if kind is Observation:
        period = format_period(row.period_start, row.period_end)
        return f"{names.of(Indicator, row.indicator_id)}, {period}"
    if kind is MilestoneUpdate:
        return f"{names.of(Milestone, row.milestone_id)}, {format_date(row.as_of)}"
    if kind is Membership:
        return names.of(User, row.user_id)
    if event.kind is kind:
        return name_of(kind, row)
    return names.of(kind, key)


def _word(kind: Kind, key: int, names: _Names) -> str:
    row = names.rows.get((kind, key))
    if kind not in WORDS or row is None:
        return ""
    if kind is Plan:
        return WORDS[kind]
    if kind is Milestone:
        measure = names.rows.get((Measure, row.measure_id))
        return "" if measure is None else f"{WORDS[kind]}:{measure.code}/{row.code}"
    return f"{WORDS[kind]}:{row.code}"


# --- What changed -----------------------------------------------------------------------------


def _changes(event: Event, names: _Names) -> Iterator[Change]:
    if any(event.kind in rows for rows in OWNED.values()) or event.kind is MeasureAssignment:
        yield from _of_owned_row(event, names)
        return
    label = event.row.pgh_label
    for column in event.kind._meta.concrete_fields:
        if column.name in _SILENT or column.attname == PARENT.get(event.kind, ("", None))[0]:
            continue
        if not hasattr(event.row, column.attname):
            continue  # a column that the trail does not keep: a secret
        if column.name == "measurement" and event.kind is not Indicator:
            continue  # a copy of the indicator's
        new = getattr(event.row, column.attname)
        if label == "update":
            # How it was is unknown where nothing was kept before: the change alone is told.
            old = getattr(event.before, column.attname) if event.before is not None else None
            if old == new:
                continue
            yield _change(column, _shown(column, old, names), _shown(column, new, names))
        elif (shown := _shown(column, new, names)) is not None and column.name != "position":
            came = label == "insert"
            yield _change(column, None if came else shown, shown if came else None)


def _change(column: Any, old: str | None, new: str | None) -> Change:
    label = str(_LABELS.get(column.name, column.verbose_name))
    return Change(column=column.name, label=label, old=old, new=new)


def _of_owned_row(event: Event, names: _Names) -> Iterator[Change]:
    new = _description(event.kind, event.row, names)
    old = None if event.before is None else _description(event.kind, event.before, names)
    label = event.row.pgh_label
    if label == "update" and old == new:
        return
    yield Change(
        column=event.kind._meta.model_name or "",
        label=str(_OWNED_LABELS[event.kind._meta.object_name or ""]),
        old=None if label == "insert" else new if label == "delete" else old,
        new=None if label == "delete" else new,
    )


_OWNED_LABELS: Mapping[str, Any] = MappingProxyType(
    {
        "PlanOrganisation": gettext_lazy("acteur"),
        "MeasureOrganisation": gettext_lazy("acteur"),
        "PlanSector": gettext_lazy("filière"),
        "MeasureSector": gettext_lazy("filière"),
        "ObjectiveNote": gettext_lazy("note"),
        "MeasureNote": gettext_lazy("note"),
        "IndicatorNote": gettext_lazy("note"),
        "NoteCitation": gettext_lazy("source citée"),
        "TargetPeriod": gettext_lazy("valeur d’une période"),
        "Checkpoint": gettext_lazy("point de passage"),
        "MeasureAssignment": gettext_lazy("pilote"),
    }
)


def _description(kind: Kind, row: Any, names: _Names) -> str:
    """Return a row that belongs to a thing, in a few words."""
    if kind in (PlanOrganisation, MeasureOrganisation):
        text = f"{names.of(Organisation, row.organisation_id)} ({OrganisationRole(row.role).label})"
        detail = getattr(row, "detail", "")
        return f"{text}, {detail}" if detail else text
    if kind in (TargetPeriod, Checkpoint):
        period = (
            format_date(row.on) if kind is Checkpoint else format_period(row.starts_on, row.ends_on)
        )
        return _("%(period)s : %(value)s") % {"period": period, "value": format_exact(row.value)}
    if kind is NoteCitation:
        parts = (names.of(Source, row.source_id), row.locator, row.statement)
        return ", ".join(part for part in parts if part)
    # What is left are links: to a person, a sector, a note.
    linked = {"user_id": User, "sector_id": Sector, "note_id": Note}
    [(column, other)] = [(name, model) for name, model in linked.items() if hasattr(row, name)]
    return names.of(other, getattr(row, column))


def _shown(column: Any, value: Any, names: _Names) -> str | None:
    """Return a value as a French reader writes it; None for nothing."""
    shown: str | None
    if value is None or value in ("", []):
        shown = None
    elif isinstance(column, models.ForeignKey):
        shown = names.of(column.related_model, value)
    elif column.choices:
        shown = str(dict(column.flatchoices).get(value, value))
    elif isinstance(value, list):
        words = dict(column.base_field.flatchoices)
        shown = ", ".join(str(words.get(one, one)) for one in value)
    elif isinstance(value, bool):
        shown = _("oui") if value else _("non")
    elif isinstance(value, Decimal):
        money = column.model in (Plan, Claim)
        shown = (
            format_full_money(value)
            if money and column.decimal_places == 2
            else format_exact(value)
        )
    elif isinstance(value, datetime):
        local = timezone.localtime(value)
        shown = f"{format_date(local.date())} {local:%H:%M}"
    elif isinstance(value, date):
        shown = format_date(value)
    else:
        shown = str(value)
    return shown
