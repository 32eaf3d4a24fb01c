"""Compile the translations without the gettext programs.

`python -m config.messages` compiles the catalogues of the checkout; the launcher and the test
run do it by themselves.

French is the language of the source, and its catalogue is made of the source. A text without a
catalogue is counted as in English, and none of something ("0 ligne") is singular in French: so
texts of two forms are compiled under its own rule. And its signs of two parts (: ; ? ! « ») stay on
the line of the word they stand by: so each has a no-break space there, whoever wrote the text.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.embedded.paths import CHECKOUT

SOURCE_LANGUAGE = "fr"
_BESIDE_A_SIGN = re.compile(r"(?<=«) | (?=[:;?!»](?!\w))")


def compile_catalogues(locale_paths: Iterable[Path]) -> list[Path]:
    """Write each .mo that is missing or older than its .po or this module; return those written."""
    written = []
    for locale in locale_paths:
        for source in sorted(Path(locale).glob("*/LC_MESSAGES/*.po")):
            french = locale / SOURCE_LANGUAGE / "LC_MESSAGES" / f"{source.stem}.mo"
            written += _compiled(source, source.with_suffix(".mo"), lambda read: read)
            written += _compiled(source, french, of_the_source)
    return written


def of_the_source(catalogue: Catalog) -> Catalog:
    """Return the texts that are not quite as the source has them, or have two forms."""
    french = Catalog(locale=SOURCE_LANGUAGE)
    for message in catalogue:
        if message.pluralizable:
            french.add(message.id, tuple(map(tied, message.id)), context=message.context)
        elif isinstance(message.id, str) and tied(message.id) != message.id:
            french.add(message.id, tied(message.id), context=message.context)
    return french


def tied(text: str) -> str:
    """Return a French text whose signs keep to their words (no-break space, U+00A0)."""
    return _BESIDE_A_SIGN.sub("\u00a0", text)


def _compiled(source: Path, compiled: Path, what: Callable[[Catalog], Catalog]) -> list[Path]:
    # This module too: a release may compile the same catalogue otherwise.
    changed = max(made_of.stat().st_mtime_ns for made_of in (source, Path(__file__)))
    if compiled.exists() and compiled.stat().st_mtime_ns >= changed:
        return []
    with source.open("rb") as file:
        catalogue = what(read_po(file, locale=source.parent.parent.name))
    compiled.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place: a process that starts meanwhile never reads half a file.
    draft = compiled.with_name(f"{compiled.name}.{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalogue)
    draft.replace(compiled)
    return [compiled]


if __name__ == "__main__":
    compile_catalogues([CHECKOUT / "locale"])
