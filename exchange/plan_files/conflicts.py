"""What a file may not change of what the database holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Model, Q
from django.utils.translation import gettext as _

from exchange.plan_files.batch import Batch, SharedEntry, shared_of
from exchange.plan_files.checking.references import indicators_of, objectives_and_measures
from exchange.plan_files.comparing import Fate, Revision, differences, fate_of, revision_of
from exchange.plan_files.problems import Problem
from exchange.plan_files.schema import (
    ClaimEntry,
    IndicatorEntry,
    MeasureEntry,
    ObjectiveEntry,
    ObservationEntry,
    OrganisationEntry,
    PlanFile,
    RegionEntry,
    SectorEntry,
    UnitEntry,
    UpdateEntry,
)
from exchange.plan_files.stored import StoredPlan, entry_of, find
from exchange.plan_files.writing import flow
from indicators.models import Indicator, Unit
from plans.models import Claim, Organisation, Plan, Region, Sector

SHARED: Mapping[type[SharedEntry], tuple[type[Model], str]] = {
    RegionEntry: (Region, "insee_code"),
    OrganisationEntry: (Organisation, "code"),
    SectorEntry: (Sector, "code"),
    UnitEntry: (Unit, "code"),
}
_USED_BY = {
    Region: ("region",),
    Organisation: ("participations__organisation", "measures__participations__organisation"),
    Sector: ("sectors", "measures__sectors"),
    Unit: ("indicators__unit",),
}


def conflicts(file: PlanFile, stored: StoredPlan | None, batch: Batch) -> Iterator[Problem]:
    """Return what stands against loading a file that is right in itself."""
    yield from shared_elsewhere(file, stored, batch)
    yield from _plan_renamed(file, stored)
    yield from _related_plan(file, batch)
    if stored is not None:
        yield from _StoredConflicts(file, stored).problems()


def shared_elsewhere(file: PlanFile, stored: StoredPlan | None, batch: Batch) -> Iterator[Problem]:
    """What another plan uses is not redefined behind its back."""
    for entry in shared_of(file):
        model, key = SHARED[type(entry)]
        code = getattr(entry, key)
        row = model._default_manager.filter(**{key: code}).first()
        if row is None:
            if isinstance(entry, RegionEntry):
                yield from _region_slug_taken(entry)
            continue
        different = list(differences(entry, entry_of(type(entry), row)))
        if not different:
            continue
        used = Q()
        for lookup in _USED_BY[model]:
            used |= Q(**{lookup: row})
        others = Plan.objects.filter(used).exclude(slug__in=batch.agreeing(entry)).distinct()
        if stored is not None:
            others = others.exclude(pk=stored.row.pk)
        if slugs := list(others.order_by("slug").values_list("slug", flat=True)):
            yield Problem(
                (*entry.path, different[0][0]),
                _(
                    "« %(code)s » est déclaré autrement (%(differences)s) et sert au plan "
                    "%(plans)s ; reprenez cette déclaration, ou changez-la dans tous les fichiers "
                    "chargés ensemble"
                )
                % {
                    "code": code,
                    "plans": ", ".join(slugs),
                    "differences": ", ".join(
                        f"{name}: {flow(old)}" for name, old, _new in different
                    ),
                },
            )
        elif isinstance(entry, RegionEntry):
            yield from _region_slug_taken(entry)


def _region_slug_taken(entry: RegionEntry) -> Iterator[Problem]:
    taken = Region.objects.filter(slug=entry.slug).exclude(insee_code=entry.insee_code).first()
    if taken is not None:
        yield Problem(
            (*entry.path, "slug"),
            _("« %(slug)s » est la région %(code)s ; un autre slug")
            % {"slug": entry.slug, "code": taken.insee_code},
        )


def _plan_renamed(file: PlanFile, stored: StoredPlan | None) -> Iterator[Problem]:
    """A slug of before a renaming on the site; a former one that a plan still has."""
    slug = file.plan.slug
    holder = Plan.objects.known_as(slug).first()
    for rank, former in enumerate(file.plan.former_slugs):
        other = Plan.objects.filter(slug=former).first()
        if stored is not None and other is not None and other.pk != stored.row.pk:
            yield Problem(
                (*file.plan.path, "former_slugs", rank),
                _("« %(slug)s » est encore un plan ; un ancien slug ne sert plus")
                % {"slug": former},
            )
    if holder is not None and holder.slug != slug and stored is None:
        yield Problem(
            (*file.plan.path, "slug"),
            _("ce plan s’appelle maintenant « %(slug)s » ; écrivez slug: %(slug)s")
            % {"slug": holder.slug},
        )


def _related_plan(file: PlanFile, batch: Batch) -> Iterator[Problem]:
    slug = file.plan.related_to
    if slug is None:
        return
    path = (*file.plan.path, "related_to")
    fictitious = batch.fictitious(slug)
    if fictitious is None and slug not in batch.slugs():
        related = Plan.objects.known_as(slug).select_related("region").first()
        if related is None:
            yield Problem(
                path,
                _("le plan « %(slug)s » n’existe pas ; chargez-le d’abord, ou avec celui-ci")
                % {"slug": slug},
            )
            return
        if related.slug != slug:
            yield Problem(
                path,
                _("le plan « %(slug)s » s’appelle maintenant « %(now)s » ; écrivez ce slug")
                % {"slug": slug, "now": related.slug},
            )
        fictitious = related.region.fictitious
    if fictitious is not None and fictitious != file.region.fictitious:
        yield Problem(
            path,
            _(
                "un plan fictif et un plan réel ne se lient pas ; un plan d’une région de la même "
                "sorte"
            ),
        )


class _StoredConflicts:
    """What stands against changing a plan that is stored already."""

    def __init__(self, file: PlanFile, stored: StoredPlan) -> None:
        self.file = file
        self.stored = stored

    def problems(self) -> Iterator[Problem]:
        file, stored = self.file, self.stored
        measures = [measure for _objective, measure in objectives_and_measures(file)]
        indicators = list(indicators_of(file))
        yield from self._claims(file.claims)
        for entries, held in (
            (file.objectives, stored.objectives),
            (measures, stored.measures),
            (indicators, stored.indicators),
        ):
            yield from _renamed_on_site(entries, held)
        for measure in measures:
            yield from self._updates(measure)
        for indicator in indicators:
            yield from self._indicator(indicator)

    def _claims(self, claims: Sequence[ClaimEntry]) -> Iterator[Problem]:
        """A claim that the file does not name stays retained, and there is one by subject."""
        named = {claim.code for claim in claims}
        kept = {
            held.entry.subject: held.entry.code
            for code, held in self.stored.claims.items()
            if held.entry.retained and code not in named
        }
        for claim in claims:
            single = claim.subject in (
                Claim.Subject.ADOPTED_ON,
                Claim.Subject.STARTS_ON,
                Claim.Subject.ENDS_ON,
                Claim.Subject.BUDGET,
            )
            if claim.retained and single and claim.subject in kept:
                yield Problem(
                    (*claim.path, "retained"),
                    _(
                        "« %(code)s », absente du fichier, est déjà retenue pour %(subject)s ; "
                        "nommez-la dans le fichier avec retained: false"
                    )
                    % {"code": kept[claim.subject], "subject": claim.subject},
                )

    def _updates(self, measure: MeasureEntry) -> Iterator[Problem]:
        held_measure = find(self.stored.measures, measure.code, measure.former_codes)
        if held_measure is None:
            return
        for milestone in measure.milestones:
            held = self.stored.milestones.get((held_measure.row.pk, milestone.code))
            if held is None:
                continue
            for update in milestone.updates:
                key = (held.row.pk, update.as_of)
                yield from _contribution(
                    update,
                    self.stored.updates.get(key),
                    withdrawn=key in self.stored.withdrawn_updates,
                )

    def _indicator(self, indicator: IndicatorEntry) -> Iterator[Problem]:
        held = find(self.stored.indicators, indicator.code, indicator.former_codes)
        if held is None:
            return
        if held.entry.measurement != indicator.measurement and held.row.pk in self.stored.settled:
            yield Problem(
                (*indicator.path, "measurement"),
                _(
                    "l’indicateur a des cibles ou des valeurs : son type de mesure reste "
                    "« %(measurement)s » ; créez un autre indicateur"
                )
                % {"measurement": held.entry.measurement},
            )
            return
        yield from self._targets(indicator, held.row)
        kept: dict[tuple[date, date], ObservationEntry] = {
            key[1:]: item.entry for key, item in self.stored.observations_of(held.row.pk)
        }
        published = []
        for observation in indicator.observations:
            period = (observation.period_start, observation.period_end)
            key = (held.row.pk, *period)
            current = self.stored.observations.get(key)
            withdrawn = key in self.stored.withdrawn_observations
            kept.pop(period, None)
            yield from _contribution(observation, current, withdrawn=withdrawn)
            if fate_of(observation, current, withdrawn=withdrawn) is Fate.PUBLISH:
                published.append(observation)
        if indicator.measurement != "stock":
            yield from _overlaps(published, list(kept.values()))

    def _targets(self, indicator: IndicatorEntry, row: Indicator) -> Iterator[Problem]:
        for target in indicator.targets:
            held = self.stored.targets.get((row.pk, target.code))
            revision = revision_of(target, held, public=self.stored.row.is_public)
            if revision is Revision.NO_REASON:
                yield Problem(
                    target.path,
                    _(
                        "la cible d’un plan public change ; donnez-en le motif dans "
                        "revision_reason (il sera publié)"
                    ),
                )
            elif revision is Revision.OLD_REASON:
                yield Problem(
                    (*target.path, "revision_reason"),
                    _("ce motif est celui de la révision précédente ; donnez celui de celle-ci"),
                )


def _renamed_on_site(
    entries: Sequence[ObjectiveEntry | MeasureEntry | IndicatorEntry], held: Mapping[str, Any]
) -> Iterator[Problem]:
    """The file still has the code from before a renaming: it would make a second object."""
    named = {entry.code for entry in entries}
    now = {
        former: code
        for code, item in held.items()
        for former in item.row.former_codes
        if code not in named
    }
    for entry in entries:
        for rank, former in enumerate(entry.former_codes):
            if entry.code in held and former in held:
                yield Problem(
                    (*entry.path, "former_codes", rank),
                    _(
                        "« %(code)s » existe encore, à côté de « %(now)s » ; un ancien code "
                        "ne sert plus"
                    )
                    % {"code": former, "now": entry.code},
                )
        known = find(held, entry.code, entry.former_codes)
        if known is None and entry.code in now:
            yield Problem(
                (*entry.path, "code"),
                _("« %(old)s » s’appelle maintenant « %(code)s » ; écrivez code: %(code)s")
                % {"old": entry.code, "code": now[entry.code]},
            )


def _contribution(
    entry: ObservationEntry | UpdateEntry, held: Any, *, withdrawn: bool
) -> Iterator[Problem]:
    fate = fate_of(entry, held, withdrawn=withdrawn)
    if fate is Fate.NO_REASON:
        changes = ", ".join(
            f"{key} : {flow(old)} → {flow(new)}"
            for key, old, new in differences(entry, held.entry, skip=("correction_reason",))
        )
        yield Problem(
            entry.path,
            _(
                "déjà publié autrement (%(changes)s) ; reprenez la valeur publiée, ou donnez le "
                "motif de la correction dans correction_reason (il sera publié)"
            )
            % {"changes": changes},
        )
    elif fate is Fate.OLD_REASON:
        yield Problem(
            (*entry.path, "correction_reason"),
            _("ce motif est celui de la correction précédente ; donnez celui de celle-ci"),
        )


def _overlaps(
    published: Sequence[ObservationEntry], kept: Sequence[ObservationEntry]
) -> Iterator[Problem]:
    for entry in published:
        for other in kept:
            if entry.period_start <= other.period_end and other.period_start <= entry.period_end:
                yield Problem(
                    (*entry.path, "period_start"),
                    _(
                        "la période recouvre celle d’une valeur publiée, absente du fichier (du "
                        "%(start)s au %(end)s) ; retirez d’abord cette valeur sur le site"
                    )
                    % {"start": other.period_start, "end": other.period_end},
                )
                break
