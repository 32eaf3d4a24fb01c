"""One file that holds a whole installation: database and evidence files, with what proves it whole.

Evidence comes from wherever it is kept, a folder or a bucket, and goes back to wherever it is kept
by then.

The archive is a tar of `database.dump` (pg_dump's own format), `evidence/…` and `manifest.json`,
which gives the digest of each file and, for each table, how many rows it had and a digest of them,
reckoned in the very snapshot that was dumped. A restore reads all of it before it changes anything,
replaces the tables in one transaction, and reckons the same figures again.

Not in it: the settings and their secrets, and Redis, which holds a cache and a queue.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.cache import cache
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from psycopg import sql
from psycopg.conninfo import make_conninfo
from redis import RedisError

from config.database_roles import application_role, as_owner, protect
from config.embedded.paths import EmbeddedError
from config.embedded.postgres import installation
from indicators.services import refresh_missing_progress
from plans.evidence import FOLDER, stored_files
from plans.files import files

FORMAT = 1
DUMP, MANIFEST = "database.dump", "manifest.json"
# An evidence file is named by a digest; nothing else is written from an archive.
_EVIDENCE = re.compile(rf"{FOLDER}/[0-9a-f]{{64}}\.[a-z0-9]{{2,5}}")
_READ = 1024 * 1024
# Written by pg_dump 17 and newer; a server before 17 does not know it and would refuse the rest.
_NOT_BEFORE_17 = re.compile(rb"^SET transaction_timeout = ")


class BackupError(CommandError):
    """The backup was not made, or not restored; says what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a table held: how many rows, and the sum of their digests, whatever their order."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    made_at: str
    version: str
    server: int
    tables: dict[str, Table]
    files: dict[str, str]

    @classmethod
    def of_text(cls, text: bytes) -> Manifest:
        """Raises BackupError when it is not one of ours."""
        try:
            found = json.loads(text)
            tables = {name: Table(**one) for name, one in found.pop("tables").items()}
            manifest = cls(tables=tables, **found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError("The manifest of the archive is not one of ours.") from error
        if manifest.format != FORMAT:
            raise BackupError(f"The archive has format {manifest.format}; this is {FORMAT}.")
        return manifest


# Making


def back_up(target: Path) -> Manifest:
    """Write the archive; it has its name once it is complete, and only its owner may read it.

    Raises BackupError when the file exists, a program fails, or the evidence cannot be read.
    """
    if target.exists():
        raise BackupError(f"{target} is there already: it is not overwritten.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder, as_owner():
        dump, draft = Path(folder, DUMP), Path(folder, "archive.tar")
        tables = _dump(dump)
        with dump.open("rb") as written:
            digests = {DUMP: _digest_of(written)}
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened, tarfile.open(fileobj=opened, mode="w") as tar:
            tar.add(dump, DUMP)
            with _storage_said("copied"):
                for path in stored_files():
                    digests[path] = _add_evidence(tar, path)
            manifest = Manifest(
                format=FORMAT,
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                version=settings.VERSION,
                server=_server_major(),
                tables=tables,
                files=digests,
            )
            text = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text))
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.rename(target)
    return manifest


def measured(using: BaseDatabaseWrapper) -> dict[str, Table]:
    """Return what each table holds, as this transaction sees it."""
    with using.cursor() as cursor:
        # How a value is written must not depend on who asks.
        cursor.execute(
            "SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; "
            "SET LOCAL bytea_output = hex; SET LOCAL intervalstyle = 'iso_8601'; "
            "SET LOCAL extra_float_digits = 1"
        )
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = {}
        for (name,) in cursor.fetchall():
            cursor.execute(
                sql.SQL(
                    "SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)"
                    "::bigint::numeric), 0)::text FROM {} t"
                ).format(sql.Identifier("public", name))
            )
            rows, digest = cursor.fetchone()
            tables[name] = Table(rows, digest)
    return tables


def _dump(target: Path) -> dict[str, Table]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        tables = measured(connection)
        _run(
            "pg_dump", "--format=custom", "--no-owner", "--no-privileges",
            f"--snapshot={snapshot}", f"--file={target}", f"--dbname={_address()}",
        )  # fmt: skip
    return tables


