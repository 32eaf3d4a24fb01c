"""The drawing of a quota: a bar for each period, the mark of its target, a slot where no one
has published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from django.utils.translation import gettext as _

from dashboards.charts import words
from dashboards.charts.axes import LINE_HEIGHT, SIZE, Frame
from dashboards.charts.facts import Chart, Slot
from dashboards.charts.labels import Box, Placing, Wanted, text_width
from dashboards.charts.layers import (
    Drawing,
    Json,
    axis_words,
    fits,
    hatched,
    layer,
    texts,
    turned_texts,
    value,
    value_grid,
)
from dashboards.charts.palette import Palette

_WIDEST_BAR = 76
_HALO = 5.5
_LIP = 4
"""How far the mark of a target stands out of its bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A slot and where its bar stands."""

    slot: Slot
    left: float
    right: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def width(self) -> float:
        return self.right - self.left


def draw(chart: Chart, frame: Frame, palette: Palette) -> Drawing:
    step = frame.plot_width / len(chart.slots)
    bar = min(_WIDEST_BAR, step * 0.66 if step > 12 else step * 0.8)
    places = [
        _Place(slot=slot, left=(rank + 0.5) * step - bar / 2, right=(rank + 0.5) * step + bar / 2)
        for rank, slot in enumerate(chart.slots)
    ]
    missing = [
        Box(place.left, frame.y(place.slot.target), place.right, frame.y(0))
        for place in places
        if place.slot.is_missing
    ]
    lip = min(_LIP, (step - bar) / 2)
    axis = _axis(places, step, frame, palette)
    return Drawing(
        layers=(
            *value_grid(frame, palette),
            *hatched("missing", missing, palette),
            *_bars(chart, places, frame, palette),
            *_targets(places, lip, frame, palette),
            *_labels(chart, places, step, frame, palette),
            *axis.layers,
        ),
        below=axis.below,
    )


def _band(place: _Place) -> Json:
    return {
        "start": place.slot.start.isoformat(),
        "end": place.slot.end.isoformat(),
        "x": round(place.left, 2),
        "x2": round(place.right, 2),
    }


_ENDS: Json = {
    "x": {"field": "x", "type": "quantitative", "scale": None, "axis": None},
    "x2": {"field": "x2"},
}


def _bars(chart: Chart, places: Sequence[_Place], frame: Frame, palette: Palette) -> Iterator[Json]:
    """Full bars; what is provisional or not yet whole is an outline over a tint."""
    firm = [place for place in places if _is_firm(place.slot)]
    open_ = [place for place in places if place.slot.value is not None and not _is_firm(place.slot)]
    marks = (
        ("observations", firm, {"fill": palette.accent}),
        (
            "observations-open",
            open_,
            {"fill": palette.accent_paper, "stroke": palette.accent, "strokeWidth": 1.5},
        ),
    )
    for name, some, look in marks:
        if some:
            yield layer(
                name,
                {"type": "rect", **look},
                [
                    {**_band(place), "value": float(place.slot.value or 0), "zero": 0}
                    for place in some
                ],
                **_ENDS,
                y=value(frame),
                y2={"field": "zero"},
            )


def _is_firm(slot: Slot) -> bool:
    return slot.value is not None and slot.complete and not slot.provisional


def _targets(
    places: Sequence[_Place], lip: float, frame: Frame, palette: Palette
) -> Iterator[Json]:
    rows = []
    crossing = []
    for place in places:
        band = _band(place)
        row = {
            **band,
            "x": round(band["x"] - lip, 2),
            "x2": round(band["x2"] + lip, 2),
            "value": float(place.slot.target),
        }
        rows.append(row)
        if frame.y(place.slot.target) - frame.y(place.slot.value or 0) > _HALO:
            crossing.append(row)
    for name, some, width, colour in (
        # A halo keeps the mark apart from the bar it crosses.
        ("targets-halo", crossing, _HALO, palette.paper),
        ("targets", rows, 2.5, palette.tone_plain),
    ):
        if some:
            yield layer(
                name,
                {"type": "rule", "strokeWidth": width, "color": colour},
                some,
                **_ENDS,
                y=value(frame),
            )


def _labels(
    chart: Chart, places: Sequence[_Place], step: float, frame: Frame, palette: Palette
) -> Iterator[Json]:
    placing = Placing(
        bounds=Box(0, -14, frame.plot_width, frame.plot_height),
        size=SIZE,
        line_height=LINE_HEIGHT,
    )
    for place in places:
        y = frame.y(place.slot.target)
        placing.avoid([Box(place.left - _LIP, y - 1, place.right + _LIP, y + 1)])
        if place.slot.value is not None:
            ends = sorted((frame.y(place.slot.value), frame.y(0)))
            placing.avoid([Box(place.left, ends[0], place.right, ends[1])])
    _place_values(chart, places, step, frame, placing)
    _place_targets(chart, places, frame, placing)
    _place_waiting(chart, places, step, frame, placing)
    yield from turned_texts("missing-words", list(_missing_words(places, frame, placing)), palette)
    yield from texts(placing.placed, palette)


def _place_values(
    chart: Chart, places: Sequence[_Place], step: float, frame: Frame, placing: Placing
) -> None:
    """Each bar's figure above it, or above the mark of the target where that is in the way.

    Where the bars stand too close, only the last figure is written.
    """
    reported = [place for place in places if place.slot.value is not None]
    said = {place.slot: _value_lines(chart, place.slot) for place in reported}
    widest = max(
        (text_width(line, SIZE, bold=True) for lines in said.values() for line in lines), default=0
    )
    for place in reported if widest <= step else reported[-1:]:
        slot = place.slot
        lines = said[slot]
        height = LINE_HEIGHT * len(lines)
        top = frame.y(max(slot.value or 0, 0))
        mark = frame.y(slot.target)
        if top - height - 6 < mark < top + 2:
            top = mark - 2
        placing.place(
            Wanted(
                lines=lines,
                x=place.middle,
                y=top,
                role="ink",
                sides=("n",),
                gap=3,
                bold=True,
            )
        )


def _value_lines(chart: Chart, slot: Slot) -> tuple[str, ...]:
    if slot.value is None:
        return ()
    figure = words.qualified(
        words.short_amount(slot.value, decimals=chart.decimals, unit=chart.unit), slot.qualifier
    )
    if slot.provisional:
        return figure, _("prov.")
    if not slot.complete:
        return figure, _("partiel") if slot.ended else _("en cours")
    return (figure,)


def _place_targets(chart: Chart, places: Sequence[_Place], frame: Frame, placing: Placing) -> None:
    """The target in words once, best beside an empty place; where targets differ, each figure
    that has room."""
    same = len({place.slot.target for place in places}) == 1
    free = [place for place in places if place.slot.value is None]
    held = [place for place in places if place.slot.value is not None]
    told = False
    for place in [*reversed(free), *reversed(held)]:
        amount = _target_amount(chart, place.slot)
        in_words = _("cible : %(value)s") % {"value": amount}
        placed = placing.place(
            Wanted(
                lines=(amount if told else in_words,),
                x=place.middle,
                y=frame.y(place.slot.target),
                role="tone_plain",
                sides=("n",),
                gap=4,
                limit=40,
            )
        )
        told = told or placed is not None
        if told and same:
            return


def _target_amount(chart: Chart, slot: Slot) -> str:
    return words.bounded(
        words.short_amount(slot.target, decimals=chart.decimals, unit=chart.unit),
        chart.operator,
        approximate=chart.tolerance > 0,
    )


def _missing_words(places: Sequence[_Place], frame: Frame, placing: Placing) -> Iterator[Json]:
    """« non renseigné » in each empty slot where it has room, upwards where that is narrow; along
    a run of slots where they are too thin, or once beside the first too small for words."""
    text = _("non renseigné")
    lines = tuple(text.split(" "))
    across = max(text_width(line, SIZE) for line in lines) + 4
    along = text_width(text, SIZE) + 8
    told = False
    for is_missing, run in groupby(places, key=lambda place: place.slot.is_missing):
        if not is_missing:
            continue
        some = list(run)
        tall = min(frame.y(0) - frame.y(place.slot.target) for place in some)
        left, right = some[0].left, some[-1].right
        if some[0].width >= across and tall >= LINE_HEIGHT * len(lines) + 8:
            for place in some:
                placing.place(_centred(lines, place.middle, frame.y(0) - tall / 2))
        elif some[0].width >= LINE_HEIGHT and tall >= along:
            for place in some:
                yield {"x": place.middle, "y": frame.y(0) - tall / 2, "text": text}
        elif right - left >= along and tall >= LINE_HEIGHT:
            placing.place(_centred((text,), (left + right) / 2, frame.y(0) - tall / 2))
        elif right - left >= LINE_HEIGHT and tall >= along:
            yield {"x": (left + right) / 2, "y": frame.y(0) - tall / 2, "text": text}
        elif not told:
            top = frame.y(max(place.slot.target for place in some))
            placing.place(
                *(
                    Wanted(
                        lines=(text,),
                        x=(left + right) / 2 + aside,
                        y=top,
                        role="ink_soft",
                        sides=("n",),
                        gap=gap,
                    )
                    for gap in (4, 20, 36, 60, 90)
                    for aside in (0, -24, 24)
                )
            )
        told = True


def _centred(lines: tuple[str, ...], x: float, y: float) -> Wanted:
    """Words whose middle is at a point."""
    return Wanted(lines=lines, x=x, y=y, role="ink_soft", sides=("",), gap=0)


def _place_waiting(
    chart: Chart, places: Sequence[_Place], step: float, frame: Frame, placing: Placing
) -> None:
    """Why a slot is empty that is not missing."""
    for place in places:
        if place.slot.value is not None or place.slot.ended:
            continue
        text = _("en cours") if place.slot.start <= chart.today else _("à venir")
        if fits(text, step):
            placing.place(
                Wanted(
                    lines=(text,),
                    x=place.middle,
                    y=frame.y(0),
                    role="ink_soft",
                    sides=("n",),
                    gap=3,
                    limit=40,
                )
            )


def _cell(place: _Place) -> tuple[str, str]:
    return words.period_cell(place.slot.start, place.slot.end)


def _axis(places: Sequence[_Place], step: float, frame: Frame, palette: Palette) -> Drawing:
    """The name of each period under its bar and what groups them below; where names do not fit,
    only what groups them, or one name of several."""
    names = [(place.middle, _cell(place)[0]) for place in places]
    groups = []
    edges = []
    for name, run in groupby(places, key=lambda place: _cell(place)[1]):
        some = list(run)
        if name:
            groups.append(((some[0].middle + some[-1].middle) / 2, name))
            edges.append(some[0].middle - step / 2)
    widest = max(text_width(name, SIZE) for _x, name in names) + 8
    if widest > step and groups:
        names, groups = groups, []
    elif widest > step:
        # A period across two years stands on two lines.
        halves = [(x, *name.partition("-")) for x, name in names]
        names = [(x, first + dash) for x, first, dash, _second in halves]
        groups = [(x, second) for x, _first, _dash, second in halves if second]
        widest = max(text_width(name, SIZE) for _x, name in names) + 6
        every = ceil(widest / step)
        names, groups = names[::every], groups[::every]
    ticks = [{"x": edge} for edge in [*edges, places[-1].middle + step / 2] if edges]
    rows = axis_words(
        ticks, names, groups, top=frame.plot_height, width=frame.plot_width, palette=palette
    )
    return Drawing(layers=tuple(rows), below=8 + LINE_HEIGHT * (2 if groups else 1))
