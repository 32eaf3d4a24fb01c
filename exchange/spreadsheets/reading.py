"""Which kind of file came back: told by what it holds, whatever its name says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.utils.translation import gettext as _

from exchange.spreadsheets.csv_reading import CsvDocument
from exchange.spreadsheets.problems import FileError
from exchange.spreadsheets.xlsx_package import OLE_SIGNATURE, ZIP_SIGNATURE, refuse_ole
from exchange.spreadsheets.xlsx_reading import XlsxDocument


@contextmanager
def opened(path: Path) -> Iterator[XlsxDocument | CsvDocument]:
    """Open a file for reading; raises FileError, in French, when it is none that can be read."""
    document = _open(path)
    try:
        yield document
    finally:
        document.close()


def _open(path: Path) -> XlsxDocument | CsvDocument:
    with path.open("rb") as file:
        start = file.read(8)
    if not start:
        raise FileError(_("Ce fichier est vide."))
    if start.startswith(OLE_SIGNATURE):
        refuse_ole(path)
    if start.startswith(ZIP_SIGNATURE):
        return XlsxDocument(path)
    if start.startswith(b"%PDF"):
        raise FileError(_("C’est un PDF. Envoyez le classeur .xlsx ou le CSV."))
    return CsvDocument(path)
