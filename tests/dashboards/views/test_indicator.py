"""What a reader finds on the page of an indicator, and in its chart."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from dashboards import charts
from indicators.evaluation import evaluate_indicators
from indicators.explanations import explain
from indicators.models import Indicator
from measures.models import Measure
from tests.dashboards.conftest import TODAY
from tests.dashboards.pages import INDICATOR, PLAN
from tests.dashboards.reading import HTML, all_of, main_text, parsed, plain, texts, words
from tests.factories import IndicatorFactory, ObservationFactory, SourceFactory, TargetFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


class TestIndicator:
    def test_tells_why_with_the_reckoning(self, client: Client, companies: Indicator) -> None:
        response = client.get(INDICATOR)
        (why,) = texts(response, "reading__why")
        ((evaluation,),) = evaluate_indicators([companies], on=TODAY).values()
        assert why.startswith(f"Pourquoi ce statut {plain(explain(evaluation))} Valeur retenue")
        assert (
            "Valeur retenue au moins 71 entreprises Cible (total déduit) 175 entreprises "
            "Taux d’avancement 41 % Attendu au 31 décembre 2021 70 entreprises "
            "Rythme : constaté sur attendu 101 %"
        ) in why

    def test_the_table_has_each_period_reported_or_not(
        self, client: Client, companies: Indicator
    ) -> None:
        table = all_of(parsed(client.get(INDICATOR)), "data")[0]
        rows = [words(row) for row in table.iter() if row.tag.endswith("}tr")]
        assert rows == [
            "Période Constaté Promis Part Source",
            "2020 30 35 86 % Bilan annuel",
            "2021 41 35 117 % Bilan annuel",
            "2022 non renseigné 35 – –",
            "2023 pas encore terminée 35 – –",
            "2024 pas encore terminée 35 – –",
        ]

    def test_a_period_made_of_several_values_is_shown_as_their_sum(
        self, client: Client, companies: Indicator
    ) -> None:
        for start, end, value in (
            (date(2022, 1, 1), date(2022, 6, 30), 10),
            (date(2022, 7, 1), date(2022, 12, 31), 12),
        ):
            ObservationFactory.create(
                indicator=companies,
                period_start=start,
                period_end=end,
                value=Decimal(value),
                published=True,
                source=SourceFactory.create(plan=companies.plan, title="Semestriel"),
            )
        table = all_of(parsed(client.get(INDICATOR)), "data")[0]
        rows = [words(row) for row in table.iter() if row.tag.endswith("}tr")]
        assert rows[3:6] == [
            "2022 22 (somme) 35 63 % –",
            "1er semestre 2022 10 – – Semestriel",
            "2e semestre 2022 12 – – Semestriel",
        ]

    @pytest.mark.parametrize(
        ("qualifiers", "summed"),
        [
            (("about", "exact"), "2022 environ 20 (somme) 35"),
            (("at_most", "about"), "2022 environ 20 (somme) 35"),
            (("at_most", "at_most"), "2022 au plus 20 (somme) 35"),
            (("about",), "2022 au moins 10 (somme) 35"),  # the other half is missing
        ],
    )
    def test_the_sum_of_a_period_is_as_exact_as_its_parts(
        self, client: Client, companies: Indicator, qualifiers: tuple[str, ...], summed: str
    ) -> None:
        halves = ((date(2022, 1, 1), date(2022, 6, 30)), (date(2022, 7, 1), date(2022, 12, 31)))
        for (start, end), qualifier in zip(halves, qualifiers, strict=False):
            ObservationFactory.create(
                indicator=companies,
                period_start=start,
                period_end=end,
                value=Decimal(10),
                qualifier=qualifier,
                published=True,
            )
        table = all_of(parsed(client.get(INDICATOR)), "data")[0]
        rows = [words(row) for row in table.iter() if row.tag.endswith("}tr")]
        assert rows[3].startswith(summed)

    def test_figures_of_a_page_agree_on_how_exact_they_are(
        self, client: Client, pack: Measure
    ) -> None:
        """The headline, the reason, the reckoning and the chart in words: "environ" in each."""
        indicator = IndicatorFactory.create(plan=pack.plan, measure=pack, code="entreprises")
        TargetFactory.create(
            indicator=indicator, starts_on=date(2021, 1, 1), due_on=date(2024, 12, 31)
        )
        for year, qualifier in ((2021, "exact"), (2022, "about")):
            ObservationFactory.create(
                indicator=indicator,
                year=year,
                value=Decimal(25),
                qualifier=qualifier,
                published=True,
            )
        response = client.get(INDICATOR)
        assert texts(response, "reading__figure") == [
            "50 % environ 50 sur 100 entreprises 2021–2022"
        ]
        (why,) = texts(response, "reading__why")
        assert "la valeur est d’environ 50 entreprises ; " in why
        assert "Valeur retenue environ 50 entreprises Cible 100 entreprises" in why
        (image,) = [one for one in parsed(response).iter() if one.tag.endswith("}img")]
        assert "Réalisé, en cumul : environ 50 au 31 décembre 2022" in plain(image.get("alt", ""))

    @pytest.mark.parametrize("start", [date(2022, 2, 4), date(2022, 1, 1)])
    def test_a_figure_observed_once_is_not_called_up_to_date(
        self, client: Client, pack: Measure, start: date
    ) -> None:
        indicator = IndicatorFactory.create(
            plan=pack.plan, measure=pack, code="entreprises", frequency="once"
        )
        ObservationFactory.create(
            indicator=indicator, period_start=start, period_end=date(2022, 2, 4), published=True
        )
        response = client.get(INDICATOR)
        assert texts(response, "line__meta") == ["relevé unique, au 4 février 2022"]
        assert texts(client.get(PLAN), "line__meta") == ["relevé unique, au 4 février 2022"]
        text = main_text(response)
        assert "Unité : entreprises · relevé unique · nature : réalisation" in text
        assert "à jour" not in text
        assert "périodicité" not in text

    def test_a_figure_to_be_observed_once_is_awaited_at_its_due_date(
        self, client: Client, pack: Measure
    ) -> None:
        indicator = IndicatorFactory.create(
            plan=pack.plan, measure=pack, code="entreprises", frequency="once"
        )
        TargetFactory.create(
            indicator=indicator, starts_on=date(2022, 1, 1), due_on=date(2023, 12, 31)
        )
        awaited = "premier chiffre attendu d’ici au 31 décembre 2023"
        assert awaited in texts(client.get(INDICATOR), "line__meta")[0]
        # What was published before the target began is not what is awaited.
        ObservationFactory.create(indicator=indicator, year=2021, published=True)
        assert awaited in texts(client.get(INDICATOR), "line__meta")[0]

    def test_the_table_of_a_total_has_the_running_sum_that_the_chart_draws(
        self, client: Client, pack: Measure
    ) -> None:
        indicator = IndicatorFactory.create(plan=pack.plan, measure=pack, code="entreprises")
        TargetFactory.create(
            indicator=indicator, starts_on=date(2020, 1, 1), due_on=date(2024, 12, 31)
        )
        source = SourceFactory.create(plan=pack.plan, title="Bilan")
        for year, value in ((2019, 50), (2020, 7), (2021, 8)):
            ObservationFactory.create(
                indicator=indicator, year=year, value=Decimal(value), published=True, source=source
            )
        page = parsed(client.get(INDICATOR))
        table = all_of(page, "data")[0]
        rows = [words(row) for row in table.iter() if row.tag.endswith("}tr")]
        assert rows == [
            "Période Constaté Cumul Source",
            "2019 50 – Bilan",
            "2020 7 7 Bilan",
            "2021 8 au moins 15 Bilan",
            "2022 non renseigné – –",
        ]
        (caption,) = (words(one) for one in page.iter(f"{HTML}figcaption"))
        assert caption.startswith(
            "Valeurs publiées, en cumul, et cible : 100 entreprises d’ici au 31 décembre 2024."
        )

    def test_each_of_two_totals_has_its_running_sum(self, client: Client, pack: Measure) -> None:
        indicator = IndicatorFactory.create(plan=pack.plan, measure=pack, code="entreprises")
        for position, start in enumerate((2020, 2021)):
            TargetFactory.create(
                indicator=indicator,
                code=f"des-{start}",
                position=position,
                value=Decimal(start),
                starts_on=date(start, 1, 1),
            )
        source = SourceFactory.create(plan=pack.plan, title="Bilan")
        for year in (2020, 2021, 2022):
            ObservationFactory.create(indicator=indicator, year=year, published=True, source=source)
        table = all_of(parsed(client.get(INDICATOR)), "data")[0]
        rows = [words(row) for row in table.iter() if row.tag.endswith("}tr")]
        assert rows == [
            (
                "Période Constaté Cumul (2 020 entreprises, échéance inconnue) "
                "Cumul (2 021 entreprises, échéance inconnue) Source"
            ),
            "2020 30 30 – Bilan",
            "2021 30 60 30 Bilan",
            "2022 30 90 60 Bilan",
        ]

    def test_every_version_stays_with_its_reason_and_no_name(
        self, client: Client, companies: Indicator
    ) -> None:
        first = ObservationFactory.create(
            indicator=companies,
            year=2022,
            value=Decimal(36),
            published=True,
            published_at=datetime(2023, 2, 1, tzinfo=UTC),
            superseded_at=datetime(2023, 2, 20, tzinfo=UTC),
        )
        ObservationFactory.create(
            indicator=companies,
            year=2022,
            value=Decimal(35),
            published=True,
            published_at=datetime(2023, 2, 20, tzinfo=UTC),
            supersedes=first,
            correction_reason="Une entreprise comptée deux fois.",
        )
        table = all_of(parsed(client.get(INDICATOR)), "data")[1]
        rows = [words(row).split(" Reprise")[0] for row in table.iter() if row.tag.endswith("}tr")]
        reason = "Motif de la correction : Une entreprise comptée deux fois."
        assert rows[-2:] == [
            f"20 février 2023 2022 35 en vigueur {reason}",
            "1er février 2023 2022 36 remplacée le 20 février 2023",
        ]

    def test_a_correction_that_is_withdrawn_keeps_both_reasons(
        self, client: Client, companies: Indicator
    ) -> None:
        first = ObservationFactory.create(
            indicator=companies,
            year=2022,
            value=Decimal("12.5"),
            published=True,
            published_at=datetime(2023, 2, 1, tzinfo=UTC),
            superseded_at=datetime(2023, 2, 20, tzinfo=UTC),
        )
        ObservationFactory.create(
            indicator=companies,
            year=2022,
            value=Decimal(14),
            published=True,
            published_at=datetime(2023, 2, 20, tzinfo=UTC),
            supersedes=first,
            correction_reason="Recompté.",
            superseded_at=datetime(2023, 2, 21, tzinfo=UTC),
            withdrawal_reason="Erreur de saisie.",
        )
        table = all_of(parsed(client.get(INDICATOR)), "data")[1]
        rows = [words(row).split(" Reprise")[0] for row in table.iter() if row.tag.endswith("}tr")]
        reasons = "Motif de la correction : Recompté. Motif du retrait : Erreur de saisie."
        assert rows[-2:] == [
            f"20 février 2023 2022 14 retirée le 21 février 2023 {reasons}",
            "1er février 2023 2022 12,5 remplacée le 20 février 2023",
        ]

    def test_tables_show_every_digit_published(self, client: Client, companies: Indicator) -> None:
        source = SourceFactory.create(plan=companies.plan, title="Bilan")
        for start, end, value in (
            (date(2022, 1, 1), date(2022, 6, 30), "10.25"),
            (date(2022, 7, 1), date(2022, 12, 31), "2.5"),
        ):
            ObservationFactory.create(
                indicator=companies,
                period_start=start,
                period_end=end,
                value=Decimal(value),
                published=True,
                source=source,
            )
        data, versions = (
            [words(row) for row in table.iter() if row.tag.endswith("}tr")]
            for table in all_of(parsed(client.get(INDICATOR)), "data")
        )
        assert data[3:6] == [
            "2022 12,75 (somme) 35 36 % –",
            "1er semestre 2022 10,25 – – Bilan",
            "2e semestre 2022 2,5 – – Bilan",
        ]
        assert {" ".join(row.split(" en vigueur")[0].split()[-4:]) for row in versions} >= {
            "1er semestre 2022 10,25",
            "2e semestre 2022 2,5",
        }

    def test_a_replaced_target_stays_with_the_reason(self, client: Client, pack: Measure) -> None:
        indicator = IndicatorFactory.create(plan=pack.plan, measure=pack, code="entreprises")
        former = TargetFactory.create(
            indicator=indicator, value=Decimal(50), superseded_on=date(2022, 1, 1)
        )
        TargetFactory.create(
            indicator=indicator, supersedes=former, revision_reason="Budget doublé."
        )
        text = main_text(client.get(INDICATOR))
        assert "Cibles précédentes 50 entreprises, échéance inconnue" in text
        assert "Remplacée le 1er janvier 2022. Budget doublé." in text

    def test_a_baseline_is_as_exact_as_its_source_states_it(
        self, client: Client, pack: Measure
    ) -> None:
        indicator = IndicatorFactory.create(
            plan=pack.plan,
            measure=pack,
            code="entreprises",
            stock=True,
            baseline=Decimal(2500),
            baseline_qualifier="at_least",
            baseline_source=SourceFactory.create(plan=pack.plan),
        )
        TargetFactory.create(
            indicator=indicator,
            level=True,
            value=Decimal(5000),
            starts_on=date(2020, 1, 1),
            due_on=date(2024, 12, 31),
        )
        ObservationFactory.create(
            indicator=indicator,
            period_start=date(2022, 12, 31),
            period_end=date(2022, 12, 31),
            value=Decimal(3000),
            published=True,
        )
        text = main_text(client.get(INDICATOR))
        assert text.count("au moins 2 500 entreprises") == text.count("2 500 entreprises") == 4
        assert "du 2 janvier" not in text
        assert "2020–2021 non renseigné" in text

    def test_two_targets_have_two_readings_and_two_charts(
        self, client: Client, companies: Indicator
    ) -> None:
        TargetFactory.create(indicator=companies, code="total", value=Decimal(200))
        response = client.get(INDICATOR)
        assert len(texts(response, "reading")) == 2
        images = [one.get("src") for one in parsed(response).iter() if one.tag.endswith("}img")]
        assert images == [
            f"{INDICATOR}graphique.svg?cible=cible",
            f"{INDICATOR}graphique.svg?cible=total",
        ]

    @pytest.mark.parametrize("asked", ["zzz", "<b>gras</b>", "ancienne"])
    def test_an_unknown_target_is_named_and_everything_shown(
        self, client: Client, companies: Indicator, asked: str
    ) -> None:
        """As a filter of a plan that is no choice; of the image of such a target there is none."""
        TargetFactory.create(indicator=companies, code="ancienne", superseded_on=date(2021, 1, 1))
        response = client.get(INDICATOR, {"cible": asked})
        assert response.status_code == 200
        assert texts(response, "errorlist") == [
            (
                f"« {asked} » n’est pas une cible en vigueur de cet indicateur ; "
                "ce choix est ignoré, et tout est affiché."
            )
        ]
        assert texts(response, "reading__why") == texts(client.get(INDICATOR), "reading__why")
        assert client.get(f"{INDICATOR}graphique.svg", {"cible": asked}).status_code == 404

    @pytest.mark.parametrize("query", ["", "?cible=", "?cible=cible"])
    def test_a_target_that_is_shown_needs_no_word(
        self, client: Client, companies: Indicator, query: str
    ) -> None:
        assert texts(client.get(INDICATOR + query), "errorlist") == []

    def test_a_ratio_shows_what_it_is_the_ratio_of(self, client: Client, pack: Measure) -> None:
        indicator = IndicatorFactory.create(
            plan=pack.plan, measure=pack, code="entreprises", ratio=True
        )
        ObservationFactory.create(
            indicator=indicator,
            value=None,
            numerator=Decimal(452),
            denominator=Decimal(1000),
            published=True,
        )
        table = all_of(parsed(client.get(INDICATOR)), "data")[0]
        assert "2020 45,2 % (452 sur 1 000)" in words(table)

    def test_its_data_are_one_link_away(self, client: Client, companies: Indicator) -> None:
        (reuse,) = all_of(parsed(client.get(INDICATOR)), "reuse")
        table, _frame = [link.get("href", "") for link in reuse.iter(f"{HTML}a")]
        rows = client.get(table).content.decode().splitlines()
        assert [row.split(";")[2] for row in rows] == ["indicator", "entreprises", "entreprises"]

    def test_sources_say_what_they_are_used_for(self, client: Client, companies: Indicator) -> None:
        assert texts(client.get(INDICATOR), "source__role") == [
            "Utilisée pour : cible (p. 4)",
            "Utilisée pour : valeur en 2020, valeur en 2021",
        ]

    def test_without_any_figure_there_is_no_empty_list_of_sources(
        self, client: Client, pack: Measure
    ) -> None:
        IndicatorFactory.create(plan=pack.plan, measure=pack, code="credits")
        page = parsed(client.get(INDICATOR.replace("/entreprises/", "/credits/")))
        assert [heading.get("id") for heading in page.iter(f"{HTML}h2")] == [
            "statut-1",
            "promesse",
            "valeurs",
        ]


class TestChart:
    def test_is_an_image_that_may_be_asked_again_cheaply(
        self, client: Client, companies: Indicator
    ) -> None:
        response = client.get(f"{INDICATOR}graphique.svg")
        assert response.status_code == 200
        assert response["Content-Type"] == "image/svg+xml"
        assert response["Cache-Control"] == "public, max-age=300"
        again = client.get(f"{INDICATOR}graphique.svg", headers={"If-None-Match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_changes_with_the_data_and_the_width(
        self, client: Client, companies: Indicator
    ) -> None:
        wide = client.get(f"{INDICATOR}graphique.svg")["ETag"]
        narrow = client.get(f"{INDICATOR}graphique.svg?largeur=etroit")["ETag"]
        ObservationFactory.create(indicator=companies, year=2022, published=True)
        after = client.get(f"{INDICATOR}graphique.svg")["ETag"]
        assert len({wide, narrow, after}) == 3

    def test_png_for_whoever_wants_to_take_it_away(
        self, client: Client, companies: Indicator
    ) -> None:
        response = client.get(f"{INDICATOR}graphique.png")
        assert response["Content-Type"] == "image/png"
        assert response.content.startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        "address", ["graphique.svg?cible=inconnue", "graphique.gif", "graphique.svg/"]
    )
    def test_nothing_where_there_is_no_such_chart(
        self, client: Client, companies: Indicator, address: str
    ) -> None:
        assert client.get(INDICATOR + address).status_code == 404

    def test_nothing_to_draw_is_not_found(self, client: Client, pack: Measure) -> None:
        IndicatorFactory.create(plan=pack.plan, measure=pack, code="entreprises")
        assert client.get(f"{INDICATOR}graphique.svg").status_code == 404
        assert "Rien à dessiner" in main_text(client.get(INDICATOR))

    def test_a_renderer_that_fails_says_to_come_back(
        self, client: Client, companies: Indicator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_args: object) -> None:
            raise charts.ChartUnavailableError

        monkeypatch.setattr(charts, "render", fail)
        response = client.get(f"{INDICATOR}graphique.svg")
        assert (response.status_code, response["Retry-After"]) == (503, "60")
        assert response["Cache-Control"] == "no-store"

    def test_a_cache_that_is_down_does_not_take_the_chart_with_it(
        self, client: Client, companies: Indicator, settings: Settings
    ) -> None:
        settings.CACHES = {
            "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        }
        assert client.get(f"{INDICATOR}graphique.svg").status_code == 200
        assert client.get(PLAN).status_code == 200
