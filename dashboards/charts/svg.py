"""What turns Vega's SVG into ours: said in words, light and dark, without what nobody needs."""

from __future__ import annotations

import base64
import hashlib
import re
from xml.etree import ElementTree as ET  # read only on what our own renderer wrote

from dashboards.charts.axes import SIZE
from dashboards.charts.palette import Palette

_SVG = "http://www.w3.org/2000/svg"
_PAINTS = {"fill": "f", "stroke": "s"}
_LEFT_OUT = frozenset({"class", "role", "pointer-events", "version", "id"})
# Nothing of these can be written in XML, even escaped.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def finished(
    svg: bytes, *, title: str, description: str, language: str, light: Palette, dark: Palette
) -> bytes:
    """The SVG of a page.

    One image for assistive technology, with its title and description in words, instead of the
    roles and labels Vega gives to every mark. Each colour of the light palette gets a class, to
    which a style sheet inside the image gives the dark colour when the reader prefers dark: an
    ``<img>`` sees nothing of the page's own style.
    """
    ET.register_namespace("", _SVG)
    root = ET.fromstring(svg)  # noqa: S314
    roles = {colour.lower(): role for role, colour in light.roles().items()}
    used: set[str] = set()
    _clean(root)
    for element in root.iter():
        _classify(element, roles, used)
    root.set("role", "img")
    root.set("lang", language)
    root.set("aria-labelledby", "chart-title")
    root.set("aria-describedby", "chart-description")
    root.set("font-family", _pull_font(root))
    root.set("font-size", f"{SIZE}px")
    for place, (tag, text) in enumerate(
        (("title", title), ("desc", description), ("style", _style(used, dark)))
    ):
        element = ET.Element(f"{{{_SVG}}}{tag}")
        element.text = _CONTROLS.sub("", text)
        if tag != "style":
            element.set("id", "chart-title" if tag == "title" else "chart-description")
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode").encode()


def svg_policy(svg: bytes) -> str:
    """Return the content policy of a drawing opened by itself: its own style sheet, no more."""
    sheets = re.findall(rb"<style>(.*?)</style>", svg, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(sheet).digest()).decode() for sheet in sheets]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; style-src {allowed}; frame-ancestors 'none'"


def _style(used: set[str], dark: Palette) -> str:
    colours = dark.roles()
    rules = "".join(
        f".{name}{{{'fill' if name.startswith('f-') else 'stroke'}:{colours[name[2:]]}}}"
        for name in sorted(used)
    )
    return f"@media screen and (prefers-color-scheme:dark){{{rules}}}"


def _classify(element: ET.Element, roles: dict[str, str], used: set[str]) -> None:
    names = []
    for paint, letter in _PAINTS.items():
        role = roles.get(element.get(paint, "").lower())
        if role is not None:
            names.append(f"{letter}-{role}")
    if names:
        element.set("class", " ".join(names))
        used.update(names)


def _clean(element: ET.Element) -> None:
    """Without roles and labels, without what is not drawn, without groups that group nothing."""
    for name in [*element.attrib]:
        is_clutter = name in _LEFT_OUT or name.startswith("aria-")
        if is_clutter or (name, element.get(name)) == ("opacity", "1"):
            del element.attrib[name]
    children: list[ET.Element] = []
    for child in [*element]:
        _clean(child)
        if not _is_drawn(child):
            continue
        is_bare_group = child.tag == f"{{{_SVG}}}g" and not child.attrib
        children += [*child] if is_bare_group else [child]
    element[:] = children


def _is_drawn(element: ET.Element) -> bool:
    tag = element.tag.removeprefix(f"{{{_SVG}}}")
    if tag == "g":
        return len(element) > 0
    if tag == "path":
        is_painted = "fill" in element.attrib or "stroke" in element.attrib
        return is_painted and element.get("display") != "none"
    return True


def _pull_font(root: ET.Element) -> str:
    """The face and the usual size, taken from every text: they are written once, on the root."""
    face = ""
    for element in root.iter(f"{{{_SVG}}}text"):
        face = element.attrib.pop("font-family", face)
        if element.get("font-size") == f"{SIZE}px":
            del element.attrib["font-size"]
    return face
