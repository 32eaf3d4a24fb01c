"""The web server and the worker killed with SIGKILL in the middle of their work."""

from __future__ import annotations

import hashlib
import os
import signal
import zipfile
from functools import partial
from io import BytesIO

import pytest

from tests.faults.own_site import Load, OwnSite, until


@pytest.mark.parametrize(
    ("first_writer", "table"),
    [
        pytest.param(10, None, id="at any moment"),
        # The last table that a publication writes: the database commits what nobody hears of.
        pytest.param(4, "dashboards_publicedition", id="before the acknowledgement"),
    ],
)
def test_the_web_server_is_killed_during_publications(
    own: OwnSite, first_writer: int, table: str | None
) -> None:
    before = own.published()
    with own.web() as web:
        with (
            Load(web, own.written.token, readers=0, first_writer=first_writer, again=False) as load,
            own.connect() as holder,
        ):
            until(lambda: len(load.acknowledged) > 20, "writers write")
            if table:
                holder.execute(f"BEGIN; LOCK TABLE {table} IN EXCLUSIVE MODE")
                until(partial(own.waits_for, table), "a publication is under way")
            os.killpg(web.process.pid, signal.SIGKILL)
        web.process.wait()
    # Whoever waits for the end of a transaction that is being undone has it now.
    until(
        lambda: (
            own.ask(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND state <> 'idle'",
                own.site.layout.database["USER"],
            )
            == [(0,)]
        ),
        "the database lets go",
    )

    made = own.published() - before
    assert load.wrong == []
    # A writer that was between two requests had none under way.
    assert bool(table) <= len(load.in_flight) <= load.writers
    # Acknowledged, or asked for and whole: a request publishes all of its values or none.
    assert load.acknowledged <= made
    whole = [set(request.rows) for request in load.in_flight]
    assert all(rows <= made or not rows & made for rows in whole)
    assert made <= load.acknowledged.union(*whole)
    assert not table or made > load.acknowledged
    assert set(own.versions().values()) == {1}
    assert own.inconsistent() == "[]"

    # Sent again with the same key, whatever had become of it, each is there once.
    with own.web() as web:
        load.web = web
        assert [load.send(request) for request in load.in_flight] == [200] * len(whole)
    assert own.published() - before == load.acknowledged.union(*whole)
    assert set(own.versions().values()) == {1}
    assert own.inconsistent() == "[]"


def test_a_worker_is_killed_while_it_keeps_a_package(own: OwnSite) -> None:
    ask = "from exchange.tasks import build_changed_packages; build_changed_packages.delay()"
    own.run("from exchange.models import PlanPackage; PlanPackage.objects.all().delete()")
    waits = partial(own.waits_for, "exchange_planpackage")
    with own.worker() as struck, own.connect() as holder:
        # The package is made, and cannot be kept yet.
        holder.execute("BEGIN; LOCK TABLE exchange_planpackage IN EXCLUSIVE MODE")
        own.run(ask)
        until(waits, "the worker has a package in hand")
        struck.kill()
        holder.execute("ROLLBACK")
    until(lambda: not waits(), "the database lets go")
    assert own.ask("SELECT count(*) FROM exchange_planpackage") == [(0,)]

    with own.worker():
        own.run(ask)  # as the beat does every minute
        until(lambda: own.ask("SELECT count(*) FROM exchange_planpackage") == [(1,)], "it is kept")
        own.run(ask)
    [(content, digest, size)] = own.ask("SELECT content, digest, size FROM exchange_planpackage")
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (digest, size)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert "datapackage.json" in archive.namelist()
