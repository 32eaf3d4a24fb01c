"""The colours of a chart. They are those of ``static/css/tokens.css``, which a test compares."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One colour for each role, named as the design token it repeats.

    No two roles of a palette share a colour: the drawn SVG tells roles apart by colour alone.
    """

    paper: str
    ink: str
    """What was observed, in figures."""
    ink_soft: str
    """Axes and remarks."""
    rule: str
    rule_strong: str
    """Today, zero, the outline of what is missing."""
    accent: str
    """What was observed."""
    accent_paper: str
    tone_plain: str
    """What was promised."""
    hatch: str
    demo: str

    def roles(self) -> dict[str, str]:
        return asdict(self)


LIGHT = Palette(
    paper="#ffffff",
    ink="#14222a",
    ink_soft="#47565f",
    rule="#d3dbdd",
    rule_strong="#7b8b92",
    accent="#0a5063",
    accent_paper="#e3eff1",
    tone_plain="#44565f",
    hatch="#85949a",
    demo="#6a2c85",
)

DARK = Palette(
    paper="#10191e",
    ink="#e9eff0",
    ink_soft="#aebcc2",
    rule="#2d3d45",
    rule_strong="#71848d",
    accent="#84cadb",
    accent_paper="#173540",
    tone_plain="#adbfc8",
    hatch="#5d717b",
    demo="#d9a9ee",
)
