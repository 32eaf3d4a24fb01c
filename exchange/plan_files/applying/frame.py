"""The frame of a plan: what plans share, the plan itself, and where its figures come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model

from exchange.plan_files.applying.work import Columns, Item, Work, former, positions, same
from exchange.plan_files.comparing import differences
from exchange.plan_files.conflicts import SHARED
from exchange.plan_files.owned import set_links
from exchange.plan_files.schema import (
    ClaimEntry,
    SourceEntry,
)
from exchange.plan_files.stored import Held, entry_of
from plans.models import (
    Claim,
    Note,
    NoteCitation,
    Plan,
    PlanOrganisation,
    Region,
    Source,
)


def shared(work: Work, model: type[Model], entries: Sequence[Any]) -> dict[str, Any]:
    """Bring things that plans share (organisations, units…); return them by code."""
    rows: dict[str, Any] = {}
    if not entries:
        return rows
    _model, key = SHARED[type(entries[0])]
    codes = [getattr(entry, key) for entry in entries]
    known = {
        getattr(row, key): row for row in model._default_manager.filter(**{f"{key}__in": codes})
    }
    items = []
    for entry, code in zip(entries, codes, strict=True):
        row = known.get(code)
        held = None if row is None else Held(row, entry_of(type(entry), row))
        columns = {name: getattr(entry, name) for name in type(entry).model_fields}
        items.append(Item(entry, held, columns, code))
    return dict(zip(codes, work.rows(model, items), strict=True))


def plan_row(work: Work, region: Region) -> Plan:
    """Bring the row of the plan itself."""
    entry = work.file.plan
    related = None
    if entry.related_to is not None:
        related = Plan.objects.get(slug=entry.related_to)
    columns: Columns = {
        "region": region,
        "slug": entry.slug,
        "former_slugs": former(entry.former_slugs, work.stored and work.stored.row),
        "kind": entry.kind,
        "title": entry.title,
        "summary": entry.summary,
        "ambition": entry.ambition,
        "related_to": related,
        "adopted_on": entry.adopted_on,
        "starts_on": entry.starts_on,
        "ends_on": entry.ends_on,
        "budget": entry.budget,
        "is_public": entry.public,
        "allows_self_publication": entry.allows_self_publication,
        "on_track_from": entry.limits.on_track_from,
        "watch_from": entry.limits.watch_from,
        "early_below": entry.limits.early_below,
    }
    if work.stored is None:
        work.report.added[Plan].append(entry.slug)
        return Plan.objects.create(**columns)
    plan = work.stored.row
    changes = list(differences(entry, work.stored.entry))
    if plan.region_id != region.pk:
        changes.append(("region", plan.region.insee_code, region.insee_code))
    if not changes:
        work.report.unchanged += 1
        return plan
    work.tell(Plan, entry.slug, changes)
    for name, value in columns.items():
        setattr(plan, name, value)
    plan.save()
    return plan


def plan_lists(work: Work) -> None:
    """Bring the organisations and the sectors of the plan."""
    entry = work.file.plan
    work.owned.bring(
        PlanOrganisation,
        {"plan": work.plan},
        []
        if work.stored is None
        else work.plan.participations.select_related("organisation", "source"),
        [
            {
                **work.participation(part, rank),
                "detail": part.detail,
                "source": work.source(part.source),
            }
            for rank, part in enumerate(entry.organisations, 1)
        ],
        ("organisation", "role"),
    )
    work.owned.write()
    wanted = {work.plan.pk: [work.sectors[code] for code in entry.sectors]}
    set_links(Plan, "sectors", wanted, [work.plan.pk])


def sources(work: Work) -> None:
    """Bring the sources, which everything after them cites."""
    held = work.held("sources")
    items = [
        Item(entry, held.get(entry.code), _source_columns(work, entry), entry.code)
        for entry in work.file.sources
    ]
    rows = work.rows(Source, items)
    work.sources = {row.code: row for row in rows}


def _source_columns(work: Work, entry: SourceEntry) -> Columns:
    published = entry.published_on
    return {
        "plan": work.plan,
        **same(entry, skip=("published_on",)),
        "published_on": None if published is None else published.on,
        "published_precision": Source.Precision.DAY if published is None else published.precision,
    }


def claims(work: Work) -> None:
    """Bring what sources say of the plan."""
    held = work.held("claims")
    found = [held.get(entry.code) for entry in work.file.claims]
    items = [
        Item(entry, known, _claim_columns(work, entry, position), entry.code)
        for entry, known, position in zip(work.file.claims, found, positions([found]), strict=True)
    ]
    # One claim is retained by subject: what gives the place up goes before what takes it.
    work.rows(Claim, [item for item in items if not item.entry.retained])
    work.rows(Claim, [item for item in items if item.entry.retained])


def _claim_columns(work: Work, entry: ClaimEntry, position: int) -> Columns:
    return {
        "plan": work.plan,
        **same(entry, skip=("source",)),
        "source": work.source(entry.source),
        "position": position,
    }


def notes(work: Work) -> None:
    """Bring the notes and the sources they cite."""
    held = work.held("notes")
    found = [held.get(entry.code) for entry in work.file.notes]
    items = [
        Item(
            entry,
            known,
            {"plan": work.plan, **same(entry, skip=("citations",)), "position": position},
            entry.code,
        )
        for entry, known, position in zip(work.file.notes, found, positions([found]), strict=True)
    ]
    rows = work.rows(Note, items)
    work.notes = {row.code: row for row in rows}
    for item, row in zip(items, rows, strict=True):
        work.owned.bring(
            NoteCitation,
            {"note": row},
            [] if item.held is None else row.citations.all(),
            [
                {
                    "source": work.sources[citation.source],
                    "locator": citation.locator,
                    "statement": citation.statement,
                    "position": rank,
                }
                for rank, citation in enumerate(item.entry.citations, 1)
            ],
            ("source",),
        )
    work.owned.write()
