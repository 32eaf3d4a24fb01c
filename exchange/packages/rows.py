"""The rows of a plan's package, from what the database holds of it that is public."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils import timezone

from exchange.packages import tables
from exchange.packages.fields import Row, Table, Value
from exchange.plan_files.schema import Entry
from exchange.plan_files.stored import StoredPlan
from indicators.models import Indicator, ProgressRecord
from indicators.services import progress_of
from plans.addresses import absolute
from plans.models import OrganisationRole
from plans.stating import provenance_of

JOINED = " | "
ROLE_COLUMNS = {
    "leads": OrganisationRole.LEAD,
    "partners": OrganisationRole.PARTNER,
    "funders": OrganisationRole.FUNDER,
}
RATE_STEP = Decimal("1e-10")
VALUE_STEP = Decimal("1e-6")


def rows_of(stored: StoredPlan, *, on: date) -> dict[str, list[Row]]:
    """Return the rows of every table by its name, in the order of the plan's pages."""
    return {
        table.name: list(rows)
        for table, rows in (
            (tables.PLAN, [_plan(stored)]),
            (tables.OBJECTIVES, _objectives(stored)),
            (tables.MEASURES, _measures(stored)),
            (tables.MILESTONES, _milestones(stored)),
            (tables.INDICATORS, _indicators(stored)),
            (tables.TARGETS, _targets(stored)),
            (tables.TARGET_PERIODS, _periods(stored)),
            (tables.CHECKPOINTS, _checkpoints(stored)),
            (tables.OBSERVATIONS, _observations(stored)),
            (tables.PROGRESS, _progress(stored, on=on)),
            (tables.SOURCES, _sources(stored)),
            (tables.CLAIMS, (_of(tables.CLAIMS, held.entry) for held in stored.claims.values())),
            (tables.NOTES, _notes(stored)),
        )
    }


def _of(table: Table, thing: Entry | models.Model, **special: Value) -> dict[str, Value]:
    """Each column from the attribute of its name, unless given."""
    return {
        field.name: special[field.name] if field.name in special else getattr(thing, field.name)
        for field in table.columns
    }


def _joined(texts: Iterable[str]) -> str:
    return JOINED.join(texts)


def _acting(participations: Iterable[Any]) -> dict[str, str]:
    listed = list(participations)
    return {
        column: _joined(one.organisation.name for one in listed if one.role == role)
        for column, role in ROLE_COLUMNS.items()
    }


def _resting(stored: StoredPlan) -> dict[str, Value]:
    """What the dates and the budget of a plan rest on, by the names of the columns."""
    claims = (held.row for held in stored.claims.values() if held.row.retained)
    found: dict[str, Value] = {}
    for name, claim in provenance_of(stored.row, claims)._asdict().items():
        parts: dict[str, Value] = dict.fromkeys(tables.OF_FACT)
        if claim is not None:
            entry = stored.claims[claim.code].entry
            parts = {
                "derived": claim.derived,
                "derivation": entry.derivation,
                "source": entry.source,
                "locator": entry.locator,
                "claim": entry.code,
            }
        found |= {f"{name}_{part}": value for part, value in parts.items()}
    return found


def _plan(stored: StoredPlan) -> Row:
    plan = stored.row
    related_to = plan.related_to if plan.related_to and plan.related_to.is_public else None
    return _of(
        tables.PLAN,
        plan,
        code=plan.slug,
        region_code=plan.region.insee_code,
        region_name=plan.region.name,
        related_to=None if related_to is None else related_to.slug,
        sectors=_joined(plan.sectors.order_by("code").values_list("name", flat=True)),
        url=absolute(plan.get_absolute_url()),
        **_resting(stored),
        **_acting(plan.participations.select_related("organisation").order_by("position", "pk")),
    )


def _page(stored: StoredPlan, row: Any) -> str:
    row.plan = stored.row
    return absolute(row.get_absolute_url())


def _objectives(stored: StoredPlan) -> Iterator[Row]:
    for held in stored.objectives.values():
        yield _of(
            tables.OBJECTIVES,
            held.entry,
            notes=_joined(held.entry.notes),
            url=_page(stored, held.row),
        )


def _measures(stored: StoredPlan) -> Iterator[Row]:
    objectives = _codes(stored.objectives)
    for held in stored.measures.values():
        yield _of(
            tables.MEASURES,
            held.entry,
            objective=objectives[held.row.objective_id],
            sectors=_joined(sorted(sector.name for sector in held.row.sectors.all())),
            notes=_joined(held.entry.notes),
            url=_page(stored, held.row),
            **_acting(held.row.participations.all()),
        )


def _codes(held: Mapping[str, Any]) -> dict[int, str]:
    return {one.row.pk: code for code, one in held.items()}


