"""Evidence files: what is accepted, where it is kept, how it is found again.

A file is known by its content, not by the name or the type it claims. It is kept out of the web
root under a name made from its content and the site's secret: nobody can guess it, and the same
file sent twice (a double click) is one file. A stored file is never changed.
"""

from __future__ import annotations

import hashlib
import logging
import unicodedata
import zipfile
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO, cast

from django.conf import settings
from django.core import signing
from django.core.files import File
from django.core.files.storage import default_storage
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from plans.files import files

logger = logging.getLogger(__name__)

FOLDER = "evidence"
NAME_LENGTH = 150
# How long a file sent with a form that was refused waits for the form to be sent again.
KEPT_FOR_SECONDS = 24 * 3600

_SALT = "plans.evidence"
_READ = 64 * 1024
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
_OFFICE = "application/vnd.openxmlformats-officedocument."


class EvidenceError(ValueError):
    """A file that is not accepted; says in French what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Format:
    """A type of file that is accepted: its usual ending first."""

    name: str
    endings: tuple[str, ...]
    content_type: str
    holds: Callable[[BinaryIO], bool]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stored file: where, and the name it came with."""

    path: str
    name: str


def _starts_with(*signatures: bytes) -> Callable[[BinaryIO], bool]:
    def holds(content: BinaryIO) -> bool:
        start = content.read(max(map(len, signatures)))
        return start.startswith(signatures)

    return holds


def _archive_of(part: str) -> Callable[[BinaryIO], bool]:
    """An Office document: a zip archive with this part, and no macros."""

    def holds(content: BinaryIO) -> bool:
        names = _archived(content)
        return {"[Content_Types].xml", part} <= names and not any(
            name.lower().endswith("vbaproject.bin") for name in names
        )

    return holds


