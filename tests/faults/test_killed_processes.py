"""The web server and the worker killed with SIGKILL in the middle of their work."""

from __future__ import annotations

import hashlib
import os
import signal
import zipfile
from io import BytesIO

from tests.faults.own_site import Load, OwnSite, until


def test_the_web_server_is_killed_during_publications(own: OwnSite) -> None:
    before = own.published()
    with own.web() as web:
        with Load(web, own.written.token, readers=0, first_writer=10, again=False) as load:
            until(lambda: len(load.acknowledged) > 20, "writers write")
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
    assert 0 < len(load.in_flight) <= load.writers
    # Acknowledged, or asked for and whole: a request publishes all of its values or none.
    assert load.acknowledged <= made
    whole = [set(request.rows) for request in load.in_flight]
    assert all(rows <= made or not rows & made for rows in whole)
    assert made <= load.acknowledged.union(*whole)
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
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND query LIKE '%%exchange_planpackage%%' AND pid <> pg_backend_pid()"
    )
    with own.worker() as struck, own.connect() as holder:
        # The package is made, and cannot be kept yet.
        holder.execute("BEGIN; LOCK TABLE exchange_planpackage IN EXCLUSIVE MODE")
        own.run(ask)
        until(lambda: own.ask(waits) != [(0,)], "the worker has a package in hand")
        struck.kill()
        holder.execute("ROLLBACK")
    until(lambda: own.ask(waits) == [(0,)], "the database lets go")
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
