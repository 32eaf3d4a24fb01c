"""The comments of an annotated sheet: the person's own, kept, and the control's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat

from exchange.spreadsheets.marks import AUTHOR
from exchange.spreadsheets.splicing import xml_text
from exchange.spreadsheets.xlsx_package import Package, damaged, local, safe_parser
from exchange.spreadsheets.xlsx_reading import place_of

_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_OTHER_OBJECT = re.compile(rb"ObjectType=[\"'](?!Note[\"'])")

MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a cell."""

    cell: str
    author: str
    text: str


class _OwnComments:
    """The state of one pass over the comments of a sheet."""

    def __init__(self) -> None:
        self.comments: list[Comment] = []
        self._authors: list[str] = []
        self._pieces: list[str] = []
        self._cell = self._author = ""
        self._collects = self._in_phonetic = False
        parser = safe_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self.parser = parser

    def _start(self, tag: str, attributes: Any) -> None:
        match local(tag):
            case "author":
                self._pieces = []
                self._collects = True
            case "comment":
                self._pieces = []
                self._cell = attributes.get("ref", "")
                self._author = attributes.get("authorId", "")
            case "rPh":
                self._in_phonetic = True
            case "t":
                self._collects = not self._in_phonetic

    def _end(self, tag: str) -> None:
        match local(tag):
            case "author":
                self._authors.append("".join(self._pieces))
                self._collects = False
            case "t":
                self._collects = False
            case "rPh":
                self._in_phonetic = False
            case "comment":
                self._add("".join(self._pieces))

    def _characters(self, text: str) -> None:
        if self._collects:
            self._pieces.append(text)

    def _add(self, text: str) -> None:
        rank = int(self._author) if self._author.isdecimal() else 0
        author = self._authors[rank] if rank < len(self._authors) else ""
        if author != AUTHOR and _CELL.fullmatch(self._cell):
            self.comments.append(Comment(self._cell, author, text))


def own_comments(package: Package, part: str) -> list[Comment]:
    """Return the comments that people wrote, those of an earlier control left out."""
    found = _OwnComments()
    try:
        found.parser.Parse(package.whole(part), True)
    except expat.ExpatError as error:
        raise damaged() from error
    return found.comments


def has_other_objects(package: Package, part: str) -> bool:
    """Whether a drawing of comments also holds buttons or boxes, which must stay."""
    return _OTHER_OBJECT.search(package.whole(part)) is not None


def merged(own: Iterable[Comment], ours: Iterable[Comment]) -> list[Comment]:
    """Return one comment per cell: what a person wrote stays above what the control says."""
    by_cell = {comment.cell: comment for comment in own}
    for comment in ours:
        before = by_cell.get(comment.cell)
        by_cell[comment.cell] = (
            comment
            if before is None
            else Comment(
                comment.cell, before.author, f"{before.text}\n\n{AUTHOR} :\n{comment.text}"
            )
        )
    return sorted(by_cell.values(), key=_order)


def _order(comment: Comment) -> tuple[int, int]:
    match = _CELL.fullmatch(comment.cell)
    assert match is not None
    return (int(match[2]), place_of(match[1]))


def comments_part(comments: Iterable[Comment]) -> bytes:
    """Return the part that holds the texts."""
    comments = list(comments)
    authors = list(dict.fromkeys(comment.author for comment in comments))
    rank = {author: number for number, author in enumerate(authors)}
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<comments xmlns="{MAIN}"><authors>'
        + "".join(f"<author>{xml_text(author)}</author>" for author in authors)
        + "</authors><commentList>"
        + "".join(
            f'<comment ref="{comment.cell}" authorId="{rank[comment.author]}"><text><r>'
            f'<t xml:space="preserve">{xml_text(comment.text)}</t></r></text></comment>'
            for comment in comments
        )
        + "</commentList></comments>"
    ).encode()


def drawing_part(comments: Iterable[Comment]) -> bytes:
    """Return the part that draws the boxes; without it no spreadsheet shows a comment."""
    shapes = []
    for number, comment in enumerate(comments, start=1):
        row, place = _order(comment)
        lines = comment.text.count("\n") + len(comment.text) // 40 + 1
        last_row = row + min(14, lines + 1)
        shapes.append(
            f'<v:shape id="_x0000_s{1024 + number}" type="#_x0000_t202" '
            'style="position:absolute;margin-left:60pt;margin-top:2pt;width:220pt;height:80pt;'
            'z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
            '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/>'
            '<v:path o:connecttype="none"/><v:textbox style="mso-direction-alt:auto"/>'
            '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
            f"<x:Anchor>{place + 1}, 15, {max(0, row - 2)}, 10, {place + 5}, 15, {last_row}, 4"
            "</x:Anchor><x:AutoFill>False</x:AutoFill>"
            f"<x:Row>{row - 1}</x:Row><x:Column>{place}</x:Column></x:ClientData></v:shape>"
        )
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel">'
        '<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/></o:shapelayout>'
        '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
        'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
        '<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
        + "".join(shapes)
        + "</xml>"
    ).encode()
