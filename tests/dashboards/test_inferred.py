"""What no source dates says so wherever its date stands: of a value, and of a deliverable."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element

import pytest
from django.test import Client

from indicators.models import Indicator
from measures.models import Measure
from tests.dashboards.pages import PLAN
from tests.dashboards.reading import all_of, parsed, plain, texts, words
from tests.factories import (
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    SourceFactory,
    TargetFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

MEASURE = f"{PLAN}mesures/pack-ia/"
FUNDING = f"{PLAN}indicateurs/financement/"
JANUARY = {"period_start": date(2020, 1, 1), "period_end": date(2020, 1, 31)}
AT = datetime(2023, 2, 1, 9, tzinfo=UTC)


def row(element: Element, place: int) -> str:
    """The words of a row of a table."""
    return words([one for one in element.iter() if one.tag.endswith("}tr")][place])


class TestDeliverable:
    @pytest.fixture(autouse=True)
    def _done(self, pack: Measure) -> None:
        MilestoneUpdateFactory.create(
            milestone=MilestoneFactory.create(measure=pack, title="Carte des formations"),
            as_of=date(2022, 8, 30),
            date_inferred=True,
            comment="État daté du jour de la signature.",
            published=True,
            published_at=AT,
            source=SourceFactory.create(plan=pack.plan, title="Article"),
        )

    @pytest.mark.parametrize("address", [PLAN, MEASURE, f"{PLAN}objectifs/competitivite/"])
    def test_its_state_says_that_its_day_is_inferred_and_how(
        self, client: Client, address: str
    ) -> None:
        assert texts(client.get(address), "milestones__item") == [
            (
                "Carte des formations fait état au 30 août 2022 déduit Source : Article "
                "État daté du jour de la signature."
            )
        ]

    @pytest.mark.parametrize("address", ["/", f"{PLAN}flux.atom"])
    def test_so_does_what_changed(self, client: Client, address: str) -> None:
        said = "livrable « Carte des formations » : fait au 30 août 2022 (date déduite)"
        assert said in plain(client.get(address).content.decode())


def test_a_state_that_its_source_dates_bears_no_mark(client: Client, pack: Measure) -> None:
    MilestoneUpdateFactory.create(
        milestone=MilestoneFactory.create(measure=pack, title="Guichet"),
        provisional=True,
        published=True,
        source=SourceFactory.create(plan=pack.plan, title="Article"),
    )
    assert texts(client.get(MEASURE), "milestones__item") == [
        "Guichet fait état au 30 août 2022 (provisoire) Source : Article"
    ]


class TestValue:
    @pytest.fixture
    def funding(self, pack: Measure) -> Indicator:
        """A level of which only the month is known, and by inference."""
        indicator: Indicator = IndicatorFactory.create(
            plan=pack.plan, measure=pack, code="financement", stock=True, frequency="once"
        )
        ObservationFactory.create(
            indicator=indicator,
            value=Decimal(9),
            date_inferred=True,
            published=True,
            published_at=AT,
            source=SourceFactory.create(plan=pack.plan, title="Article"),
            **JANUARY,
        )
        return indicator

    def test_its_line_marks_the_period_and_names_no_day(
        self, client: Client, funding: Indicator
    ) -> None:
        response = client.get(PLAN)
        (facts,) = texts(response, "line__facts")
        assert facts.endswith("9 entreprises janvier 2020 déduit Source : Article")
        (meta,) = texts(response, "line__meta")
        assert meta.endswith("(janvier 2020, date déduite)")
        assert "31 janvier 2020" not in plain(response.content.decode())

    def test_its_page_marks_it_everywhere(self, client: Client, funding: Indicator) -> None:
        response = client.get(FUNDING)
        page = parsed(response)
        assert texts(response, "reading__figure") == ["9 entreprises janvier 2020 déduit"]
        assert texts(response, "line__meta")[0].endswith("(janvier 2020, date déduite)")
        data, versions = all_of(page, "data")
        assert row(data, 1).startswith("janvier 2020 déduit 9")
        assert row(versions, 1).startswith("1er février 2023 janvier 2020 déduit 9")
        assert texts(response, "source__role") == [
            "Utilisée pour : valeur en janvier 2020 (date déduite)"
        ]
        (image,) = (one for one in page.iter() if one.tag.endswith("}img"))
        assert plain(image.get("alt", "")).endswith(
            "Valeurs constatées. janvier 2020 (date déduite) : 9."
        )
        assert "31 janvier 2020" not in plain(response.content.decode())

    def test_so_does_what_changed(self, client: Client, funding: Indicator) -> None:
        said = "valeur reprise du fichier du plan : 9 entreprises en janvier 2020 (date déduite)"
        for address in ("/", f"{PLAN}flux.atom"):
            assert said in plain(client.get(address).content.decode())

    def test_what_was_expected_at_an_inferred_day_says_so(
        self, client: Client, companies: Indicator
    ) -> None:
        ObservationFactory.create(
            indicator=companies, year=2022, date_inferred=True, published=True
        )
        (facts,) = texts(client.get(PLAN), "line__facts")
        assert "total déduit · 2020–2022 déduit" in facts
        assert facts.endswith("Attendu 105 entreprises au 31 décembre 2022 déduit")
        response = client.get(companies.get_absolute_url())
        assert (
            "attendu au 31 décembre 2022 (date déduite) : 105" in texts(response, "bar-legend")[0]
        )
        assert "Attendu au 31 décembre 2022 (date déduite) 105" in texts(response, "calc")[0]

    def test_a_later_value_that_its_source_dates_leaves_no_mark(
        self, client: Client, funding: Indicator
    ) -> None:
        ObservationFactory.create(indicator=funding, year=2021, published=True)
        (facts,) = texts(client.get(PLAN), "line__facts")
        assert "déduit" not in facts
        assert texts(client.get(PLAN), "line__meta") == ["relevé unique, au 31 décembre 2021"]


def test_a_value_from_before_the_period_of_its_target_is_no_result_of_it(
    client: Client, pack: Measure
) -> None:
    """It is published, and said to be none for the period aimed at: both are true."""
    indicator = IndicatorFactory.create(plan=pack.plan, measure=pack, code="financement")
    TargetFactory.create(indicator=indicator, starts_on=date(2021, 1, 1))
    ObservationFactory.create(indicator=indicator, year=2019, published=True)
    assert [text.split(" 0 livrable")[0] for text in texts(client.get(PLAN), "summary__part")] == [
        "Promis 1 cible chiffrée 1 mesure,",
        "Constaté 0 cible avec une valeur publiée pour la période visée",
        "Non renseigné 1 cible sans valeur publiée pour la période visée",
    ]
    assert texts(client.get(FUNDING), "reading__figure") == [
        "aucune valeur publiée pour la période visée"
    ]
