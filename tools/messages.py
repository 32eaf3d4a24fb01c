"""Collect the texts to translate from code and templates into locale/en, without GNU gettext.

`make messages`. What is translated stays, what is new comes empty, what is gone goes: nothing is
guessed from a text that resembles it. tests/test_catalogue.py asks that nothing is left to do.
"""

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/en/LC_MESSAGES/django.po"
CODE = (
    "agent",
    "accounts",
    "plans",
    "objectives",
    "measures",
    "indicators",
    "dashboards",
    "exchange",
    "config",
)
Keywords = dict[str, Any]
KEYWORDS: Keywords = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
COMMENT_TAGS = ("Translators:",)


def collect() -> Catalog:
    """Every text of the source, with the files it stands in."""
    catalogue = Catalog(locale="en", project="plans-ia", charset="utf-8")
    for path, content in sources():
        found = extract(
            "python",
            BytesIO(content),
            keywords=keywords_of(path, content),
            comment_tags=COMMENT_TAGS,
        )
        for line, message, comments, context in found:
            catalogue.add(
                message,
                locations=[(path.relative_to(ROOT).as_posix(), line)],
                auto_comments=comments,
                context=context,
            )
    return catalogue


def sources() -> Iterator[tuple[Path, bytes]]:
    """Code as it is, and templates as the Python that says the same."""
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_bytes()
    for path in sorted((ROOT / "templates").rglob("*.*")):
        yield path, as_python(path.read_text(), path.name).encode()


def keywords_of(path: Path, content: bytes) -> Keywords:
    """The names of gettext in a file, those that it gives itself at the import included."""
    if path.suffix != ".py":
        return KEYWORDS
    imported = [
        alias
        for node in ast.walk(ast.parse(content))
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    ]
    own = {
        alias.asname: KEYWORDS[alias.name]
        for alias in imported
        if alias.asname and alias.name in KEYWORDS
    }
    return KEYWORDS | own


def as_python(template: str, name: str) -> str:
    """Django's own reading of a template, where only calls of gettext are left among filling.

    The filling is indented anyhow, which Python's tokens would not bear.
    """
    from django.utils.translation.template import templatize  # noqa: PLC0415 - slow to import

    return re.sub(r"(?m)^\s+", "", templatize(template, origin=name))


def updated() -> Catalog:
    """The catalogue as it is, brought to the texts of the source."""
    found = collect()
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    # A date that moves at each run would be a change where there is none.
    found.creation_date = catalogue.creation_date
    catalogue.project, catalogue.version = "plans-ia", "1"
    catalogue.update(found, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts that lack words in English, or one of their plurals."""
    missing = []
    for message in catalogue:
        words = message.string if isinstance(message.string, (list, tuple)) else [message.string]
        if message.id and not all(words):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def main() -> int:
    catalogue = updated()
    with CATALOGUE.open("wb") as file:
        write_po(file, catalogue, include_lineno=False, sort_by_file=True, width=100)
    missing = len(untranslated(catalogue))
    sys.stdout.write(f"{len(catalogue)} texts, {missing} to translate in {CATALOGUE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
