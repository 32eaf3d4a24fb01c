"""The frame of a chart: its size, its scales, its ticks and what is written along them.

Scales are computed here as well as in Vega because labels are placed in pixels; both are linear
over the same stated domain, so they agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil, floor

from dashboards.charts import words
from dashboards.charts.labels import text_width

SIZE = 13
LINE_HEIGHT = 16
TITLE_SIZE = 17
TITLE_LINE_HEIGHT = 22

_HEADROOM = Decimal("0.17")

ONE_DAY = timedelta(days=1)


class Width(StrEnum):
    """The two layouts. Text has the same size in both: neither is a shrunken other."""

    WIDE = "wide"
    NARROW = "narrow"

    @property
    def pixels(self) -> int:
        return 720 if self is Width.WIDE else 320

    @property
    def plot_height(self) -> int:
        return 290 if self is Width.WIDE else 250

    @property
    def ticks(self) -> int:
        """About how many values stand along the vertical axis."""
        return 5 if self is Width.WIDE else 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """The vertical axis: what it spans, and the ticks on it with their words."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    @property
    def label_width(self) -> float:
        return max((text_width(label, SIZE) for _, label in self.ticks), default=0)


def values_axis(
    values: Iterable[Decimal], *, decimals: int, unit: str, ticks: int, bars: bool
) -> Values:
    """An axis that holds the values, with round ticks.

    Bars start from zero, and so does anything whose spread is not small beside its size: only a
    line that would look flat is looked at closer.
    """
    known = list(values) or [Decimal(0), Decimal(1)]
    low, high = min(known), max(known)
    largest = max(abs(low), abs(high))
    if bars or high - low >= largest / 4 or high == low:
        low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if low == high:
        high = low + 1
    spread = high - low
    step = _round_step(spread / ticks, whole=decimals == 0)
    # Room for the labels above the highest mark and below the lowest; none under zero.
    top = high + spread * _HEADROOM if high > 0 else high
    bottom = low if low == 0 else low - spread * _HEADROOM
    if low > 0:
        bottom = max(step * floor(bottom / step), Decimal(0))
    rungs = [step * rung for rung in range(ceil(bottom / step), floor(top / step) + 1)]
    return Values(
        low=float(bottom),
        high=float(top),
        ticks=tuple(
            (float(rung), words.short_amount(rung, decimals=max(decimals, 2), unit=unit))
            for rung in rungs
        ),
    )


def _round_step(about: Decimal, *, whole: bool) -> Decimal:
    """The round number nearest above: 1, 2 or 5 times a power of ten; 2,5 where not whole."""
    power = Decimal(10) ** (about.adjusted())
    fives = (Decimal("2.5"), Decimal(5)) if power >= 10 or not whole else (Decimal(5),)
    choices = (Decimal(1), Decimal(2), *fives, Decimal(10))
    step: Decimal = next(power * choice for choice in choices if power * choice >= about)
    return max(step, Decimal(1)) if whole else step


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A stretch of the time axis: its first day, the day after its last, and its name.

    Names stand in the middle of what they name: a value at the end of December 2020 is seen at
    the end of the cell 2020, never above the figure 2021.
    """

    start: date
    until: date
    label: str
    group: str = ""


def time_cells(start: date, until: date, *, plot_width: float) -> tuple[Cell, ...]:
    """Months of a year, quarters of two, else years, not all named where names do not fit. The
    span of the cells is that of the axis."""
    for months, most in ((1, 13), (3, 9)):
        cells = tuple(_cells(start, until, months))
        if len(cells) <= most and _fit(cells, plot_width):
            return cells
    cells = tuple(_cells(start, until, 12))
    steps = (1, 2, 5, 10, 20, 50, 100)
    step = next((step for step in steps if _fit(cells, plot_width * step)), steps[-1])
    return tuple(cell if cell.start.year % step == 0 else replace(cell, label="") for cell in cells)


def _fit(cells: tuple[Cell, ...], plot_width: float) -> bool:
    widest = max(text_width(cell.label, SIZE) for cell in cells)
    return widest + 8 <= plot_width / len(cells)


def _cells(start: date, until: date, months: int) -> Iterator[Cell]:
    index = (start.year * 12 + start.month - 1) // months
    while (first := _month(index * months)) < until:
        index += 1
        following = _month(index * months)
        label, group = words.period_cell(first, following - ONE_DAY)
        yield Cell(start=first, until=following, label=label, group=group)


def _month(index: int) -> date:
    return date(index // 12, index % 12 + 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The plot inside the image, and how values become pixels in it."""

    width: Width
    left: int
    right: int
    values: Values

    @property
    def plot_width(self) -> int:
        return self.width.pixels - self.left - self.right

    @property
    def plot_height(self) -> int:
        return self.width.plot_height

    def y(self, value: Decimal | float) -> float:
        share = (float(value) - self.values.low) / (self.values.high - self.values.low)
        return self.plot_height * (1 - share)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeScale:
    """Days across the plot."""

    start: date
    until: date
    plot_width: float

    def x(self, moment: date) -> float:
        return self.plot_width * (moment - self.start).days / (self.until - self.start).days


def end_of(day: date) -> date:
    """The moment a day ends: the midnight that opens the next."""
    return day + ONE_DAY


def wrapped(text: str, *, pixels: float, size: float, bold: bool = False) -> list[str]:
    """A text cut into lines that fit, at ordinary spaces only."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= pixels:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
