"""YAML to plain values that know where they stand in the file.

A scalar stays the text that was typed: the schema, not YAML, decides whether `2024`, `no` or
`0.95` is a text, a boolean or a number, so nothing ever passes through a float. Only an unquoted
`null`, `~` or nothing at all means "no value". Aliases, tags and several documents are refused,
and so is what a bomb is made of: size, depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, TypeAlias

import yaml
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.plan_files.problems import Path, Problem

MAX_BYTES = 20_000_000
MAX_DEPTH = 20
NULLS = ("", "~", "null")

# NUL cannot be stored, half a surrogate pair cannot be written.
UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")

Value: TypeAlias = "Block | Items | str | None"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# What libyaml says of the slips people make most; anything else is quoted as it says it.
_SLIPS: Mapping[str, Any] = {
    "mapping values are not allowed in this context": gettext_lazy(
        "deux-points inattendu ; un texte qui en contient se met entre guillemets"
    ),
    "found character that cannot start any token": gettext_lazy(
        "caractère inattendu ; l’indentation se fait avec des espaces, sans tabulation, et un "
        "texte qui commence par un signe se met entre guillemets"
    ),
    "did not find expected key": gettext_lazy(
        "clé attendue ; vérifiez l’indentation et les guillemets"
    ),
    "could not find expected ':'": gettext_lazy("« : » attendu après la clé"),
    "did not find expected '-' indicator": gettext_lazy(
        "élément de liste attendu ; vérifiez l’indentation"
    ),
    "found unexpected end of stream": gettext_lazy("guillemet, accolade ou crochet non fermé"),
}


class Block(dict[str, Any]):
    """A mapping of the file."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__()
        self.path = path
        self.line = line
        self.lines: dict[str, int] = {}


class Items(list[Any]):
    """A list of the file."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__()
        self.path = path
        self.line = line
        self.lines: list[int] = []


def _holds(value: Any, step: str | int) -> bool:
    """Whether a value of the file has this key, or an item of this rank."""
    if isinstance(step, str):
        return isinstance(value, Block) and step in value
    return isinstance(value, Items) and step < len(value)


class UnreadableError(Exception):
    """The file is not one whose values can be looked at; `line` is 0 when no line is to blame."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True, slots=True)
class Document:
    """A plan file as it was typed."""

    name: str
    root: Block
    problems: tuple[Problem, ...] = ()

    def line_of(self, path: Path) -> int:
        """Return the line of the value at a path, or of the last of its parents that exists."""
        here: Any = self.root
        line = self.root.line
        for step in path:
            if not _holds(here, step):
                break
            line, here = here.lines[step], here[step]
        return line

    def describe(self, problems: Iterable[Problem]) -> list[str]:
        """Return the lines that tell a person what is wrong and where, in the order of the file."""
        ordered = sorted(problems, key=lambda problem: self.line_of(problem.path))
        return list(dict.fromkeys(map(self._described, ordered)))

    def _described(self, problem: Problem) -> str:
        where = f"{self.name}:{self.line_of(problem.path)}"
        path = self._readable(problem.path)
        return f"{where}: {path}: {problem.message}" if path else f"{where}: {problem.message}"

    def _readable(self, path: Path) -> str:
        """`objectives[o1].title`: an item by its code where it has one, else by its rank."""
        here: Value = self.root
        words = ""
        for step in path:
            if isinstance(step, str):
                words += f".{step}" if words else step
                here = here.get(step) if isinstance(here, Block) else None
            else:
                here = here[step] if isinstance(here, Items) and step < len(here) else None
                code = here.get("code") if isinstance(here, Block) else None
                words += f"[{code if isinstance(code, str) else step + 1}]"
        return words


