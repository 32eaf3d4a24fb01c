"""The restore drill: save, lose, restore, and find every row and every file again."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from pghistory.models import Events
from pytest_django import Settings

from accounts.models import User
from config import backup
from config.backup import BackupError, back_up, restore
from indicators.models import Observation
from plans.models import Plan
from tests.dashboards.pages import load_plans
from tests.factories import ObservationFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

PATH = f"evidence/{'a1' * 32}.pdf"


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """The backup of all reference plans, a person and an evidence file."""
    load_plans()
    UserFactory.create(email="marie@example.org", name="Marie « l’été » \\ tab\there")
    default_storage.save(PATH, ContentFile(b"%PDF-1.4 evidence"))
    back_up(tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def lose_everything() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    if default_storage.exists(PATH):
        default_storage.delete(PATH)


def everything() -> dict[str, backup.Table]:
    with transaction.atomic():
        return backup.measured(connection)


def test_the_drill(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = everything()
    plans = list(Plan.objects.order_by("slug").values_list("slug", "title"))
    assert sum(table.rows for table in before.values()) > 1000
    lose_everything()
    cache.set("page", "as it was")

    said = StringIO()
    call_command("restore", archive, stdout=said)

    assert everything() == before
    assert list(Plan.objects.order_by("slug").values_list("slug", "title")) == plans
    assert User.objects.get().name == "Marie « l’été » \\ tab\there"
    with default_storage.open(PATH) as file:
        assert file.read() == b"%PDF-1.4 evidence"
    assert cache.get("page") is None
    rows = sum(table.rows for table in before.values())
    assert f"{rows} rows of {len(before)} tables, 1 evidence files" in said.getvalue()
    assert "earlier release" not in said.getvalue()

    # What the database enforced it enforces again, and numbers go on where they were.
    published = Observation.objects.filter(state="published").first()
    assert published is not None
    with pytest.raises(Exception, match="published"), transaction.atomic():
        Observation.objects.filter(pk=published.pk).update(value=1)
    new = ObservationFactory.create()
    assert new.pk > published.pk
    assert Events.objects.tracks(new).count() == 1


def test_a_change_made_while_saving_is_in_neither_or_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The figures and the dump are of one snapshot: a row written between them is in neither."""
    UserFactory.create()
    run = backup._run

    def late(*words: str) -> None:

        parameters = connection.get_connection_params()
        plain = {name: parameters[name] for name in ("dbname", "user", "host", "port")}
        with psycopg.connect(**plain) as other:
            other.execute("UPDATE accounts_user SET name = 'changed meanwhile'")
            other.execute("INSERT INTO plans_sector (code, name) VALUES ('late', 'late')")
        run(*words)

    monkeypatch.setattr(backup, "_run", late)
    back_up(tmp_path / "one.tar")
    lose_everything()
    restore(tmp_path / "one.tar", replace=False)
    assert not User.objects.filter(name="changed meanwhile").exists()


def test_a_database_that_holds_something_is_left_alone_unless_told(archive: Path) -> None:
    User.objects.create(email="new@example.org", name="Since the backup")
    before = everything()
    with pytest.raises(BackupError, match="not empty: nothing was changed"):
        restore(archive, replace=False)
    assert everything() == before
    restore(archive, replace=True)
    assert list(User.objects.values_list("email", flat=True)) == ["marie@example.org"]


def test_a_migrated_database_without_a_plan_nor_a_person_is_empty(archive: Path) -> None:
    before = everything()
    lose_everything()
    call_command("migrate", verbosity=0)
    restore(archive, replace=False)
    assert everything() == before


