"""Many ask for one answer at once: one makes it, right for all who came before it began."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connections
from django.http import FileResponse
from pytest_django.fixtures import Settings

from config.public_answers import front
from config.public_answers.answering import key_of
from config.public_answers.editions import Editions
from config.public_answers.kept import Answer, keep, memory
from config.public_answers.making import MAKING, Making
from config.slots import THREADS_OF_A_SLOT, Slots
from plans.api_support.transfers import FinishedFile

PATH = "/plans/grand-est-2019/"


class Published:
    """The data: an edition that publications change, as a look-up and a page show it."""

    def __init__(self) -> None:
        self.number = 0

    def current(self) -> Editions:
        return Editions({"*": (str(self.number), datetime.now(UTC))}, date(2026, 11, 21))


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Published]:
    settings.PUBLIC_ANSWERS = {"kept": True, "database": "default"}
    data = Published()
    monkeypatch.setattr(front, "lookup", data)
    monkeypatch.setattr(front, "for_everybody", lambda meta: False)
    # The edition of everything counts here, as of a page that rests on all plans.
    monkeypatch.setattr(
        Editions, "part", lambda self, path: type("Part", (), {"key": self.rows["*"][0]})()
    )
    memory.clear()
    yield data
    memory.clear()


class Pages:
    """What stands for Django: a page shows the edition that it read, and waits to be let go on."""

    def __init__(self, published: Published, *, kept: bool = True) -> None:
        self.published = published
        self.kept = kept
        self.begun: list[int] = []
        self.go_on = threading.Semaphore(0)

    def __call__(self, meta: dict[str, Any], start_response: Any) -> list[bytes]:
        making: Making | None = meta.get(MAKING)
        if making is not None:
            making.begin()
        editions = self.published.current()
        shown = int(editions.rows["*"][0])
        self.begun.append(shown)
        assert self.go_on.acquire(timeout=20)
        body = str(shown).encode()
        if self.kept:
            key = key_of(meta, editions)
            keep(key, Answer((), '"x"', 0.0, body, None), for_everybody=False)
            if making is not None:
                making.key = key
        return [body]


class Reader:
    """Somebody who asks, in a thread of their own."""

    def __init__(self, application: Any) -> None:
        self.shown: int | None = None
        self.thread = threading.Thread(target=self._ask, args=(application,))
        self.thread.start()

    def _ask(self, application: Any) -> None:
        meta = {
            "REQUEST_METHOD": "GET", "PATH_INFO": PATH, "QUERY_STRING": "", "SERVER_NAME": "a",
            "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        }  # fmt: skip
        self.shown = int(b"".join(application(meta, lambda *_: None)))

    def answer(self) -> int:
        self.thread.join(20)
        assert self.shown is not None
        return self.shown


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.002)


def settled() -> None:
    """Let the readers who have come wait for the making that is under way."""
    time.sleep(0.2)


def test_one_making_serves_all_who_wait_though_there_are_publications_since(
    published: Published,
) -> None:
    pages = Pages(published)
    site = front.PublicAnswersFront(pages)
    readers = [Reader(site)]
    until(lambda: len(pages.begun) == 1)
    readers += [Reader(site) for _ in range(10)]
    settled()
    published.number = 1
    pages.go_on.release()
    # Those who came meanwhile may have come after a publication: the next making is theirs.
    until(lambda: len(pages.begun) == 2)
    published.number = 2
    pages.go_on.release()
    assert [reader.answer() for reader in readers] == [0] + [1] * 10
    assert pages.begun == [0, 1]


def test_what_was_published_before_somebody_came_is_in_their_answer(published: Published) -> None:
    pages = Pages(published)
    site = front.PublicAnswersFront(pages)
    early = Reader(site)
    until(lambda: len(pages.begun) == 1)
    published.number = 1
    late = Reader(site)
    settled()
    pages.go_on.release(2)
    assert (early.answer(), late.answer()) == (0, 1)


def test_an_edition_that_still_stands_is_given_to_who_came_during_the_making(
    published: Published,
) -> None:
    pages = Pages(published)
    site = front.PublicAnswersFront(pages)
    readers = [Reader(site) for _ in range(5)]
    until(lambda: len(pages.begun) == 1)
    settled()
    pages.go_on.release()
    assert [reader.answer() for reader in readers] == [0] * 5
    assert pages.begun == [0]


def test_answers_that_are_not_kept_wait_once_and_not_for_each_other(published: Published) -> None:
    pages = Pages(published, kept=False)
    site = front.PublicAnswersFront(pages)
    readers = [Reader(site) for _ in range(4)]
    until(lambda: len(pages.begun) == 1)
    settled()
    pages.go_on.release()
    until(lambda: len(pages.begun) == 4)
    pages.go_on.release(3)
    assert [reader.answer() for reader in readers] == [0] * 4


def test_a_making_that_fails_leaves_the_page_to_the_next(published: Published) -> None:
    def broken(meta: dict[str, Any], start_response: Any) -> list[bytes]:
        raise ZeroDivisionError

    site = front.PublicAnswersFront(broken)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            Reader._ask(Reader.__new__(Reader), site)


# --- Slots -------------------------------------------------------------------------------------


class Streamed:
    streaming = True
    closed = False

    def __init__(self, *parts: bytes) -> None:
        self.parts = parts

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.parts)

    def close(self) -> None:
        self.closed = True


def in_threads(count: int, act: Callable[[], Any]) -> list[Any]:
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(act())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return found


def test_a_slot_has_connections_whoever_works_in_it() -> None:
    seen: list[Any] = []

    def application(meta: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append((threading.get_ident(), connections["default"]))
        return [b"a", b"b"]

    site = Slots(application, 1)
    assert in_threads(3, lambda: site({}, None)) == [[b"ab"]] * 3
    assert len({id(connection) for _thread, connection in seen}) == 1
    assert connections["default"] is not seen[0][1]


def test_no_more_work_at_once_than_there_are_slots() -> None:
    working: list[int] = []
    most: list[int] = []

    def application(meta: dict[str, Any], start_response: Any) -> list[bytes]:
        working.append(1)
        most.append(len(working))
        time.sleep(0.02)
        working.pop()
        return []

    site = Slots(application, 2)
    in_threads(8, lambda: site({}, None))
    assert (len(most), max(most)) == (8, 2)


def test_a_slot_is_left_when_its_answer_is_sent_and_when_it_fails() -> None:
    answers = [Streamed(b"a", b"b")]

    def application(meta: dict[str, Any], start_response: Any) -> Any:
        return answers.pop()

    site = Slots(application, 1)
    sent: Any = site({}, None)
    assert site._free.empty()
    assert list(sent) == [b"a", b"b"]
    sent.close()
    sent.close()
    assert (sent.answer.closed, site._free.qsize()) == (True, 1)
    with pytest.raises(IndexError):
        site({}, None)
    assert site._free.qsize() == 1


def test_a_finished_file_needs_no_slot_while_it_is_sent() -> None:
    def application(meta: dict[str, Any], start_response: Any) -> Any:
        return FileResponse(io.BytesIO(b"evidence")) if meta else FinishedFile([b"a", b"b"])

    site = Slots(application, 1)
    for meta, content in (({}, b"ab"), ({"FILE": "yes"}, b"evidence")):
        sent: Any = site(meta, None)
        assert site._free.qsize() == 1
        assert b"".join(sent) == content
        sent.close()
        assert site._free.qsize() == 1


def test_files_take_half_of_the_threads_and_no_more() -> None:
    made: list[FileResponse] = []
    said: list[Any] = []

    def application(meta: dict[str, Any], start_response: Any) -> Any:
        made.append(FileResponse(io.BytesIO(b"evidence")))
        return made[-1]

    site = Slots(application, 1)
    sent: list[Any] = [site({}, None) for _ in range(THREADS_OF_A_SLOT // 2)]
    refusal = site({}, lambda *words: said.append(words))
    assert b"".join(refusal).decode().startswith("Trop de fichiers")
    [(status, headers)] = said
    assert (status, dict(headers)["Retry-After"]) == ("503 Service Unavailable", "30")
    assert (made[-1].closed, made[0].closed) == (True, False)
    of_api = site({"PATH_INFO": "/api/v1/"}, lambda *words: said.append(words))
    assert (json.loads(b"".join(of_api))["status"], dict(said[-1][1])["Content-Type"]) == (
        503, "application/problem+json",
    )  # fmt: skip
    # One that is sent, or given up, makes room for the next.
    sent[0].close()
    assert b"".join(site({}, None)) == b"evidence"
