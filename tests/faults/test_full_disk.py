"""A disk that is full while evidence is written: said, nothing half written, the text kept.

The system itself refuses the write, in the middle of the file: a limit on the size of files stands
for the disk.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from indicators.models import Indicator, Observation
from tests.agent.staff import member, signed_in
from tests.factories import IndicatorFactory
from tests.typography import plain

pytestmark = pytest.mark.django_db

ROOM = 1_000_000
PDF = b"%PDF-1.7 " + b"x" * 2 * ROOM


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@contextmanager
def full_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def typed() -> dict[str, Any]:
    return {
        "period": "2025-01-01/2025-12-31",
        "value": "45",
        "comment": "Bilan de l’année.",
        "qualifier": "exact",
        "action": "save",
        "evidence_upload": SimpleUploadedFile("bilan.pdf", PDF),
    }


def stored(media: Path) -> list[bytes]:
    return [path.read_bytes() for path in media.rglob("*") if path.is_file()]


@pytest.fixture
def indicator() -> Indicator:
    made: Indicator = IndicatorFactory.create(code="entreprises")
    return made


def test_a_file_that_finds_no_room(indicator: Indicator, media: Path) -> None:
    client = signed_in(member(indicator.plan, "manager"))
    address = f"/agent/plans/{indicator.plan.slug}/indicateurs/entreprises/saisie/"

    with full_disk():
        refused = client.post(address, typed())

    assert refused.status_code == 422
    page = plain(refused.content.decode())
    assert "« bilan.pdf » n’a pas pu être enregistré" in page
    # What was typed is still there; no row, and no half of a file.
    assert "Bilan de l’année." in page
    assert 'value="45"' in page
    assert not Observation.objects.exists()
    assert stored(media) == []

    # There is room again: the same form goes through, with the whole file.
    assert client.post(address, typed()).status_code == 302
    draft = Observation.objects.get()
    with default_storage.open(draft.evidence_file.name) as file:
        assert file.read() == PDF
    assert stored(media) == [PDF]


def test_half_a_file_of_a_killed_process_is_not_taken_for_the_whole(
    indicator: Indicator, media: Path
) -> None:
    client = signed_in(member(indicator.plan, "manager"))
    address = f"/agent/plans/{indicator.plan.slug}/indicateurs/entreprises/saisie/"
    client.post(address, typed())
    [path] = [path for path in media.rglob("*") if path.is_file()]
    path.write_bytes(PDF[:100])
    Observation.objects.all().delete()

    assert client.post(address, typed()).status_code == 302

    assert stored(media) == [PDF]
