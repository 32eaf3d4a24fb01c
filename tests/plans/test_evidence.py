"""Evidence files: known by what they hold, kept where nobody can guess."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from plans import evidence
from plans.evidence import EvidenceError
from tests.typography import plain


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def archive(**parts: bytes) -> bytes:
    """Return a zip archive; "__" in a name stands for "/"."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in parts.items():
            made.writestr(
                name.replace("__", "/").replace("Content_Types", "[Content_Types]"), content
            )
    return held.getvalue()


OFFICE = {"Content_Types.xml": b"<Types/>"}
GOOD = {
    "bilan.pdf": b"%PDF-1.7\n...",
    "courbe.png": b"\x89PNG\r\n\x1a\n....",
    "photo.JPG": b"\xff\xd8\xff\xe0....",
    "photo.jpeg": b"\xff\xd8\xff\xe1....",
    "tableau.xlsx": archive(**OFFICE, **{"xl__workbook.xml": b"<workbook/>"}),
    "note.docx": archive(**OFFICE, **{"word__document.xml": b"<document/>"}),
    "tableau.ods": archive(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
    "note.odt": archive(mimetype=b"application/vnd.oasis.opendocument.text"),
    "valeurs.csv": "année;valeur\n2025;35 000\n".encode("windows-1252"),
}
BAD = {
    "un programme sous un autre nom": ("bilan.pdf", b"MZ\x90\x00"),
    "une page web": ("bilan.html", b"<script>alert(1)</script>"),
    "une image dessinée": ("carte.svg", b"<svg onload='alert(1)'/>"),
    "un ancien classeur": ("bilan.xls", b"\xd0\xcf\x11\xe0"),
    "un classeur à macros": (
        "bilan.xlsx",
        archive(**OFFICE, **{"xl__workbook.xml": b"", "xl__vbaProject.bin": b""}),
    ),
    "un texte à macros": (
        "note.odt",
        archive(mimetype=b"application/vnd.oasis.opendocument.text", Basic__script=b""),
    ),
    "une archive quelconque": ("bilan.xlsx", archive(virus=b"")),
    "un texte pour un classeur": ("bilan.ods", GOOD["note.odt"]),
    "une archive abîmée": ("bilan.docx", GOOD["note.docx"][:-30]),
    "du binaire en CSV": ("valeurs.csv", b"2025;35\x00\x01"),
    "rien qui dise ce que c’est": ("bilan", b"%PDF-1.7"),
}


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/x-anything")


@pytest.mark.parametrize("name", GOOD)
def test_what_is_what_it_says_is_accepted(name: str) -> None:
    kept = evidence.keep(upload(name, GOOD[name]), owner="plan-1")

    assert kept.name == name
    with default_storage.open(kept.path) as stored:
        assert stored.read() == GOOD[name]


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_refused_and_nothing_is_stored(name: str, tmp_path: Path) -> None:
    with pytest.raises(EvidenceError):
        evidence.keep(upload(*BAD[name]), owner="plan-1")
    assert list(tmp_path.rglob("*")) == []


def test_a_refusal_says_what_is_allowed() -> None:
    with pytest.raises(EvidenceError) as refusal:
        evidence.check(upload("carte.svg", b"<svg/>"))
    assert plain(str(refusal.value)) == (
        "« carte.svg » n’est pas d’un type accepté : PDF, PNG, JPEG, XLSX, ODS, CSV, DOCX, ODT."
    )


def test_a_file_too_large_is_refused_with_the_limit(settings: Settings) -> None:
    settings.EVIDENCE_MAX_BYTES = 1_500_000

    with pytest.raises(EvidenceError) as refusal:
        evidence.check(upload("bilan.pdf", b"%PDF-" + bytes(2_000_000)))
    assert plain(str(refusal.value)) == "« bilan.pdf » pèse 2 Mo ; la limite est de 1,5 Mo."


def test_the_name_on_disk_is_made_from_the_content_and_a_secret(settings: Settings) -> None:
    first, again, other = (
        evidence.keep(upload("bilan.pdf", GOOD["bilan.pdf"]), owner=owner)
        for owner in ("plan-1", "plan-1", "plan-2")
    )
    settings.SECRET_KEY = "another"
    elsewhere = evidence.keep(upload("bilan.pdf", GOOD["bilan.pdf"]), owner="plan-1")

    assert re.fullmatch(r"evidence/[0-9a-f]{64}\.pdf", first.path)
    assert first == again
    assert len({first.path, other.path, elsewhere.path}) == 3


def test_the_name_of_a_file_holds_no_folder_nor_control_character() -> None:
    file: Any = upload("x.pdf", GOOD["bilan.pdf"])
    file._name = "..\\..\\é\u202e\n" + "a" * 200 + ".pdf"

    kept = evidence.keep(file, owner="plan-1")

    assert kept.name == "é" + "a" * 145 + ".pdf"


def test_a_ticket_finds_its_file_for_its_plan_only() -> None:
    kept = evidence.keep(upload("bilan.pdf", GOOD["bilan.pdf"]), owner="plan-1")
    ticket = evidence.ticket(kept, owner="plan-1")

    assert evidence.of_ticket(ticket, owner="plan-1") == kept
    assert evidence.of_ticket(ticket, owner="plan-2") is None
    assert evidence.of_ticket(ticket[:-1] + "x", owner="plan-1") is None
    assert evidence.of_ticket("", owner="plan-1") is None
    default_storage.delete(kept.path)
    assert evidence.of_ticket(ticket, owner="plan-1") is None
