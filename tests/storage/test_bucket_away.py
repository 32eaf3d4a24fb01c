"""A bucket whose server is not there, or fails: said in words, nothing half done, made up for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from config.backup import BackupError, back_up, restore
from exchange.models import ImportJob
from exchange.spreadsheets import jobs, keeping
from indicators.models import Indicator, Observation
from plans.files import StorageAwayError
from plans.models import Role
from tests.agent.staff import member, signed_in
from tests.exchange.spreadsheets.workbooks import NOON
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory, UserFactory
from tests.storage.bucket import Bucket
from tests.storage.people import PATH, WRONG, attach, entry, handed, page
from tests.typography import plain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def indicator() -> Indicator:
    plan = PlanFactory.create(slug="plan-essai")
    SourceFactory.create(plan=plan, code="bilan")
    made: Indicator = IndicatorFactory.create(plan=plan, code="entreprises")
    return made


@contextmanager
def kept_in(settings: Settings, bucket: Bucket) -> Iterator[None]:
    """The site keeps its files there meanwhile."""
    before = settings.STORAGES
    settings.STORAGES = {**before, "default": bucket.storage}
    try:
        yield
    finally:
        settings.STORAGES = before


def test_evidence_that_cannot_be_stored_is_refused_in_words(
    bucket: Bucket, away: Bucket, indicator: Indicator, settings: Settings
) -> None:
    client = signed_in(member(indicator.plan, Role.MANAGER))

    def sent() -> dict[str, object]:
        return entry(
            comment="Bilan de l’année.",
            evidence_upload=SimpleUploadedFile("bilan.pdf", b"%PDF-1.7"),
        )

    with kept_in(settings, away):
        refused = client.post(page(indicator), sent())
    assert refused.status_code == 422
    shown = plain(refused.content.decode())
    assert "« bilan.pdf » n’a pas pu être enregistré" in shown
    assert "Bilan de l’année." in shown
    assert not Observation.objects.exists()
    assert bucket.held() == {}

    # It is back: the same form goes through.
    assert client.post(page(indicator), sent()).status_code == 302
    assert list(bucket.held().values()) == [b"%PDF-1.7"]


def test_a_form_whose_file_is_stored_already_needs_no_storage(
    bucket: Bucket, away: Bucket, indicator: Indicator, settings: Settings
) -> None:
    client = signed_in(member(indicator.plan, Role.MANAGER))
    refused = client.post(
        page(indicator),
        entry(value="x", evidence_upload=SimpleUploadedFile("bilan.pdf", b"%PDF-1.7")),
    )
    ticket = refused.context["form"].ticket
    with kept_in(settings, away):
        saved = client.post(page(indicator), entry(evidence_ticket=ticket))
    assert saved.status_code == 302
    assert [f"plans/{Observation.objects.get().evidence_file.name}"] == bucket.keys()


def test_evidence_that_cannot_be_read_says_so_and_the_rest_goes_on(
    bucket: Bucket, away: Bucket, indicator: Indicator, settings: Settings
) -> None:
    row = attach(indicator, b"%PDF-1.7")
    client = signed_in(member(indicator.plan, Role.VIEWER))
    client.raise_request_exception = False
    with kept_in(settings, away):
        answer = client.get(handed(row))
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")
        assert "ne peut pas lire ses données pour le moment" in answer.content.decode()
        assert client.get(row.get_absolute_url()).status_code == 200
        ready = Client().get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    back: Any = client.get(handed(row))
    assert b"".join(back.streaming_content) == b"%PDF-1.7"


def test_a_workbook_that_cannot_be_stored_is_refused_in_words(
    bucket: Bucket, away: Bucket, indicator: Indicator, settings: Settings
) -> None:
    client = signed_in(member(indicator.plan, Role.MANAGER))
    address = reverse("agent:spreadsheets", args=[indicator.plan.slug])
    with kept_in(settings, away):
        refused = client.post(address, {"file": SimpleUploadedFile("saisie.csv", WRONG)})
    assert refused.status_code == 422
    assert "Ce fichier n’a pas pu être enregistré" in refused.content.decode()
    assert not ImportJob.objects.exists()
    assert bucket.held() == {}


@pytest.fixture
def job(bucket: Bucket, indicator: Indicator) -> ImportJob:
    """A workbook in the bucket, which waits for its check."""
    sender = member(indicator.plan, Role.MANAGER)
    upload = SimpleUploadedFile("saisie.csv", WRONG)
    return jobs.receive(indicator.plan, sender, upload, at=NOON)


def test_a_check_that_cannot_read_its_file_is_taken_up_again(
    bucket: Bucket, away: Bucket, job: ImportJob, settings: Settings
) -> None:
    with kept_in(settings, away), pytest.raises(StorageAwayError):
        jobs.work_on(job.pk, at=NOON)
    job.refresh_from_db()
    assert job.state == ImportJob.State.CHECKING
    later = NOON + timedelta(seconds=61)
    assert jobs.take_up(at=later) == [job.pk]
    jobs.work_on(job.pk, at=later)
    job.refresh_from_db()
    assert (job.state, job.counts) == (ImportJob.State.CHECKED, {"error": 1})
    assert sorted(bucket.keys()) == sorted(
        [f"plans/{job.file.name}", f"plans/{job.annotated.name}"]
    )


def test_what_is_given_up_is_removed_once_it_can_be(
    bucket: Bucket, away: Bucket, job: ImportJob, settings: Settings
) -> None:
    with kept_in(settings, away):
        jobs.cancel(job, at=NOON)
        assert keeping.purge(at=NOON + timedelta(days=15)) == 0
    job.refresh_from_db()
    assert (job.state, job.purged_at) == (ImportJob.State.CANCELLED, None)
    assert bucket.keys() == [f"plans/{job.file.name}"]
    assert keeping.purge(at=NOON + timedelta(days=15)) == 1
    assert bucket.keys() == []


def test_a_backup_without_the_bucket_is_none(
    bucket: Bucket, away: Bucket, settings: Settings, tmp_path: Path
) -> None:
    default_storage.save(PATH, ContentFile(b"%PDF-1.7"))
    with kept_in(settings, away), pytest.raises(BackupError, match="cannot be copied"):
        back_up(tmp_path / "backup.tar")
    assert list(tmp_path.glob("*.tar")) == []


def test_a_restore_without_the_bucket_changes_nothing(
    bucket: Bucket, away: Bucket, settings: Settings, tmp_path: Path
) -> None:
    default_storage.save(PATH, ContentFile(b"%PDF-1.7"))
    back_up(tmp_path / "backup.tar")
    person = UserFactory.create()
    with kept_in(settings, away), pytest.raises(BackupError, match="Nothing was changed: s3://"):
        restore(tmp_path / "backup.tar", replace=True)
    person.refresh_from_db()
