"""What a browser would send of a form, read from the page: tests change what a person types."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from django.http import HttpResponse
from tinyhtml5.parser import HTMLParser

XHTML = "{http://www.w3.org/1999/xhtml}"


def form_data(response: Any, *, marked: str = "data-unsaved") -> dict[str, list[str]]:
    """Return the fields of the page's form that carries an attribute, as they stand."""
    assert isinstance(response, HttpResponse)
    root = HTMLParser().parse(response.content.decode())
    [form] = [form for form in root.iter(f"{XHTML}form") if marked in form.attrib]
    data: dict[str, list[str]] = {}
    for element in form.iter():
        name = element.get("name")
        if name and "disabled" not in element.attrib:
            values = _values(element)
            if values is not None:
                data.setdefault(name, []).extend(values)
    data.pop("csrfmiddlewaretoken", None)
    return data


def _values(element: Element) -> list[str] | None:
    """Return what an element sends; None when it sends nothing."""
    tag = str(element.tag).removeprefix(XHTML)
    if tag == "textarea":
        return ["".join(element.itertext()).removeprefix("\n")]
    if tag == "select":
        options = list(element.iter(f"{XHTML}option"))
        chosen = [option for option in options if "selected" in option.attrib]
        if not chosen and "multiple" not in element.attrib:
            chosen = options[:1]
        return [option.get("value", "".join(option.itertext())) for option in chosen]
    if tag == "input":
        kind = element.get("type", "text")
        if kind in ("checkbox", "radio"):
            return [element.get("value", "on")] if "checked" in element.attrib else None
        return None if kind in ("submit", "button", "file") else [element.get("value", "")]
    return None
