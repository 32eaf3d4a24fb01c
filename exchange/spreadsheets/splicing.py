"""Changing a few tags of an XML part and leaving every other byte as it is.

A workbook that goes through a library loses what the library does not know: charts, names, drop-
downs of a newer version. Here the parser only tells where things are; the bytes are copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from exchange.spreadsheets.xlsx_package import damaged, local, safe_parser

_TAG = re.compile(rb"<[^\s/>]+(?:\s+[^\s=>/]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def xml_text(text: str) -> str:
    """Return a text as it stands in a part."""
    return escape(_LOOKS_ESCAPED.sub("_x005F_", _FORBIDDEN.sub("\ufffd", text)))


def tag_at(xml: bytes | bytearray, offset: int) -> bytes:
    """Return the start tag that begins at an offset."""
    match = _TAG.match(xml, offset)
    if match is None:
        raise damaged()
    return bytes(match[0])


def with_attribute(tag: bytes, name: str, value: str | None) -> bytes:
    """Return a start tag with an attribute set, or without it."""
    bare = re.sub(rb"\s+%s\s*=\s*(?:\"[^\"]*\"|'[^']*')" % name.encode(), b"", tag, count=1)
    if value is None:
        return bare
    end = b"/>" if bare.endswith(b"/>") else b">"
    return bare[: -len(end)].rstrip() + f' {name}="{value}"'.encode() + end


@dataclass(slots=True)
class Span:
    """Where an element and its children are."""

    tag: bytes
    begin: int
    inner_begin: int
    inner_end: int = 0
    children: list[bytes] = field(default_factory=list)


def spans_of(xml: bytes, names: set[str]) -> dict[str, Span]:
    """Return where the first element of each name is, below the root, with its children's XML."""
    found: dict[str, Span] = {}
    stack: list[tuple[str, int, bool]] = []
    parser = safe_parser()

    def start(name: str, _attributes: Any) -> None:
        begin = parser.CurrentByteIndex
        tag = tag_at(xml, begin)
        stack.append((local(name), begin, tag.endswith(b"/>")))
        if len(stack) == 2 and local(name) in names and local(name) not in found:
            found[local(name)] = Span(tag, begin, begin + len(tag))

    def end(name: str) -> None:
        index = parser.CurrentByteIndex
        opened, begin, is_empty = stack.pop()
        if len(stack) == 1 and opened in found and found[opened].begin == begin:
            found[opened].inner_end = found[opened].inner_begin if is_empty else index
        elif len(stack) == 2 and stack[1][0] in found and found[stack[1][0]].begin == stack[1][1]:
            close = begin + len(tag_at(xml, begin)) if is_empty else xml.index(b">", index) + 1
            found[stack[1][0]].children.append(xml[begin:close])

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise damaged() from error
    return found


class Splicer:
    """A part copied piece by piece, with tags replaced and texts inserted on the way."""

    def __init__(self, write: Callable[[bytes], Any]) -> None:
        self._write = write
        self._buffer = bytearray()
        self._base = 0
        """Where the buffer begins in the part."""
        self._copied = 0
        """Up to where the part has been copied."""
        self._settled = 0
        """Before this, nothing changes any more."""
        self._dropping = False
        self.parser = safe_parser()

    def feed(self, chunk: bytes) -> None:
        """Take the next piece of the part."""
        self._buffer += chunk
        self._parse(chunk, last=False)
        if not self._dropping:
            self._copy_to(self._settled)
        kept = max(self._copied if not self._dropping else self._settled, self._base)
        del self._buffer[: kept - self._base]
        self._base = kept

    def finish(self) -> None:
        """Copy what is left."""
        self._parse(b"", last=True)
        self._copy_to(self._base + len(self._buffer))

    def _parse(self, chunk: bytes, *, last: bool) -> None:
        try:
            self.parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise damaged() from error

    @property
    def here(self) -> int:
        """Where the parser is: at a start tag, or at an end tag."""
        return self.parser.CurrentByteIndex

    def settle(self) -> None:
        """Say that nothing before the present tag changes any more."""
        self._settled = self.here

    def tag(self) -> bytes:
        """Return the present start tag."""
        return tag_at(self._buffer, self.here - self._base)

    def insert(self, xml: str, at: int) -> None:
        """Insert before the tag at a place."""
        self._copy_to(at)
        self._write(xml.encode())

    def replace(self, old: bytes, new: bytes) -> None:
        """Replace the present start tag."""
        at = self.here
        self._copy_to(at)
        self._write(new)
        self._copied = self._settled = at + len(old)

    def drop_from_here(self) -> None:
        """Leave out what begins with the present start tag."""
        self._copy_to(self.here)
        self._dropping = True

    def drop_until(self, end: int) -> None:
        """Copy again from a place on."""
        self._dropping = False
        self._copied = self._settled = end

    def end_of_closing_tag(self) -> int:
        """Return where the present end tag ends."""
        return self._base + self._buffer.index(b">", self.here - self._base) + 1

    def _copy_to(self, end: int) -> None:
        if end > self._copied:
            self._write(bytes(self._buffer[self._copied - self._base : end - self._base]))
            self._copied = end
