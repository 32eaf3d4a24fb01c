"""The files of one command: which plans they are, in which order they load."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from django.utils.translation import gettext as _

from exchange.plan_files.problems import Problem
from exchange.plan_files.schema import (
    Entry,
    OrganisationEntry,
    PlanFile,
    RegionEntry,
    SectorEntry,
    UnitEntry,
)
from exchange.plan_files.validation import Readable

SharedEntry = RegionEntry | OrganisationEntry | SectorEntry | UnitEntry


@dataclass(frozen=True, slots=True)
class Batch:
    """What the files of one command say together."""

    readables: Sequence[Readable]

    def problems_of(self, readable: Readable) -> Iterator[Problem]:
        """Return what cannot be in a file because of another one of the same command."""
        plan = readable.plan
        if plan is None:
            return
        same = next(item for item in self.readables if item.plan and item.plan.slug == plan.slug)
        if same is not readable:
            yield Problem(
                (*plan.path, "slug"),
                _("« %(slug)s » est déjà le plan de %(file)s ; un seul fichier par plan")
                % {"slug": plan.slug, "file": same.document.name},
            )
        try:
            self._sorter().prepare()
        except CycleError as error:
            slugs: list[str] = error.args[1]
            if plan.slug in slugs:
                yield Problem(
                    (*plan.path, "related_to"),
                    _("plans liés en rond (%(slugs)s) ; l’un d’eux n’est lié à aucun autre")
                    % {"slugs": ", ".join(slugs)},
                )

    def slugs(self) -> frozenset[str]:
        """Return the plans of the files."""
        return frozenset(item.plan.slug for item in self.readables if item.plan is not None)

    def fictitious(self, slug: str) -> bool | None:
        """Whether a plan of the files belongs to a fictitious region; None when unknown."""
        for item in self.readables:
            if item.plan is not None and item.plan.slug == slug and item.region is not None:
                return item.region.fictitious
        return None

    def in_order(self) -> list[Readable]:
        """Return the files so that each comes after the one it is related to."""
        rank = {slug: number for number, slug in enumerate(self._sorter().static_order())}
        return sorted(
            self.readables, key=lambda item: rank[item.plan.slug] if item.plan is not None else -1
        )

    def agreeing(self, entry: SharedEntry) -> frozenset[str]:
        """Return the plans whose files declare a shared thing in these very words."""
        return frozenset(
            item.plan.slug
            for item in self.readables
            if item.plan is not None and any(entry == other for other in _shared(item))
        )

    def _sorter(self) -> TopologicalSorter[str]:
        known = self.slugs()
        graph = {
            item.plan.slug: {item.plan.related_to} & known - {item.plan.slug}
            for item in self.readables
            if item.plan is not None
        }
        return TopologicalSorter(
            {slug: {other for other in related if other} for slug, related in graph.items()}
        )


def _shared(readable: Readable) -> Iterable[Entry]:
    contents = readable.contents
    region = () if readable.region is None else (readable.region,)
    return (*region, *contents.organisations, *contents.sectors, *contents.units)


def shared_of(file: PlanFile) -> tuple[SharedEntry, ...]:
    """Return what a file declares that other plans may use too."""
    return (file.region, *file.organisations, *file.sectors, *file.units)
