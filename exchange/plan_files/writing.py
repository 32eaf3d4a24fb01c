"""Entries to YAML: the keys in the order of the schema, nothing that goes without saying.

What fits on a line stands on one (`{code: sante, name: Santé}`), so that a changed value is a
changed line. Long texts are block scalars: folded when they are one paragraph, literal when they
have lines of their own. No alias, no tag, no setting of the machine: written twice, a plan gives
the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from exchange.plan_files.reading import NULLS
from exchange.plan_files.schema import KEYS, Entry, PlanFile

WIDTH = 100
STEP = "  "

# Plain scalars: no sign that YAML gives a meaning to, no space at the ends.
_INSIDE = r"\w\u00a0\u202f .'’()/%+«»€°&=?~–\-"
PLAIN = re.compile(rf"[^\W_](?:(?:[{_INSIDE},;]|:(?=/))*[\w.'’()/%+»€°=?~–-])?")
PLAIN_IN_FLOW = re.compile(rf"[^\W_](?:(?:[{_INSIDE}]|:(?=/))*[\w.'’()/%+»€°=?~–-])?")
# Words that another reader than ours might take for something else than a text.
AMBIGUOUS = re.compile(
    r"(?:true|false|yes|no|on|off|y|n|null|[-+.0-9][-+.0-9_eExXoOa-fA-F:]*)", re.IGNORECASE
)
# What a block scalar shows as it is; anything else is escaped in quotes.
SHOWABLE = re.compile(
    r"[ -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\uffef\U00010000-\U0010ffff]*"
)
# JSON leaves these as they are; YAML takes them for line ends, or refuses them.
_ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029, 0xFEFF)}
_ESCAPED |= {code: f"\\u{code:04x}" for code in (0xFFFE, 0xFFFF)}


def write(file: PlanFile) -> str:
    """Return the text of a plan file."""
    return "".join(f"{line}\n" for line in _keys(file, KEYS, ""))


def flow(value: object) -> str:
    """Return a value on one line, as in a file."""
    if isinstance(value, Entry):
        pairs = (f"{name}: {flow(item)}" for name, item in _said(value, type(value).model_fields))
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(flow, value))}]"
    return _scalar(value, in_flow=True)


def _said(entry: Entry, names: Iterable[str]) -> Iterator[tuple[str, object]]:
    """The keys of an entry that are not their default, with their value."""
    fields = type(entry).model_fields
    for name in names:
        value = getattr(entry, name)
        if fields[name].is_required() or value != fields[name].default:
            yield name, value


def _keys(entry: Entry, names: Iterable[str], indent: str) -> Iterator[str]:
    for name, value in _said(entry, names):
        if isinstance(value, str) and _is_long(value, f"{indent}{name}: "):
            yield from _text(name, value, indent)
        elif not isinstance(value, Entry | tuple):
            yield f"{indent}{name}: {_scalar(value, in_flow=False)}"
        elif _fits(line := f"{indent}{name}: {flow(value)}", value):
            yield line
        elif isinstance(value, Entry):
            yield f"{indent}{name}:"
            yield from _keys(value, type(value).model_fields, indent + STEP)
        else:
            yield f"{indent}{name}:"
            assert isinstance(value, tuple)
            for item in value:
                yield from _item(item, indent + STEP)


def _is_long(text: str, before: str) -> bool:
    return "\n" in text or (" " in text and len(before) + len(_scalar(text, in_flow=False)) > WIDTH)


def _item(value: object, indent: str) -> Iterator[str]:
    if not isinstance(value, Entry) or _fits(f"{indent}- {flow(value)}", value):
        yield f"{indent}- {flow(value)}"
        return
    lines = _keys(value, type(value).model_fields, indent + STEP)
    yield f"{indent}- {next(lines).lstrip()}"
    yield from lines


def _fits(line: str, value: Entry | tuple[object, ...]) -> bool:
    """Whether a value stands on its line: short enough, and nothing in it that has parts."""
    items = (
        [item for _name, item in _said(value, type(value).model_fields)]
        if isinstance(value, Entry)
        else list(value)
    )
    parts = Entry | tuple if isinstance(value, Entry) else Entry
    return (
        len(line) <= WIDTH
        and "\\n" not in line
        and not any(isinstance(item, parts) for item in items)
    )


def _text(name: str, text: str, indent: str) -> Iterator[str]:
    lines = text.split("\n")
    if not all(SHOWABLE.fullmatch(line) and line == line.rstrip() for line in lines):
        yield f"{indent}{name}: {_quoted(text)}"
    elif len(lines) > 1:
        yield f"{indent}{name}: |-"
        yield from (f"{indent}{STEP}{line}" if line else "" for line in lines)
    elif "  " in text:
        yield f"{indent}{name}: |-"
        yield f"{indent}{STEP}{text}"
    else:
        yield f"{indent}{name}: >-"
        yield from _folded(text, indent + STEP)


def _folded(text: str, indent: str) -> Iterator[str]:
    line = indent
    for word in text.split(" "):
        if line != indent and len(line) + len(word) + 1 > WIDTH:
            yield line
            line = indent
        line += word if line == indent else f" {word}"
    yield line


def _scalar(value: object, *, in_flow: bool) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return number(value)
        case str():
            pattern = PLAIN_IN_FLOW if in_flow else PLAIN
            plain = pattern.fullmatch(value) and not AMBIGUOUS.fullmatch(value)
            return value if plain and value not in NULLS else _quoted(value)
    return str(value)


def number(value: Decimal) -> str:
    """Return a number without needless zeros: 23.00 and 23 are written alike."""
    return f"{value.normalize() + 0:f}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED)
