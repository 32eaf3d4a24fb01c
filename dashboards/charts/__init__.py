"""The charts of indicators, drawn on the server.

``chart_of`` gathers the facts, ``describe`` says them, ``chart_spec`` draws them as a Vega-Lite
specification, ``render`` gives the image.
"""

from dashboards.charts.axes import Width
from dashboards.charts.description import describe
from dashboards.charts.drawing import chart_spec
from dashboards.charts.facts import Chart, chart_of
from dashboards.charts.palette import DARK, LIGHT, Palette
from dashboards.charts.rendering import (
    ChartUnavailableError,
    Format,
    RenderedChart,
    chart_etag,
    render,
)
from dashboards.charts.svg import svg_policy

__all__ = [
    "DARK",
    "LIGHT",
    "Chart",
    "ChartUnavailableError",
    "Format",
    "Palette",
    "RenderedChart",
    "Width",
    "chart_etag",
    "chart_of",
    "chart_spec",
    "describe",
    "render",
    "svg_policy",
]
