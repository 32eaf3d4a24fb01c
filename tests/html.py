"""What is wrong with a page of HTML, for tests: `assert html_errors(page) == []`.

The parser reports what the HTML standard calls parse errors (tags left open or badly nested,
attributes given twice …). The rest are the rules of the standard that people break in practice:
identifiers, references to them, and which element may be inside which.
"""

from collections import Counter
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser

XHTML = "{http://www.w3.org/1999/xhtml}"

PHRASING_ONLY = {
    "abbr", "b", "button", "cite", "code", "data", "dfn", "em", "h1", "h2", "h3", "h4", "h5", "h6",
    "i", "kbd", "label", "legend", "mark", "p", "q", "s", "samp", "small", "span", "strong", "sub",
    "summary", "sup", "time", "u", "var",
}  # fmt: skip
BLOCKS = {
    "address", "article", "aside", "blockquote", "details", "dialog", "div", "dl", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr",
    "li", "main", "nav", "ol", "p", "pre", "search", "section", "table", "ul",
}  # fmt: skip
ALLOWED_CHILDREN = {
    "ul": {"li", "script", "template"},
    "ol": {"li", "script", "template"},
    "dl": {"dt", "dd", "div", "script", "template"},
    "tr": {"th", "td", "script", "template"},
    "select": {"option", "optgroup", "hr", "script", "template"},
}
ALLOWED_PARENTS = {
    "li": {"ul", "ol", "menu"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "figcaption": {"figure"},
    "legend": {"fieldset"},
    "summary": {"details"},
}
INTERACTIVE = {"a", "button", "details", "input", "label", "select", "textarea"}
OBSOLETE_ELEMENTS = {"acronym", "big", "center", "font", "marquee", "nobr", "strike", "tt"}
OBSOLETE_ATTRIBUTES = {"align", "bgcolor", "border", "cellpadding", "cellspacing", "valign"}
REFERENCES = {
    "aria-activedescendant", "aria-controls", "aria-describedby", "aria-details", "aria-flowto",
    "aria-labelledby", "aria-owns", "for", "form", "headers", "list",
}  # fmt: skip


def html_errors(page: str) -> list[str]:
    """Every error found in a whole page, in no particular order of gravity."""
    parser = HTMLParser()
    root = parser.parse(page)
    return [
        *(f"line {line}: {code}" for (line, _column), code, _data in parser.errors),
        *_identifier_errors(root),
        *(error for element, above in _walk(root, ()) for error in _element_errors(element, above)),
    ]


def inline_code(page: str) -> list[str]:
    """Scripts and styles written in the page: a strict content security policy blocks them."""
    found = []
    for element in HTMLParser().parse(page).iter():
        name = str(element.tag).rpartition("}")[2]
        if name == "style" or (name == "script" and "src" not in element.attrib and _runs(element)):
            found.append(f"<{name}>")
        found += [
            f"<{name} {attribute}>"
            for attribute in map(str, element.attrib)
            if attribute == "style" or attribute.startswith("on")
        ]
    return found


def _runs(script: Element) -> bool:
    return script.get("type", "text/javascript") in {"text/javascript", "module", "importmap"}


def _walk(element: Element, above: tuple[str, ...]) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Each HTML element with the names of those above it; other vocabularies have other rules."""
    if not str(element.tag).startswith(XHTML):
        return
    yield element, above
    for child in element:
        yield from _walk(child, (*above, _name(element)))


def _name(element: Element) -> str:
    return str(element.tag).removeprefix(XHTML)


def _identifier_errors(root: Element) -> Iterator[str]:
    identifiers = Counter(found for e in root.iter() if (found := e.get("id")) is not None)
    for identifier, times in identifiers.items():
        if times > 1:
            yield f"id {identifier!r} is given {times} times"
        if not identifier or any(character.isspace() for character in identifier):
            yield f"id {identifier!r} is empty or holds a blank"
    for element in root.iter():
        for attribute in REFERENCES & element.attrib.keys():
            for target in element.attrib[attribute].split():
                if target not in identifiers:
                    yield f"{attribute}={target!r} names no id of the page"
        address = element.get("href", "")
        if len(address) > 1 and address.startswith("#") and address[1:] not in identifiers:
            yield f"href={address!r} names no id of the page"


def _element_errors(element: Element, above: tuple[str, ...]) -> Iterator[str]:
    name, parent = _name(element), above[-1] if above else ""
    if name in OBSOLETE_ELEMENTS:
        yield f"<{name}> is obsolete"
    for attribute in OBSOLETE_ATTRIBUTES & element.attrib.keys():
        yield f"{attribute} of <{name}> is obsolete"
    if name in BLOCKS:
        # A heading may stand in a summary.
        heading_in_summary = parent == "summary" and name[0] == "h" and name[1:].isdigit()
        if parent in PHRASING_ONLY and not heading_in_summary:
            yield f"<{name}> in <{parent}>"
    if parent in ALLOWED_CHILDREN and name not in ALLOWED_CHILDREN[parent]:
        yield f"<{name}> directly in <{parent}>"
    if name in ALLOWED_PARENTS and parent not in ALLOWED_PARENTS[name]:
        yield f"<{name}> outside <{'> or <'.join(sorted(ALLOWED_PARENTS[name]))}>"
    if name in INTERACTIVE and {"a", "button"} & set(above):
        yield f"<{name}> inside a link or a button"
    if name == "img" and "alt" not in element.attrib:
        yield "<img> without alt"
