"""The plan file format: which keys there are, in which order, and what each may hold.

The order of the fields is the order in which `writing` writes them; a field with a default is
optional and left out when it has it. What a value may be comes from the column it goes to.
Prose for people: docs/plan-files.md.
"""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, PrivateAttr, model_validator

from exchange.plan_files.fields import (
    PartialDate,
    column,
    empty_when_null,
    exactly,
    partial_date,
    reference,
)
from exchange.plan_files.problems import Path
from exchange.plan_files.reading import Block
from indicators.models import Checkpoint, Indicator, Observation, Target, TargetPeriod, Unit
from measures.models import Measure, MeasureOrganisation, Milestone, MilestoneUpdate
from objectives.models import Objective
from plans.models import (
    Claim,
    Note,
    NoteCitation,
    Organisation,
    Plan,
    PlanOrganisation,
    Region,
    Sector,
    Source,
)

FORMAT = 1

ItemT = TypeVar("ItemT")
ListOf = Annotated[tuple[ItemT, ...], empty_when_null()]
Reference = Annotated[str, reference()]
OptionalReference = Annotated[str | None, reference(optional=True)]


class Entry(BaseModel):
    """A mapping of the file, which remembers where it stands."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    _path: Path = PrivateAttr(default=())

    @model_validator(mode="wrap")
    @classmethod
    def _remember_path(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        entry = handler(data)
        if isinstance(data, Block):
            entry._path = data.path
        return entry

    @property
    def path(self) -> Path:
        """Where the entry stands in its file."""
        return self._path

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, wherever they stand."""
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


class RegionEntry(Entry):
    insee_code: Annotated[str, column(Region, "insee_code")]
    slug: Annotated[str, column(Region, "slug")]
    name: Annotated[str, column(Region, "name")]
    fictitious: Annotated[bool, column(Region, "fictitious")] = False


class LimitsEntry(Entry):
    on_track_from: Annotated[Decimal, column(Plan, "on_track_from")] = Decimal("0.95")
    watch_from: Annotated[Decimal, column(Plan, "watch_from")] = Decimal("0.85")
    early_below: Annotated[Decimal, column(Plan, "early_below")] = Decimal("0.10")


class PlanOrganisationEntry(Entry):
    organisation: Reference
    role: Annotated[str, column(PlanOrganisation, "role")]
    detail: Annotated[str, column(PlanOrganisation, "detail")] = ""
    source: OptionalReference = None


class PlanEntry(Entry):
    slug: Annotated[str, column(Plan, "slug")]
    former_slugs: ListOf[Annotated[str, column(Plan, "slug")]] = ()
    kind: Annotated[str, column(Plan, "kind")]
    title: Annotated[str, column(Plan, "title")]
    summary: Annotated[str, column(Plan, "summary")] = ""
    ambition: Annotated[str, column(Plan, "ambition")] = ""
    related_to: OptionalReference = None
    adopted_on: Annotated[datetime.date | None, column(Plan, "adopted_on")] = None
    starts_on: Annotated[datetime.date | None, column(Plan, "starts_on")] = None
    ends_on: Annotated[datetime.date | None, column(Plan, "ends_on")] = None
    budget: Annotated[Decimal | None, column(Plan, "budget")] = None
    public: Annotated[bool, column(Plan, "is_public")] = False
    allows_self_publication: Annotated[bool, column(Plan, "allows_self_publication")] = False
    sectors: ListOf[Reference] = ()
    organisations: ListOf[PlanOrganisationEntry] = ()
    limits: LimitsEntry = LimitsEntry()


class OrganisationEntry(Entry):
    code: Annotated[str, column(Organisation, "code")]
    name: Annotated[str, column(Organisation, "name")]
    short_name: Annotated[str, column(Organisation, "short_name")] = ""
    url: Annotated[str, column(Organisation, "url")] = ""


class SectorEntry(Entry):
    code: Annotated[str, column(Sector, "code")]
    name: Annotated[str, column(Sector, "name")]


class UnitEntry(Entry):
    code: Annotated[str, column(Unit, "code")]
    name: Annotated[str, column(Unit, "name")]
    name_plural: Annotated[str, column(Unit, "name_plural")]
    symbol: Annotated[str, column(Unit, "symbol")] = ""
    decimals: Annotated[int, column(Unit, "decimals")] = 0
    ratio_scale: Annotated[Decimal, column(Unit, "ratio_scale")] = Decimal(1)


