"""The layers that every chart is made of, as pieces of a Vega-Lite specification.

Marks are bound to data by scales; what accompanies them (labels, hatching, axis words) is placed
in pixels, with ``scale: null``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeAlias

from dashboards.charts.axes import LINE_HEIGHT, SIZE, Cell, Frame, TimeScale
from dashboards.charts.labels import Align, Box, Placed, text_width
from dashboards.charts.palette import Palette

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """The layers of a plot, and the room its axis takes below it."""

    layers: tuple[Json, ...]
    below: int


HATCH_STEP = 7
HALO = 4
_MANY = 20
_AS_DRAWN = 4
"""The size at which Vega draws a shape of our own in the pixels it is written in."""


def layer(name: str, mark: Json, rows: Sequence[Json], **encoding: Json) -> Json:
    return {"name": name, "data": {"values": list(rows)}, "mark": mark, "encoding": encoding}


def pixels(field: str) -> Json:
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def values_scale(frame: Frame) -> Json:
    return {"domain": [frame.values.low, frame.values.high], "nice": False, "zero": False}


def value(frame: Frame, field: str = "value") -> Json:
    return {
        "field": field,
        "type": "quantitative",
        "scale": values_scale(frame),
        "axis": None,
    }


def moment(scale: TimeScale, field: str = "at") -> Json:
    domain = [scale.start.isoformat(), scale.until.isoformat()]
    return {
        "field": field,
        "type": "temporal",
        "scale": {"type": "utc", "domain": domain, "nice": False},
        "axis": None,
    }


def value_grid(frame: Frame, palette: Palette) -> list[Json]:
    """Lines across at each tick, and the tick's words on their left. Zero is stronger."""
    rows = [
        {"value": tick, "color": palette.rule_strong if tick == 0 else palette.rule}
        for tick, _ in frame.values.ticks
    ]
    words = [{"value": tick, "text": text} for tick, text in frame.values.ticks]
    return [
        layer(
            "grid",
            {"type": "rule", "strokeWidth": 1},
            rows,
            y=value(frame),
            color={"field": "color", "type": "nominal", "scale": None},
        ),
        layer(
            "value-axis",
            {
                "type": "text",
                "align": "right",
                "baseline": "middle",
                "fontSize": SIZE,
                "color": palette.ink_soft,
            },
            words,
            x={"value": -8},
            y=value(frame),
            text={"field": "text", "type": "nominal"},
        ),
    ]


def time_axis(
    cells: Sequence[Cell], scale: TimeScale, *, top: float, palette: Palette
) -> list[Json]:
    """Ticks between the cells, names in the middle of them, years below where cells are parts."""
    # Years that are not all named need not all be marked.
    marked = [cell for cell in cells if cell.label] if len(cells) > _MANY else cells
    edges = [cell.start for cell in marked] + [cells[-1].until]
    ticks = [{"x": scale.x(edge)} for edge in edges]
    names = [((scale.x(cell.start) + scale.x(cell.until)) / 2, cell.label) for cell in cells]
    groups = [
        ((scale.x(first.start) + scale.x(last.until)) / 2, name)
        for name, first, last in _groups(cells)
    ]
    return axis_words(ticks, names, groups, top=top, width=scale.plot_width, palette=palette)


def _groups(cells: Sequence[Cell]) -> Iterator[tuple[str, Cell, Cell]]:
    opening = cells[0]
    for cell, following in zip(cells, [*cells[1:], None], strict=True):
        if following is None or following.group != cell.group:
            if opening.group:
                yield opening.group, opening, cell
            if following is not None:
                opening = following


def axis_words(
    ticks: Sequence[Json],
    names: Sequence[tuple[float, str]],
    groups: Sequence[tuple[float, str]],
    *,
    top: float,
    width: float,
    palette: Palette,
) -> list[Json]:
    """The line at ``top``, its ticks, names and, below those, what groups them."""
    rows = [{"x": x, "y": top + 6, "text": text} for x, text in names if text]
    rows += [{"x": x, "y": top + 6 + LINE_HEIGHT, "text": text} for x, text in groups]
    return [
        layer(
            "time-line",
            {"type": "rule", "strokeWidth": 1, "color": palette.rule_strong},
            [{"x": 0, "x2": width}],
            x=pixels("x"),
            x2={"field": "x2"},
            y={"value": top},
        ),
        layer(
            "time-ticks",
            {"type": "rule", "strokeWidth": 1, "color": palette.rule_strong},
            ticks,
            x=pixels("x"),
            y={"value": top},
            y2={"value": top + 5},
        ),
        layer(
            "time-axis",
            {
                "type": "text",
                "align": "center",
                "baseline": "top",
                "fontSize": SIZE,
                "color": palette.ink_soft,
            },
            rows,
            x=pixels("x"),
            y=pixels("y"),
            text={"field": "text", "type": "nominal"},
        ),
    ]


