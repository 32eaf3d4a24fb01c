"""What is written in a drawing that runs along time, and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from dashboards.charts import words
from dashboards.charts.axes import LINE_HEIGHT, SIZE, end_of
from dashboards.charts.facts import Point
from dashboards.charts.labels import Box, Placed, Placing, Wanted
from dashboards.charts.layers import fits
from dashboards.charts.timeplot import TimePlot
from indicators.formats import format_qualified
from indicators.progress import Operator, Qualifier, TargetKind

STRIP = 18
"""Height of the strips under the plot that show the periods nobody reported."""

_ABOVE = ("n", "nw", "ne", "s", "sw", "se", "w", "e")
_UNDER = ("s", "se", "sw", "e", "w", "n", "nw", "ne")


def place_labels(plot: TimePlot) -> list[Placed]:
    """The most important first: where the indicator is, what was promised, what was expected,
    where it came from, then the other values."""
    frame = plot.frame
    placing = _placing(Box(2, -4, frame.plot_width + frame.right - 2, frame.plot_height))
    _keep_off_marks(plot, placing)
    _keep_off_lines(plot, placing)
    for wanted in _last_value(plot):
        placing.place(wanted)
    if plot.chart.value is not None:
        placing.place(*_target(plot, plot.chart.value))
    for wanted in (*_expected(plot), *_baseline(plot), *_other_values(plot)):
        placing.place(wanted)
    next((one for one in _path(plot) if placing.place(one)), None)
    return [*placing.placed, *_today(plot)]


def _placing(bounds: Box) -> Placing:
    return Placing(bounds=bounds, size=SIZE, line_height=LINE_HEIGHT)


def _keep_off_marks(plot: TimePlot, placing: Placing) -> None:
    chart = plot.chart
    radius = 3 if plot.is_crowded else 5
    placing.avoid(
        Box.around(plot.x(plot.at(one)), plot.y(one.height), radius) for one in chart.points
    )
    if plot.baseline_at is not None and chart.shown_baseline is not None:
        placing.avoid([Box.around(plot.x(plot.baseline_at), plot.y(chart.shown_baseline), 5)])
    if plot.expected is not None:
        x, y = plot.x(end_of(plot.expected.on)), plot.y(plot.expected.value)
        placing.avoid([Box.around(x, y, 5)])
        if chart.points:
            placing.avoid_line([(x, y), (x, plot.y(chart.points[-1].height))])
    if chart.due is not None and chart.value is not None:
        placing.avoid([Box.around(plot.x(plot.closing), plot.y(chart.value), 6)])


def _keep_off_lines(plot: TimePlot, placing: Placing) -> None:
    chart = plot.chart
    for run in plot.runs():
        placing.avoid_line([(plot.x(at), plot.y(height)) for at, height in run])
    if chart.path:
        placing.avoid_line([(plot.x(end_of(one.on)), plot.y(one.value)) for one in chart.path])
    elif chart.value is not None:
        across = plot.y(chart.value)
        placing.avoid_line([(plot.x(plot.opening), across), (plot.x(plot.closing), across)])
    for one in chart.points:
        if plot.tells_of_period(one):
            across = plot.y(one.height)
            placing.avoid_line([(plot.x(one.start), across), (plot.x(end_of(one.end)), across)])
    if chart.kind is TargetKind.TOTAL and chart.points:
        corners = [(plot.x(chart.start or chart.points[0].start), plot.y(Decimal(0)))]
        for one in chart.points:
            x = plot.x(plot.at(one))
            corners += [(x, corners[-1][1]), (x, plot.y(one.height))]
        placing.avoid_line(corners)
    if plot.shows_today:
        x = plot.x(plot.chart.today)
        placing.avoid_line([(x, 0), (x, plot.frame.plot_height)])


def _short(plot: TimePlot, height: Decimal) -> str:
    return words.short_amount(height, decimals=plot.chart.decimals, unit=plot.chart.unit)


def _figure(plot: TimePlot, point: Point) -> str:
    return words.qualified(_short(plot, point.height), point.height_qualifier)


def _last_value(plot: TimePlot) -> Iterator[Wanted]:
    if not plot.chart.points:
        return
    last = plot.chart.points[-1]
    figure = _figure(plot, last)
    if plot.chart.kind is TargetKind.TOTAL:
        figure = format_qualified(_short(plot, last.height), last.height_qualifier)
    is_under = plot.expected is not None and plot.expected.value > last.height
    yield Wanted(
        lines=(figure, _("provisoire")) if last.provisional else (figure,),
        x=plot.x(plot.at(last)),
        y=plot.y(last.height),
        role="ink",
        sides=_UNDER if is_under else _ABOVE,
        bold=True,
    )


def _target(plot: TimePlot, target: Decimal) -> Iterator[Wanted]:
    """At the due date; along a line that runs across, at either end."""
    chart = plot.chart
    amount = _short(plot, target)
    bound = words.bounded(amount, chart.operator, approximate=chart.tolerance > 0)
    if chart.kind is TargetKind.THRESHOLD:
        if chart.operator is Operator.AT_LEAST:
            bound = format_qualified(amount, Qualifier.AT_LEAST)
        lines: tuple[str, ...] = (_("seuil : %(bound)s") % {"bound": bound},)
    else:
        when = _("sans échéance") if chart.due is None else words.short_day(chart.due)
        lines = (_("cible : %(amount)s") % {"amount": bound}, when)
    at_due = Wanted(
        lines=lines,
        x=plot.x(plot.closing),
        y=plot.y(target),
        role="tone_plain",
        sides=("n", "nw", "sw", "s", "w"),
    )
    runs_across = chart.due is None or chart.kind is TargetKind.THRESHOLD
    yield replace(at_due, sides=("nw", "sw"), gap=4) if runs_across else at_due
    if runs_across:
        yield replace(at_due, x=plot.x(plot.opening), sides=("ne", "se"), gap=4)


def _expected(plot: TimePlot) -> Iterator[Wanted]:
    expected, points = plot.expected, plot.chart.points
    if expected is None:
        return
    is_above = not points or expected.value > points[-1].height
    amount = plot.chart.expected_amount(expected.value)
    yield Wanted(
        lines=(_("attendu : %(amount)s") % {"amount": amount},),
        x=plot.x(end_of(expected.on)),
        y=plot.y(expected.value),
        role="tone_plain",
        sides=("nw", "n", "ne", "w", "se", "s", "sw")
        if is_above
        else ("se", "s", "e", "sw", "ne", "nw", "n"),
    )


def _baseline(plot: TimePlot) -> Iterator[Wanted]:
    chart = plot.chart
    if chart.from_zero:
        yield Wanted(
            lines=(_("départ inconnu"),),
            x=plot.x(end_of(chart.path[0].on)),
            y=plot.y(chart.path[0].value),
            role="ink_soft",
            sides=("ne",),
            gap=44,
            limit=40,
        )
    if plot.baseline_at is None or chart.shown_baseline is None:
        return
    amount = _short(plot, chart.shown_baseline)
    in_one = _("valeur initiale : %(amount)s") % {"amount": amount}
    yield Wanted(
        lines=(_("valeur initiale"), amount) if plot.is_narrow else (in_one,),
        x=plot.x(plot.baseline_at),
        y=plot.y(chart.shown_baseline),
        role="tone_plain",
        sides=("se", "ne", "s", "n", "e"),
        limit=200,
    )


def _other_values(plot: TimePlot) -> Iterator[Wanted]:
    """Every value where there are few, else the first alone; of a sum, the last says all."""
    others = plot.chart.points[:-1]
    if len(others) > (5 if plot.is_narrow else 9):
        others = () if plot.chart.kind is TargetKind.TOTAL else others[:1]
    for point in reversed(others):
        figure = _figure(plot, point)
        provisional = _("%(figure)s prov.") % {"figure": figure}
        yield Wanted(
            lines=(provisional if point.provisional else figure,),
            x=plot.x(plot.at(point)),
            y=plot.y(point.height),
            role="ink",
            sides=("n", "s", "nw", "se", "ne", "sw"),
            limit=120,
        )


def _path(plot: TimePlot) -> Iterator[Wanted]:
    """What the dashed line is, at the first clear place along its last stretch."""
    if not plot.chart.path:
        return
    before, after = plot.chart.path[-2:]
    left, right = plot.x(end_of(before.on)), plot.x(end_of(after.on))
    low, high = plot.y(before.value), plot.y(after.value)
    for share in (0.7, 0.55, 0.4, 0.25):
        yield Wanted(
            lines=(_("trajectoire prévue"),),
            x=left + (right - left) * share,
            y=low + (high - low) * share,
            role="tone_plain",
            sides=("se", "nw") if high < low else ("ne", "sw"),
            limit=40,
        )


def _today(plot: TimePlot) -> list[Placed]:
    """Above the plot, in the strip kept for it."""
    if not plot.shows_today:
        return []
    frame = plot.frame
    strip = _placing(Box(-frame.left, -20, frame.plot_width + frame.right - 2, 0))
    x = plot.x(plot.chart.today)
    text = _("aujourd’hui")
    strip.place(Wanted(lines=(text,), x=x, y=-2, role="ink_soft", sides=("n",), gap=1))
    return strip.placed


def place_missing_words(plot: TimePlot, strips: Sequence[Box]) -> list[Placed]:
    """« non renseigné » in each strip that has room for it; nothing where none has."""
    text = _("non renseigné")
    placing = _placing(Box(0, 0, plot.frame.plot_width, plot.frame.plot_height + STRIP + 4))
    for box in strips:
        if fits(text, box.right - box.left):
            middle = (box.left + box.right) / 2
            placing.place(
                Wanted(lines=(text,), x=middle, y=box.bottom, role="ink_soft", sides=("n",), gap=0)
            )
    return placing.placed


def place_key_words(swatch: Box) -> list[Placed]:
    """« non renseigné » beside a sample of the hatching."""
    middle = (swatch.top + swatch.bottom) / 2
    placing = _placing(Box(0, 0, 1000, 1000))
    placing.place(
        Wanted(lines=(_("non renseigné"),), x=swatch.right, y=middle, role="ink_soft", sides=("e",))
    )
    return placing.placed
