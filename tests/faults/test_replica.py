"""Two web servers, two workers, a writer and a streaming replica: what reads where, and what if.

The tests leave the site as they found it: whole, with a replica that is read from.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.own_site import DRAFT
from tests.faults.replicated_site import (
    INDICATOR,
    PUBLIC,
    LightLoad,
    ReplicatedSite,
    replicated_site,
)
from tests.waiting import until

PLAN_READ = 'FROM "plans_plan"'
"""What a page of a plan asks, whoever reads it."""
SHOWN = (INDICATOR.format(0), "/api/v1/observations/")
"""Where a value that was published is seen."""
FORGET_DRAFTS = "DELETE FROM indicators_observation WHERE state = 'draft' RETURNING id"
END_CONNECTIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'plans_app'"
)
WHERE = "from django.db import connection as c; c.connect(); print(c.connection.info.port)"
PUBLISHED = "SELECT count(*) FROM indicators_observation WHERE state = 'published'"
AWAY = 30
"""Seconds for which the replica is lost."""


@pytest.fixture(scope="module")
def own() -> Iterator[ReplicatedSite]:
    folder = Path(tempfile.mkdtemp(prefix="plans-ia-"))
    # As root the servers run under another account, which must get to the folder.
    folder.chmod(0o711)
    with replicated_site(folder) as made:
        yield made
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _whole(own: ReplicatedSite) -> None:
    in_use(own)


def in_use(own: ReplicatedSite) -> None:
    """Wait until every web process reads from the replica, and it shows what the writer does."""
    own.servers.caught_up()
    for web in own.webs:
        until(lambda web=web: own.ready(web)["replica"] == "ok", "the replica is read from")  # type: ignore[misc]


class Asked:
    """The statements that each server was asked since a moment."""

    def __init__(self, own: ReplicatedSite) -> None:
        self.own = own
        self.begun = {
            server: server.log_size() for server in (own.servers.writer, own.servers.replica)
        }

    def of(self, word: str) -> tuple[int, int]:
        """Count those that hold a word: of the writer, of the replica."""
        writer, replica = self.own.servers.writer, self.own.servers.replica
        return (
            writer.statements(self.begun[writer], word),
            replica.statements(self.begun[replica], word),
        )


def test_the_public_reads_from_the_replica_staff_and_partners_from_the_writer(
    own: ReplicatedSite,
) -> None:
    for web in own.webs:
        asked = Asked(own)
        for path in ("/plans/pannes/?n=1", "/api/v1/plans/?page_size=7", "/?n=1"):
            # Answers to a query are kept by each process for itself: each makes its own.
            assert own.get(web, path)[0] == 200
        on_writer, on_replica = asked.of(PLAN_READ)
        assert (on_writer, on_replica > 0) == (0, True)

        asked = Asked(own)
        token = {"Authorization": f"Bearer {own.written.token}"}
        for path, headers in (
            ("/plans/pannes/", own.staff), (DRAFT, own.staff), ("/api/v1/plans/", token),
        ):  # fmt: skip
            assert own.get(web, path, **headers)[0] == 200
        on_writer, on_replica = asked.of(PLAN_READ)
        assert (on_writer > 0, on_replica) == (True, 0)
        # A whole export too, which takes longer than any other answer.
        asked = Asked(own)
        status, _, table = own.get(web, "/api/v1/observations/export.csv")
        assert (status, table.startswith("region,")) == (200, True)
        # The limit of tables is set on a replica alone, before each.
        assert asked.of("statement_timeout = 900000") == (0, 1)


def test_a_replica_that_is_behind_is_never_seen(own: ReplicatedSite) -> None:
    one, other = own.webs
    for web in own.webs:
        for path in PUBLIC:
            assert own.get(web, path)[0] == 200
    own.servers.replica.ask("SELECT pg_wal_replay_pause()")
    try:
        for value in ("731", "842"):
            seen = [own.get(web, path)[2] for web in own.webs for path in SHOWN]
            assert [value in page for page in seen] == [False] * 4
            assert own.publish(one, value) == 200
            # Acknowledged: the very next request of each process shows it, page and API.
            seen = [own.get(web, path)[2] for web in own.webs for path in SHOWN]
            assert [value in page for page in seen] == [True] * 4
        # Staff read what they wrote, on either machine, although no replica has it yet.
        assert own.save_draft(one, "2001-01-01", "963") == 302
        assert "963" in own.get(other, DRAFT + "?debut=2001-01-01", **own.staff)[2]
        assert own.servers.lag() > 0
        until(lambda: own.ready(one)["replica_lag_seconds"] > 1, "the lag is said")  # type: ignore[operator]
        assert own.figure(one, "plans_replica_lag_bytes") > 0
        # What the publication does not touch is read there all the same.
        asked = Asked(own)
        assert own.get(one, "/plans/pannes/?n=2")[0] == 200
        assert asked.of(PLAN_READ)[0] > 0
    finally:
        own.servers.replica.ask("SELECT pg_wal_replay_resume()")
    own.servers.caught_up()
    # What was answered meanwhile is what the replica shows now: nothing stale was kept.
    for web in own.webs:
        asked = Asked(own)
        assert "842" in own.get(web, f"{INDICATOR.format(0)}?n=3")[2]
        assert asked.of(PLAN_READ)[0] == 0
        assert (own.ready(web)["replica_lag_bytes"], own.ready(web)["status"]) == (0, "ready")
    own.servers.writer.ask(FORGET_DRAFTS)


def test_a_replica_lost_for_half_a_minute_is_not_felt(own: ReplicatedSite) -> None:
    replica = own.servers.replica
    with LightLoad(own) as load:
        time.sleep(1)
        lost = time.monotonic()
        replica.kill()
        until(lambda: all(own.said("The replica is left alone")), "it is left alone")
        assert [own.ready(web)["status"] for web in own.webs] == ["degraded", "degraded"]
        time.sleep(max(0, AWAY - (time.monotonic() - lost)))
        replica.follow(own.servers.writer)
        until(lambda: all(own.said("The replica is read from again")), "it is taken back", 15)
        in_use(own)
        asked = Asked(own)
        until(lambda: asked.of(PLAN_READ)[1] > 0, "it is asked")
    # Nobody was refused, nobody was told that a page was old, nobody waited for it.
    assert (set(load.statuses), load.stale) == ({200}, 0)
    assert sum(load.statuses.values()) > 100
    assert load.longest < 5
    assert own.stored() == own.published


def test_a_replica_that_hangs_is_waited_for_once(own: ReplicatedSite) -> None:
    one = own.webs[0]
    assert own.get(one, "/plans/pannes/?n=4")[0] == 200
    faults = own.figure(one, "plans_replica_faults_total")
    own.servers.replica.signal(signal.SIGSTOP)
    try:
        waited = []
        for number in range(5, 15):
            began = time.monotonic()
            assert own.get(one, f"/plans/pannes/?n={number}")[0] == 200
            waited.append(time.monotonic() - began)
        # Two seconds for the answer that does not come, then the writer.
        assert 1.5 < waited[0] < 5
        assert max(waited[1:]) < 1
    finally:
        own.servers.replica.signal(signal.SIGCONT)
    in_use(own)
    assert own.figure(one, "plans_replica_faults_total") > faults
    asked = Asked(own)
    assert own.get(one, "/plans/pannes/?n=15")[0] == 200
    assert asked.of(PLAN_READ)[0] == 0


def test_the_writer_is_lost_and_the_replica_promoted(own: ReplicatedSite) -> None:
    former = own.servers.writer
    for web in own.webs:
        for path in PUBLIC:
            assert own.get(web, path)[0] == 200
    assert own.publish(own.webs[0], number=2) == 200
    own.servers.caught_up()
    before = own.stored()
    assert before == own.published
    pids = [web.process.pid for web in own.webs]

    with LightLoad(own, writes=False) as readers:
        former.kill()
        for web in own.webs:
            # What is kept, and what nobody has kept: given, and said to be of a moment ago.
            for path in (*PUBLIC, "/plans/pannes/sources/", f"/plans/pannes/?n={web.port}"):
                status, headers, _ = own.get(web, path)
                assert (status, headers["Warning"]) == (200, '110 - "Response is Stale"'), path
            assert own.get(web, "/agent/", **own.staff)[0] == 503
            assert own.publish(web, number=2) == 503

        own.servers.replica.promote()
        own.servers.swap()
        promoted = time.monotonic()
        for web in own.webs:
            until(lambda web=web: own.publish(web, number=2) == 200, "writes are taken again")  # type: ignore[misc]
            # A look-up that failed is tried again after a second: until then pages say so.
            until(lambda web=web: own.get(web, "/")[1]["Warning"] is None, "pages are fresh")  # type: ignore[misc]
        assert time.monotonic() - promoted < 15
        for web in own.webs:
            for path in (*PUBLIC, "/plans/pannes/sources/"):
                status, headers, _ = own.get(web, path)
                assert (status, headers["Warning"]) == (200, None), path
            assert own.get(web, "/agent/", **own.staff)[0] == 200
            assert own.save_draft(web, "2001-01-02", "9") == 302
            own.servers.writer.ask(FORGET_DRAFTS)
    # Readers were answered all along, and told while nobody could say whether it was the latest.
    assert (set(readers.statuses), readers.stale > 0) == ({200}, True)
    assert readers.longest < 5
    # The workers, which nobody restarted either, write there.
    own.servers.writer.ask("DELETE FROM exchange_planpackage RETURNING id")
    own.run("from exchange.tasks import build_changed_packages as t; t.delay(); t.delay()")
    until(
        lambda: own.servers.writer.ask("SELECT count(*) FROM exchange_planpackage") == [(1,)],
        "a worker writes",
    )
    # Everything that was acknowledged is there, and nothing else.
    assert own.stored() == own.published
    assert before < own.published
    assert [web.process.pid for web in own.webs] == pids
    assert [web.process.poll() for web in own.webs] == [None, None]

    # The former writer is started again as it was, and comes first in the addresses: every new
    # connection passes it over.
    former.start()
    own.servers.writer.ask(END_CONNECTIONS)
    for web in own.webs:
        assert own.get(web, "/agent/", **own.staff)[0] == 200
        assert own.publish(web, number=2) == 200
    assert own.stored() == own.published
    where = own.run(
        "from django.db import connection as c; c.connect(); print(c.connection.info.port)"
    )
    assert where.split()[-1] == str(own.servers.writer.port)
    assert len(before) == former.ask(PUBLISHED)[0][0]
    former.stop()

    # It is rebuilt as a replica, and read from; nobody tells the site.
    own.servers.replica.forget()
    own.servers.replica.follow(own.servers.writer)
    in_use(own)
    for web in own.webs:
        asked = Asked(own)
        assert own.get(web, "/plans/pannes/?n=20")[0] == 200
        on_writer, on_replica = asked.of(PLAN_READ)
        assert (on_writer, on_replica > 0) == (0, True)


def test_a_planned_change_of_roles(own: ReplicatedSite) -> None:
    """The writer takes no more writes while its connections stay as they are."""
    former = own.servers.writer
    for web in own.webs:
        assert own.publish(web, number=3) == 200
    with former.connect() as connection:
        connection.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        connection.execute("SELECT pg_reload_conf()")
    own.servers.caught_up()
    assert [own.publish(web, number=3) for web in own.webs] == [503, 503]
    own.servers.replica.promote()
    own.servers.swap()
    for web in own.webs:
        until(lambda web=web: own.publish(web, number=3) == 200, "writes are taken again")  # type: ignore[misc]
        assert own.get(web, "/agent/", **own.staff)[0] == 200
    assert own.stored() == own.published
    former.stop()
    former.forget()
    former.follow(own.servers.writer)
    in_use(own)