def _add_evidence(tar: tarfile.TarFile, path: str) -> str:
    entry = tarfile.TarInfo(path)
    entry.size = default_storage.size(path)
    with default_storage.open(path) as content:
        digest = _digest_of(content)
        content.seek(0)
        tar.addfile(entry, content)
    return digest


# Restoring


def restore(source: Path, *, replace: bool) -> Manifest:
    """Make the database and the evidence files what the archive holds.

    The site must not run meanwhile. Raises BackupError when the archive is damaged, when the
    storage takes no files or the database holds something and `replace` is not said (nothing is
    changed then), or when what was restored is not what was saved.
    """
    with _archive(source) as tar:
        manifest = _checked(tar)
        if not files().is_well():
            raise BackupError(f"Nothing was changed: {files().where()} does not take files.")
        with as_owner() as owner:
            if not replace:
                _refuse_unless_empty()
            with tempfile.TemporaryDirectory() as folder:
                dump = Path(folder, DUMP)
                with dump.open("wb") as copy:
                    shutil.copyfileobj(_member(tar, DUMP), copy, _READ)
                owner.close()
                _replace_tables(dump)
            role = application_role()
            if role is not None:
                protect(owner, role)
            _compare(manifest, owner)
        with _storage_said("written: the database is restored, these files are not. Restore again"):
            _restore_evidence(tar, manifest)
        # The archive holds the progress of its own day: no reader reckons today's from all values.
        refresh_missing_progress(on=timezone.localdate())
    try:
        cache.clear()
    except RedisError as error:
        raise BackupError(
            "Everything is restored, but the cache could not be emptied and may show what was "
            "there before: empty database 1 of Redis."
        ) from error
    return manifest


def _checked(tar: tarfile.TarFile) -> Manifest:
    """Read the whole archive against its manifest, before anything is changed."""
    manifest = Manifest.of_text(_member(tar, MANIFEST).read())
    found = {entry.name for entry in tar.getmembers()} - {MANIFEST}
    if found != set(manifest.files) or DUMP not in found:
        raise BackupError("The archive does not hold the files that its manifest lists.")
    strange = [name for name in found - {DUMP} if not _EVIDENCE.fullmatch(name)]
    if strange:
        raise BackupError(f"The archive holds what is no evidence file: {strange[0]!r}.")
    for name, digest in manifest.files.items():
        if _digest_of(_member(tar, name)) != digest:
            raise BackupError(f"{name} is damaged: its digest is not that of the manifest.")
    return manifest


def _refuse_unless_empty() -> None:
    known = connection.introspection.table_names()
    for table in ("plans_plan", "accounts_user"):
        if table not in known:
            continue
        with connection.cursor() as cursor:
            statement = sql.SQL("SELECT EXISTS (SELECT 1 FROM {})")
            cursor.execute(statement.format(sql.Identifier(table)))
            if cursor.fetchone()[0]:
                raise BackupError(
                    "The database is not empty: nothing was changed. To replace what it holds, "
                    "say --replace (make restore REPLACE=yes)."
                )


def _replace_tables(dump: Path) -> None:
    """In one transaction: whatever goes wrong, the database stays as it was."""
    unpack = [
        str(_program("pg_restore")), "--no-owner", "--no-privileges", "--file=-", str(dump),
    ]  # fmt: skip
    psql = [
        str(_program("psql")), "--no-psqlrc", "--quiet", "--single-transaction",
        "--set=ON_ERROR_STOP=1", "--output=/dev/null", f"--dbname={_address()}", "--file=-",
    ]  # fmt: skip
    old = _server_major() < 17
    connection.close()
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(unpack, stdout=subprocess.PIPE, stderr=complaints) as reader,
        subprocess.Popen(
            psql, stdin=subprocess.PIPE, stderr=complaints, env=_environment()
        ) as writer,
    ):
        assert reader.stdout is not None
        assert writer.stdin is not None
        try:
            writer.stdin.write(
                b"DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"
                b"GRANT USAGE ON SCHEMA public TO PUBLIC;\n"
            )
            for line in reader.stdout:
                if not (old and _NOT_BEFORE_17.match(line)):
                    writer.stdin.write(line)
            if reader.wait() != 0:
                # Half a script must not be committed: it ends in an error, within a row or not.
                writer.stdin.write(b"\n\\.\nSELECT the_archive_ends_too_soon;\n")
            writer.stdin.close()
        except BrokenPipeError:
            reader.kill()
            # What it did not take would be offered again when the block ends.
            with suppress(BrokenPipeError):
                writer.stdin.close()
        failed = [writer.wait(), reader.wait()] != [0, 0]
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip().splitlines()
    if failed:
        raise BackupError(f"Nothing was changed: {said[0] if said else 'psql failed'}")


