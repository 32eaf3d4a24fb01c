"""What a reader finds on the home page: the plans, and what changed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.test import Client

from indicators.models import Indicator
from measures.models import Measure
from plans.models import Plan
from tests.dashboards.reading import main_text, texts
from tests.factories import (
    ClaimFactory,
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    RegionFactory,
    TargetFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


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
            "Constaté 1 cible avec une valeur publiée pour la période visée 0 livrable fait",
            (
                "Non renseigné 1 cible sans valeur publiée pour la période visée "
                "0 livrable sans nouvelle"
            ),
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
