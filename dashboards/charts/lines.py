"""The drawings that run along time: a total, a level, a threshold, or no target at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from dashboards.charts.axes import LINE_HEIGHT, Frame, TimeScale, end_of, time_cells
from dashboards.charts.facts import Chart, Point, Span
from dashboards.charts.labels import Box
from dashboards.charts.layers import (
    Drawing,
    Json,
    hatched,
    layer,
    moment,
    texts,
    time_axis,
    value,
    value_grid,
)
from dashboards.charts.line_labels import (
    STRIP,
    place_key_words,
    place_labels,
    place_missing_words,
)
from dashboards.charts.palette import Palette
from dashboards.charts.timeplot import TimePlot, time_span
from indicators.progress import Operator, Qualifier, TargetKind

_SHAPES = {
    Qualifier.EXACT: "circle",
    Qualifier.ABOUT: "circle",
    Qualifier.AT_LEAST: "triangle-up",
    Qualifier.AT_MOST: "triangle-down",
}
_DASHED = [6, 4]


def draw(chart: Chart, frame: Frame, palette: Palette) -> Drawing:
    first, until = time_span(chart)
    cells = time_cells(first, until, plot_width=frame.plot_width)
    scale = TimeScale(start=cells[0].start, until=cells[-1].until, plot_width=frame.plot_width)
    plot = TimePlot(chart, frame, scale, palette)
    axis_top = frame.plot_height + (STRIP + 2 if chart.missing else 0)
    rows = 2 if any(cell.group for cell in cells) else 1
    below = axis_top - frame.plot_height + 8 + LINE_HEIGHT * rows
    strips = [_strip(plot, gap) for gap in chart.missing]
    words = place_missing_words(plot, strips)
    if strips and not words:
        # No strip has room for words: a key below the axis says what the hatching means.
        swatch = Box(0, frame.plot_height + below + 5, 22, frame.plot_height + below + 17)
        strips.append(swatch)
        words = place_key_words(swatch)
        below += 24
    return Drawing(
        layers=(
            *_respected(plot),
            *value_grid(frame, palette),
            *time_axis(cells, scale, top=axis_top, palette=palette),
            *hatched("missing", strips, palette),
            *_today(plot),
            *_running_sum(plot),
            *_promise(plot),
            *_joints(plot),
            *_gap(plot),
            *_periods(plot),
            *_points(plot),
            *_marks(plot),
            *texts([*place_labels(plot), *words], palette),
        ),
        below=below,
    )


def _strip(plot: TimePlot, gap: Span) -> Box:
    """Under the plot, as wide as the days it stands for but never too thin to be seen."""
    left, right = plot.x(gap.start) + 1, plot.x(end_of(gap.end)) - 1
    base = plot.frame.plot_height
    return Box(left, base + 2, max(right, left + 2), base + STRIP)


def _row(at: date, height: Any, **more: Any) -> Json:
    return {"at": at.isoformat(), "value": float(height), **more}


def _stretch(start: date, until: date, height: Any) -> Json:
    return {"from": start.isoformat(), "to": until.isoformat(), "value": float(height)}


def _today(plot: TimePlot) -> Iterator[Json]:
    if plot.shows_today:
        yield layer(
            "today",
            {"type": "rule", "strokeDash": [1, 3], "color": plot.palette.ink_soft},
            [{"at": plot.chart.today.isoformat()}],
            x=moment(plot.scale),
            y={"value": -2},
            y2={"value": plot.frame.plot_height},
        )


def _respected(plot: TimePlot) -> Iterator[Json]:
    """The side of a threshold on which it is respected, lightly tinted."""
    chart, values = plot.chart, plot.frame.values
    if chart.kind is not TargetKind.THRESHOLD or chart.value is None:
        return
    far = values.low if chart.operator is Operator.AT_MOST else values.high
    yield layer(
        "respected",
        {"type": "rect", "fill": plot.palette.accent_paper},
        [{**_stretch(plot.opening, plot.closing, chart.value), "far": far}],
        x=moment(plot.scale, "from"),
        x2={"field": "to"},
        y=value(plot.frame),
        y2={"field": "far"},
    )


def _running_sum(plot: TimePlot) -> Iterator[Json]:
    """Flat until a period is over, then up by what it brought."""
    chart, palette = plot.chart, plot.palette
    if chart.kind is not TargetKind.TOTAL or not chart.points:
        return
    rows = [_row(chart.start or chart.points[0].start, 0)]
    rows += [_row(plot.at(one), one.height) for one in chart.points]
    step: Json = {"interpolate": "step-after"}
    encoding = {"x": moment(plot.scale), "y": value(plot.frame)}
    area = {"type": "area", "fill": palette.accent_paper, **step}
    line = {"type": "line", "strokeWidth": 2, "color": palette.accent, **step}
    yield layer("running-sum-area", area, rows, **encoding)
    yield layer("running-sum", line, rows, **encoding)


def _promise(plot: TimePlot) -> Iterator[Json]:
    """The path to the target; where none can be drawn, or for a threshold, its height across."""
    chart, palette = plot.chart, plot.palette
    if chart.path:
        yield layer(
            "path",
            {
                "type": "line",
                "strokeWidth": 1.5,
                "strokeDash": _DASHED,
                "color": palette.tone_plain,
            },
            [_row(end_of(one.on), one.value) for one in chart.path],
            x=moment(plot.scale),
            y=value(plot.frame),
        )
    elif chart.value is not None:
        is_threshold = chart.kind is TargetKind.THRESHOLD
        look: Json = {"strokeWidth": 2} if is_threshold else {"strokeDash": _DASHED}
        yield layer(
            "target-line",
            {"type": "rule", "strokeWidth": 1.5, "color": palette.tone_plain, **look},
            [_stretch(plot.opening, plot.closing, chart.value)],
            x=moment(plot.scale, "from"),
            x2={"field": "to"},
            y=value(plot.frame),
        )


def _joints(plot: TimePlot) -> Iterator[Json]:
    """A line from value to value of a level, broken over the periods that nobody reported."""
    rows = [_row(*knot, run=number) for number, run in enumerate(plot.runs()) for knot in run]
    if rows:
        yield layer(
            "observed-line",
            {"type": "line", "strokeWidth": 2, "color": plot.palette.accent},
            rows,
            x=moment(plot.scale),
            y=value(plot.frame),
            detail={"field": "run", "type": "nominal"},
        )


def _gap(plot: TimePlot) -> Iterator[Json]:
    """A thin line between what was expected and what is there, on the day of both."""
    expected, points = plot.expected, plot.chart.points
    if expected is None or not points:
        return
    height = points[-1].height
    if abs(plot.y(height) - plot.y(expected.value)) >= 8:
        yield layer(
            "gap",
            {"type": "rule", "color": plot.palette.tone_plain},
            [_row(end_of(expected.on), expected.value, observed=float(height))],
            x=moment(plot.scale),
            y=value(plot.frame),
            y2={"field": "observed"},
        )


def _periods(plot: TimePlot) -> Iterator[Json]:
    """The days that a value tells of, as a line through it."""
    rows = [
        _stretch(one.start, end_of(one.end), one.height)
        for one in plot.chart.points
        if plot.tells_of_period(one) and not plot.runs()
    ]
    if rows:
        yield layer(
            "observed-periods",
            {"type": "rule", "strokeWidth": 2, "color": plot.palette.accent},
            rows,
            x=moment(plot.scale, "from"),
            x2={"field": "to"},
            y=value(plot.frame),
        )


def _points(plot: TimePlot) -> Iterator[Json]:
    """Full marks, hollow where provisional; a triangle where the source leaves one side open."""
    chart, palette = plot.chart, plot.palette
    for is_open in (False, True):
        for shape in dict.fromkeys(_SHAPES.values()):
            some = [
                one
                for one in chart.points
                if one.provisional is is_open and _SHAPES[one.qualifier] == shape
            ]
            if not some:
                continue
            parts = ["observations", "open" if is_open else "", shape if shape != "circle" else ""]
            size = 64 if not plot.is_crowded else 7 if plot.is_narrow else 16
            outline = palette.accent if is_open or plot.is_crowded else palette.paper
            yield layer(
                "-".join(part for part in parts if part),
                {
                    "type": "point",
                    "shape": shape,
                    "size": size if shape == "circle" else size * 1.5,
                    "opacity": 1,
                    "fill": palette.paper if is_open else palette.accent,
                    "stroke": outline,
                    "strokeWidth": 2 if is_open else 1.5,
                },
                [_observation(plot, one) for one in some],
                x=moment(plot.scale),
                y=value(plot.frame),
            )


def _observation(plot: TimePlot, point: Point) -> Json:
    days = {"start": point.start.isoformat(), "end": point.end.isoformat()}
    return _row(plot.at(point), point.height, **days)


def _marks(plot: TimePlot) -> Iterator[Json]:
    """Single marks: the baseline a square, the expected value a ring, the target a diamond."""
    chart, palette = plot.chart, plot.palette
    hollow = {"fill": palette.paper, "stroke": palette.tone_plain, "strokeWidth": 2}
    full = {"fill": palette.tone_plain, "stroke": palette.paper, "strokeWidth": 1.5}
    marks = []
    if plot.baseline_at is not None:
        row = _row(plot.baseline_at, chart.shown_baseline)
        marks.append(("baseline", row, {"shape": "square", "size": 64, **hollow}))
    if plot.expected is not None:
        row = _row(end_of(plot.expected.on), plot.expected.value)
        marks.append(("expected", row, {"shape": "circle", "size": 64, **hollow}))
    is_aimed_at = chart.value is not None and chart.kind is not TargetKind.THRESHOLD
    if chart.due is not None and is_aimed_at:
        row = _row(end_of(chart.due), chart.value)
        marks.append(("target", row, {"shape": "diamond", "size": 130, **full}))
    for name, row, look in marks:
        yield layer(
            name,
            {"type": "point", "opacity": 1, **look},
            [row],
            x=moment(plot.scale),
            y=value(plot.frame),
        )
