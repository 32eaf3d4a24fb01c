"""What a reader finds on each public page."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client
from pytest_django import Settings

from dashboards import charts, views
from indicators.evaluation import evaluate_indicators
from indicators.explanations import explain
from indicators.models import Indicator
from indicators.services import refresh_all_progress
from measures.models import Advancement, Measure
from plans.models import Note, Plan
from tests.dashboards.conftest import TODAY
from tests.dashboards.reading import HTML, all_of, main_text, parsed, plain, texts, words
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

PLAN = "/plans/grand-est-2019/"
INDICATOR = f"{PLAN}indicateurs/entreprises/"


class TestHome:
    def test_says_that_there_is_no_plan_yet(self, client: Client) -> None:
        assert "Aucun plan n’est encore publié." in main_text(client.get("/"))

    def test_counts_promised_reported_and_unreported_of_real_plans(
        self, client: Client, companies: Indicator
    ) -> None:
        TargetFactory.create(
            indicator=IndicatorFactory.create(plan=companies.plan, on_plan=True),
        )
        demonstration = PlanFactory.create(
            region=RegionFactory.create(demonstration=True), title="Plan fictif"
        )
        TargetFactory.create(indicator=IndicatorFactory.create(plan=demonstration, on_plan=True))
        summary = texts(client.get("/"), "summary__part")
        assert summary == [
            "Promis 2 cibles chiffrées 1 mesure, 0 livrable",
            "Constaté 1 cible avec au moins une valeur publiée 0 livrable fait",
            "Non renseigné 1 cible dont personne n’a publié le résultat 0 livrable sans nouvelle",
        ]

    def test_lists_regions_and_their_plans_the_fictitious_one_last_and_marked(
        self, client: Client
    ) -> None:
        PlanFactory.create(title="Plan d’Exemple", region=RegionFactory.create(demonstration=True))
        PlanFactory.create(title="Plan IA Grand Est")
        PlanFactory.create(title="Plan caché", is_public=False)
        response = client.get("/")
        assert texts(response, "ledger__title") == ["Plan IA Grand Est", "Plan d’Exemple"]
        heads = [text for text in texts(response, "section__head") if "Région" in text]
        assert heads == ["Région Exemple fictif"]

    def test_says_what_a_plan_weighs(self, client: Client, pack: Measure) -> None:
        programme = PlanFactory.create(title="Programme")
        claim = ClaimFactory.create(
            plan=programme, subject="budget", amount=Decimal(350_000_000), retained=True
        )
        Plan.objects.filter(pk=programme.pk).update(budget=claim.amount)
        rows = texts(client.get("/"), "ledger__row")
        assert sorted(row.split(" Aucun indicateur")[0] for row in rows) == [
            "Plan IA Grand Est Plan régional · 1 mesure",
            "Programme Plan régional · budget 350 M€",
        ]

    def test_counts_by_status_and_milestones_by_state(
        self, client: Client, companies: Indicator
    ) -> None:
        pack = companies.measure
        assert pack is not None
        MilestoneUpdateFactory.create(
            milestone=MilestoneFactory.create(measure=pack), published=True
        )
        MilestoneFactory.create(measure=pack)
        assert texts(client.get("/"), "tally__item") == [
            "1 en bonne voie",
            "1 fait",
            "1 non renseigné",
        ]


class TestWhatChanged:
    @pytest.fixture
    def value(self, companies: Indicator) -> Indicator:
        indicator: Indicator = IndicatorFactory.create(
            plan=companies.plan, measure=companies.measure, title="Chaires créées"
        )
        return indicator

    def changes(self, client: Client) -> list[str]:
        return texts(client.get("/"), "changes__item")

    def test_tells_a_publication(self, client: Client, companies: Indicator) -> None:
        assert len(self.changes(client)) == 2
        assert "Entreprises accompagnées — valeur reprise du fichier du plan : 41 entreprises" in (
            " ".join(self.changes(client))
        )

    def test_tells_a_correction_with_both_values_and_the_reason(
        self, client: Client, value: Indicator
    ) -> None:
        first = ObservationFactory.create(
            indicator=value,
            value=Decimal(9),
            published=True,
            published_at=datetime(2023, 1, 5, tzinfo=UTC),
            superseded_at=datetime(2023, 2, 10, tzinfo=UTC),
        )
        ObservationFactory.create(
            indicator=value,
            value=Decimal(8),
            published=True,
            published_at=datetime(2023, 2, 10, tzinfo=UTC),
            supersedes=first,
            correction_reason="Une chaire comptée deux fois.",
        )
        told = [one for one in self.changes(client) if "Chaires créées" in one]
        assert told == [
            (
                "10 février 2023 Chaires créées — valeur corrigée : 8 entreprises au lieu de "
                "9 entreprises en 2020. Une chaire comptée deux fois. Grand Est · Plan IA Grand Est"
            )
        ]

    def test_tells_a_withdrawal_with_its_reason(self, client: Client, value: Indicator) -> None:
        ObservationFactory.create(
            indicator=value,
            value=Decimal(9),
            published=True,
            published_at=datetime(2023, 1, 5, tzinfo=UTC),
            superseded_at=datetime(2023, 2, 10, tzinfo=UTC),
            withdrawal_reason="La source s’est rétractée.",
        )
        told = [one for one in self.changes(client) if "Chaires créées" in one]
        assert told == [
            (
                "10 février 2023 Chaires créées — valeur retirée : 9 entreprises en 2020. "
                "La source s’est rétractée. Grand Est · Plan IA Grand Est"
            )
        ]

    def test_tells_a_target_revised(self, client: Client, value: Indicator) -> None:
        former = TargetFactory.create(
            indicator=value, value=Decimal(20), superseded_on=date(2022, 5, 4)
        )
        TargetFactory.create(
            indicator=value,
            value=Decimal(12),
            due_on=date(2024, 12, 31),
            supersedes=former,
            revision_reason="Le conseil régional a revu le plan.",
        )
        told = [one for one in self.changes(client) if "Chaires créées" in one]
        assert told == [
            (
                "4 mai 2022 Chaires créées — cible révisée : 12 entreprises d’ici au 31 décembre "
                "2024. Le conseil régional a revu le plan. Grand Est · Plan IA Grand Est"
            )
        ]

    def test_tells_many_publications_of_one_day_in_one_line(
        self, client: Client, value: Indicator
    ) -> None:
        for year in range(2010, 2016):
            ObservationFactory.create(
                indicator=value,
                year=year,
                published=True,
                published_at=datetime(2023, 2, 10, 9, tzinfo=UTC),
            )
        told = [one for one in self.changes(client) if one.startswith("10 février 2023")]
        assert told == [
            (
                "10 février 2023 Plan IA Grand Est — 6 valeurs reprises du fichier du plan"
                " Grand Est · Plan IA Grand Est"
            )
        ]

    def test_never_tells_what_is_not_published_or_not_public(self, client: Client) -> None:
        hidden = IndicatorFactory.create(plan__is_public=False)
        ObservationFactory.create(indicator=hidden, published=True)
        ObservationFactory.create(indicator=IndicatorFactory.create())
        assert self.changes(client) == []


class TestPlan:
    def test_shows_promised_observed_expected_and_status(
        self, client: Client, companies: Indicator
    ) -> None:
        response = client.get(PLAN)
        assert texts(response, "line__facts") == [
            (
                "Promis 35 entreprises par an, de 2020 à 2024 "
                "Source : Délibération de 2019, p. 4 "
                "Constaté 41 % — au moins 71 sur 175 entreprises · total déduit "
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
            "Non renseigné 0 cible dont personne n’a publié le résultat "
            "0 livrable sans nouvelle, 2 indicateurs sans cible ni valeur"
        )

    def test_the_targets_add_up(self, client: Client, companies: Indicator) -> None:
        for title, start in (("En attente", date(2020, 1, 1)), ("À venir", date(2030, 1, 1))):
            indicator = IndicatorFactory.create(plan=companies.plan, on_plan=True, title=title)
            TargetFactory.create(indicator=indicator, starts_on=start)
        promised, observed, absent = texts(client.get(PLAN), "summary__part")
        assert promised == (
            "Promis 3 cibles chiffrées 1 mesure, 0 livrable, "
            "1 cible à venir ou abandonnée avant toute valeur"
        )
        assert observed.startswith("Constaté 1 cible avec")
        assert absent.startswith("Non renseigné 1 cible dont")

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
            "Suivre ce qui change (flux Atom) Cluster ENACT (plan régional)"
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
        assert texts(response, "errorlist") == [
            (
                f"« {value} » n’est pas un choix possible ; ce filtre est ignoré. "
                "Choisissez dans la liste."
            )
        ]
        assert texts(response, "measure__title") == ["Pack IA", "Chaires"]

    def test_the_counts_above_are_those_of_the_whole_plan(self, client: Client) -> None:
        filtered = client.get(f"{PLAN}?objectif=sciences")
        assert texts(filtered, "summary__part") == texts(client.get(PLAN), "summary__part")


class TestObjective:
    def test_counts_what_is_part_of_it(self, client: Client, companies: Indicator) -> None:
        objective = companies.measure and companies.measure.objective
        part = ObjectiveFactory.create(plan=companies.plan, parent=objective, title="Un volet")
        MilestoneFactory.create(measure=MeasureFactory.create(plan=part.plan, objective=part))
        response = client.get(f"{PLAN}objectifs/competitivite/")
        assert texts(response, "tally__item")[:2] == ["1 en bonne voie", "1 non renseigné"]
        assert texts(response, "measure__title") == ["Pack IA"]
        assert "Objectif 1.1 Un volet" in main_text(response)


class TestMeasure:
    def test_shows_who_acts_and_what_is_known(self, client: Client, companies: Indicator) -> None:
        text = main_text(client.get(f"{PLAN}mesures/pack-ia/"))
        assert "État non renseigné Porteur Grand E-Nov Filières Santé" in text
        assert "35 entreprises par an, de 2020 à 2024" in text

    def test_an_abandoned_measure_says_why(self, client: Client, pack: Measure) -> None:
        Measure.objects.filter(pk=pack.pk).update(
            state=Advancement.ABANDONED, state_reason="Faute de crédits."
        )
        text = main_text(client.get(f"{PLAN}mesures/pack-ia/"))
        assert "État abandonné Faute de crédits." in text


class TestIndicator:
    def test_tells_why_with_the_reckoning(self, client: Client, companies: Indicator) -> None:
        response = client.get(INDICATOR)
        (why,) = texts(response, "reading__why")
        ((evaluation,),) = evaluate_indicators([companies], on=TODAY).values()
        assert why.startswith(f"Pourquoi ce statut {plain(explain(evaluation))} Valeur retenue")
        assert (
            "Valeur retenue 71 entreprises Cible (total déduit) 175 entreprises "
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
        assert rows[-2:] == [
            "20 février 2023 2022 35 en vigueur Une entreprise comptée deux fois.",
            "1er février 2023 2022 36 remplacée le 20 février 2023",
        ]

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
        assert "Remplacée le 1er janvier 2022 : Budget doublé." in text

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


class TestSources:
    def test_lists_documents_claims_and_notes(self, client: Client, plan: Plan) -> None:
        source = SourceFactory.create(
            plan=plan,
            code="presse",
            title="Un plan IA",
            publisher="InfoDuJour",
            published_on=date(2019, 6, 1),
            published_precision="month",
        )
        ClaimFactory.create(plan=plan, subject="axes", statement="6 axes", source=source)
        NoteFactory.create(plan=plan, kind=Note.Kind.ASSUMPTION, text="Cinq ans.")
        response = client.get(f"{PLAN}sources/")
        assert texts(response, "claims__item") == ["6 axes Source : Un plan IA"]
        assert texts(response, "source") == [
            "Un plan IA Source officielle · InfoDuJour · juin 2019"
        ]
        assert "Cinq ans." in main_text(response)
        assert [one.get("id") for one in all_of(parsed(response), "source")] == ["source-presse"]


class TestMethodology:
    def test_gives_the_limits_of_each_plan(self, client: Client, plan: Plan) -> None:
        Plan.objects.filter(pk=plan.pk).update(on_track_from=Decimal("0.9"))
        text = main_text(client.get("/methodologie/"))
        assert "Plan IA Grand Est 90 % du rythme 85 % du rythme 10 % de la cible" in text

    def test_the_examples_are_reckoned_by_the_rules(self, client: Client) -> None:
        text = main_text(client.get("/methodologie/"))
        assert "en bonne voie Au 31 décembre 2021, la valeur est de 71 entreprises" in text
        assert "en recul Au 31 décembre 2024, la valeur est de 110 jours" in text


class TestFailure:
    def test_says_that_the_fault_is_ours(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*, on: date) -> None:
            raise RuntimeError

        monkeypatch.setattr(views, "home_page", fail)
        client.raise_request_exception = False
        response = client.get("/")
        assert response.status_code == 500
        assert "Elle vient de nous, pas de vous." in main_text(response)


class TestSitePages:
    @pytest.mark.parametrize(
        ("address", "title"),
        [
            ("/accessibilite/", "Déclaration d’accessibilité"),
            ("/mentions-legales/", "Mentions légales"),
            ("/donnees-personnelles/", "Données personnelles"),
        ],
    )
    def test_says_what_is_not_set(self, client: Client, address: str, title: str) -> None:
        text = main_text(client.get(address))
        assert text.startswith(title)
        assert "non renseigné par l’exploitant du site" in text

    def test_robots_are_told_where_the_pages_are(self, client: Client) -> None:
        assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").text

    def test_the_site_map_has_real_public_plans_only(
        self, client: Client, companies: Indicator
    ) -> None:
        PlanFactory.create(slug="cache", is_public=False)
        PlanFactory.create(slug="fictif", region=RegionFactory.create(demonstration=True))
        pages = client.get("/sitemap.xml").text
        assert f"http://testserver{PLAN}</loc>" in pages
        assert f"http://testserver{INDICATOR}</loc>" in pages
        assert "/plans/cache/" not in pages
        assert "/plans/fictif/" not in pages
