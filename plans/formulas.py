"""Texts that a spreadsheet would run as formulas, made harmless on their way into a file.

A comment that reads `=HYPERLINK(…)` was typed by somebody; another person opens the file. An
apostrophe before it makes it a text in every spreadsheet.
"""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the start of a formula, full-width twins included, and the signs that
they skip before they look."""
SPACES = " \u00a0"
"""What may stand before it."""


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(SPACES).startswith(FORMULA_STARTS) else text
