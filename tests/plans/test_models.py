"""What the database itself refuses, and keeps, about plans and their provenance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pghistory.models
import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction

from plans.models import Claim, Plan
from tests.factories import ClaimFactory, NoteFactory, PlanFactory, RegionFactory, SourceFactory

pytestmark = pytest.mark.django_db


def settle() -> None:
    """Check now what the database checks at commit."""
    connection.check_constraints()


def test_a_date_that_no_claim_states_is_refused_at_commit() -> None:
    with pytest.raises(IntegrityError, match="no retained claim states"), transaction.atomic():
        PlanFactory.create(adopted_on=date(2019, 6, 20))
        settle()


def test_a_budget_stated_by_a_retained_claim_stands() -> None:
    plan = PlanFactory.create()
    ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(350_000_000), retained=True)
    plan.budget = Decimal(350_000_000)
    plan.save()
    settle()

    assert Plan.objects.get().budget == Decimal(350_000_000)


def test_a_budget_does_not_stand_on_a_claim_that_states_another_amount() -> None:
    plan = PlanFactory.create()
    ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(60_000_000), retained=True)

    with pytest.raises(IntegrityError, match="no retained claim states"), transaction.atomic():
        Plan.objects.update(budget=Decimal(67_000_000))
        settle()


def test_the_claim_under_a_date_cannot_be_taken_away() -> None:
    plan = PlanFactory.create()
    claim = ClaimFactory.create(
        plan=plan, subject="adopted_on", date=date(2019, 6, 20), retained=True
    )
    Plan.objects.update(adopted_on=date(2019, 6, 20))
    settle()

    with pytest.raises(IntegrityError, match="no retained claim states"), transaction.atomic():
        claim.delete()
        settle()


def test_two_sources_may_disagree_but_one_claim_is_retained() -> None:
    plan = PlanFactory.create()
    ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(67_000_000), retained=True)
    ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(60_000_000), retained=False)

    assert Claim.objects.filter(plan=plan, subject="budget").count() == 2
    with pytest.raises(IntegrityError, match="plans_claim_one_retained"), transaction.atomic():
        ClaimFactory.create(plan=plan, subject="budget", amount=Decimal(50_000_000), retained=True)


@pytest.mark.parametrize("derivation", ["", "   ", "\n\t"])
def test_a_claim_without_source_says_how_it_is_derived(derivation: str) -> None:
    plan = PlanFactory.create()
    with pytest.raises(IntegrityError, match="sourced_or_derived"), transaction.atomic():
        ClaimFactory.create(plan=plan, source=None, derivation=derivation)


def test_a_plan_does_not_end_before_it_starts() -> None:
    with pytest.raises(IntegrityError, match="plans_plan_dates_ordered"), transaction.atomic():
        PlanFactory.create(starts_on=date(2025, 1, 1), ends_on=date(2024, 12, 31))


@pytest.mark.parametrize(
    ("code", "fictitious"), [("44", True), ("X01", False)], ids=["real code", "fictitious code"]
)
def test_nothing_fictitious_passes_for_a_real_region(code: str, fictitious: bool) -> None:
    with pytest.raises(IntegrityError, match="fictitious_code"), transaction.atomic():
        RegionFactory.create(insee_code=code, slug="region", fictitious=fictitious)


def test_a_note_of_white_space_says_nothing() -> None:
    plan = PlanFactory.create()
    with pytest.raises(IntegrityError, match="says_something"), transaction.atomic():
        NoteFactory.create(plan=plan, text=" \n ")


def test_a_source_in_use_is_not_deleted() -> None:
    claim = ClaimFactory.create()

    with pytest.raises(IntegrityError):
        claim.source.delete()


def test_a_renamed_plan_is_found_under_both_slugs() -> None:
    plan = PlanFactory.create(slug="plan-ia")
    Plan.objects.filter(pk=plan.pk).update(slug="plan-ia-2019")

    assert Plan.objects.known_as("plan-ia-2019").get() == plan
    assert Plan.objects.known_as("plan-ia").get() == plan
    assert Plan.objects.get().former_slugs == ["plan-ia"]


def test_the_plan_that_has_a_slug_now_comes_before_the_one_that_had_it() -> None:
    old = PlanFactory.create(slug="plan-ia")
    Plan.objects.filter(pk=old.pk).update(slug="plan-ia-2019")
    new = PlanFactory.create(slug="plan-ia")

    assert list(Plan.objects.known_as("plan-ia")) == [new, old]


def test_taking_an_old_slug_back_leaves_no_redirection_to_itself() -> None:
    plan = PlanFactory.create(slug="a")
    Plan.objects.update(slug="b")
    Plan.objects.update(slug="a")
    plan.refresh_from_db()

    assert (plan.slug, plan.former_slugs) == ("a", ["b"])


def test_the_audit_trail_keeps_each_change_even_a_bulk_one() -> None:
    plan = PlanFactory.create(title="Plan IA")
    Plan.objects.filter(pk=plan.pk).update(title="Plan IA Grand Est")

    events = pghistory.models.Events.objects.tracks(plan).order_by("pgh_created_at", "pgh_id")
    assert [(event.pgh_label, event.pgh_data["title"]) for event in events] == [
        ("insert", "Plan IA"),
        ("update", "Plan IA Grand Est"),
    ]


def test_the_audit_trail_is_append_only() -> None:
    events = apps.get_model("plans", "SourceEvent").objects
    SourceFactory.create(title="Délibération")

    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
    ):
        events.all().delete()
    with (
        pytest.raises(ProgrammingError, match="Cannot update or delete"),
        transaction.atomic(),
    ):
        events.update(title="Autre")
    assert [event.title for event in events.all()] == ["Délibération"]
