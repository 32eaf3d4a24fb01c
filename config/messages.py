"""Compile the translations without the gettext programs.

`python -m config.messages` compiles the catalogues of the checkout; the launcher and the test
run do it by themselves.

French is the language of the source and has no catalogue of its own. Where a text has two forms,
though, a text without a catalogue is counted as in English, and none of something ("0 ligne") is
singular in French: so the forms of the source are compiled for French too, as they are written,
under its own rule.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.embedded.paths import CHECKOUT

SOURCE_LANGUAGE = "fr"


def compile_catalogues(locale_paths: Iterable[Path]) -> list[Path]:
    """Write each .mo that is missing or older than its .po; return those written."""
    written = []
    for locale in locale_paths:
        for source in sorted(Path(locale).glob("*/LC_MESSAGES/*.po")):
            french = locale / SOURCE_LANGUAGE / "LC_MESSAGES" / f"{source.stem}.mo"
            written += _compiled(source, source.with_suffix(".mo"), lambda read: read)
            written += _compiled(source, french, forms_of_the_source)
    return written


def forms_of_the_source(catalogue: Catalog) -> Catalog:
    """Return the texts that have two forms, as the source has them, counted as French counts."""
    forms = Catalog(locale=SOURCE_LANGUAGE)
    for message in catalogue:
        if message.pluralizable:
            forms.add(message.id, tuple(message.id), context=message.context)
    return forms


def _compiled(source: Path, compiled: Path, what: Callable[[Catalog], Catalog]) -> list[Path]:
    if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
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
