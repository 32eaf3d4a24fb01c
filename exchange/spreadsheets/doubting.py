"""Values that look like a slip of the keyboard: said beside the row, never refused.

The rules are those of the entry page: `indicators.plausibility`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from exchange.models import ImportRow
from exchange.spreadsheets.drafts import Draft
from indicators.known import Known, known_of
from indicators.progress import Observed

LOOKED_AT = 12
"""Published values before a period among which the one to compare with is looked for."""


def doubt_values(drafts: Iterable[Draft], *, on: date) -> None:
    """Note what is doubtful in the values that these rows enter: a fixed number of queries."""
    entered = [
        (draft, draft.indicator)
        for draft in drafts
        if draft.indicator is not None
        and draft.outcome in (ImportRow.Outcome.NEW, ImportRow.Outcome.CHANGED)
    ]
    if not entered:
        return
    indicators = {indicator.pk: indicator for _draft, indicator in entered}
    known = {number: _Past(found) for number, found in known_of(list(indicators.values())).items()}
    for draft, indicator in entered:
        for doubt in known[indicator.pk].doubts(draft, on=on):
            draft.warn("value" if draft.cell("value") is not None else "numerator", doubt)


class _Past:
    """What is known of an indicator, such that a row looks at a few values and not at all."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._series = known.series
        self._published = sorted(self._series.observations, key=lambda one: (one.end, one.sequence))
        self._ends = [one.end for one in self._published]

    def doubts(self, draft: Draft, *, on: date) -> list[str]:
        assert draft.start is not None
        assert draft.end is not None
        assert draft.content is not None
        earlier = bisect_left(self._ends, draft.end)
        near = tuple(self._published[max(0, earlier - LOOKED_AT) : earlier])
        entered = Observed(
            start=draft.start,
            end=draft.end,
            value=draft.content.value,
            numerator=draft.content.numerator,
            denominator=draft.content.denominator,
        )
        beside = replace(self._series, observations=near)
        return self._known.doubts_beside(beside, entered, on=on)