def _open_document(kind: str) -> Callable[[BinaryIO], bool]:
    """An OpenDocument file: a zip archive that says its type, and holds no macros."""

    def holds(content: BinaryIO) -> bool:
        if any(name.startswith(("Basic/", "Scripts/")) for name in _archived(content)):
            return False
        content.seek(0)
        try:
            with zipfile.ZipFile(content) as archive, archive.open("mimetype") as said:
                return said.read(100) == (_OPEN_DOCUMENT + kind).encode()
        except (KeyError, zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
            return False

    return holds


def _archived(content: BinaryIO) -> set[str]:
    """The names in a zip archive; only its directory is read, nothing is unpacked."""
    try:
        with zipfile.ZipFile(content) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return set()


def _is_text(content: BinaryIO) -> bool:
    """Lines of text in UTF-8 or Windows-1252, as spreadsheets write CSV: nothing binary."""
    blank = {9, 10, 13}
    while block := content.read(_READ):
        if any(byte < 32 and byte not in blank for byte in block):
            return False
    return True


FORMATS = (
    Format("PDF", (".pdf",), "application/pdf", _starts_with(b"%PDF-")),
    Format("PNG", (".png",), "image/png", _starts_with(b"\x89PNG\r\n\x1a\n")),
    Format("JPEG", (".jpg", ".jpeg"), "image/jpeg", _starts_with(b"\xff\xd8\xff")),
    Format("XLSX", (".xlsx",), f"{_OFFICE}spreadsheetml.sheet", _archive_of("xl/workbook.xml")),
    Format("ODS", (".ods",), f"{_OPEN_DOCUMENT}spreadsheet", _open_document("spreadsheet")),
    Format("CSV", (".csv",), "text/csv", _is_text),
    Format(
        "DOCX", (".docx",), f"{_OFFICE}wordprocessingml.document", _archive_of("word/document.xml")
    ),
    Format("ODT", (".odt",), f"{_OPEN_DOCUMENT}text", _open_document("text")),
)
ACCEPT = ",".join(ending for one in FORMATS for ending in one.endings)
"""What a file field proposes to choose from."""


def format_of(name: str) -> Format | None:
    """Return the format that a name claims."""
    ending = PurePath(name).suffix.lower()
    return next((one for one in FORMATS if ending in one.endings), None)


def megabytes(size: int) -> str:
    """Return a size as people say it: ``2,5 Mo``."""
    return f"{size / 1_000_000:.1f}".replace(".", ",").removesuffix(",0") + "\u00a0Mo"


def check(upload: File[bytes]) -> Format:
    """Return the format of a file that is accepted, by its size, its name and its content.

    Raises EvidenceError on any other.
    """
    name = _plain_name(upload.name or "")
    if upload.size > settings.EVIDENCE_MAX_BYTES:
        raise EvidenceError(
            _("« %(name)s » pèse %(size)s ; la limite est de %(most)s.")
            % {
                "name": name,
                "size": megabytes(upload.size),
                "most": megabytes(settings.EVIDENCE_MAX_BYTES),
            }
        )
    claimed = format_of(name)
    if claimed is None:
        raise EvidenceError(
            _("« %(name)s » n’est pas d’un type accepté : %(types)s.")
            % {"name": name, "types": ", ".join(one.name for one in FORMATS)}
        )
    upload.seek(0)
    right = claimed.holds(cast("BinaryIO", upload.file))
    upload.seek(0)
    if not right:
        raise EvidenceError(
            _(
                "« %(name)s » ne contient pas ce que son nom annonce (%(type)s), ou contient des "
                "macros."
            )
            % {"name": name, "type": claimed.name}
        )
    return claimed


def keep(upload: File[bytes], *, owner: str) -> Evidence:
    """Check a file and store it; `owner` (what it is evidence of) keeps equal files apart.

    Raises EvidenceError when it is not accepted, or when the storage has no room for it: nothing
    half written is left, nor taken for the whole file when it is sent again.
    """
    accepted = check(upload)
    digest = hashlib.sha256()
    for block in upload.chunks(_READ):
        digest.update(block)
    upload.seek(0)
    secret = salted_hmac(_SALT, f"{owner}:{digest.hexdigest()}", algorithm="sha256").hexdigest()
    path = f"{FOLDER}/{secret}{accepted.endings[0]}"
    name = _plain_name(upload.name or "")
    try:
        _store(path, upload)
    except OSError as error:
        logger.exception("An evidence file cannot be stored.")
        raise EvidenceError(
            _(
                "« %(name)s » n’a pas pu être enregistré : le serveur n’a pas pu l’écrire. "
                "Le reste du formulaire est conservé ; joignez le fichier de nouveau plus tard."
            )
            % {"name": name}
        ) from error
    return Evidence(path, name)


def _store(path: str, upload: File[bytes]) -> None:
    if default_storage.exists(path):
        # Shorter, it was left by a process that was killed while it wrote.
        if default_storage.size(path) == upload.size:
            files().touch(path)  # wanted again: not one to sweep
            return
        default_storage.delete(path)
    try:
        stored = default_storage.save(path, upload)
    except OSError:
        with suppress(OSError):
            default_storage.delete(path)
        raise
    if stored != path:  # the same file arrived meanwhile
        default_storage.delete(stored)


def stored_files() -> list[str]:
    """Return the paths of the evidence files that are stored, in order; raises OSError."""
    try:
        # A bucket has no folders that could exist or not: what is asked is what is in it.
        _folders, names = default_storage.listdir(FOLDER)
    except FileNotFoundError:
        return []
    return sorted(f"{FOLDER}/{name}" for name in names)


def sweep(wanted: Collection[str], *, before: datetime) -> int:
    """Delete the files that nothing refers to and that were last sent before a moment.

    They came with a form that was never sent again, or were taken off a draft. `before` leaves
    time for a refused form to come back. Returns how many.
    """
    forsaken = [
        path
        for path in stored_files()
        if path not in wanted and default_storage.get_modified_time(path) < before
    ]
    for path in forsaken:
        default_storage.delete(path)
    return len(forsaken)


def ticket(evidence: Evidence, *, owner: str) -> str:
    """Return what a form carries to find a stored file again, when it must be sent once more."""
    return signing.dumps([evidence.path, evidence.name, owner], salt=_SALT)


def of_ticket(text: str, *, owner: str) -> Evidence | None:
    """Return the stored file of a ticket; None when it is forged, too old or another's.

    With the storage away the ticket is believed: it is signed by whoever stored the file, which
    outlives it.
    """
    try:
        path, name, of = signing.loads(text, salt=_SALT, max_age=KEPT_FOR_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    try:
        stored = of == owner and default_storage.exists(path)
    except OSError:
        stored = True
    return Evidence(path, name) if stored else None


def _plain_name(name: str) -> str:
    """The name without folders nor control characters, cut to what is kept, its ending whole."""
    visible = "".join(character for character in name if unicodedata.category(character)[0] != "C")
    path = PurePath(visible.replace("\\", "/").rpartition("/")[2] or "document")
    return path.stem[: NAME_LENGTH - len(path.suffix)] + path.suffix[:NAME_LENGTH]
