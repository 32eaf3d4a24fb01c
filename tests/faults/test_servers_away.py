"""PostgreSQL crashes under load, Redis goes and comes back: nothing lost, nothing doubled."""

from __future__ import annotations

import time

from tests.faults.own_site import PLAN, READ, Load, OwnSite, request_of, save_draft, until

AWAY = 60
"""Seconds for which Redis is gone."""


def test_postgresql_crashes_under_load(own: OwnSite) -> None:
    before = own.published()
    with own.web() as web:
        for path in READ:
            assert web.get(path)[0] == 200
        with Load(web, own.written.token) as load:
            until(lambda: load.wrong or len(load.acknowledged) > 10, "writers write")
            assert load.wrong == []
            own.crash_postgres()
            time.sleep(3)
            at_the_worst = len(load.acknowledged)
            own.site.postgres.start()
            until(lambda: len(load.acknowledged) > at_the_worst + 10, "writers write again")
            said_stale = load.stale
            time.sleep(1)
        # Nothing was done to the web server: it finds the database again by itself.
        assert web.get("/readyz")[0] == 200
        assert web.get(PLAN)[1]["Warning"] is None

    assert load.wrong == []
    assert (load.in_flight, set(load.read)) == ([], {200})
    # The fault was felt: pages said that they were old, writers were refused and tried again.
    assert said_stale > 0
    assert load.refused > 0
    # Every acknowledged write is there, and nothing that was not acknowledged; each once.
    assert own.published() - before == load.acknowledged
    assert set(own.versions().values()) == {1}
    assert own.inconsistent() == "[]"


def test_redis_is_gone_for_a_minute_and_comes_back(own: OwnSite) -> None:
    built = "SELECT count(*) FROM exchange_planpackage"
    ask = "from exchange.tasks import build_changed_packages; build_changed_packages.delay()"
    with own.worker(), own.web() as web:
        own.run("from exchange.models import PlanPackage; PlanPackage.objects.all().delete()")
        assert web.get(PLAN)[0] == 200
        before = own.published()

        own.site.redis.stop()
        stopped = time.monotonic()
        for path in (*READ, "/methodologie/"):
            begun = time.monotonic()
            assert web.get(path)[0] == 200
            assert time.monotonic() - begun < 5
        assert web.get("/readyz")[2].startswith(b'{"status": "degraded"')
        # A draft is saved, on the page of an agent who is signed in.
        status, body = save_draft(web, own.written.session, "2001-01-01", "7")
        assert status == 302, body
        assert own.versions()[("valeurs-0", "2001-01-01", "draft")] == 1
        # Requests of the API are no longer counted, and refused to nobody; a publication stands.
        load = Load(web, own.written.token, writers=0, readers=0)
        with load:
            publication = request_of(9, 0)
            assert load.send(publication) == 200
        assert own.published() - before == set(publication.rows)
        # For the rest of the minute people read and write.
        with Load(web, own.written.token, writers=1, first_writer=13) as load:
            time.sleep(max(AWAY - (time.monotonic() - stopped), 5))

        own.site.redis.start()
        # The worker finds the queue again by itself.
        until(lambda: web.get("/readyz")[2].startswith(b'{"status": "ready"'), "ready")
        own.run(ask)
        until(lambda: own.ask(built) != [(0,)], "the worker takes a task")
        assert web.get(PLAN)[0] == 200
    # Nobody was refused or told that a page is old; what was acknowledged is there, once.
    assert (set(load.read), load.stale, load.refused, load.wrong) == ({200}, 0, 0, [])
    assert own.published() - before == set(publication.rows) | load.acknowledged
    assert len(load.acknowledged) > 50
    assert own.inconsistent() == "[]"
    own.ask("DELETE FROM indicators_observation WHERE state = 'draft' RETURNING id")
