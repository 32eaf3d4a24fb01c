"""What a file must say consistently: its codes, what they refer to, its dates and its terms.

Nothing here asks the database, save for the codes that plans share (`Shared`), passed in. What a
file may not change of what is stored is in `conflicts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.utils.translation import gettext as _

from exchange.plan_files.problems import Path, Problem, guess
from exchange.plan_files.schema import (
    BaselineEntry,
    ClaimEntry,
    Contents,
    IndicatorEntry,
    MeasureEntry,
    MeasureOrganisationEntry,
    MilestoneEntry,
    ObjectiveEntry,
    ObservationEntry,
    PlanEntry,
    PlanOrganisationEntry,
    RegionEntry,
    TargetEntry,
)
from exchange.plan_files.validation import Readable
from indicators import terms
from indicators.term_words import in_french
from plans.models import Claim

_FIELDS = {"start": "starts_on", "due": "due_on"}
_STATED = (
    Claim.Subject.ADOPTED_ON,
    Claim.Subject.STARTS_ON,
    Claim.Subject.ENDS_ON,
    Claim.Subject.BUDGET,
)


class _Coded(Protocol):
    @property
    def code(self) -> str: ...
    @property
    def path(self) -> Path: ...


class _Renamed(_Coded, Protocol):
    @property
    def former_codes(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Shared:
    """The codes that the database knows already, whatever the plan."""

    organisations: frozenset[str] = frozenset()
    sectors: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()


def check(readable: Readable, shared: Shared) -> list[Problem]:
    """Return everything inconsistent in a file."""
    return list(_Checker(readable, shared).problems())


def objectives_and_measures(
    contents: Contents,
) -> Iterator[tuple[ObjectiveEntry, MeasureEntry]]:
    """Return each measure with its objective, in the order of the file."""
    for objective in contents.objectives:
        for measure in objective.measures:
            yield objective, measure


def indicators_of(contents: Contents) -> Iterator[IndicatorEntry]:
    """Return every indicator, in the order of the file's pages: plan, objectives, measures."""
    yield from contents.indicators
    for objective in contents.objectives:
        yield from objective.indicators
        for measure in objective.measures:
            yield from measure.indicators


