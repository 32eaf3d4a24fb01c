"""What a file names: its codes, each given once, and what refers to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.utils.translation import gettext as _

from exchange.plan_files.problems import Path, Problem, guess
from exchange.plan_files.schema import (
    Contents,
    IndicatorEntry,
    MeasureEntry,
    MeasureOrganisationEntry,
    ObjectiveEntry,
    PlanOrganisationEntry,
)
from exchange.plan_files.validation import Readable


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


def objectives_and_measures(
    contents: Contents,
) -> Iterator[tuple[ObjectiveEntry, MeasureEntry]]:
    """Return each measure with its objective, in the order of the file."""
    for objective in contents.objectives:
        """Find former codes that something still has, or that two things claim."""
        for measure in objective.measures:
            yield objective, measure


def indicators_of(contents: Contents) -> Iterator[IndicatorEntry]:
    """Return every indicator, in the order of the file's pages: plan, objectives, measures."""
    yield from contents.indicators
    for objective in contents.objectives:
        yield from objective.indicators
        for measure in objective.measures:
            yield from measure.indicators


class Checked:
    """A file under check, and the codes that may be referred to in it."""

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

    def codes(self) -> Iterator[Problem]:
        """Find codes given twice, and former codes that are in use."""
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
            yield from self.once(((*entry.path, "code"), entry.code) for entry in entries)
        yield from self.former_codes(contents.objectives)
        yield from self.former_codes(measures)
        yield from self.former_codes(indicators)

    def once(self, codes: Iterable[tuple[Path, object]]) -> Iterator[Problem]:
        """Find what is given more than once."""
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

    def former_codes(self, entries: Sequence[_Renamed]) -> Iterator[Problem]:
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
        yield from self.once(
            ((*entry.path, "former_codes", rank), former)
            for entry in entries
            for rank, former in enumerate(entry.former_codes)
        )

    def refer(
        self, path: Path, code: str | None, known: frozenset[str], name: str
    ) -> Iterator[Problem]:
        """Find a code that nothing has, and name those that are there."""
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

    def source(self, path: Path, code: str | None) -> Iterator[Problem]:
        """Find a source that the file does not hold."""
        yield from self.refer((*path, "source"), code, self.sources, "sources")

    def many(
        self, path: Path, key: str, codes: Sequence[str], known: frozenset[str]
    ) -> Iterator[Problem]:
        """Find what a list of codes names wrongly or twice."""
        for rank, code in enumerate(codes):
            yield from self.refer((*path, key, rank), code, known, key)
        yield from self.once(((*path, key, rank), code) for rank, code in enumerate(codes))

    def participations(
        self, participations: Sequence[PlanOrganisationEntry | MeasureOrganisationEntry]
    ) -> Iterator[Problem]:
        """Find organisations that are not there, or named twice in a role."""
        for entry in participations:
            yield from self.refer(
                (*entry.path, "organisation"),
                entry.organisation,
                self.organisations,
                "organisations",
            )
        yield from self.once(
            (entry.path, f"{entry.organisation}, {entry.role}") for entry in participations
        )

    def ordered(
        self, path: Path, start: date | None, end: date | None, key: str = "ends_on"
    ) -> Iterator[Problem]:
        """Find an end before its beginning."""
        if start is not None and end is not None and end < start:
            yield Problem(
                (*path, key),
                _("%(end)s précède le début (%(start)s) ; le même jour ou après")
                % {"end": end, "start": start},
            )


def _few(codes: frozenset[str]) -> str:
    shown = sorted(codes)[:12]
    return ", ".join(shown) + ("…" if len(codes) > len(shown) else "")
