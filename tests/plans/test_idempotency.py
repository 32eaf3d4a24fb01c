"""The same request sent twice, also at the same time, is done once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django import Settings

from indicators.bulk_api import ObservationBulk
from indicators.models import Indicator, Observation
from plans import tokens
from plans.models import IdempotencyKey, Role, Scope
from plans.tasks import forget_idempotency_keys
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory
from tests.partner import Partner

BULK = "observations/bulk/"
KEY = "7f2c1f2e-5d0b-4a7e-9c55-0c9f6ad2b1b4"


@pytest.fixture(autouse=True)
def unlimited(settings: Settings) -> None:
    settings.API_TOKEN_REQUESTS_PER_MINUTE = 1_000_000


def make_partner() -> Partner:
    plan = PlanFactory.create(slug="grand-est-2019")
    SourceFactory.create(plan=plan, code="bilan")
    IndicatorFactory.create(plan=plan, code="entreprises")
    return Partner(plan, Role.REVIEWER)


@pytest.fixture
def partner(db: None) -> Partner:
    return make_partner()


def body(value: str = "30", **settings: Any) -> dict[str, Any]:
    row = {
        "indicator": "entreprises",
        "period_start": "2020-01-01",
        "period_end": "2020-12-31",
        "value": value,
        "source": "bilan",
    }
    return {"rows": [row], **settings}


def test_the_first_answer_is_given_again(partner: Partner) -> None:
    first = partner.post(BULK, body(), Idempotency_Key=KEY)
    again = partner.post(BULK, body(), Idempotency_Key=KEY)

    assert (again.status_code, again.content) == (200, first.content)
    assert (first.get("Idempotency-Replayed"), again["Idempotency-Replayed"]) == (None, "true")
    assert again.json()["created"] == 1
    assert Observation.objects.count() == 1
    # Without the key the same request says that nothing had to be done.
    assert partner.post(BULK, body()).json()["unchanged"] == 1


def test_the_tag_and_the_address_are_given_again(partner: Partner) -> None:
    one = body()["rows"][0]
    del one["indicator"]
    address = "indicators/entreprises/drafts/"
    first = partner.post(address, one, Idempotency_Key=KEY)
    again = partner.post(address, one, Idempotency_Key=KEY)
    for name in ("ETag", "Location", "Content-Type"):
        assert again[name] == first[name]
    assert (first.status_code, again.status_code) == (201, 201)


def test_a_refusal_is_given_again_too(partner: Partner) -> None:
    first = partner.post(BULK, body("x"), Idempotency_Key=KEY)
    again = partner.post(BULK, body("x"), Idempotency_Key=KEY)
    assert (first.status_code, again.status_code) == (422, 422)
    assert (again.content, again["Content-Type"]) == (first.content, "application/problem+json")
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("changed", [{"value": "31"}, {"dry_run": True}])
def test_the_key_with_another_body_is_refused(partner: Partner, changed: dict[str, Any]) -> None:
    partner.post(BULK, body(), Idempotency_Key=KEY)
    answer = partner.post(BULK, body(**changed), Idempotency_Key=KEY)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "This key came with another request: choose a new one."
    assert Observation.objects.get().value == 30


def test_the_key_at_another_address_is_refused(partner: Partner) -> None:
    partner.post(BULK, body(), Idempotency_Key=KEY)
    answer = partner.post("indicators/entreprises/drafts/", body(), Idempotency_Key=KEY)
    assert answer.status_code == 422


@pytest.mark.parametrize("key", ["", "two words", "a" * 201, "é"])
def test_a_key_that_is_none(partner: Partner, key: str) -> None:
    answer = partner.post(BULK, body(), Idempotency_Key=key)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_each_system_has_keys_of_its_own_whatever_its_token(partner: Partner) -> None:
    partner.post(BULK, body(), Idempotency_Key=KEY)
    other = Partner(partner.plan, Role.REVIEWER, name="Autre")
    assert "Idempotency-Replayed" not in other.post(BULK, body(), Idempotency_Key=KEY)
    _token, partner.text = tokens.issue(
        partner.system,
        Scope.CONTRIBUTE,
        by=partner.manager,
        lifetime=timedelta(days=1),
        at=timezone.now(),
    )
    assert "Idempotency-Replayed" in partner.post(BULK, body(), Idempotency_Key=KEY)


def test_what_may_be_otherwise_tomorrow_is_not_kept(partner: Partner) -> None:
    request = body(then="publish")
    assert partner.post(BULK, request, Idempotency_Key=KEY).status_code == 403
    partner.plan.allows_self_publication = True
    partner.plan.save()
    answer = partner.post(BULK, request, Idempotency_Key=KEY)
    assert (answer.status_code, answer.json()["created"]) == (200, 1)


def test_a_failure_keeps_neither_the_answer_nor_what_was_written(
    partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_words: Any) -> Any:
        raise RuntimeError("the machine stops here")

    partner.client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr(ObservationBulk, "answered", fail)
        answer = partner.post(BULK, body(), Idempotency_Key=KEY)
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert (Observation.objects.count(), IdempotencyKey.objects.count()) == (0, 0)
    assert partner.post(BULK, body(), Idempotency_Key=KEY).json()["created"] == 1


def test_a_key_is_kept_for_a_day(partner: Partner) -> None:
    partner.post(BULK, body(), Idempotency_Key=KEY)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    answer = partner.post(BULK, body("31"), Idempotency_Key=KEY)
    assert answer.json()["updated"] == 1
    partner.post(BULK, body("32"), Idempotency_Key="another")
    IdempotencyKey.objects.filter(key=KEY).update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_idempotency_keys() == 1
    assert [one.key for one in IdempotencyKey.objects.all()] == ["another"]


# --- At the same time, on PostgreSQL itself -----------------------------------------------------


@pytest.fixture
def unfinished() -> Iterator[Any]:
    """Another connection, closed at the end."""
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_done_once(
    unfinished: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    partner = make_partner()
    entered, released = threading.Event(), threading.Event()
    write_rows = ObservationBulk.write_rows

    def slowly(*words: Any) -> None:
        entered.set()
        assert released.wait(20)
        write_rows(*words)

    monkeypatch.setattr(ObservationBulk, "write_rows", slowly)

    def post() -> Any:
        try:
            return partner.post(BULK, body(), Idempotency_Key=KEY)
        finally:
            connections.close_all()

    first = unfinished.submit(post)
    assert entered.wait(20)
    try:
        second = unfinished.submit(post).result(timeout=20)
    finally:
        released.set()
    answer = first.result(timeout=20)

    assert (second.status_code, second["Retry-After"]) == (409, "1")
    assert second.json()["detail"] == "A request with this key is under way."
    assert (answer.status_code, answer.json()["created"]) == (200, 1)
    assert Observation.objects.count() == 1
    third = partner.post(BULK, body(), Idempotency_Key=KEY)
    assert (third.content, third["Idempotency-Replayed"]) == (answer.content, "true")


@pytest.mark.django_db(transaction=True)
def test_two_systems_at_once_draft_one_value(unfinished: ThreadPoolExecutor) -> None:
    """Without a key too: the second waits for the first, and is told."""
    partner = make_partner()
    other = Partner(partner.plan, Role.REVIEWER, name="Autre")
    with transaction.atomic():
        mine = Observation.objects.create(
            indicator=Indicator.objects.get(),
            author=other.user,
            edited_by=other.user,
            period_start="2020-01-01",
            period_end="2020-12-31",
            value=29,
        )

        def post() -> Any:
            try:
                return partner.post(BULK, body(atomic=False))
            finally:
                connections.close_all()

        waiting = unfinished.submit(post)
        with connection.cursor() as cursor:
            for _ in range(200):
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.05)
            else:
                pytest.fail("the second did not wait for the first")
    answer = waiting.result(timeout=20)
    [result] = answer.json()["results"]
    assert (answer.status_code, result["outcome"]) == (200, "refused")
    assert Observation.objects.get() == mine