class _Checker:
    def __init__(self, readable: Readable, shared: Shared) -> None:
        self.readable = readable
        contents = self.contents = readable.contents
        self.sources = self._known("sources", contents.sources)
        self.notes = self._known("notes", contents.notes)
        self.objectives = self._known("objectives", contents.objectives)
        self.organisations = self._known("organisations", contents.organisations)
        self.organisations |= shared.organisations
        self.sectors = self._known("sectors", contents.sectors) | shared.sectors
        self.units = self._known("units", contents.units) | shared.units

    def _known(self, name: str, entries: Iterable[_Coded]) -> frozenset[str]:
        return frozenset(entry.code for entry in entries) | self.readable.set_aside.get(
            name, frozenset()
        )

    def problems(self) -> Iterator[Problem]:
        yield from self._codes()
        if self.readable.region is not None:
            yield from self._region(self.readable.region)
        if self.readable.plan is not None:
            yield from self._plan(self.readable.plan)
        yield from self._claims()
        for note in self.contents.notes:
            for citation in note.citations:
                yield from self._source(citation.path, citation.source)
        for objective in self.contents.objectives:
            yield from self._objective(objective)
        for _objective, measure in objectives_and_measures(self.contents):
            yield from self._measure(measure)
        for indicator in indicators_of(self.contents):
            yield from self._indicator(indicator)

    # Codes

    def _codes(self) -> Iterator[Problem]:
        contents = self.contents
        measures = [measure for _objective, measure in objectives_and_measures(contents)]
        indicators = list(indicators_of(contents))
        lists: list[Sequence[_Coded]] = [
            contents.organisations,
            contents.sectors,
            contents.units,
            contents.sources,
            contents.claims,
            contents.notes,
            contents.objectives,
            measures,
            indicators,
            *(measure.milestones for measure in measures),
            *(indicator.targets for indicator in indicators),
        ]
        for entries in lists:
            yield from self._once(((*entry.path, "code"), entry.code) for entry in entries)
        yield from self._former_codes(contents.objectives)
        yield from self._former_codes(measures)
        yield from self._former_codes(indicators)

    def _once(self, codes: Iterable[tuple[Path, object]]) -> Iterator[Problem]:
        first: dict[object, Path] = {}
        for path, code in codes:
            if code in first:
                yield Problem(
                    path,
                    _("« %(code)s » est déjà donné ligne %(line)d ; une seule fois")
                    % {"code": code, "line": self.readable.document.line_of(first[code])},
                )
            else:
                first[code] = path

    def _former_codes(self, entries: Sequence[_Renamed]) -> Iterator[Problem]:
        present = {entry.code for entry in entries}
        for entry in entries:
            for rank, former in enumerate(entry.former_codes):
                if former in present:
                    yield Problem(
                        (*entry.path, "former_codes", rank),
                        _(
                            "« %(code)s » est encore le code d’un élément du fichier ; un ancien "
                            "code ne sert plus"
                        )
                        % {"code": former},
                    )
        yield from self._once(
            ((*entry.path, "former_codes", rank), former)
            for entry in entries
            for rank, former in enumerate(entry.former_codes)
        )

    # References

    def _refer(
        self, path: Path, code: str | None, known: frozenset[str], name: str
    ) -> Iterator[Problem]:
        if code is not None and code not in known:
            yield Problem(
                path,
                _("« %(code)s » n’est pas dans « %(name)s »%(guess)s ; déclarez-le%(known)s")
                % {
                    "code": code,
                    "name": name,
                    "guess": guess(code, sorted(known)),
                    "known": _(" ou choisissez : %(codes)s") % {"codes": _few(known)}
                    if known
                    else "",
                },
            )

    def _source(self, path: Path, code: str | None) -> Iterator[Problem]:
        yield from self._refer((*path, "source"), code, self.sources, "sources")

    def _many(
        self, path: Path, key: str, codes: Sequence[str], known: frozenset[str]
    ) -> Iterator[Problem]:
        for rank, code in enumerate(codes):
            yield from self._refer((*path, key, rank), code, known, key)
        yield from self._once(((*path, key, rank), code) for rank, code in enumerate(codes))

    def _participations(
        self, participations: Sequence[PlanOrganisationEntry | MeasureOrganisationEntry]
    ) -> Iterator[Problem]:
        for entry in participations:
            yield from self._refer(
                (*entry.path, "organisation"),
                entry.organisation,
                self.organisations,
                "organisations",
            )
        yield from self._once(
            (entry.path, f"{entry.organisation}, {entry.role}") for entry in participations
        )

    # The plan

    def _region(self, region: RegionEntry) -> Iterator[Problem]:
        if region.fictitious != region.insee_code.startswith("X"):
            yield Problem(
                (*region.path, "insee_code"),
                _(
                    "« %(code)s » ne va pas avec fictitious: %(fictitious)s ; une région fictive "
                    "porte un code en X (X01), une région réelle son code INSEE (44)"
                )
                % {
                    "code": region.insee_code,
                    "fictitious": "true" if region.fictitious else "false",
                },
            )

    def _plan(self, plan: PlanEntry) -> Iterator[Problem]:
        yield from self._participations(plan.organisations)
        for entry in plan.organisations:
            yield from self._source(entry.path, entry.source)
        yield from self._many(plan.path, "sectors", plan.sectors, self.sectors)
        yield from self._ordered(plan.path, plan.starts_on, plan.ends_on)
        if plan.slug in plan.former_slugs:
            yield Problem(
                (*plan.path, "former_slugs"),
                _("« %(slug)s » est le slug actuel ; un ancien slug ne sert plus")
                % {"slug": plan.slug},
            )
        if plan.related_to == plan.slug:
            yield Problem(
                (*plan.path, "related_to"), _("un plan n’est pas lié à lui-même ; un autre slug")
            )
        limits = plan.limits
        if not 0 < limits.watch_from <= limits.on_track_from <= 1 or not limits.early_below <= 1:
            yield Problem(
                (*plan.path, "limits"),
                _(
                    "limites incohérentes ; attendu : 0 < watch_from ≤ on_track_from ≤ 1 et "
                    "0 ≤ early_below ≤ 1"
                ),
            )
        if "claims" not in self.readable.set_aside:
            for subject in _STATED:
                yield from self._stated(plan, subject)

    def _stated(self, plan: PlanEntry, subject: str) -> Iterator[Problem]:
        """A date or a budget is what a retained claim states, and the other way round."""
        held = getattr(plan, subject)
        retained = [
            (claim, value)
            for claim in self.contents.claims
            if claim.retained
            and claim.subject == subject
            and (value := _value_of(claim, subject)) is not None
        ]
        if held is None:
            for claim, value in retained:
                yield Problem(
                    (*claim.path, "retained"),
                    _(
                        "%(value)s est retenu, et le plan n’a pas de %(key)s ; donnez-le au plan "
                        "ou mettez retained: false"
                    )
                    % {"value": value, "key": subject},
                )
        elif held not in [value for _claim, value in retained]:
            yield Problem(
                (*plan.path, subject),
                _(
                    "%(value)s n’est énoncé par aucune affirmation retenue ; ajoutez dans claims "
                    "subject: %(key)s, %(column)s: %(value)s, retained: true%(found)s"
                )
                % {
                    "value": held,
                    "key": subject,
                    "column": "amount" if subject == Claim.Subject.BUDGET else "date",
                    "found": _(" (retenu à présent : %(value)s)") % {"value": retained[0][1]}
                    if retained
                    else "",
                },
            )

    def _claims(self) -> Iterator[Problem]:
        retained: dict[str, ClaimEntry] = {}
        for claim in self.contents.claims:
            yield from self._source(claim.path, claim.source)
            if claim.source is None and not claim.derivation:
                yield Problem(
                    claim.path,
                    _("affirmation sans source ; donnez source, ou derivation si elle est déduite"),
                )
            if not claim.retained or claim.subject not in _STATED:
                continue
            first = retained.setdefault(claim.subject, claim)
            if first is not claim:
                yield Problem(
                    (*claim.path, "retained"),
                    _("« %(code)s » est déjà retenu pour %(subject)s ; un seul par objet")
                    % {"code": first.code, "subject": claim.subject},
                )

    def _ordered(
        self, path: Path, start: date | None, end: date | None, key: str = "ends_on"
    ) -> Iterator[Problem]:
        if start is not None and end is not None and end < start:
            yield Problem(
                (*path, key),
                _("%(end)s précède le début (%(start)s) ; le même jour ou après")
                % {"end": end, "start": start},
            )

    # Objectives and measures

    def _objective(self, objective: ObjectiveEntry) -> Iterator[Problem]:
        yield from self._source(objective.path, objective.source)
        yield from self._many(objective.path, "notes", objective.notes, self.notes)
        yield from self._refer(
            (*objective.path, "parent"), objective.parent, self.objectives, "objectives"
        )
        parents = {entry.code: entry.parent for entry in self.contents.objectives}
        above = objective.parent
        for _step in parents:
            if above == objective.code:
                yield Problem(
                    (*objective.path, "parent"),
                    _("« %(code)s » serait partie de lui-même ; un autre parent, ou aucun")
                    % {"code": objective.code},
                )
                return
            above = parents.get(above) if above is not None else None

    def _measure(self, measure: MeasureEntry) -> Iterator[Problem]:
        yield from self._source(measure.path, measure.source)
        yield from self._many(measure.path, "notes", measure.notes, self.notes)
        yield from self._many(measure.path, "sectors", measure.sectors, self.sectors)
        yield from self._participations(measure.organisations)
        yield from self._ordered(measure.path, measure.starts_on, measure.ends_on)
        if measure.state == "abandoned" and not measure.state_reason:
            yield Problem((*measure.path, "state"), _("abandon sans motif ; ajoutez state_reason"))
        for milestone in measure.milestones:
            yield from self._milestone(milestone)

    def _milestone(self, milestone: MilestoneEntry) -> Iterator[Problem]:
        yield from self._source(milestone.path, milestone.source)
        for update in milestone.updates:
            yield from self._source(update.path, update.source)
        yield from self._once(
            ((*update.path, "as_of"), update.as_of.isoformat()) for update in milestone.updates
        )

    # Indicators

    def _indicator(self, indicator: IndicatorEntry) -> Iterator[Problem]:
        path = indicator.path
        yield from self._source(path, indicator.source)
        yield from self._many(path, "notes", indicator.notes, self.notes)
        yield from self._refer((*path, "unit"), indicator.unit, self.units, "units")
        yield from self._baseline((*path, "baseline"), indicator.baseline)
        measurement = terms.Measurement(indicator.measurement)
        for target in indicator.targets:
            yield from self._target(measurement, target)
        for observation in indicator.observations:
            yield from self._observation(measurement, observation)
        yield from self._periods(measurement, indicator.observations)

    def _baseline(self, path: Path, baseline: BaselineEntry) -> Iterator[Problem]:
        yield from self._source(path, baseline.source)
        if baseline.value is not None and baseline.source is None:
            yield Problem(path, _("valeur initiale sans source ; ajoutez source"))

    def _target(self, measurement: terms.Measurement, target: TargetEntry) -> Iterator[Problem]:
        yield from self._source(target.path, target.source)
        for problem in terms.check_target(measurement, target_terms(target)):
            field = _FIELDS.get(problem.field, problem.field)
            yield Problem((*target.path, field), in_french(problem))
        if target.kind == terms.TargetKind.QUOTA and target.value is not None:
            yield Problem(
                (*target.path, "value"),
                _("un quota n’a pas de valeur d’ensemble ; ses valeurs sont dans periods"),
            )
        if target.abandoned_on is not None and not target.abandonment_reason:
            yield Problem(
                (*target.path, "abandoned_on"),
                _("abandon sans motif ; ajoutez abandonment_reason"),
            )

    def _observation(
        self, measurement: terms.Measurement, observation: ObservationEntry
    ) -> Iterator[Problem]:
        yield from self._source(observation.path, observation.source)
        names = {"start": "period_start", "end": "period_end"}
        for problem in terms.check_observed(measurement, _observed(observation)):
            field = names.get(problem.field, problem.field)
            yield Problem((*observation.path, field), in_french(problem))
        ratio = measurement == terms.Measurement.RATIO
        for key in ("value",) if ratio else ("numerator", "denominator"):
            if getattr(observation, key) is not None:
                yield Problem(
                    (*observation.path, key),
                    _("un rapport n’a pas de value ; il a numerator et denominator")
                    if ratio
                    else _("un indicateur « %(measurement)s » n’a pas de %(key)s ; il a value")
                    % {"measurement": measurement, "key": key},
                )

    def _periods(
        self, measurement: terms.Measurement, observations: Sequence[ObservationEntry]
    ) -> Iterator[Problem]:
        """No period twice; those of a flow or a ratio add up, and so do not overlap either."""
        yield from self._once(
            (entry.path, f"{entry.period_start}, {entry.period_end}") for entry in observations
        )
        if measurement == terms.Measurement.STOCK:
            return
        widest: ObservationEntry | None = None
        for entry in sorted(observations, key=lambda entry: (entry.period_start, entry.period_end)):
            if widest is not None and entry.period_start <= widest.period_end:
                same = (entry.period_start, entry.period_end) == (
                    widest.period_start,
                    widest.period_end,
                )
                if not same:
                    yield Problem(
                        (*entry.path, "period_start"),
                        _(
                            "la période recouvre celle de la ligne %(line)d (du %(start)s au "
                            "%(end)s) ; des périodes séparées sont attendues"
                        )
                        % {
                            "line": self.readable.document.line_of(widest.path),
                            "start": widest.period_start,
                            "end": widest.period_end,
                        },
                    )
            if widest is None or entry.period_end > widest.period_end:
                widest = entry


def target_terms(target: TargetEntry) -> terms.Target:
    """Return a target of a file as the rules take it."""
    return terms.Target(
        kind=terms.TargetKind(target.kind),
        operator=terms.Operator(target.operator),
        value=target.value,
        tolerance=target.tolerance,
        start=target.starts_on,
        due=target.due_on,
        periods=tuple(
            terms.PeriodQuota(start=period.starts_on, end=period.ends_on, value=period.value)
            for period in target.periods
        ),
        checkpoints=tuple(
            terms.Checkpoint(on=checkpoint.on, value=checkpoint.value)
            for checkpoint in target.checkpoints
        ),
        abandoned=target.abandoned_on is not None,
    )


def _observed(observation: ObservationEntry) -> terms.Observed:
    return terms.Observed(
        start=observation.period_start,
        end=observation.period_end,
        value=observation.value,
        numerator=observation.numerator,
        denominator=observation.denominator,
    )


def _value_of(claim: ClaimEntry, subject: str) -> object:
    return claim.amount if subject == Claim.Subject.BUDGET else claim.date


def _few(codes: frozenset[str]) -> str:
    shown = sorted(codes)[:12]
    return ", ".join(shown) + ("…" if len(codes) > len(shown) else "")
