"""The clock passes midnight at the end of the year: every page and the API say the same day.

Until the new day is stored, what is stored was evaluated on the day before: nobody is to
see that. The clock is put forward, and back.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from config.public_answers import editions, middleware, sources
from config.public_answers.editions import lookup
from config.public_answers.kept import memory, shared
from indicators.models import Indicator, ProgressRecord
from indicators.services import refresh_all_progress
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    ObservationFactory,
    PlanFactory,
    TargetFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

# A second on either side of midnight in Paris.
LAST = datetime(2023, 12, 31, 22, 59, 59, tzinfo=UTC)
FIRST = datetime(2023, 12, 31, 23, 0, 1, tzinfo=UTC)
PAGES = (
    "/",
    "/plans/horloge/",
    "/plans/horloge/indicateurs/entreprises/",
    "/api/v1/indicators/",
    "/api/v1/plans/horloge/",
)


# Those that say of which day they are.
DATED = ("/", "/plans/horloge/")


class Clock:
    """What the site takes for the time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = LAST
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.now)
        system = editions.time

        def seconds() -> float:
            return self.now.timestamp()

        shown = SimpleNamespace(time=seconds, monotonic=system.monotonic, sleep=system.sleep)
        monkeypatch.setattr(editions, "time", shown)


@pytest.fixture
def clock(settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Clock]:
    """Answers are kept, as on a running site."""
    settings.PUBLIC_ANSWERS = {"kept": True, "database": "default"}

    def forget() -> None:
        cache.clear()
        memory.clear()
        shared.forget()
        lookup.forget()
        lookup._day.__init__()  # type: ignore[misc] # the day of another clock

    monkeypatch.setattr(lookup, "lease", 0.0)
    # A machine that is busy for seconds is no database that is away: the look-up, which these tests
    # ask of which day it is, would keep the day before.
    monkeypatch.setattr(editions, "PATIENCE", 30)
    made = Clock(monkeypatch)
    forget()
    yield made
    forget()


@pytest.fixture
def indicator(clock: Clock) -> Indicator:
    """35 companies each year, the last of which ends at this midnight with too few."""
    plan = PlanFactory.create(slug="horloge")
    made: Indicator = IndicatorFactory.create(
        plan=plan, measure=MeasureFactory.create(plan=plan), code="entreprises"
    )
    TargetFactory.with_yearly_quota({2021: 35, 2022: 35, 2023: 35}, indicator=made)
    for year, value in ((2021, 30), (2022, 41)):
        ObservationFactory.create(indicator=made, year=year, value=Decimal(value), published=True)
    refresh_all_progress(on=date(2023, 12, 31))
    return made


def all_pages(client: Client, clock: Clock) -> dict[str, bytes]:
    """Ask for every page; each is of the day that the clock shows, and is no stale answer."""
    answers = {path: client.get(path) for path in PAGES}
    assert {path: answer.status_code for path, answer in answers.items()} == dict.fromkeys(
        PAGES, 200
    )
    said = {path: answer.headers.get("Warning", "fresh") for path, answer in answers.items()}
    assert said == dict.fromkeys(PAGES, "fresh")
    today = clock.now.astimezone(ZoneInfo("Europe/Paris")).date()
    known = lookup._editions
    assert known is not None
    # Whatever makes a page another day's makes one of these differ, and is named by it.
    assert {
        "time zone": timezone.get_current_timezone_name(),
        "day of the views": timezone.localdate(),
        "day of the look-up": known.day,
        "day of what is kept": lookup._day.day,
    } == {
        "time zone": "Europe/Paris",
        "day of the views": today,
        "day of the look-up": today,
        "day of what is kept": today,
    }
    for path in DATED:
        assert f'datetime="{today}"'.encode() in answers[path].content, path
    return {path: answer.content for path, answer in answers.items()}


def test_midnight_at_the_end_of_the_year(
    client: Client, clock: Clock, indicator: Indicator
) -> None:
    before = all_pages(client, clock)
    assert all_pages(client, clock) == before

    clock.now = FIRST
    after = all_pages(client, clock)

    detail = "/plans/horloge/indicateurs/entreprises/"
    assert "31 décembre 2023" in before["/plans/horloge/"].decode()
    assert after[detail] != before[detail]
    # What is stored is still of the year before: no page has used it.
    assert set(ProgressRecord.objects.values_list("evaluated_on", flat=True)) == {
        date(2023, 12, 31)
    }
    # What is stored then changes nothing that is shown, drawn anew: all said the new day already.
    clock.now = FIRST + timedelta(minutes=5)
    refresh_all_progress(on=date(2024, 1, 1))
    assert set(ProgressRecord.objects.values_list("evaluated_on", flat=True)) == {date(2024, 1, 1)}
    cache.clear()
    memory.clear()
    assert all_pages(client, clock) == after


def test_a_clock_that_is_put_back(client: Client, clock: Clock, indicator: Indicator) -> None:
    before = all_pages(client, clock)
    clock.now = FIRST
    after = all_pages(client, clock)
    clock.now = LAST - timedelta(hours=1)
    assert all_pages(client, clock) == before
    clock.now = FIRST + timedelta(hours=1)
    assert all_pages(client, clock) == after


@pytest.mark.parametrize(("told", "then"), [(FIRST, LAST), (LAST, FIRST)])
def test_what_was_made_while_the_day_changed_is_kept_for_neither(
    client: Client,
    clock: Clock,
    indicator: Indicator,
    monkeypatch: pytest.MonkeyPatch,
    told: datetime,
    then: datetime,
) -> None:
    clock.now = told
    of_the_day = all_pages(client, clock)
    cache.clear()
    memory.clear()

    def source_of(path: str) -> sources.Source | None:
        """Name the day, then let another one begin before the page asks for it."""
        source = sources.source_of(path)
        clock.now = then
        return source

    with monkeypatch.context() as patched:
        patched.setattr(middleware, "source_of", source_of)
        for path in PAGES:
            clock.now = told
            assert client.get(path).status_code == 200
    clock.now = told
    assert all_pages(client, clock) == of_the_day
