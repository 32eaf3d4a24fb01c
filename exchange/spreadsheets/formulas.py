"""Texts that a spreadsheet would run as formulas: made harmless on the way out, restored on the
way in.

`plans.formulas`, and the way back: what already begins with apostrophes before such a sign gets one
more, so that taking one away always gives the very text back.
"""

from __future__ import annotations

import re

from plans.formulas import FORMULA_STARTS

_TRIGGER = f"[{re.escape(''.join(FORMULA_STARTS))}]"
_RISKY = re.compile(rf"'*\s*{_TRIGGER}")
_PROTECTED = re.compile(rf"''*\s*{_TRIGGER}")


def neutralise(text: str) -> str:
    """Return the text as it is written into a file."""
    return f"'{text}" if _RISKY.match(text) else text


def restore(text: str) -> str:
    """Return the text as it was before `neutralise`."""
    return text[1:] if _PROTECTED.match(text) else text