def _compare(manifest: Manifest, owner: BaseDatabaseWrapper) -> None:
    with transaction.atomic():
        found = measured(owner)
    wrong = [
        f"{name}: {found.get(name)} instead of {manifest.tables.get(name)}"
        for name in sorted({*found, *manifest.tables})
        if found.get(name) != manifest.tables.get(name)
    ]
    if wrong:
        raise BackupError(f"What was restored is not what was saved. {'; '.join(wrong)}")


@contextmanager
def _storage_said(act: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupError(f"The evidence files cannot be {act}. {error}") from error


def _restore_evidence(tar: tarfile.TarFile, manifest: Manifest) -> None:
    for name, digest in manifest.files.items():
        if name == DUMP:
            continue
        if default_storage.exists(name):
            with default_storage.open(name) as there:
                if _digest_of(there) == digest:
                    continue
            default_storage.delete(name)
        stored = default_storage.save(name, File(_member(tar, name)))
        with default_storage.open(stored) as written:
            if stored != name or _digest_of(written) != digest:
                raise BackupError(f"The evidence file {name} was not written as it was saved.")


# Reading an archive


@contextmanager
def _archive(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, "r:") as tar:
            yield tar
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BackupError(f"{source} cannot be read: {error}") from error


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    try:
        content = tar.extractfile(name)
    except KeyError:
        content = None
    if content is None:
        raise BackupError(f"The archive holds no {name}: it is not one of ours, or not whole.")
    return content


def _digest_of(content: IO[bytes] | File[bytes]) -> str:
    digest = hashlib.sha256()
    while block := content.read(_READ):
        digest.update(block)
    return digest.hexdigest()


# PostgreSQL's programs


def _run(name: str, *words: str) -> None:
    done = subprocess.run(
        [str(_program(name)), *words],
        check=False,
        capture_output=True,
        env=_environment(),
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"]
        raise BackupError(f"{name} failed: {said[-1]}")


def _address() -> str:
    """The database as libpq takes it, without its password: other accounts see command lines."""
    known = {
        "dbname", "user", "host", "port", "target_session_attrs",
        "sslmode", "sslrootcert", "sslcert", "sslkey",
    }  # fmt: skip
    parameters = connection.get_connection_params()
    return make_conninfo(**{name: parameters[name] for name in known if parameters.get(name)})


def _environment() -> dict[str, str]:
    password = connection.settings_dict.get("PASSWORD")
    return {**os.environ, **({"PGPASSWORD": password} if password else {})}


def _server_major() -> int:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version_num")
            return int(cursor.fetchone()[0]) // 10_000
    except DatabaseError as error:
        raise BackupError(f"The database does not answer: {error}") from error


def _program(name: str) -> Path:
    """Find the program of the server's own version, else of the nearest newer one.

    Raises BackupError when there is none: an older pg_dump refuses a newer server.
    """
    server = _server_major()
    found = sorted((major, path) for path in _candidates(name) if (major := _major(path)) >= server)
    if not found:
        raise BackupError(f"{name} {server} or newer is not installed (postgresql-client).")
    return found[0][1]


def _candidates(name: str) -> Iterator[Path]:
    on_path = shutil.which(name)
    if on_path:
        yield Path(on_path)
    yield from Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
    try:
        embedded = installation() / "bin" / name
    except EmbeddedError:
        return
    if embedded.exists():
        yield embedded


def _major(program: Path) -> int:
    said = subprocess.run([str(program), "--version"], check=False, capture_output=True, text=True)
    found = re.search(r"\) (\d+)", said.stdout)
    return int(found[1]) if found else 0


def rows_of(manifest: Manifest) -> dict[str, Any]:
    """Return what a person is told of an archive."""
    return {
        "tables": len(manifest.tables),
        "rows": sum(table.rows for table in manifest.tables.values()),
        "files": len(manifest.files) - 1,
    }
