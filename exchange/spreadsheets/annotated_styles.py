"""The cell formats of an annotated copy: those in use, once more with a coloured background."""

from __future__ import annotations

import re
from typing import Final

from exchange.spreadsheets.problems import Level
from exchange.spreadsheets.splicing import Span, spans_of, tag_at, with_attribute

FILLS: Final = {Level.ERROR: "FFFFC9C4", Level.WARNING: "FFFFE8B0"}
"""Colours that say "control" and nothing else: by them a copy sent back is cleaned."""

_COLOUR = re.compile(rb"<(?:\w+:)?fgColor\s[^>]*rgb=[\"']([0-9A-Fa-f]{8})[\"']")


class AnnotatedStyles:
    """A styles part to which formats are added as they are asked for."""

    def __init__(self, xml: bytes | None) -> None:
        self._xml = xml
        spans = {} if xml is None else spans_of(xml, {"fills", "cellXfs"})
        self._fills: Span | None = spans.get("fills")
        self._formats: Span | None = spans.get("cellXfs")
        self._added: list[bytes] = []
        self._known: dict[tuple[int, Level | None], int] = {}
        ours = {colour.encode() for colour in FILLS.values()}
        self._our_fills: set[int] = set()
        if self._fills is not None:
            for number, fill in enumerate(self._fills.children):
                match = _COLOUR.search(fill)
                if match is not None and match[1].upper() in ours:
                    self._our_fills.add(number)

    def _fill_of(self, number: int) -> int:
        assert self._formats is not None
        match = re.search(rb"\sfillId=[\"'](\d+)[\"']", tag_at(self._formats.children[number], 0))
        return 0 if match is None else int(match[1])

    @property
    def _usable(self) -> bool:
        return self._fills is not None and self._formats is not None

    def marked(self, style: str, level: Level | None) -> str | None:
        """Return the format like another, coloured for a level; None where there is no change.

        Without a level, the colour of an earlier control is taken away.
        """
        if not self._usable or self._formats is None or self._fills is None:
            return None
        number = int(style) if style.isdecimal() else 0
        if number >= len(self._formats.children):
            return None
        if level is None and self._fill_of(number) not in self._our_fills:
            return None
        key = (number, level)
        if key not in self._known:
            fill = 0 if level is None else len(self._fills.children) + list(FILLS).index(level)
            xf = self._formats.children[number]
            tag = tag_at(xf, 0)
            coloured = with_attribute(with_attribute(tag, "fillId", str(fill)), "applyFill", "1")
            self._known[key] = len(self._formats.children) + len(self._added)
            self._added.append(coloured + xf[len(tag) :])
        return str(self._known[key])

    def result(self) -> bytes | None:
        """Return the part with what was added."""
        if self._xml is None or self._fills is None or self._formats is None:
            return self._xml
        match = re.match(rb"<((?:\w+:)?)", self._fills.tag)
        prefix = match[1].decode() if match else ""
        fills = "".join(
            f'<{prefix}fill><{prefix}patternFill patternType="solid">'
            f'<{prefix}fgColor rgb="{colour}"/><{prefix}bgColor indexed="64"/>'
            f"</{prefix}patternFill></{prefix}fill>"
            for colour in FILLS.values()
        ).encode()
        pieces = sorted(
            [(self._fills, fills, len(FILLS)), (self._formats, b"".join(self._added),
                                                len(self._added))],
            key=lambda piece: piece[0].begin,
        )  # fmt: skip
        out, done = bytearray(), 0
        for span, added, number in pieces:
            out += self._xml[done : span.begin]
            out += with_attribute(span.tag, "count", str(len(span.children) + number))
            out += self._xml[span.inner_begin : span.inner_end] + added
            done = span.inner_end
        return bytes(out + self._xml[done:])
