"""Read a page as a person does: its words, without the markup or the white space."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol
from xml.etree.ElementTree import Element

import tinyhtml5

HTML = "{http://www.w3.org/1999/xhtml}"


class Answer(Protocol):
    """What a view or the test client answers."""

    @property
    def content(self) -> bytes: ...


def parsed(response: Answer) -> Element:
    """The tree of a page's document."""
    tree: Element = tinyhtml5.parse(response.content.decode())
    return tree


INLINE = {f"{HTML}{tag}" for tag in ("a", "abbr", "b", "span", "strong", "time", "title")}


def plain(text: str) -> str:
    """A text on one line, with ordinary spaces."""
    return re.sub(r"\s+", " ", text).strip()


def words(element: Element) -> str:
    """All the text of an element; blocks stand apart."""
    return plain("".join(_pieces(element)))


def _pieces(element: Element) -> Iterator[str]:
    around = "" if element.tag in INLINE else " "
    yield around
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield child.tail or ""
    yield around


def has_class(element: Element, name: str) -> bool:
    return name in element.get("class", "").split()


def all_of(element: Element, class_name: str) -> list[Element]:
    """The elements of a class, in the order of the page."""
    return [one for one in element.iter() if has_class(one, class_name)]


def texts(response: Answer, class_name: str) -> list[str]:
    """The words of each element of a class."""
    return [words(one) for one in all_of(parsed(response), class_name)]


def main_text(response: Answer) -> str:
    """The words of the main part of a page."""
    main = parsed(response).find(f".//{HTML}main")
    assert main is not None
    return words(main)
