"""What may be deleted, and what the public has read stays."""

from __future__ import annotations

from typing import Any

import pytest

from indicators.models import Indicator, Target
from measures.models import Measure, Milestone
from objectives.models import Objective
from plans.models import Plan, Role, Source
from tests.agent.editing.forms import furnish, text_of, url
from tests.agent.staff import member, signed_in
from tests.factories import (
    MeasureFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    SourceFactory,
)

pytestmark = pytest.mark.django_db


def test_deleting_asks_first_and_says_what_goes_too(plan: Plan, manager: Any) -> None:
    furnish(plan)
    address = url(plan, "objectifs/o/supprimer/")

    page = text_of(manager.get(address))
    for words in ("1 mesure", "1 jalon", "1 indicateur", "1 cible"):
        assert f"<li>{words}</li>" in page
    assert Objective.objects.count() == 1

    answers = [manager.post(address) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    for model in (Objective, Measure, Milestone, Indicator, Target):
        assert model._default_manager.count() == 0


@pytest.mark.parametrize(
    ("tail", "instead"),
    [
        ("objectifs/o/", "Déplacez ses mesures vers un autre objectif"),
        ("mesures/m/", "Abandonnez la mesure avec un motif"),
        ("indicateurs/i/", "retirez ses valeurs une à une"),
    ],
)
def test_what_the_public_has_read_is_not_deleted(
    plan: Plan, manager: Any, tail: str, instead: str
) -> None:
    furnish(plan)
    ObservationFactory.create(indicator=plan.indicators.get(), published=True)

    page = text_of(manager.get(url(plan, f"{tail}supprimer/")))
    answer = manager.post(url(plan, f"{tail}supprimer/"))

    assert instead in page
    assert "<form class" not in page
    assert answer.status_code == 409
    assert (Objective.objects.count(), Measure.objects.count(), Indicator.objects.count()) == (
        1,
        1,
        1,
    )


def test_a_milestone_with_a_published_state_is_not_deleted(plan: Plan, manager: Any) -> None:
    milestone = MilestoneFactory.create(
        measure=MeasureFactory.create(plan=plan, code="m"), code="j"
    )
    MilestoneUpdateFactory.create(milestone=milestone, published=True)

    assert manager.post(url(plan, "jalons/m/j/supprimer/")).status_code == 409
    assert manager.post(url(plan, "mesures/m/supprimer/")).status_code == 409
    assert "Publiez l’état « abandonné »" in text_of(
        manager.get(url(plan, "jalons/m/j/supprimer/"))
    )


def test_a_public_target_is_not_deleted(plan: Plan, manager: Any) -> None:
    furnish(plan)
    Plan.objects.update(is_public=True)

    answers = [
        manager.post(url(plan, tail))
        for tail in (
            "cibles/i/cible/supprimer/",
            "indicateurs/i/supprimer/",
            "mesures/m/supprimer/",
        )
    ]

    assert [answer.status_code for answer in answers] == [409] * 3
    assert "elle s’abandonne ou se révise, avec un motif" in text_of(answers[0])


def test_the_drafts_of_others_are_not_deleted_ones_own_are(plan: Plan) -> None:
    furnish(plan)
    me = member(plan, Role.MANAGER)
    colleague = member(plan, Role.CONTRIBUTOR)
    colleague.name = "Agnès Martin"
    colleague.save()
    indicator = plan.indicators.get()
    mine = ObservationFactory.create(indicator=indicator, year=2020, author=me)
    theirs = ObservationFactory.create(indicator=indicator, year=2021, author=colleague)
    client = signed_in(me)
    address = url(plan, "indicateurs/i/supprimer/")

    assert client.post(address).status_code == 409
    assert "Agnès Martin" in text_of(client.get(address))

    theirs.delete()
    assert "1 de vos saisies en cours" in text_of(client.get(address))
    assert client.post(address).status_code == 302
    assert not Indicator.objects.exists()
    assert not type(mine)._default_manager.exists()


def test_a_source_that_is_cited_is_not_deleted(plan: Plan, manager: Any) -> None:
    furnish(plan)
    unused = SourceFactory.create(plan=plan, code="libre")

    refused = manager.post(url(plan, "sources/s/supprimer/"))
    done = manager.post(url(plan, "sources/libre/supprimer/"))

    assert refused.status_code == 409
    assert "affirmations (1), cibles (1)" in text_of(refused)
    assert done.status_code == 302
    assert not Source.objects.filter(pk=unused.pk).exists()
