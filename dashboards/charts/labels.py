"""Where the labels of a chart go, so that none covers another, a point or a line.

Vega places axis labels but not free text. The charts here are small and hold few labels: each
tries a handful of places around its point, the most important first, and takes the clearest.
Pixels throughout, from the top left corner of the plot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import ceil, hypot
from typing import Literal

Align = Literal["left", "center", "right"]

# Widths of Arial and its metric twins in thousandths of the size, by families of letters; the
# wider letters of a system face are allowed for by the spare five per cent.
_NARROW = frozenset("iíïîjlIft.,:;'’|!()[]- \u00a0\u202f")
_MIDDLING = frozenset("ckrsvxyzç")
_WIDE = frozenset("mwMWŒœÆæ%—≥≤≈")
_SPARE = 1.05


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a line of text is."""
    total = 0
    for character in text:
        if character in _NARROW:
            total += 290
        elif character in _MIDDLING:
            total += 480
        elif character in _WIDE:
            total += 860
        elif character.isupper():
            total += 690
        else:
            total += 556
    return total * size / 1000 * _SPARE * (1.06 if bold else 1)


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: Box) -> float:
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else 0

    def outside(self, bounds: Box) -> float:
        """How many pixels stick out of bounds."""
        return (
            max(0, bounds.left - self.left)
            + max(0, self.right - bounds.right)
            + max(0, bounds.top - self.top)
            + max(0, self.bottom - bounds.bottom)
        )

    @classmethod
    def around(cls, x: float, y: float, radius: float) -> Box:
        return cls(x - radius, y - radius, x + radius, y + radius)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A label to place at a point. ``sides`` are compass points, the preferred first."""

    lines: tuple[str, ...]
    x: float
    y: float
    role: str
    sides: tuple[str, ...] = ("n", "s", "ne", "nw", "se", "sw", "e", "w")
    gap: float = 8
    bold: bool = False
    limit: float | None = None
    """The cost from which the label is rather left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A label and where it goes: ``y`` is the top of its first line."""

    lines: tuple[str, ...]
    x: float
    y: float
    align: Align
    role: str
    bold: bool
    box: Box


@dataclass(slots=True)
class Placing:
    """Places labels one after the other; what is placed or drawn keeps the next ones away."""

    bounds: Box
    size: float
    line_height: float
    _solid: list[Box] = field(default_factory=list)
    _lines: list[tuple[float, float]] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)

    def avoid(self, boxes: Iterable[Box]) -> None:
        """Points, bars: a label never covers them."""
        self._solid.extend(boxes)

    def avoid_line(self, corners: Sequence[tuple[float, float]]) -> None:
        """A line: a label may cross it where there is no better place."""
        for (x, y), (to_x, to_y) in pairwise(corners):
            steps = max(1, ceil(hypot(to_x - x, to_y - y) / 4))
            self._lines += [
                (x + (to_x - x) * step / steps, y + (to_y - y) * step / steps)
                for step in range(steps + 1)
            ]

    def place(self, *alternatives: Wanted) -> Placed | None:
        """The best of all sides of all alternatives; the first ones where they are as good."""
        choices = [
            (wanted, self._candidate(wanted, side))
            for wanted in alternatives
            for side in wanted.sides
        ]
        costs = [self._cost(candidate.box) + rank for rank, (_, candidate) in enumerate(choices)]
        best = min(range(len(costs)), key=costs.__getitem__)
        wanted, chosen = choices[best]
        if wanted.limit is not None and costs[best] >= wanted.limit:
            return None
        self.placed.append(chosen)
        self._solid.append(chosen.box)
        return chosen

    def _cost(self, box: Box) -> float:
        crossed = sum(
            1 for x, y in self._lines if box.left <= x <= box.right and box.top <= y <= box.bottom
        )
        airy = Box(box.left - 2, box.top - 1, box.right + 2, box.bottom + 1)
        covered = sum(airy.overlap(other) for other in self._solid)
        return 50 * box.outside(self.bounds) + 4 * covered + 6 * crossed

    def _candidate(self, wanted: Wanted, side: str) -> Placed:
        width = max(text_width(line, self.size, bold=wanted.bold) for line in wanted.lines)
        height = self.line_height * len(wanted.lines)
        align: Align = "center"
        left = wanted.x - width / 2
        top = wanted.y - height / 2
        # Beside a point and above it, a label needs to clear it on one side only.
        rise = wanted.gap if side in ("n", "s") else 1
        if "e" in side:
            align, left = "left", wanted.x + wanted.gap
        elif "w" in side:
            align, left = "right", wanted.x - width - wanted.gap
        if "n" in side:
            top = wanted.y - height - rise
        elif "s" in side:
            top = wanted.y + rise
        # A centred label slides along the border rather than past it, and holds on to it.
        if align == "center" and left + width > self.bounds.right:
            align, left = "right", self.bounds.right - width
        elif align == "center" and left < self.bounds.left:
            align, left = "left", self.bounds.left
        x = {"left": left, "center": left + width / 2, "right": left + width}[align]
        return Placed(
            lines=wanted.lines,
            x=x,
            y=top,
            align=align,
            role=wanted.role,
            bold=wanted.bold,
            box=Box(left, top, left + width, top + height),
        )