def _milestones(stored: StoredPlan) -> Iterator[Row]:
    measures = _codes(stored.measures)
    # By day, so that the last one stays.
    states = {milestone: held.entry for (milestone, _day), held in stored.updates.items()}
    order = {code: rank for rank, code in enumerate(measures.values())}
    for (measure, _code), held in sorted(
        stored.milestones.items(), key=lambda item: order[measures[item[0][0]]]
    ):
        state = states.get(held.row.pk)
        yield _of(
            tables.MILESTONES,
            held.entry,
            measure=measures[measure],
            advancement=None if state is None else state.advancement,
            as_of=None if state is None else state.as_of,
            advancement_source=None if state is None else state.source,
            advancement_locator=None if state is None else state.locator,
        )


def _indicators(stored: StoredPlan) -> Iterator[Row]:
    objectives, measures = _codes(stored.objectives), _codes(stored.measures)
    for held in stored.indicators.values():
        row, entry = held.row, held.entry
        yield _of(
            tables.INDICATORS,
            entry,
            objective=None if row.objective_id is None else objectives[row.objective_id],
            measure=None if row.measure_id is None else measures[row.measure_id],
            unit=row.unit.name_plural,
            unit_symbol=row.unit.symbol,
            ratio_scale=row.unit.ratio_scale,
            baseline=entry.baseline.value,
            baseline_on=entry.baseline.on,
            baseline_qualifier=None if entry.baseline.value is None else entry.baseline.qualifier,
            baseline_source=entry.baseline.source,
            baseline_locator=entry.baseline.locator,
            notes=_joined(entry.notes),
            url=_page(stored, row),
        )


def _by_indicator(stored: StoredPlan, held: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """What hangs on indicators, in their order, each with the code of its own."""
    codes = _codes(stored.indicators)
    order = {pk: rank for rank, pk in enumerate(codes)}
    for key, one in sorted(held.items(), key=lambda item: order[item[0][0]]):
        yield codes[key[0]], one


def _targets(stored: StoredPlan) -> Iterator[Row]:
    for indicator, held in _by_indicator(stored, stored.targets):
        yield _of(tables.TARGETS, held.entry, indicator=indicator)


def _periods(stored: StoredPlan) -> Iterator[Row]:
    for indicator, held in _by_indicator(stored, stored.targets):
        for period in held.entry.periods:
            yield _of(tables.TARGET_PERIODS, period, indicator=indicator, target=held.entry.code)


def _checkpoints(stored: StoredPlan) -> Iterator[Row]:
    for indicator, held in _by_indicator(stored, stored.targets):
        for point in held.entry.checkpoints:
            yield _of(tables.CHECKPOINTS, point, indicator=indicator, target=held.entry.code)


def _observations(stored: StoredPlan) -> Iterator[Row]:
    for indicator, held in _by_indicator(stored, stored.observations):
        yield _of(
            tables.OBSERVATIONS,
            held.entry,
            indicator=indicator,
            published_on=timezone.localdate(held.row.published_at),
        )


def _progress(stored: StoredPlan, *, on: date) -> Iterator[Row]:
    indicators: list[Indicator] = []
    for held in stored.indicators.values():
        held.row.plan = stored.row
        indicators.append(held.row)
    models.prefetch_related_objects(indicators, "measure")
    records = progress_of(indicators, on=on, with_qualifiers=True)
    for indicator in indicators:
        for record in records[indicator.pk]:
            yield _progress_row(indicator, record)


def _progress_row(indicator: Indicator, record: ProgressRecord) -> Row:
    def rounded(value: Decimal | None, step: Decimal) -> Decimal | None:
        # What is stored and what is evaluated now are written alike.
        return None if value is None else value.quantize(step)

    return _of(
        tables.PROGRESS,
        record,
        indicator=indicator.code,
        target=None if record.target is None else record.target.code,
        status_label=str(record.get_status_display()),
        reason=str(record.reason),
        status=str(record.status),
        value_qualifier=None if record.value_qualifier is None else str(record.value_qualifier),
        freshness=None if record.freshness is None else str(record.freshness),
        **{
            name: rounded(getattr(record, name), RATE_STEP)
            for name in ("rate", "expected_share", "pace")
        },
        **{
            name: rounded(getattr(record, name), VALUE_STEP)
            for name in ("value", "target_value", "expected")
        },
    )


def _sources(stored: StoredPlan) -> Iterator[Row]:
    for held in stored.sources.values():
        published = held.entry.published_on
        yield _of(
            tables.SOURCES,
            held.entry,
            published_on=None if published is None else str(published),
        )


def _notes(stored: StoredPlan) -> Iterator[Row]:
    for held in stored.notes.values():
        yield _of(
            tables.NOTES,
            held.entry,
            sources=_joined(
                f"{one.source} ({one.locator})" if one.locator else one.source
                for one in held.entry.citations
            ),
        )
