"""Badges: a status in a small image that stands alone, for pages that show no frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string

HEIGHT = 24
ICON = 16
GAP = 6
# Wide enough for any letter of a plain face at this size; the text is then fitted to its place.
WIDTH_OF_A_LETTER = 6.6

# The light tones of static/css/tokens.css, which a test compares.
TONES = {
    "good": ("#17663f", "#e5f2ea"),
    "care": ("#855000", "#faf0da"),
    "bad": ("#a32a1e", "#fbe9e6"),
    "plain": ("#44565f", "#ebf0f2"),
    "absent": ("#4d555a", "#ffffff"),
}
TONE_OF = {
    "achieved": "good", "met": "good", "on_track": "good",
    "partly_achieved": "care", "watch": "care",
    "behind": "bad", "regressing": "bad", "missed": "bad", "not_met": "bad",
    "not_reported": "absent", "overdue": "absent",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What a badge says: of what, what, and at length for whoever does not see it."""

    subject: str
    status: str
    word: str
    title: str


def drawn(badge: Badge) -> str:
    """Return the badge as SVG."""
    ink, paper = TONES[TONE_OF.get(badge.status, "plain")]
    left = _width(badge.subject) + 2 * GAP
    word = _width(badge.word)
    return render_to_string(
        "embeds/badge.svg",
        {
            "badge": badge,
            "ink": ink,
            "paper": paper,
            "height": HEIGHT,
            "left": left,
            "subject_width": left - 2 * GAP,
            "word_width": word,
            "icon_at": left + GAP,
            "word_at": left + GAP + ICON + GAP,
            "width": left + GAP + ICON + GAP + word + GAP,
            "icon": _icons()[badge.status],
        },
    )


def _width(text: str) -> int:
    return round(len(text) * WIDTH_OF_A_LETTER)


@cache
def _icons() -> dict[str, str]:
    """The drawings of the sprite, by name: a badge stands alone and can ask for no other file."""
    sprite = (settings.BASE_DIR / "static/img/icons.svg").read_text()
    return dict(
        re.findall(r'<symbol id="([\w-]+)" viewBox="0 0 16 16">(.*?)</symbol>', sprite, re.DOTALL)
    )
