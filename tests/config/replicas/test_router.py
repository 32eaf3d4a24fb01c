"""Which server a request reads: one for the whole of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import router, transaction

from config.replicas import REPLICA
from config.replicas.router import note_failure, reading_replica
from plans.models import Plan
from tests.config.replicas.asking import both
from tests.factories import PlanFactory


def nothing() -> None:
    """Only read."""


@pytest.mark.parametrize(
    ("on_replica", "before", "in_transaction", "server"),
    [
        # Outside: staff, partners, tasks, commands.
        (False, nothing, False, "default"),
        (False, nothing, True, "default"),
        # Inside: what the public asks for.
        (True, nothing, False, REPLICA),
        # A transaction reads what it wrote.
        (True, nothing, True, "default"),
        # What the replica did not give is asked of the writer.
        (True, note_failure, False, "default"),
    ],
)
@both
def test_which_server_is_read(
    on_replica: bool, before: Callable[[], None], in_transaction: bool, server: str
) -> None:
    def where() -> str:
        before()
        if in_transaction:
            with transaction.atomic():
                return router.db_for_read(Plan)
        return router.db_for_read(Plan)

    if on_replica:
        with reading_replica():
            assert where() == server
    else:
        assert where() == server
    assert (router.db_for_read(Plan), router.db_for_write(Plan)) == ("default", "default")


@both
def test_a_row_of_the_replica_leads_on_within_the_request_and_to_the_writer_after_it() -> None:
    PlanFactory.create(slug="grand-est-2019")
    with reading_replica() as reading:
        plan = Plan.objects.get(slug="grand-est-2019")
        assert (plan._state.db, plan.region._state.db) == (REPLICA, REPLICA)
    assert not reading.has_failed
    fresh = Plan.objects.get(pk=plan.pk)
    assert fresh._state.db == "default"
    # It is the same row: it may be related to, and saved, where writes go.
    fresh.related_to = plan
    assert list(plan.sources.all()) == []
    plan.title = "Autre titre"
    plan.save()
    assert plan._state.db == "default"


def test_another_thread_reads_from_the_writer() -> None:
    found = []
    with reading_replica():
        thread = threading.Thread(target=lambda: found.append(router.db_for_read(Plan)))
        thread.start()
        thread.join()
    assert found == ["default"]


def test_only_the_writer_is_migrated() -> None:
    assert router.allow_migrate("default", "plans")
    assert not router.allow_migrate(REPLICA, "plans")
