"""Public answers are kept by edition and day: seen at once, left alone, never entered."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import User
from config.public_answers.editions import LEASE, Lookup, lookup, read_editions
from config.public_answers.front import PublicAnswersFront
from config.public_answers.kept import Answer, Memory, memory, shared
from indicators.models import Indicator
from plans.models import Plan
from tests.factories import (
    IndicatorFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def keeping(settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[None]:
    """Answers are kept, as on a running site, and none from before."""
    settings.PUBLIC_ANSWERS = {"kept": True, "database": "default"}
    cache.clear()
    memory.clear()
    shared.forget()
    lookup.forget()
    # These tests write without a request, whose answer would wait for the lease to end.
    monkeypatch.setattr(lookup, "lease", 0.0)
    yield
    lookup.forget()
    memory.clear()
    cache.clear()


@pytest.fixture
def plan() -> Plan:
    plan: Plan = PlanFactory.create(slug="grand-est-2019", title="Plan IA Grand Est")
    return plan


@pytest.fixture
def other() -> Plan:
    plan: Plan = PlanFactory.create(slug="aura-2022", title="Feuille de route")
    return plan


def indicator_of(plan: Plan) -> Indicator:
    indicator: Indicator = IndicatorFactory.create(plan=plan, title="Entreprises aidées")
    return indicator


def was_kept(client: Client, path: str, **headers: str) -> bool:
    """Whether an answer came without a query: the look-up of the edition has its own connection."""
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path, headers=headers).status_code == 200
    return not asked.captured_queries


PAGES = ("/", "/plans/grand-est-2019/", "/methodologie/", "/donnees/", "/plans/aura-2022/")


def test_a_second_reader_costs_no_query(client: Client, plan: Plan, other: Plan) -> None:
    assert [was_kept(client, path) for path in PAGES] == [False] * len(PAGES)
    assert [was_kept(client, path) for path in PAGES] == [True] * len(PAGES)


def lasting(answer: Any) -> dict[str, str]:
    """The headers of an answer, but for the name of its request."""
    return {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}


def test_the_second_answer_is_the_first(client: Client, plan: Plan) -> None:
    first, second = client.get("/plans/grand-est-2019/"), client.get("/plans/grand-est-2019/")
    assert (second.content, lasting(second)) == (first.content, lasting(first))
    assert second.headers["Cache-Control"] == "public, no-cache"
    assert second.headers["X-Content-Type-Options"] == "nosniff"


def test_a_publication_is_seen_at_once_and_leaves_other_plans_alone(
    client: Client, plan: Plan, other: Plan
) -> None:
    indicator = indicator_of(plan)
    address = indicator.get_absolute_url()
    seen = (address, "/plans/grand-est-2019/", "/", "/flux.atom", "/api/v1/observations/")
    untouched = ("/plans/aura-2022/", "/plans/aura-2022/sources/", "/api/v1/plans/aura-2022/")
    for path in (*seen, *untouched):
        client.get(path)
    ObservationFactory.create(indicator=indicator, value=41, published=True)
    assert [was_kept(client, path) for path in untouched] == [True] * len(untouched)
    assert [was_kept(client, path) for path in seen] == [False] * len(seen)
    assert "41" in client.get(address).content.decode()
    assert len(client.get("/api/v1/observations/").json()["results"]) == 1


def test_what_several_plans_show_is_seen_on_all(client: Client, plan: Plan, other: Plan) -> None:
    client.get("/plans/aura-2022/")
    plan.region.name = "Grand Est renommé"
    plan.region.save()
    assert not was_kept(client, "/plans/aura-2022/")
    plan.related_to = other
    plan.save()
    assert "Plan IA Grand Est" in client.get("/plans/aura-2022/").content.decode()


def test_a_draft_evicts_nothing_and_enters_nowhere(client: Client, plan: Plan) -> None:
    indicator = indicator_of(plan)
    address = indicator.get_absolute_url()
    client.get(address)
    draft = ObservationFactory.create(indicator=indicator, value=987_654)
    assert (draft.state, was_kept(client, address)) == ("draft", True)
    draft.comment = "Relu."
    draft.save()
    assert was_kept(client, address)
    draft.delete()
    assert was_kept(client, address)
    assert all(b"987" not in answer.body for answer in memory._answers.values())


def test_a_plan_that_is_not_public_evicts_nothing(client: Client, plan: Plan) -> None:
    hidden = PlanFactory.create(slug="cache", is_public=False)
    indicator = indicator_of(hidden)
    client.get("/")
    indicator.title = "Autre titre"
    indicator.save()
    ObservationFactory.create(indicator=indicator, published=True)
    assert was_kept(client, "/")
    hidden.is_public = True
    hidden.save()
    assert "/plans/cache/" in client.get("/").content.decode()
    hidden.is_public = False
    hidden.save()
    assert "/plans/cache/" not in client.get("/").content.decode()
    assert client.get("/plans/cache/").status_code == 404


def test_a_plan_that_is_renamed_leaves_nothing_at_its_former_address(
    client: Client, plan: Plan
) -> None:
    assert client.get("/plans/grand-est-2019/").status_code == 200
    plan.slug = "grand-est"
    plan.save()
    moved = client.get("/plans/grand-est-2019/")
    assert (moved.status_code, moved["Location"]) == (301, "/plans/grand-est/")


def test_midnight_in_paris_is_another_answer(
    client: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get("/plans/grand-est-2019/")
    assert was_kept(client, "/plans/grand-est-2019/")
    tomorrow = date.fromordinal(timezone.localdate().toordinal() + 1)
    day_of = timezone.localdate

    def localdate(moment: datetime | None = None, zone: tzinfo | None = None) -> date:
        return tomorrow if moment is None else day_of(moment, zone)

    monkeypatch.setattr(timezone, "localdate", localdate)
    # As the clock passes the end of the day that the look-up holds.
    monkeypatch.setattr(lookup._day, "ends", 0.0)
    assert not was_kept(client, "/plans/grand-est-2019/")


def test_each_host_scheme_query_and_format_is_kept_apart(client: Client, plan: Plan) -> None:
    client.get("/api/v1/plans/")
    asked: tuple[dict[str, Any], ...] = (
        {"path": "/api/v1/plans/?page_size=1"},
        {"path": "/api/v1/plans/", "headers": {"accept": "text/csv"}},
        {"path": "/api/v1/plans/", "headers": {"host": "localhost"}},
        {"path": "/api/v1/plans/", "secure": True},
    )
    held = len(memory._answers)
    for words in asked:
        client.get(**words)
    assert len(memory._answers) == held + len(asked)


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": "sessionid=abc"},
        {"cookie": "a=b; csrftoken=abc"},
        {"authorization": "Bearer abc"},
        {"hx-request": "true"},
    ],
)
def test_who_says_who_they_are_is_neither_answered_nor_kept(
    client: Client, plan: Plan, headers: dict[str, str]
) -> None:
    client.get("/", headers=headers)
    assert len(memory._answers) == 0
    client.get("/")
    assert not was_kept(client, "/", **headers)


def test_answers_to_signed_in_people_never_enter(client: Client, plan: Plan) -> None:
    person: User = UserFactory.create()
    client.force_login(person)
    for path in ("/", "/plans/grand-est-2019/", "/agent/"):
        client.get(path)
    assert len(memory._answers) == 0


@pytest.mark.parametrize(
    "path", ["/comptes/connexion/", "/agent/", "/admin/", "/plans/rien/", "/api/v1/plans/?x=1"]
)
def test_pages_with_a_form_refusals_and_errors_never_enter(
    client: Client, plan: Plan, path: str
) -> None:
    client.get(path)
    assert len(memory._answers) == 0


def test_a_reader_who_has_it_is_told_so(client: Client, plan: Plan) -> None:
    first = client.get("/plans/grand-est-2019/")
    for asked in (
        {"if-none-match": first["ETag"]},
        {"if-none-match": f'"other", W/{first["ETag"]}'},
        {"if-modified-since": first["Last-Modified"]},
    ):
        again = client.get("/plans/grand-est-2019/", headers=asked)
        assert (again.status_code, again.content) == (304, b"")
        assert (again["ETag"], "Content-Type" in again.headers) == (first["ETag"], False)
    assert client.get("/plans/grand-est-2019/", headers={"if-none-match": '"x"'}).status_code == 200


def test_public_pages_are_compressed_for_whoever_takes_it(client: Client, plan: Plan) -> None:
    plain = client.get("/plans/grand-est-2019/")
    for accepted in ("gzip", "br, GZIP;q=0.5", "*"):
        small = client.get("/plans/grand-est-2019/", headers={"accept-encoding": accepted})
        assert small["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.content) == plain.content
        assert int(small["Content-Length"]) == len(small.content) < len(plain.content)
        assert small["ETag"] == f"W/{plain['ETag']}"
    for accepted in ("", "br", "gzip;q=0"):
        whole = client.get("/plans/grand-est-2019/", headers={"accept-encoding": accepted})
        assert "Content-Encoding" not in whole.headers
    assert "Accept-Encoding" in plain["Vary"]


def test_staff_pages_are_never_compressed(client: Client, plan: Plan) -> None:
    # A secret and a reader's words in one compressed page tell each other (BREACH).
    client.force_login(UserFactory.create())
    for path in ("/agent/", "/"):
        page = client.get(path, headers={"accept-encoding": "gzip"})
        assert (page.status_code, "Content-Encoding" in page.headers) == (200, False)


def test_head_has_the_headers_of_get(client: Client, plan: Plan) -> None:
    page, head = client.get("/methodologie/"), client.head("/methodologie/")
    assert (lasting(head), head.content) == (lasting(page), b"")


def test_requests_of_the_api_are_counted_though_kept(
    client: Client, plan: Plan, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 3
    answers = [client.get("/api/v1/plans/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers[:3]] == ["2", "1", "0"]


def test_the_front_gives_what_the_middleware_kept(client: Client, plan: Plan) -> None:
    page = client.get("/plans/grand-est-2019/")
    environ = page.wsgi_request.META
    entered: list[str] = []
    said: list[Any] = []

    def django(environ: dict[str, Any], start: Any) -> list[bytes]:
        entered.append(environ["PATH_INFO"])
        return []

    front = PublicAnswersFront(django)
    body = front({**environ}, lambda status, headers: said.extend((status, dict(headers))))
    assert (entered, said[0], b"".join(body)) == ([], "200 OK", page.content)
    # Each request is named by itself, also where Django is not entered.
    assert len(said[1].pop("X-Request-ID")) == 32
    assert said[1] == lasting(page)
    front({**environ, "PATH_INFO": "/agent/"}, lambda *_: None)
    front({**environ, "REQUEST_METHOD": "POST"}, lambda *_: None)
    front({**environ, "HTTP_HOST": "elsewhere.example"}, lambda *_: None)
    assert entered == ["/agent/", "/plans/grand-est-2019/", "/plans/grand-est-2019/"]


def test_another_process_finds_it_in_redis(client: Client, plan: Plan) -> None:
    page = client.get("/plans/grand-est-2019/")
    memory.clear()
    assert was_kept(client, "/plans/grand-est-2019/")
    assert client.get("/plans/grand-est-2019/").content == page.content


def test_a_write_is_acknowledged_when_no_look_up_is_older(
    client: Client, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "lease", LEASE)
    client.get("/plans/grand-est-2019/")
    for number in range(20):
        # A look-up as late as can be before the commit, which a request brings about.
        lookup.current()
        plan.title = f"Titre {number}"
        plan.save()
        client.post("/recherche/")
        assert plan.title in client.get("/plans/grand-est-2019/").content.decode()


def test_invented_queries_take_no_room_in_redis(client: Client, plan: Plan) -> None:
    client.get("/methodologie/")
    client.get("/api/v1/plans/")
    redis = cache._cache.get_client()
    kept = set(redis.keys("*public:*"))
    assert len(kept) == 3  # two answers, and the last known edition
    for number in range(5):
        client.get(f"/methodologie/?n={number}")
        client.get("/api/v1/plans/", headers={"accept": f"application/json;q=0.{number}"})
    assert set(redis.keys("*public:*")) == kept
    assert was_kept(client, "/methodologie/?n=4")


def test_an_edition_is_asked_once_for_requests_that_wait_together(
    plan: Plan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asked = Lookup()
    with django_assert_num_queries(0):
        first = asked.current()
        assert asked.current() is first
    assert first == read_editions()
    asked.forget()


def test_memory_has_a_bound() -> None:
    kept = Memory(most=10_000)
    for number in range(100):
        kept.put(str(number), Answer((), '"x"', 0.0, b"x" * 1000, None))
        kept.get("0")
    assert kept.size <= 10_000
    assert (kept.get("0") is None, kept.get("99") is None, kept.get("1")) == (False, False, None)


def test_every_public_table_tells_its_plan() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal"
        )
        triggers: dict[str, set[str]] = {}
        for table, name in cursor.fetchall():
            triggers.setdefault(table, set()).add(name)
    tables = {table for table, names in triggers.items() if "new_edition" in names}
    wanted = {"public_insert", "public_update", "public_delete"}
    assert {table for table in tables if not wanted <= triggers[table]} == set()
    assert len(tables) == 25


def test_all_that_a_transaction_changes_is_one_edition(plan: Plan, other: Plan) -> None:
    before = read_editions().rows
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    SourceFactory.create_batch(3, plan=plan)
    after = read_editions().rows
    changed = {part for part in after if after[part] != before.get(part)}
    assert changed == {"*", "grand-est-2019"}