class SourceEntry(Entry):
    code: Annotated[str, column(Source, "code")]
    kind: Annotated[str, column(Source, "kind")]
    title: Annotated[str, column(Source, "title")]
    publisher: Annotated[str, column(Source, "publisher")] = ""
    url: Annotated[str, column(Source, "url")] = ""
    published_on: Annotated[PartialDate | None, partial_date()] = None
    published_inferred: Annotated[bool, column(Source, "published_inferred")] = False
    comment: Annotated[str, column(Source, "comment")] = ""


class ClaimEntry(Entry):
    code: Annotated[str, column(Claim, "code")]
    subject: Annotated[str, column(Claim, "subject")]
    statement: Annotated[str, column(Claim, "statement")]
    date: Annotated[datetime.date | None, column(Claim, "date")] = None
    amount: Annotated[Decimal | None, column(Claim, "amount")] = None
    source: OptionalReference = None
    locator: Annotated[str, column(Claim, "locator")] = ""
    derivation: Annotated[str, column(Claim, "derivation")] = ""
    retained: Annotated[bool, column(Claim, "retained")] = False


class CitationEntry(Entry):
    source: Reference
    locator: Annotated[str, column(NoteCitation, "locator")] = ""
    statement: Annotated[str, column(NoteCitation, "statement")] = ""


class NoteEntry(Entry):
    code: Annotated[str, column(Note, "code")]
    kind: Annotated[str, column(Note, "kind")]
    text: Annotated[str, column(Note, "text")]
    citations: ListOf[CitationEntry] = ()


class BaselineEntry(Entry):
    value: Annotated[Decimal | None, column(Indicator, "baseline")] = None
    on: Annotated[datetime.date | None, column(Indicator, "baseline_on")] = None
    qualifier: Annotated[str, column(Indicator, "baseline_qualifier")] = "exact"
    source: OptionalReference = None
    locator: Annotated[str, column(Indicator, "baseline_locator")] = ""


class PeriodEntry(Entry):
    starts_on: Annotated[datetime.date, column(TargetPeriod, "starts_on")]
    ends_on: Annotated[datetime.date, column(TargetPeriod, "ends_on")]
    value: Annotated[Decimal, column(TargetPeriod, "value")]


class CheckpointEntry(Entry):
    on: Annotated[datetime.date, column(Checkpoint, "on")]
    value: Annotated[Decimal, column(Checkpoint, "value")]


class TargetEntry(Entry):
    code: Annotated[str, column(Target, "code")] = "cible"
    kind: Annotated[str, column(Target, "kind")]
    operator: Annotated[str, column(Target, "operator")] = "at_least"
    value: Annotated[Decimal | None, column(Target, "value")] = None
    tolerance: Annotated[Decimal, column(Target, "tolerance")] = Decimal(0)
    starts_on: Annotated[datetime.date | None, column(Target, "starts_on")] = None
    due_on: Annotated[datetime.date | None, column(Target, "due_on")] = None
    periods: ListOf[PeriodEntry] = ()
    checkpoints: ListOf[CheckpointEntry] = ()
    wording: Annotated[str, column(Target, "wording")]
    source: Reference
    locator: Annotated[str, column(Target, "locator")] = ""
    derivation: Annotated[str, column(Target, "derivation")] = ""
    assumption: Annotated[str, column(Target, "assumption")] = ""
    abandoned_on: Annotated[datetime.date | None, column(Target, "abandoned_on")] = None
    abandonment_reason: Annotated[str, column(Target, "abandonment_reason")] = ""
    revision_reason: Annotated[str, column(Target, "revision_reason")] = ""


class ObservationEntry(Entry):
    period_start: Annotated[datetime.date, column(Observation, "period_start")]
    period_end: Annotated[datetime.date, column(Observation, "period_end")]
    value: Annotated[Decimal | None, column(Observation, "value")] = None
    numerator: Annotated[Decimal | None, column(Observation, "numerator")] = None
    denominator: Annotated[Decimal | None, column(Observation, "denominator")] = None
    qualifier: Annotated[str, column(Observation, "qualifier")] = "exact"
    provisional: Annotated[bool, column(Observation, "provisional")] = False
    date_inferred: Annotated[bool, column(Observation, "date_inferred")] = False
    source: Reference
    locator: Annotated[str, column(Observation, "locator")] = ""
    evidence_url: Annotated[str, column(Observation, "evidence_url")] = ""
    comment: Annotated[str, column(Observation, "comment")] = ""
    correction_reason: Annotated[str, column(Observation, "correction_reason")] = ""


