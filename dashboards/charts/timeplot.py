"""Where the facts of a chart stand along time: what its layers and its labels both ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from dashboards.charts.axes import Frame, TimeScale, Width, end_of
from dashboards.charts.facts import Chart, Point
from dashboards.charts.palette import Palette
from indicators.progress import Checkpoint, Measurement, TargetKind

_LEAST_DAYS = 360
_CROWD = 16


@dataclass(frozen=True, slots=True)
class TimePlot:
    """A chart in its frame. Moments are days at midnight: a period ends where the next begins."""

    chart: Chart
    frame: Frame
    scale: TimeScale
    palette: Palette

    def x(self, moment: date) -> float:
        return self.scale.x(moment)

    def y(self, height: Decimal) -> float:
        return self.frame.y(height)

    @property
    def is_narrow(self) -> bool:
        return self.frame.width is Width.NARROW

    @property
    def is_crowded(self) -> bool:
        """Whether values stand too close for points of full size."""
        return len(self.chart.points) > _CROWD

    def at(self, point: Point) -> date:
        """Where a value stands: at the end of its period when it is a level or a running sum, in
        the middle of it when it tells of that period alone."""
        if self.tells_of_period(point):
            return point.start + (end_of(point.end) - point.start) / 2
        return end_of(point.end)

    def tells_of_period(self, point: Point) -> bool:
        is_level = self.chart.measurement is Measurement.STOCK
        is_sum = self.chart.kind is TargetKind.TOTAL
        return not is_level and not is_sum and point.end > point.start

    @property
    def shows_today(self) -> bool:
        return self.scale.start <= self.chart.today < self.scale.until

    @property
    def opening(self) -> date:
        """Where what is promised begins; the left border when nobody said."""
        return max(self.chart.start or self.scale.start, self.scale.start)

    @property
    def closing(self) -> date:
        """Where what is promised ends; the right border when nobody said."""
        return self.scale.until if self.chart.due is None else end_of(self.chart.due)

    @property
    def baseline_at(self) -> date | None:
        """Where the baseline is drawn: at its day, else where the path starts."""
        if self.chart.shown_baseline is None:
            return None
        if self.chart.baseline_on is not None:
            return end_of(self.chart.baseline_on)
        return end_of(self.chart.path[0].on) if self.chart.path else None

    @property
    def expected(self) -> Checkpoint | None:
        """What was expected, unless the path is over by then: it is the target itself."""
        expected, path = self.chart.expected, self.chart.path
        return None if expected is None or expected.on >= path[-1].on else expected

    def runs(self) -> list[list[tuple[date, Decimal]]]:
        """Values joined by a line: those of a level that nothing missing separates. A dated
        baseline is the first of them."""
        chart = self.chart
        is_level = chart.measurement is not Measurement.FLOW
        if not is_level or not (self.is_crowded or not self._tell_of_periods()):
            return []
        knots = [(self.at(one), one.height) for one in chart.points]
        baseline_at = self.baseline_at
        if baseline_at is not None and chart.shown_baseline is not None:
            later = [knot for knot in knots if knot[0] > baseline_at]
            knots = [(baseline_at, chart.shown_baseline), *later]
        runs = [knots[:1]]
        for before, after in pairwise(knots):
            if any(before[0] <= gap.start and end_of(gap.end) <= after[0] for gap in chart.missing):
                runs.append([])
            runs[-1].append(after)
        return [run for run in runs if len(run) > 1]

    def _tell_of_periods(self) -> bool:
        return any(self.tells_of_period(one) for one in self.chart.points)


def time_span(chart: Chart) -> tuple[date, date]:
    """First day and the day after the last: everything drawn, and today unless all is over."""
    days = [end_of(point.end) for point in chart.points]
    if chart.measurement is not Measurement.STOCK:
        days += [point.start for point in chart.points]
    days += [end_of(corner.on) for corner in chart.path]
    days += [gap.start for gap in chart.missing] + [end_of(gap.end) for gap in chart.missing]
    if chart.start is not None and not chart.path:
        days.append(chart.start)
    if chart.due is not None:
        days.append(end_of(chart.due))
    if chart.shown_baseline is not None and chart.baseline_on is not None:
        days.append(end_of(chart.baseline_on))
    if chart.due is None or chart.today <= chart.due:
        days.append(end_of(chart.today))
    first, until = min(days), max(days)
    return min(first, until - timedelta(days=_LEAST_DAYS)), until
