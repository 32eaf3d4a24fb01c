"""What a reader finds on the page of a plan, and its filters."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from indicators.models import Indicator
from indicators.services import refresh_all_progress
from measures.models import Advancement, Measure
from plans.models import Note, Plan
from tests.dashboards.pages import PLAN
from tests.dashboards.reading import HTML, all_of, main_text, parsed, texts, words
from tests.factories import (
    ClaimFactory,
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    NoteCitationFactory,
    NoteFactory,
    ObjectiveFactory,
    ObservationFactory,
    PlanFactory,
    RegionFactory,
    SourceFactory,
    TargetFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


class TestPlan:
    def test_shows_promised_observed_expected_and_status(
        self, client: Client, companies: Indicator
    ) -> None:
        response = client.get(PLAN)
        assert texts(response, "line__facts") == [
            (
                "Promis 35 entreprises par an, de 2020 à 2024 "
                "Source : Délibération de 2019, p. 4 "
                "Constaté 41 % — au moins 71 sur 175 entreprises · total déduit · 2020–2021 "
                "Source : Bilan annuel "
                "Attendu 70 entreprises au 31 décembre 2021"
            )
        ]
        assert texts(response, "line__state") == [
            (
                "en bonne voie 2 années sur 3 renseignées "
                "données : en retard de publication (jusqu’au 31 décembre 2021)"
            )
        ]

    def test_the_status_is_that_of_today_even_when_another_day_is_stored(
        self, client: Client, companies: Indicator
    ) -> None:
        refresh_all_progress(on=date(2026, 1, 1))
        assert texts(client.get(PLAN), "tally__item")[0] == "1 en bonne voie"

    def test_says_the_day_it_was_evaluated_for(self, client: Client, companies: Indicator) -> None:
        assert "Statuts calculés au 1er mars 2023." in client.get(PLAN).content.decode().replace(
            '<time datetime="2023-03-01">', ""
        ).replace("</time>", "")

    def test_case_22_what_nobody_reported_says_so_and_has_no_tone_of_success(
        self, client: Client, pack: Measure
    ) -> None:
        TargetFactory.create(
            indicator=IndicatorFactory.create(plan=pack.plan, measure=pack),
            due_on=date(2024, 12, 31),
        )
        response = client.get(PLAN)
        facts = texts(response, "line__facts")[0]
        assert facts.endswith("Constaté non renseigné")
        (status,) = all_of(all_of(parsed(response), "line__state")[0], "status")
        assert (status.get("data-tone"), words(status)) == ("not_reported", "non renseigné")

    def test_case_22_counts_include_what_nobody_reported(
        self, client: Client, pack: Measure
    ) -> None:
        TargetFactory.create(indicator=IndicatorFactory.create(plan=pack.plan, measure=pack))
        IndicatorFactory.create(plan=pack.plan, on_plan=True)
        assert texts(client.get(PLAN), "tally__item")[:2] == ["1 non renseigné", "1 sans cible"]

    def test_case_22_a_withdrawn_last_value_leaves_no_status_behind(
        self, client: Client, pack: Measure
    ) -> None:
        indicator = IndicatorFactory.create(plan=pack.plan, measure=pack)
        TargetFactory.create(indicator=indicator, value=Decimal(10))
        ObservationFactory.create(
            indicator=indicator,
            published=True,
            superseded_at=datetime(2023, 2, 1, tzinfo=UTC),
            withdrawal_reason="La source s’est rétractée.",
        )
        assert texts(client.get(PLAN), "line__state")[0].startswith("non renseigné")

    def test_case_14_one_of_a_thousand_is_not_zero_nor_999_all(
        self, client: Client, pack: Measure
    ) -> None:
        for value in (1, 999):
            indicator = IndicatorFactory.create(plan=pack.plan, measure=pack, position=value)
            TargetFactory.create(indicator=indicator, value=Decimal(1000))
            ObservationFactory.create(indicator=indicator, value=Decimal(value), published=True)
        shown = [text.split("Constaté ")[1][:12] for text in texts(client.get(PLAN), "line__facts")]
        assert shown == ["1 % — 1 sur ", "99 % — 999 s"]

    def test_case_10_the_end_of_a_plan_is_printed_on_its_own_day(
        self, client: Client, plan: Plan
    ) -> None:
        claim = ClaimFactory.create(
            plan=plan,
            subject="ends_on",
            date=date(2024, 12, 31),
            statement="Cinq ans à compter de 2020",
            derived=True,
            retained=True,
        )
        Plan.objects.filter(pk=plan.pk).update(ends_on=claim.date)
        facts = main_text(client.get(PLAN))
        assert "Fin 31 décembre 2024 déduit (Déduit de la durée annoncée.)" in facts

    def test_case_13_amounts_and_numbers_are_written_the_french_way(
        self, client: Client, pack: Measure
    ) -> None:
        claim = ClaimFactory.create(
            plan=pack.plan, subject="budget", amount=Decimal("350000000.00"), retained=True
        )
        Plan.objects.filter(pk=pack.plan.pk).update(budget=claim.amount)
        indicator = IndicatorFactory.create(plan=pack.plan, measure=pack)
        TargetFactory.create(indicator=indicator, value=Decimal("35000.000000"))
        html = client.get(PLAN).content.decode()
        assert '<span title="350\u202f000\u202f000\u00a0€">350\u00a0M€</span>' in html
        assert "35\u202f000\u00a0entreprises, échéance inconnue" in html

    def test_a_plan_without_dates_or_budget_says_so(self, client: Client, plan: Plan) -> None:
        facts = main_text(client.get(PLAN))
        assert "Adoption non renseigné Début non renseigné Fin sans échéance connue" in facts
        assert "Budget non renseigné" in facts

    def test_what_sources_state_without_one_being_retained_is_not_called_missing(
        self, client: Client, plan: Plan
    ) -> None:
        for amount in (67, 50):
            ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(amount))
        assert "Budget voir ce que disent les sources" in main_text(client.get(PLAN))

    def test_shows_both_claims_where_sources_disagree(self, client: Client, plan: Plan) -> None:
        for statement in ("5 objectifs", "6 axes"):
            ClaimFactory.create(plan=plan, subject="axes", statement=statement)
        assert texts(client.get(PLAN), "claims__value") == ["5 objectifs", "6 axes"]

    def test_what_we_derive_is_no_disagreement_between_sources(
        self, client: Client, plan: Plan
    ) -> None:
        for amount in (350, 350):
            ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(amount))
        ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(70), derived=True)
        assert texts(client.get(PLAN), "claims__value") == []

    def test_before_any_figure_says_when_the_first_is_awaited(
        self, client: Client, pack: Measure
    ) -> None:
        indicator = IndicatorFactory.create(plan=pack.plan, measure=pack)
        TargetFactory.create(
            indicator=indicator, value=Decimal(9), starts_on=date(2023, 1, 1), due_on=None
        )
        assert [
            text.removeprefix("non renseigné ") for text in texts(client.get(PLAN), "line__meta")
        ] == ["premier chiffre attendu d’ici au 31 décembre 2023"]

    def test_counts_how_many_indicators_without_target_have_a_value(
        self, client: Client, pack: Measure
    ) -> None:
        ObservationFactory.create(
            indicator=IndicatorFactory.create(plan=pack.plan, measure=pack), published=True
        )
        IndicatorFactory.create(plan=pack.plan, measure=pack)
        assert texts(client.get(PLAN), "summary__part")[1].endswith(
            "0 livrable fait, 2 indicateurs suivis sans cible, dont 1 renseigné"
        )

    def test_a_value_that_nobody_gave_is_counted_without_a_target_too(
        self, client: Client, pack: Measure
    ) -> None:
        IndicatorFactory.create_batch(2, plan=pack.plan, measure=pack)
        assert texts(client.get(PLAN), "summary__part")[2] == (
            "Non renseigné 0 cible sans valeur publiée pour la période visée "
            "0 livrable sans nouvelle, 2 indicateurs sans cible ni valeur"
        )

    def test_the_targets_add_up(self, client: Client, companies: Indicator) -> None:
        for title, start in (("En attente", date(2020, 1, 1)), ("À venir", date(2030, 1, 1))):
            indicator = IndicatorFactory.create(plan=companies.plan, on_plan=True, title=title)
            TargetFactory.create(indicator=indicator, starts_on=start)
        promised, observed, absent = texts(client.get(PLAN), "summary__part")
        assert promised == (
            "Promis 3 cibles chiffrées 1 mesure, 0 livrable, "
            "1 cible à venir ou abandonnée, sans valeur pour sa période"
        )
        assert observed.startswith("Constaté 1 cible avec une valeur")
        assert absent.startswith("Non renseigné 1 cible sans valeur")

    def test_the_word_of_a_status_agrees_with_the_number(
        self, client: Client, companies: Indicator
    ) -> None:
        for indicator in IndicatorFactory.create_batch(2, plan=companies.plan, on_plan=True):
            TargetFactory.create(indicator=indicator)
        MilestoneFactory.create_batch(3, measure=companies.measure)
        assert texts(client.get(PLAN), "tally__item")[:3] == [
            "2 non renseignés",
            "1 en bonne voie",
            "3 non renseignés",
        ]

    def test_shows_what_the_plan_sets_out_to_reach(self, client: Client) -> None:
        PlanFactory.create(slug="grand-est-2019", ambition="Devenir un territoire reconnu.")
        assert texts(client.get(PLAN), "page-head__ambition") == [
            "Ambition : Devenir un territoire reconnu."
        ]

    @pytest.mark.parametrize(
        ("last", "shown"),
        [
            (date(2023, 2, 28), "Fin 28 février 2023 (échéance passée) "),
            (date(2023, 3, 1), "Fin 1er mars 2023 "),
        ],
    )
    def test_says_that_its_last_day_is_past(self, client: Client, last: date, shown: str) -> None:
        plan = PlanFactory.create(slug="grand-est-2019")
        ClaimFactory.create(plan=plan, subject="ends_on", date=last, retained=True)
        Plan.objects.filter(pk=plan.pk).update(ends_on=last)
        facts = main_text(client.get(PLAN))
        assert shown in facts
        assert facts.count("échéance passée") == shown.count("échéance passée")

    def test_leads_to_its_parts_from_the_top_and_back(
        self, client: Client, companies: Indicator
    ) -> None:
        NoteFactory.create(plan=companies.plan)
        page = parsed(client.get(PLAN))
        (contents,) = all_of(page, "contents")
        targets = [link.get("href", "") for link in contents.iter(f"{HTML}a")]
        assert targets == ["#etat", "#mesures", "#a-savoir", "#suite"]
        (place,) = all_of(page, "objective__place")
        assert [link.get("href") for link in place.iter(f"{HTML}a")] == ["#etat"]

    def test_the_context_is_folded_what_limits_the_reading_is_not(
        self, client: Client, plan: Plan
    ) -> None:
        NoteFactory.create(plan=plan, kind=Note.Kind.CONTEXT, text="Un prix national.")
        NoteFactory.create(plan=plan, kind=Note.Kind.UNKNOWN, text="Rien sur les MOOC.")
        NoteFactory.create(plan=plan, kind=Note.Kind.CONTEXT, text="Un symposium.")
        page = parsed(client.get(PLAN))
        (folded,) = all_of(page, "notes__more")
        assert words(folded) == "Contexte : 2 remarques Un prix national. Un symposium."
        assert [words(note) for note in all_of(page, "note")] == [
            "Inconnu Rien sur les MOOC.",
            "Un prix national.",
            "Un symposium.",
        ]

    def test_shows_notes_with_their_sources(self, client: Client, plan: Plan) -> None:
        note = NoteFactory.create(plan=plan, kind=Note.Kind.UNKNOWN, text="Rien sur les MOOC.")
        source = SourceFactory.create(plan=plan, title="Presse")
        NoteCitationFactory.create(note=note, source=source)
        assert texts(client.get(PLAN), "note") == ["Inconnu Rien sur les MOOC. Source : Presse"]

    def test_milestones_show_their_latest_published_state(
        self, client: Client, pack: Measure
    ) -> None:
        milestone = MilestoneFactory.create(measure=pack, title="Guichet ouvert")
        for as_of, advancement in (
            (date(2021, 1, 1), Advancement.PLANNED),
            (date(2022, 1, 1), Advancement.DONE),
            (date(2023, 12, 1), Advancement.ABANDONED),
        ):
            MilestoneUpdateFactory.create(
                milestone=milestone, as_of=as_of, advancement=advancement, published=True
            )
        MilestoneFactory.create(measure=pack, title="Bilan", due_on=date(2024, 6, 1))
        states = [text.split(" Source")[0] for text in texts(client.get(PLAN), "milestones__item")]
        assert states[0].startswith("Guichet ouvert")
        assert "fait état au 1er janvier 2022" in states[0]
        assert states[1] == "Bilan (prévu pour le 1er juin 2024) non renseigné"

    def test_a_programme_and_its_plan_lead_to_each_other(self, client: Client, plan: Plan) -> None:
        PlanFactory.create(slug="enact", title="Cluster ENACT", related_to=plan)
        PlanFactory.create(title="Programme caché", related_to=plan, is_public=False)
        assert texts(client.get("/plans/enact/"), "eyebrow") == [
            "Grand Est · plan régional · Plan IA Grand Est"
        ]
        related = main_text(client.get(PLAN)).split("Sources et données ")[-1]
        assert related == (
            "0 source de ce plan Télécharger toutes les données de ce plan (zip) "
            "Tous les changements Suivre ce qui change (flux Atom) Cluster ENACT (plan régional)"
        )

    def test_a_plan_that_is_not_public_is_not_named_by_its_programmes(self, client: Client) -> None:
        hidden = PlanFactory.create(title="Plan caché", is_public=False)
        PlanFactory.create(slug="enact", related_to=hidden)
        assert texts(client.get("/plans/enact/"), "eyebrow") == ["Grand Est · plan régional"]

    def test_a_plan_without_measures_offers_no_filter(self, client: Client, plan: Plan) -> None:
        IndicatorFactory.create(plan=plan, on_plan=True)
        response = client.get(PLAN)
        assert texts(response, "filters") == []
        assert "filtres" not in main_text(response)

    def test_a_fictitious_plan_says_so_on_top(self, client: Client) -> None:
        PlanFactory.create(slug="demonstration", region=RegionFactory.create(demonstration=True))
        for address in ("/plans/demonstration/", "/plans/demonstration/sources/"):
            assert texts(client.get(address), "demo-banner") == [
                (
                    "Plan fictif — démonstration : cette région n’existe pas et aucun chiffre de "
                    "cette page n’est réel."
                )
            ]


class TestFilters:
    @pytest.fixture(autouse=True)
    def _two_measures(self, companies: Indicator) -> None:
        other = MeasureFactory.create(
            plan=companies.plan,
            objective=ObjectiveFactory.create(plan=companies.plan, code="sciences"),
            title="Chaires",
        )
        MilestoneFactory.create(measure=other)

    def shown(self, client: Client, query: str) -> list[str]:
        return texts(client.get(PLAN + query), "measure__title")

    def test_without_filter_every_measure_is_shown(self, client: Client) -> None:
        assert self.shown(client, "") == ["Pack IA", "Chaires"]

    @pytest.mark.parametrize(
        ("query", "titles"),
        [
            ("?objectif=sciences", ["Chaires"]),
            ("?filiere=sante", ["Pack IA"]),
            ("?porteur=grand-e-nov", ["Pack IA"]),
            ("?statut=on_track", ["Pack IA"]),
            ("?statut=livrable-not_reported", ["Chaires"]),
            ("?statut=on_track&statut=livrable-not_reported", ["Pack IA", "Chaires"]),
            ("?statut=on_track&objectif=sciences", []),
            ("?statut=behind", []),
        ],
    )
    def test_each_filter_keeps_its_measures(
        self, client: Client, query: str, titles: list[str]
    ) -> None:
        assert self.shown(client, query) == titles

    def test_the_choice_stays_in_the_form_and_the_number_shown_is_said(
        self, client: Client
    ) -> None:
        response = client.get(f"{PLAN}?objectif=sciences")
        assert texts(response, "filters__result") == ["1 mesure affichée sur 2"]
        html = response.content.decode()
        assert '<option value="sciences" selected>' in html

    def test_nothing_found_says_so(self, client: Client) -> None:
        response = client.get(f"{PLAN}?statut=behind")
        assert "Aucune mesure ne correspond à ces filtres." in main_text(response)
        assert texts(response, "filters__result") == ["0 mesure affichée sur 2"]

    @pytest.mark.parametrize(
        ("query", "value"),
        [("?statut=parfait", "parfait"), ("?objectif=lune", "lune"), ("?porteur=x", "x")],
    )
    def test_an_unknown_value_is_named_and_everything_shown(
        self, client: Client, query: str, value: str
    ) -> None:
        response = client.get(PLAN + query)
        assert response.status_code == 200
        said = (
            f"« {value} » n’est pas un choix possible ; ce filtre est ignoré. "
            "Choisissez dans la liste."
        )
        assert texts(response, "errorlist") == [said]
        assert texts(response, "measure__title") == ["Pack IA", "Chaires"]
        assert texts(response, "filters__result") == ["2 mesures affichées sur 2"]

        [summary] = all_of(parsed(response), "error-summary")
        [link] = summary.iter(f"{HTML}a")
        [field] = [
            one
            for one in parsed(response).iter()
            if one.get("id") == (link.get("href") or "").removeprefix("#")
        ]
        named = {"id_statut": "Statut", "id_objectif": "Objectif", "id_porteur": "Porteur"}
        assert words(link) == f"{named[field.get('id', '')]} : {said}"

    def test_a_filter_that_is_possible_has_no_summary_of_errors(self, client: Client) -> None:
        for query in ("", "?statut=behind", "?objectif=sciences", "?objectif="):
            assert texts(client.get(PLAN + query), "error-summary") == []

    def test_the_counts_above_are_those_of_the_whole_plan(self, client: Client) -> None:
        filtered = client.get(f"{PLAN}?objectif=sciences")
        assert texts(filtered, "summary__part") == texts(client.get(PLAN), "summary__part")
