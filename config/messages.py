"""Compile the translations without the gettext programs.

`python -m config.messages` compiles the catalogues of the checkout; the launcher and the test
run do it by themselves.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from config.embedded.paths import CHECKOUT


def compile_catalogues(locale_paths: Iterable[Path]) -> list[Path]:
    """Write each .mo that is missing or older than its .po; return those written."""
    written = []
    for locale in locale_paths:
        for source in sorted(Path(locale).glob("*/LC_MESSAGES/*.po")):
            compiled = source.with_suffix(".mo")
            if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
                continue
            with source.open("rb") as file:
                catalogue = read_po(file, locale=source.parent.parent.name)
            # Renamed into place: a process that starts meanwhile never reads half a file.
            draft = compiled.with_name(f"{compiled.name}.{os.getpid()}")
            with draft.open("wb") as file:
                write_mo(file, catalogue)
            draft.replace(compiled)
            written.append(compiled)
    return written


if __name__ == "__main__":
    compile_catalogues([CHECKOUT / "locale"])
