"""Codes made for people who do not choose one."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.text import slugify


def free_code(text: str, taken: Collection[str], *, longest: int, empty: str) -> str:
    """Return a code made from a text, with a number when it is taken; `empty` when none can be."""
    stem = slugify(text)[: longest - 4].strip("-_") or empty
    code, number = stem, 2
    while code in taken:
        code, number = f"{stem}-{number}", number + 1
    return code