def rewritten(archive: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """A copy of the archive with its members changed, or left out."""
    copy = archive.with_name("changed.tar")
    with tarfile.open(archive) as old, tarfile.open(copy, "w") as new:
        for entry in old.getmembers():
            content = old.extractfile(entry)
            assert content is not None
            changed = change(entry.name, content.read())
            if changed is not None:
                entry.size = len(changed)
                new.addfile(entry, io.BytesIO(changed))
    return copy


def digest_of(data: bytes) -> str:
    return backup._digest_of(io.BytesIO(data))


def with_dump(archive: Path, dump: bytes) -> Path:
    """The archive with another dump, its digest right."""

    def change(name: str, data: bytes) -> bytes:
        if name == "manifest.json":
            manifest = json.loads(data)
            manifest["files"]["database.dump"] = digest_of(dump)
            return json.dumps(manifest).encode()
        return dump if name == "database.dump" else data

    return rewritten(archive, change)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda name, data: data[:-1] + b"x" if name.endswith(".pdf") else data, "is damaged"),
        (lambda name, data: data[: len(data) // 2] if name.endswith("dump") else data, "damaged"),
        (lambda name, data: None if name.endswith(".pdf") else data, "does not hold the files"),
        (lambda name, data: None if name.endswith("json") else data, "holds no manifest.json"),
        (lambda name, data: b"[]" if name.endswith("json") else data, "not one of ours"),
        (
            lambda name, data: data.replace(b'"format": 1', b'"format": 2')
            if name.endswith("json") else data,
            "has format 2",
        ),
    ],
    ids=["evidence", "dump", "missing file", "no manifest", "not a manifest", "another format"],
)  # fmt: skip
def test_a_damaged_archive_changes_nothing(
    archive: Path, change: Callable[[str, bytes], bytes | None], complaint: str
) -> None:
    before = everything()
    with pytest.raises(BackupError, match=complaint):
        restore(rewritten(archive, change), replace=True)
    assert everything() == before


def test_what_is_no_archive_changes_nothing(archive: Path) -> None:
    before = everything()
    cut = archive.with_name("cut.tar")
    cut.write_bytes(archive.read_bytes()[:700])
    for source in (cut, archive.with_name("nowhere.tar")):
        with pytest.raises(BackupError):
            restore(source, replace=True)
    assert everything() == before


def test_an_archive_writes_evidence_files_only(archive: Path, tmp_path: Path) -> None:
    name = "../../outside.pdf"
    with tarfile.open(archive) as old:
        content = old.extractfile("manifest.json")
        assert content is not None
        manifest = json.loads(content.read())
    manifest["files"][name] = digest_of(b"x")
    forged = rewritten(
        archive, lambda one, data: json.dumps(manifest).encode() if one.endswith("json") else data
    )
    with tarfile.open(forged, "a") as tar:
        entry = tarfile.TarInfo(name)
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(BackupError, match="no evidence file"):
        restore(forged, replace=True)
    assert list(tmp_path.parent.glob("outside.pdf")) == []


@pytest.mark.parametrize("kept", [0.3, 0.7, 0.95])
def test_a_dump_that_ends_too_soon_leaves_the_database_as_it_was(
    archive: Path, kept: float
) -> None:
    before = everything()
    with tarfile.open(archive) as old:
        content = old.extractfile("database.dump")
        assert content is not None
        dump = content.read()
    with pytest.raises(BackupError, match="Nothing was changed"):
        restore(with_dump(archive, dump[: int(len(dump) * kept)]), replace=True)
    assert everything() == before


def test_a_program_that_gives_up_at_once_leaves_the_database_as_it_was(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, program = everything(), backup._program
    monkeypatch.setattr(
        backup, "_program", lambda name: Path("/bin/false") if name == "psql" else program(name)
    )
    with pytest.raises(BackupError, match="Nothing was changed"):
        restore(archive, replace=True)
    assert everything() == before


def test_rows_that_are_not_those_saved_are_noticed(archive: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        if name != "manifest.json":
            return data
        manifest = json.loads(data)
        manifest["tables"]["plans_plan"]["rows"] += 1
        manifest["tables"]["plans_source"]["digest"] = "7"
        return json.dumps(manifest).encode()

    with pytest.raises(BackupError, match="not what was saved") as raised:
        restore(rewritten(archive, change), replace=True)
    assert "plans_plan: Table(rows=" in str(raised.value)
    assert "plans_source: Table(rows=" in str(raised.value)


def test_a_backup_is_for_its_owner_and_overwrites_none(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="not overwritten"):
        back_up(archive)
    assert [path.name for path in archive.parent.glob(".backup-*")] == []


def test_a_failure_leaves_no_half_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "_address", lambda: "dbname=nowhere host=/nowhere")
    with pytest.raises(BackupError, match="pg_dump failed"):
        call_command("backup", tmp_path / "one.tar")
    assert list(tmp_path.glob("**/*.tar")) == []
