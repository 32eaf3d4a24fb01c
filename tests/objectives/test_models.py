"""An objective stays in its plan and keeps its old codes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from objectives.models import Objective
from tests.factories import ObjectiveFactory, PlanFactory

pytestmark = pytest.mark.django_db


def test_a_parent_belongs_to_the_same_plan() -> None:
    elsewhere = ObjectiveFactory.create()

    with pytest.raises(IntegrityError, match="another plan"), transaction.atomic():
        ObjectiveFactory.create(parent=elsewhere)


def test_an_objective_is_not_its_own_part() -> None:
    objective = ObjectiveFactory.create()

    with pytest.raises(IntegrityError, match="not_its_own_part"), transaction.atomic():
        Objective.objects.update(parent=objective)


def test_a_code_is_used_once_in_a_plan_and_again_in_another() -> None:
    plan = PlanFactory.create()
    ObjectiveFactory.create(plan=plan, code="o1")
    ObjectiveFactory.create(code="o1")

    with pytest.raises(IntegrityError, match="code_unique"), transaction.atomic():
        ObjectiveFactory.create(plan=plan, code="o1")


def test_an_old_code_leads_to_the_objective() -> None:
    objective = ObjectiveFactory.create(code="axe-1")
    Objective.objects.update(code="recherche")

    assert Objective.objects.known_as(objective.plan, "axe-1").get() == objective
    assert list(Objective.objects.known_as(PlanFactory.create(), "axe-1")) == []