def hatched(name: str, boxes: Sequence[Box], palette: Palette) -> list[Json]:
    """Boxes outlined with dashes and hatched: a place kept for what was never published."""
    if not boxes:
        return []
    # All strokes as the one shape of one mark: a hundred lines would weigh ten times more.
    strokes = "".join(stroke for box in boxes for stroke in _hatching(box))
    hatching = layer(
        f"{name}-hatching",
        {
            "type": "point",
            "shape": strokes,
            "size": _AS_DRAWN,
            "strokeWidth": 1,
            "opacity": 1,
            "fill": None,
            "stroke": palette.hatch,
        },
        [{"x": 0, "y": 0}],
        x=pixels("x"),
        y=pixels("y"),
    )
    outlines = layer(
        name,
        {
            "type": "rect",
            "filled": False,
            "strokeWidth": 1,
            "strokeDash": [3, 3],
            "stroke": palette.rule_strong,
        },
        [{"x": box.left, "y": box.top, "x2": box.right, "y2": box.bottom} for box in boxes],
        x=pixels("x"),
        y=pixels("y"),
        x2={"field": "x2"},
        y2={"field": "y2"},
    )
    return [hatching, outlines] if strokes else [outlines]


def _hatching(box: Box) -> Iterator[str]:
    """Slanted strokes cut to a box; those of neighbouring boxes continue each other."""
    first = ceil((box.left + box.top) / HATCH_STEP)
    last = int((box.right + box.bottom) / HATCH_STEP)
    for rung in range(first, last + 1):
        total = rung * HATCH_STEP
        x = max(box.left, total - box.bottom)
        x2 = min(box.right, total - box.top)
        if x2 - x > 1:
            yield f"M{x:.1f},{total - x:.1f}L{x2:.1f},{total - x2:.1f}"


def texts(labels: Iterable[Placed], palette: Palette) -> list[Json]:
    """Labels, each over a halo of the paper that keeps lines out of its letters."""
    alike: dict[tuple[Align, str, bool], list[Json]] = defaultdict(list)
    for label in labels:
        # Only the figure is bold, not what is said of it below.
        parts = [label.lines[:1], label.lines[1:]] if label.bold else [label.lines]
        for place, lines in enumerate(parts):
            y = round(label.y + 1 + place * LINE_HEIGHT, 2)
            row = {"x": round(label.x, 2), "y": y, "text": "\n".join(lines)}
            if lines:
                alike[label.align, label.role, label.bold and place == 0].append(row)
    halos = []
    letters = []
    for (align, role, bold), rows in alike.items():
        mark = {
            "type": "text",
            "align": align,
            "baseline": "top",
            "lineBreak": "\n",
            "lineHeight": LINE_HEIGHT,
            "fontSize": SIZE,
            "fontWeight": "bold" if bold else "normal",
        }
        suffix = f"{role.replace('_', '-')}-{align}{'-bold' if bold else ''}"
        encoding = {
            "x": pixels("x"),
            "y": pixels("y"),
            "text": {"field": "text", "type": "nominal"},
        }
        halo = {
            "stroke": palette.paper,
            "color": palette.paper,
            "strokeWidth": HALO,
            "strokeJoin": "round",
        }
        halos.append(layer(f"halos-{suffix}", {**mark, **halo}, rows, **encoding))
        colour = {"color": palette.roles()[role]}
        letters.append(layer(f"labels-{suffix}", {**mark, **colour}, rows, **encoding))
    return halos + letters


def turned_texts(name: str, spots: Sequence[Json], palette: Palette) -> list[Json]:
    """Words written upwards, for what is narrow and tall."""
    if not spots:
        return []
    mark = {
        "type": "text",
        "align": "center",
        "baseline": "middle",
        "angle": 270,
        "fontSize": SIZE,
    }
    encoding = {
        "x": pixels("x"),
        "y": pixels("y"),
        "text": {"field": "text", "type": "nominal"},
    }
    halo = {"stroke": palette.paper, "color": palette.paper, "strokeWidth": 6}
    return [
        layer(f"halos-{name}", {**mark, **halo, "strokeJoin": "round"}, spots, **encoding),
        layer(name, {**mark, "color": palette.ink_soft}, spots, **encoding),
    ]


def fits(text: str, width: float) -> bool:
    return text_width(text, SIZE) + 4 <= width
