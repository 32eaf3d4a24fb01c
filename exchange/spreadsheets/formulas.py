"""Texts that a spreadsheet would run as formulas: made harmless on the way out, restored on the
way in.

A comment that reads `=HYPERLINK(…)` was typed by somebody; another person opens the file. An
apostrophe before it makes it a text in every spreadsheet. What already begins with apostrophes
before such a sign gets one more, so that taking one away always gives the very text back.
"""

from __future__ import annotations

import re

# The signs a formula begins with, those a full-width keyboard types, and the characters that
# spreadsheets skip before looking at the first sign.
_TRIGGER = r"[=+\-@＝＋－＠\t\r\n]"
_RISKY = re.compile(rf"'*\s*{_TRIGGER}")
_PROTECTED = re.compile(rf"''*\s*{_TRIGGER}")


def neutralise(text: str) -> str:
    """Return the text as it is written into a file."""
    return f"'{text}" if _RISKY.match(text) else text


def restore(text: str) -> str:
    """Return the text as it was before `neutralise`."""
    return text[1:] if _PROTECTED.match(text) else text