class IndicatorEntry(Entry):
    code: Annotated[str, column(Indicator, "code")]
    former_codes: ListOf[Annotated[str, column(Indicator, "code")]] = ()
    common_code: Annotated[str, column(Indicator, "common_code")] = ""
    title: Annotated[str, column(Indicator, "title")]
    definition: Annotated[str, column(Indicator, "definition")] = ""
    method: Annotated[str, column(Indicator, "method")] = ""
    kind: Annotated[str, column(Indicator, "kind")]
    measurement: Annotated[str, column(Indicator, "measurement")]
    unit: Reference
    frequency: Annotated[str | None, column(Indicator, "frequency")] = None
    availability_lag_days: Annotated[int, column(Indicator, "availability_lag_days")] = 0
    source: OptionalReference = None
    locator: Annotated[str, column(Indicator, "locator")] = ""
    notes: ListOf[Reference] = ()
    baseline: BaselineEntry = BaselineEntry()
    targets: ListOf[TargetEntry] = ()
    observations: ListOf[ObservationEntry] = ()


class UpdateEntry(Entry):
    as_of: Annotated[datetime.date, column(MilestoneUpdate, "as_of")]
    advancement: Annotated[str, column(MilestoneUpdate, "advancement")]
    provisional: Annotated[bool, column(MilestoneUpdate, "provisional")] = False
    date_inferred: Annotated[bool, column(MilestoneUpdate, "date_inferred")] = False
    source: Reference
    locator: Annotated[str, column(MilestoneUpdate, "locator")] = ""
    evidence_url: Annotated[str, column(MilestoneUpdate, "evidence_url")] = ""
    comment: Annotated[str, column(MilestoneUpdate, "comment")] = ""
    correction_reason: Annotated[str, column(MilestoneUpdate, "correction_reason")] = ""


class MilestoneEntry(Entry):
    code: Annotated[str, column(Milestone, "code")]
    title: Annotated[str, column(Milestone, "title")]
    due_on: Annotated[datetime.date | None, column(Milestone, "due_on")] = None
    source: OptionalReference = None
    locator: Annotated[str, column(Milestone, "locator")] = ""
    updates: ListOf[UpdateEntry] = ()


class MeasureOrganisationEntry(Entry):
    organisation: Reference
    role: Annotated[str, column(MeasureOrganisation, "role")]


class MeasureEntry(Entry):
    code: Annotated[str, column(Measure, "code")]
    former_codes: ListOf[Annotated[str, column(Measure, "code")]] = ()
    title: Annotated[str, column(Measure, "title")]
    summary: Annotated[str, column(Measure, "summary")] = ""
    state: Annotated[str | None, column(Measure, "state")] = None
    state_reason: Annotated[str, column(Measure, "state_reason")] = ""
    starts_on: Annotated[datetime.date | None, column(Measure, "starts_on")] = None
    ends_on: Annotated[datetime.date | None, column(Measure, "ends_on")] = None
    source: OptionalReference = None
    locator: Annotated[str, column(Measure, "locator")] = ""
    organisations: ListOf[MeasureOrganisationEntry] = ()
    sectors: ListOf[Reference] = ()
    notes: ListOf[Reference] = ()
    milestones: ListOf[MilestoneEntry] = ()
    indicators: ListOf[IndicatorEntry] = ()


class ObjectiveEntry(Entry):
    code: Annotated[str, column(Objective, "code")]
    former_codes: ListOf[Annotated[str, column(Objective, "code")]] = ()
    kind: Annotated[str, column(Objective, "kind")]
    parent: OptionalReference = None
    title: Annotated[str, column(Objective, "title")]
    summary: Annotated[str, column(Objective, "summary")] = ""
    source: OptionalReference = None
    locator: Annotated[str, column(Objective, "locator")] = ""
    notes: ListOf[Reference] = ()
    indicators: ListOf[IndicatorEntry] = ()
    measures: ListOf[MeasureEntry] = ()


class Contents(Entry):
    """Everything but the plan itself."""

    organisations: ListOf[OrganisationEntry] = ()
    sectors: ListOf[SectorEntry] = ()
    units: ListOf[UnitEntry] = ()
    sources: ListOf[SourceEntry] = ()
    claims: ListOf[ClaimEntry] = ()
    notes: ListOf[NoteEntry] = ()
    indicators: ListOf[IndicatorEntry] = ()
    objectives: ListOf[ObjectiveEntry] = ()


class PlanFile(Contents):
    """A whole file."""

    format: Annotated[Literal[1], exactly(FORMAT)]
    region: RegionEntry
    plan: PlanEntry


KEYS = ("format", "region", "plan", *Contents.model_fields)
"""The keys of a file, in the order in which they are written."""