def read_file(path: FilePath) -> Document:
    """Read a plan file. Raises UnreadableError when it is not a YAML mapping in UTF-8."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError(
                _("fichier trop grand ; %(most)d Mo au plus") % {"most": MAX_BYTES // 1_000_000}
            )
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise UnreadableError(_("fichier introuvable")) from error
    except IsADirectoryError as error:
        raise UnreadableError(_("c’est un dossier ; un fichier YAML est attendu")) from error
    except OSError as error:
        raise UnreadableError(
            _("fichier illisible (%(reason)s)") % {"reason": error.strerror}
        ) from error
    return read_bytes(content, str(path))


def read_bytes(content: bytes, name: str) -> Document:
    """Read the content of a plan file. Raises UnreadableError as `read_file` does."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(
            _("le fichier n’est pas en UTF-8 ; enregistrez-le dans cet encodage"),
            content.count(b"\n", 0, error.start) + 1,
        ) from error
    reader = _Reader(_Loader(text))
    try:
        root = reader.document()
    except yaml.MarkedYAMLError as error:
        raise UnreadableError(_syntax_message(error), _line_of(error)) from error
    except yaml.reader.ReaderError as error:
        raise UnreadableError(
            _("caractère interdit en YAML (U+%(code)04X) ; retirez-le") % {"code": error.character},
            text.count("\n", 0, error.position) + 1,
        ) from error
    return Document(name, root, tuple(reader.problems))


def _line_of(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 0


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or str(error)
    return _("YAML mal formé : %(problem)s") % {"problem": _SLIPS.get(problem, problem)}


@dataclass(slots=True)
class _Reader:
    """Turns the events of the YAML parser into values, and stops at what no plan file holds."""

    events: Any
    problems: list[Problem] = field(default_factory=list)

    def document(self) -> Block:
        self._next()  # the start of the stream
        if isinstance(self._next(), yaml.StreamEndEvent):
            raise UnreadableError(_("le fichier est vide"))
        event = self._next()
        root = self._value(event, (), 0)
        if root is None:
            raise UnreadableError(_("le fichier est vide"))
        if not isinstance(root, Block):
            raise UnreadableError(
                _("le fichier ne commence pas par des clés ; admis : « format: 1 », « region: … »"),
                event.start_mark.line + 1,
            )
        self._next()  # the end of the document
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise UnreadableError(
                _("plusieurs documents YAML (« --- ») ; un seul plan par fichier"),
                after.start_mark.line + 1,
            )
        return root

    def _next(self) -> Any:
        return self.events.get_event()

    def _value(self, event: Any, path: Path, depth: int) -> Value:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableError(
                _("alias YAML (*%(name)s) refusé ; répétez la valeur") % {"name": event.anchor},
                line,
            )
        if event.tag is not None:
            raise UnreadableError(
                _("étiquette YAML (%(tag)s) refusée ; écrivez la valeur seule")
                % {"tag": event.tag},
                line,
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if depth == MAX_DEPTH:
            raise UnreadableError(
                _("listes ou clés emboîtées sur plus de %(most)d niveaux") % {"most": MAX_DEPTH},
                line,
            )
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(Items(path, line), depth)
        return self._block(Block(path, line), depth)

    def _scalar(self, event: Any, path: Path) -> str | None:
        text: str = event.value
        unquoted: bool = event.implicit[0]
        if unquoted and text in NULLS:
            return None
        if found := UNSTORABLE.search(text):
            self.problems.append(
                Problem(
                    path,
                    _("caractère interdit (U+%(code)04X) ; retirez-le")
                    % {"code": ord(found.group())},
                )
            )
            return UNSTORABLE.sub("", text)
        return text

    def _items(self, items: Items, depth: int) -> Items:
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.lines.append(event.start_mark.line + 1)
            items.append(self._value(event, (*items.path, len(items)), depth + 1))
        return items

    def _block(self, block: Block, depth: int) -> Block:
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise UnreadableError(_("une clé est un mot suivi de « : »"), line)
            key: str = event.value
            value = self._value(self._next(), (*block.path, key), depth + 1)
            if key in block:
                self.problems.append(
                    Problem(
                        block.path,
                        _(
                            "la clé « %(key)s » est écrite deux fois, lignes %(first)d et "
                            "%(second)d ; une seule fois"
                        )
                        % {"key": key, "first": block.lines[key], "second": line},
                    )
                )
                continue
            block[key] = value
            block.lines[key] = line
        return block
