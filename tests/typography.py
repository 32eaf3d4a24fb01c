"""French texts as a keyboard writes them: the site ties signs and units to their words."""

from __future__ import annotations

_NO_BREAK = str.maketrans("\u00a0\u202f", "  ")


def plain(text: str) -> str:
    """Return a text with ordinary spaces for those that no line breaks at."""
    return text.translate(_NO_BREAK)
