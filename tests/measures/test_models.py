"""Measures stay in the plan of their objective; an abandonment has a reason."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from measures.models import MilestoneUpdate
from tests.factories import (
    MeasureFactory,
    MilestoneUpdateFactory,
    ObjectiveFactory,
    PlanFactory,
)

pytestmark = pytest.mark.django_db


def test_a_measure_is_in_the_plan_of_its_objective() -> None:
    with pytest.raises(IntegrityError, match="another plan"), transaction.atomic():
        MeasureFactory.create(plan=PlanFactory.create(), objective=ObjectiveFactory.create())


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_abandoned_measure_says_why(reason: str) -> None:
    with pytest.raises(IntegrityError, match="abandoned_with_reason"), transaction.atomic():
        MeasureFactory.create(state="abandoned", state_reason=reason)


def test_a_measure_nobody_spoke_of_has_no_state() -> None:
    assert MeasureFactory.create().state is None


def test_a_published_update_has_a_source() -> None:
    update = MilestoneUpdateFactory.create()

    with pytest.raises(IntegrityError, match="published_is_sourced"), transaction.atomic():
        MilestoneUpdate.objects.filter(pk=update.pk).update(state="published")


def test_a_measure_with_a_published_update_is_not_deleted() -> None:
    update = MilestoneUpdateFactory.create(published=True)

    with pytest.raises(IntegrityError):
        update.milestone.measure.delete()
