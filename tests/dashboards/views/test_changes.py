"""What a reader finds on the pages of changes: everything, once, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboards.events import AT_MOST, KINDS, Place, latest_events
from indicators.models import Indicator, Observation
from indicators.services import publish, withdraw
from measures.models import Measure
from plans.models import Plan
from tests.dashboards.reading import HTML, main_text, parsed, plain, texts
from tests.factories import (
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    RegionFactory,
    SourceFactory,
    TargetFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

ALL = "/changements/"
OF_PLAN = "/plans/grand-est-2019/changements/"

FROM_FILE = "Entreprises accompagnées — valeur reprise du fichier du plan :"


def published(indicator: Indicator, on: date, **more: object) -> Observation:
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    made: Observation = ObservationFactory.create(
        indicator=indicator, published=True, published_at=at, **more
    )
    return made


def published_daily(indicator: Indicator, days: int, *, at_once: bool = False) -> None:
    """Publish a value of each of these days: one a day, or all of them at one moment."""
    source = SourceFactory.create(plan=indicator.plan)
    begins = datetime(2022, 1, 1, 9, tzinfo=UTC)
    Observation.objects.bulk_create(
        Observation(
            indicator=indicator, measurement=indicator.measurement, source=source, value=number,
            period_start=day, period_end=day, state="published",
            published_at=begins + timedelta(days=0 if at_once else number),
        )
        for number, day in ((n, date(2022, 1, 1) + timedelta(days=n)) for n in range(days))
    )  # fmt: skip


def pages(client: Client, address: str) -> Iterator[list[str]]:
    """The lines of each page, as a reader who goes on to the end sees them."""
    link: str | None = ""
    while link is not None:
        response = client.get(f"{address}{link}")
        assert response.status_code == 200
        yield texts(response, "changes__item")
        link = next(
            (
                one.get("href")
                for one in parsed(response).iter(f"{HTML}a")
                if one.get("rel") == "next"
            ),
            None,
        )


def test_each_change_is_told_in_the_words_of_the_home_page(client: Client, pack: Measure) -> None:
    companies = IndicatorFactory.create(
        plan=pack.plan, measure=pack, title="Entreprises accompagnées"
    )
    published(companies, date(2021, 3, 1), year=2020, value=Decimal(30))
    published(companies, date(2022, 3, 1), year=2021, value=Decimal(41))
    TargetFactory.create(
        indicator=companies,
        code="total",
        abandoned_on=date(2021, 6, 1),
        abandonment_reason="Budget supprimé.",
    )
    expected = [
        f"1er mars 2022 {FROM_FILE} 41 entreprises en 2021",
        "1er juin 2021 Entreprises accompagnées — cible abandonnée. Budget supprimé.",
        f"1er mars 2021 {FROM_FILE} 30 entreprises en 2020",
    ]
    assert texts(client.get(OF_PLAN), "changes__item") == expected
    of_all = [f"{line} {companies.plan.region.name} · Plan IA Grand Est" for line in expected]
    assert texts(client.get(ALL), "changes__item") == of_all
    assert texts(client.get("/"), "changes__item") == of_all


def test_corrections_withdrawals_and_deliverables_are_told(
    client: Client, companies: Indicator
) -> None:
    first = companies.observations.get(value=30)
    correction = ObservationFactory.create(
        indicator=companies,
        value=Decimal(33),
        source=first.source,
        supersedes=first,
        correction_reason="Oubli.",
    )
    publish(correction, reviewer=None, at=datetime.now(UTC))
    withdraw(Observation.objects.get(pk=correction.pk), reason="Doublon.", at=datetime.now(UTC))
    MilestoneUpdateFactory.create(
        milestone=MilestoneFactory.create(measure=companies.measure, title="Charte"),
        published=True,
    )
    text = main_text(client.get(OF_PLAN))
    assert "valeur retirée : 33 entreprises en 2020. Doublon." in text
    assert "valeur corrigée : 33 entreprises au lieu de 30 entreprises en 2020. Oubli." in text
    assert "livrable « Charte » : fait au 30 août 2022" in text
    assert len(texts(client.get(OF_PLAN), "changes__item")) == 5


def test_what_is_not_public_is_not_told_and_what_is_fictitious_is_marked(
    client: Client, companies: Indicator
) -> None:
    hidden = PlanFactory.create(slug="cache", is_public=False)
    ObservationFactory.create(indicator__plan=hidden, indicator__title="Secret", published=True)
    ObservationFactory.create(indicator=companies, year=2022, value=Decimal(99))
    fictitious = PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
    ObservationFactory.create(
        indicator=IndicatorFactory.create(plan=fictitious, title="Prêts"), published=True
    )
    text = main_text(client.get(ALL))
    assert "Secret" not in text
    assert "99 entreprises" not in text
    [marked] = [line for line in texts(client.get(ALL), "changes__item") if "Prêts" in line]
    assert marked.endswith(" fictif")
    assert "Prêts" not in main_text(client.get(OF_PLAN))
    assert client.get("/plans/cache/changements/").status_code == 404
    assert texts(client.get("/plans/fictif/changements/"), "demo-banner") != []


@pytest.mark.parametrize("at_once", [False, True], ids=["day by day", "at one moment"])
def test_the_pages_hold_everything_once_in_order(
    client: Client, pack: Measure, at_once: bool
) -> None:
    indicator = IndicatorFactory.create(plan=pack.plan, measure=pack)
    published_daily(indicator, 2 * AT_MOST + 10, at_once=at_once)
    for place, kind in enumerate((date(2022, 1, 1), date(2022, 1, 2)), start=1):
        TargetFactory.create(
            indicator=indicator,
            code=f"cible-{place}",
            abandoned_on=kind,
            abandonment_reason=f"Arrêt {place}.",
        )
    seen = list(pages(client, OF_PLAN))
    assert [len(page) for page in seen] == [AT_MOST, AT_MOST, 12]
    lines = [line for page in seen for line in page]
    assert len(lines) == len(set(lines)) == 2 * AT_MOST + 12
    every = latest_events(Plan.objects.all(), limit=1000)
    assert [event.place for event in every] == sorted(
        (event.place for event in every), reverse=True
    )
    assert [plain(event.change.text) in line for event, line in zip(every, lines, strict=True)] == [
        True
    ] * len(lines)
    assert list(pages(client, ALL))[2][-1].startswith(lines[-1])


def test_a_day_that_fills_pages_may_be_gone_past(client: Client, pack: Measure) -> None:
    indicator = IndicatorFactory.create(plan=pack.plan, measure=pack)
    published(indicator, date(2021, 12, 31), year=2020)
    published_daily(indicator, AT_MOST + 1, at_once=True)
    first = client.get(OF_PLAN)
    [link] = [
        one.get("href") or ""
        for one in parsed(first).iter(f"{HTML}a")
        if (one.get("href") or "").startswith("?avant=") and one.get("rel") is None
    ]
    assert link == "?avant=2022-01-01"
    assert [line[:16] for line in texts(client.get(f"{OF_PLAN}{link}"), "changes__item")] == [
        "31 décembre 2021"
    ]


def test_an_older_page_leads_back_and_the_last_says_that_it_is(
    client: Client, companies: Indicator
) -> None:
    response = client.get(f"{OF_PLAN}?avant=2000-01-01")
    assert "Aucun changement plus ancien." in main_text(response)
    assert OF_PLAN in {one.get("href") for one in parsed(response).iter(f"{HTML}a")}
    assert 'class="pages"' not in client.get(OF_PLAN).content.decode()


def test_a_plan_that_published_nothing_says_so(client: Client, plan: Plan) -> None:
    assert "Rien n’a encore été publié." in main_text(client.get(OF_PLAN))


@pytest.mark.parametrize(
    "place",
    [
        "2", "zz", "-1", "2022-13-01", "0001-01-01", "9999-12-31", "2022-01-01T00:00",
        "20220101T090000000000-9", "20221301T090000000000-1-1", "99990101T090000000000-1-1",
        "20220101T090000000000-1-9999999999999999999", "20220101T090000000000-1-1'--",
    ],
)  # fmt: skip
@pytest.mark.parametrize("address", [ALL, OF_PLAN])
def test_what_is_no_place_is_not_found(
    client: Client, plan: Plan, address: str, place: str
) -> None:
    assert client.get(address, {"avant": place}).status_code == 404


def test_a_place_is_written_and_read_alike() -> None:
    for kind in range(len(KINDS) + 1):
        place = Place(datetime(2022, 10, 30, 0, 30, 1, 42, tzinfo=UTC), kind, 12)
        assert Place.asked(str(place)) == place


def test_pages_lead_to_the_changes(client: Client, companies: Indicator) -> None:
    def links(address: str) -> set[str | None]:
        return {one.get("href") for one in parsed(client.get(address)).iter(f"{HTML}a")}

    assert ALL in links("/")
    assert OF_PLAN in links("/plans/grand-est-2019/")
    for address, feeds in (
        (ALL, ["/flux.atom"]),
        (OF_PLAN, ["/flux.atom", "/plans/grand-est-2019/flux.atom"]),
    ):
        tree = parsed(client.get(address))
        assert [
            one.get("href") for one in tree.iter(f"{HTML}link") if one.get("rel") == "alternate"
        ] == feeds
        assert feeds[-1] in links(address)
    listed = client.get("/sitemap.xml").text
    assert f"http://testserver{ALL}</loc>" in listed
    assert f"http://testserver{OF_PLAN}</loc>" in listed


def test_a_former_address_leads_to_the_present_one(client: Client, plan: Plan) -> None:
    Plan.objects.update(slug="autre")
    response = client.get(f"{OF_PLAN}?avant=2022-01-01")
    assert response.headers["Location"] == "/plans/autre/changements/?avant=2022-01-01"


def test_a_later_page_is_found_by_the_index(client: Client, companies: Indicator) -> None:
    """However many values are published at one moment, a page begins where the index leads."""
    values_published = 1 + [kind.what for kind in KINDS].index("publication", 1)
    place = Place(datetime(2022, 1, 1, tzinfo=UTC), values_published, 12)
    with CaptureQueriesContext(connection) as asked:
        latest_events(Plan.objects.public(), before=place)
    [sql] = [query["sql"] for query in asked if "ROW(" in query["sql"]]
    with connection.cursor() as cursor:
        # A table of a few rows is read whole, and sorted.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {sql}")
        steps = "\n".join(step for (step,) in cursor.fetchall())
    assert re.search(
        r"Index Scan Backward using dashboards_observation_ever_published.*\n"
        r"\s*Index Cond: \(ROW\(published_at, id\) < ROW\(",
        steps,
    ), steps
