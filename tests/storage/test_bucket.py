"""The site with its files in a bucket: a real server, people's pages, a worker beside them."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from agent.entry.evidence import sweep_evidence
from config.backup import back_up
from exchange.models import ImportJob, PlanPackage
from exchange.packages.services import build_changed
from indicators.models import Indicator
from plans.files import files
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory
from tests.processes import worker
from tests.storage.bucket import Bucket
from tests.storage.people import PATH, PDF, WRONG, attach, entry, handed, page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def indicator() -> Indicator:
    plan = PlanFactory.create(slug="plan-essai")
    SourceFactory.create(plan=plan, code="bilan")
    made: Indicator = IndicatorFactory.create(plan=plan, code="entreprises")
    return made


# --- Evidence -------------------------------------------------------------------------------------


def test_evidence_is_handed_to_who_may_see_drafts_and_to_nobody_else(
    bucket: Bucket, indicator: Indicator
) -> None:
    row = attach(indicator)
    key = f"plans/{row.evidence_file.name}"
    assert bucket.held() == {key: PDF}

    answer: Any = signed_in(member(indicator.plan, Role.VIEWER)).get(handed(row))
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Length"] == str(len(PDF))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''bilan%20")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"

    assert signed_in(member(PlanFactory.create(), Role.MANAGER)).get(handed(row)).status_code == 404
    assert Client().get(handed(row)).status_code == 302


@pytest.mark.parametrize("content", [b"%PDF-1.7", PDF])
def test_nothing_opens_an_object_to_strangers(
    bucket: Bucket, indicator: Indicator, content: bytes
) -> None:
    """A private bucket stays so: no access is asked for, and no link is made."""
    asked: list[tuple[str, set[str]]] = []

    def note(operation_name: str, request: Any, **_: object) -> None:
        asked.append((operation_name, {name.lower() for name in request.headers}))

    storage: Any = default_storage
    storage.connection.meta.client.meta.events.register("before-sign.s3", note)
    row = attach(indicator, content)
    assert {"PutObject", "CreateMultipartUpload"} & {name for name, _headers in asked}
    assert [name for name, headers in asked if "x-amz-acl" in headers] == []
    with pytest.raises(NotImplementedError):
        default_storage.url(row.evidence_file.name)


def test_an_object_that_is_gone_is_not_found(bucket: Bucket, indicator: Indicator) -> None:
    row = attach(indicator, b"%PDF-1.7")
    default_storage.delete(row.evidence_file.name)
    assert bucket.held() == {}
    assert signed_in(member(indicator.plan, Role.VIEWER)).get(handed(row)).status_code == 404


def test_the_sweep_takes_what_nothing_refers_to(bucket: Bucket, indicator: Indicator) -> None:
    row = attach(indicator, b"%PDF-1.7 kept")
    signed_in(member(indicator.plan, Role.MANAGER)).post(
        page(indicator),
        entry(value="x", evidence_upload=SimpleUploadedFile("autre.pdf", b"%PDF-1.7 forsaken")),
    )
    bucket.client.put_object(Bucket=bucket.name, Key="evidence/of-another-site.pdf", Body=b"theirs")
    assert len(bucket.held()) == 3

    now = timezone.now()
    assert sweep_evidence(at=now + timedelta(hours=47)) == 0
    assert sweep_evidence(at=now + timedelta(hours=49)) == 1
    assert sorted(bucket.held().values()) == [b"%PDF-1.7 kept", b"theirs"]
    assert default_storage.exists(row.evidence_file.name)


def test_a_file_sent_again_is_one_object_as_recent_as_the_last_sending(
    bucket: Bucket, indicator: Indicator
) -> None:
    row = attach(indicator, b"%PDF-1.7")
    first = default_storage.get_modified_time(row.evidence_file.name)
    time.sleep(1.1)  # the bucket counts seconds
    client = signed_in(member(indicator.plan, Role.MANAGER))
    client.post(
        page(indicator),
        entry(value="x", evidence_upload=SimpleUploadedFile("bilan.pdf", b"%PDF-1.7")),
    )
    assert bucket.held() == {f"plans/{row.evidence_file.name}": b"%PDF-1.7"}
    assert default_storage.get_modified_time(row.evidence_file.name) > first


# --- Workers --------------------------------------------------------------------------------------


def until(job: ImportJob, state: str, log: Path) -> None:
    end = time.monotonic() + 60
    while job.state != state:
        assert time.monotonic() < end, (job.state, log.read_text())
        time.sleep(0.05)
        job.refresh_from_db()


def test_a_workbook_goes_to_a_worker_and_its_annotated_copy_comes_back(
    bucket: Bucket, indicator: Indicator, tmp_path: Path
) -> None:
    current_app.control.purge()
    sender, log = member(indicator.plan, Role.MANAGER), tmp_path / "worker.log"
    client = signed_in(sender)
    sent = client.post(
        reverse("agent:spreadsheets", args=[indicator.plan.slug]),
        {"file": SimpleUploadedFile("saisie.csv", WRONG)},
    )
    job = ImportJob.objects.get()
    assert sent["Location"] == job.get_absolute_url()
    with worker(log, DATA_DIR=str(tmp_path / "of-the-worker"), **bucket.environment):
        until(job, ImportJob.State.CHECKED, log)
        assert job.counts == {"error": 1}
        held = bucket.held()
        assert sorted(held) == sorted([f"plans/{job.file.name}", f"plans/{job.annotated.name}"])

        copy: Any = client.get(reverse("agent:import_copy", args=[job.plan.slug, job.pk]))
        content = b"".join(copy.streaming_content)
        assert content == held[f"plans/{job.annotated.name}"]
        assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
        other = signed_in(member(indicator.plan, Role.CONTRIBUTOR))
        assert other.get(copy.wsgi_request.path).status_code == 403

        # What is old goes at night, by the worker, once nobody has anything in hand with it.
        client.post(reverse("agent:import_check_again", args=[job.plan.slug, job.pk]))
        job.refresh_from_db()
        until(job, ImportJob.State.CHECKED, log)
        ImportJob.objects.update(created_at=timezone.now() - timedelta(days=15))
        current_app.send_task("exchange.tasks.purge_imports", ignore_result=True)
        end = time.monotonic() + 60
        while bucket.keys():
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
    assert not (tmp_path / "of-the-worker/media").exists()


# --- What else reads and writes -------------------------------------------------------------------


def test_a_backup_holds_what_is_in_the_bucket_and_gives_it_back(
    bucket: Bucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    default_storage.save(PATH, ContentFile(PDF))
    call_command("backup", tmp_path / "backup.tar")
    said = capsys.readouterr().out
    assert f"1 evidence files of s3://{bucket.name}/plans at {bucket.endpoint}" in said

    default_storage.delete(PATH)
    call_command("restore", tmp_path / "backup.tar", replace=True)
    assert f"1 evidence files in s3://{bucket.name}/plans at" in capsys.readouterr().out
    assert bucket.held() == {f"plans/{PATH}": PDF}


def test_a_backup_moves_the_files_from_a_folder_to_a_bucket(
    s3_server: str, folder: Path, settings: Settings, tmp_path: Path
) -> None:
    default_storage.save(PATH, ContentFile(PDF))
    back_up(tmp_path / "backup.tar")
    made = Bucket(s3_server, "plans-moved", folder="")
    made.client.create_bucket(
        Bucket=made.name, CreateBucketConfiguration={"LocationConstraint": "fr-par"}
    )
    settings.STORAGES = {**settings.STORAGES, "default": made.storage}
    call_command("restore", tmp_path / "backup.tar", replace=True)
    assert made.held() == {PATH: PDF}


def test_packages_are_built_without_a_file(bucket: Bucket) -> None:
    plan: Plan = PlanFactory.create()
    assert build_changed(at=timezone.now()) == 1
    assert PlanPackage.objects.get(plan=plan).size > 0
    assert bucket.held() == {}


def test_ready_asks_the_bucket(client: Client, bucket: Bucket, settings: Settings) -> None:
    assert files().is_well()
    assert client.get("/readyz").json()["files"] == "ok"
    nowhere = Bucket(bucket.endpoint, "another-bucket").storage
    settings.STORAGES = {**settings.STORAGES, "default": nowhere}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["files"]) == (
        200, "degraded", "away",
    )  # fmt: skip
