"""One checked file into the database: add what is new, change what differs, delete nothing.

Things that have an identity (sources, objectives, measures, indicators…) are matched by their
code and kept when the file does not name them. Lists that belong to a thing (its organisations,
citations…) become what the file says, row by row. Values and targets, which are public and so
never simply change, are in `publishing`. Here is the order of the parts; `frame` and `contents`
bring them, with what `work` holds for all of them.
"""

from __future__ import annotations

from datetime import datetime

from exchange.plan_files.applying import contents, frame
from exchange.plan_files.applying.work import Work
from exchange.plan_files.publishing import Publication
from exchange.plan_files.report import Report
from exchange.plan_files.schema import PlanFile
from exchange.plan_files.stored import StoredPlan
from indicators.models import Indicator, Unit
from measures.models import Measure, Milestone
from objectives.models import Objective
from plans.models import Claim, Note, Organisation, Plan, Region, Sector, Source


def apply(file: PlanFile, stored: StoredPlan | None, report: Report, *, at: datetime) -> Plan:
    """Bring the database to what a file says, tell it in the report, and return the plan.

    The file has been checked, against the database too, and the caller holds the transaction.
    """
    # Asked before anything is written: what was public is revised, never changed.
    was_public = stored is not None and stored.row.is_public
    work = Work(file, stored, report)
    region = frame.shared(work, Region, (file.region,))[file.region.insee_code]
    frame.shared(work, Organisation, file.organisations)
    frame.shared(work, Sector, file.sectors)
    frame.shared(work, Unit, file.units)
    work.organisations = {row.code: row for row in Organisation.objects.all()}
    work.sectors = {row.code: row for row in Sector.objects.all()}
    work.units = {row.code: row for row in Unit.objects.all()}
    work.plan = frame.plan_row(work, region)
    frame.sources(work)
    frame.claims(work)
    frame.notes(work)
    frame.plan_lists(work)
    objectives = contents.objectives(work)
    measures = contents.measures(work, objectives)
    publication = Publication(
        plan=work.plan,
        stored=stored,
        report=report,
        at=at,
        sources=work.sources,
        revisable=was_public,
    )
    publication.updates(contents.milestones(work, measures))
    indicators = contents.indicators(work, objectives, measures)
    publication.targets(indicators)
    publication.observations(indicators)
    _tell_left(work)
    publication.left()
    return work.plan


def _tell_left(work: Work) -> None:
    """Tell what is stored and not in the file: it stays."""
    if work.stored is None:
        return
    measures = {held.row.pk: held.row.code for held in work.stored.measures.values()}
    for model, held in (
        (Source, work.stored.sources),
        (Claim, work.stored.claims),
        (Note, work.stored.notes),
        (Objective, work.stored.objectives),
        (Measure, work.stored.measures),
        (Indicator, work.stored.indicators),
    ):
        for code, item in held.items():
            if (model, item.row.pk) not in work.seen:
                work.report.leave(model, code)
    for (measure, code), milestone in work.stored.milestones.items():
        if (Milestone, milestone.row.pk) not in work.seen:
            work.report.leave(Milestone, f"{measures[measure]}/{code}")
