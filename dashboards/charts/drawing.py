"""From a chart's facts to a Vega-Lite specification: a pure function.

Which drawing suits which promise:

- quota: a bar for each period against the mark of its target (:mod:`~dashboards.charts.bars`);
- total: the running sum, in steps, against the straight line to the total;
- level: values, joined, against the path from the baseline to the target;
- threshold: values against a line that runs across;
- no target: the values alone (these four in :mod:`~dashboards.charts.lines`).

What is missing is drawn as missing: an empty, hatched slot or strip that says so.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from django.utils.translation import gettext as _

from dashboards.charts import bars, lines
from dashboards.charts.axes import (
    LINE_HEIGHT,
    SIZE,
    TITLE_LINE_HEIGHT,
    TITLE_SIZE,
    Frame,
    Width,
    values_axis,
    wrapped,
)
from dashboards.charts.facts import Chart
from dashboards.charts.layers import Json, layer, pixels
from dashboards.charts.palette import Palette
from indicators.formats import NO_BREAK, format_date
from indicators.progress import TargetKind

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

# The reader's own face, as on the pages; Liberation Sans comes with the renderer, so that a PNG
# is the same on every machine.
FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", '
    '"Helvetica Neue", Arial, sans-serif'
)

_ABOVE_PLOT = 22
_RIGHT = 14
_TITLED_MARGIN = 20


def chart_spec(
    chart: Chart, *, palette: Palette, width: Width, titled: bool = False
) -> dict[str, Any]:
    """The Vega-Lite specification of a chart.

    ``titled`` prints the title, the context and the day above it and leaves a margin around: for
    an image that leaves the page.
    """
    values = values_axis(
        _heights(chart),
        decimals=chart.decimals,
        unit=chart.unit,
        ticks=width.ticks,
        bars=bool(chart.slots),
    )
    frame = Frame(
        width=width,
        left=max(24, ceil(values.label_width) + 14),
        right=_RIGHT,
        values=values,
    )
    drawing = bars.draw(chart, frame, palette) if chart.slots else lines.draw(chart, frame, palette)
    header, header_height = _header(chart, frame, palette, titled=titled)
    margin = _TITLED_MARGIN if titled else 0
    return {
        "$schema": SCHEMA,
        "width": frame.plot_width,
        "height": frame.plot_height,
        "autosize": {"type": "none"},
        "padding": {
            "left": frame.left + margin,
            "right": frame.right + margin,
            "top": header_height + margin,
            "bottom": drawing.below + margin,
        },
        "background": palette.paper,
        "config": {"aria": False, "font": FONT, "view": {"stroke": None}},
        "layer": [*header, *drawing.layers],
    }


def _heights(chart: Chart) -> list[Any]:
    heights = [point.height for point in chart.points]
    heights += [corner.value for corner in chart.path]
    heights += [slot.target for slot in chart.slots]
    heights += [slot.value for slot in chart.slots if slot.value is not None]
    heights += [known for known in (chart.value, chart.shown_baseline) if known is not None]
    if chart.expected is not None:
        heights.append(chart.expected.value)
    return heights


def _header(
    chart: Chart, frame: Frame, palette: Palette, *, titled: bool
) -> tuple[list[Json], int]:
    """The lines above the plot, and how much room they take."""
    room = frame.width.pixels - 4
    rows: list[Json] = []
    height = 4

    def write(text: str, *, role: str, size: int = SIZE, bold: bool = False) -> None:
        nonlocal height
        for line in wrapped(text, pixels=room, size=size, bold=bold):
            rows.append({"text": line, "y": height, "role": role, "size": size, "bold": bold})
            height += TITLE_LINE_HEIGHT if size == TITLE_SIZE else LINE_HEIGHT

    if titled:
        write(chart.title, role="ink", size=TITLE_SIZE, bold=True)
        situation = _("situation au %(day)s") % {
            "day": format_date(chart.today).replace(" ", NO_BREAK)
        }
        context = f"{chart.context}, {situation}" if chart.context else situation
        write(context[:1].upper() + context[1:], role="ink_soft")
        height += 4
    if chart.notice:
        write(chart.notice, role="demo", bold=True)
        height += 4
    scale = chart.unit
    if chart.kind is TargetKind.TOTAL:
        scale = _("%(unit)s, en cumul") % {"unit": scale} if scale else _("en cumul")
    if frame.values.low > 0:
        warning = _("l’axe ne part pas de zéro")
        scale = f"{scale} – {warning}" if scale else warning
    if scale:
        write(scale, role="ink_soft")
    height += _ABOVE_PLOT
    if not rows:
        return [], height
    return [
        layer(
            f"header-{role.replace('_', '-')}-{size}",
            {
                "type": "text",
                "align": "left",
                "baseline": "top",
                "fontSize": size,
                "fontWeight": "bold" if bold else "normal",
                "color": palette.roles()[role],
            },
            [
                {"x": 2 - frame.left, "y": row["y"] - height, "text": row["text"]}
                for row in rows
                if (row["role"], row["size"], row["bold"]) == (role, size, bold)
            ],
            x=pixels("x"),
            y=pixels("y"),
            text={"field": "text", "type": "nominal"},
        )
        for role, size, bold in dict.fromkeys(
            (row["role"], row["size"], row["bold"]) for row in rows
        )
    ], height
