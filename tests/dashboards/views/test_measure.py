"""What a reader finds on the pages of an objective and of a measure."""

from __future__ import annotations

import pytest
from django.test import Client

from indicators.models import Indicator
from measures.models import Advancement, Measure
from tests.dashboards.pages import PLAN
from tests.dashboards.reading import main_text, texts
from tests.factories import MeasureFactory, MilestoneFactory, ObjectiveFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


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
