"""A contribution moves one allowed step at a time, and what was published never changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from measures.models import Milestone, MilestoneUpdate
from plans import workflow
from plans.models import Plan
from plans.workflow import WorkflowError
from tests.factories import (
    MilestoneFactory,
    MilestoneUpdateFactory,
    SourceFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


def draft(milestone: Milestone | None = None, **fields: object) -> MilestoneUpdate:
    milestone = milestone or MilestoneFactory.create()
    source = SourceFactory.create(plan=milestone.measure.plan)
    fields.setdefault("author", UserFactory.create())
    update: MilestoneUpdate = MilestoneUpdateFactory.create(
        milestone=milestone, source=source, **fields
    )
    return update


def plan_of(update: MilestoneUpdate) -> Plan:
    return update.milestone.measure.plan


def submitted(**fields: Any) -> MilestoneUpdate:
    return workflow.submit(draft(**fields), at=NOON)


def published(**fields: Any) -> MilestoneUpdate:
    update = submitted(**fields)
    return workflow.publish(update, plan_of(update), reviewer=UserFactory.create(), at=NOON)


def test_a_draft_is_submitted_then_published_by_someone_else() -> None:
    update = submitted()
    reviewer = UserFactory.create()

    done = workflow.publish(update, plan_of(update), reviewer=reviewer, at=NOON)

    assert (done.state, done.reviewer, done.published_at, done.is_current) == (
        "published",
        reviewer,
        NOON,
        True,
    )


def test_nobody_publishes_their_own_submission() -> None:
    update = submitted()

    with pytest.raises(WorkflowError, match="Une autre personne"):
        workflow.publish(update, plan_of(update), reviewer=update.author, at=NOON)
    assert MilestoneUpdate.objects.get().state == "submitted"


def test_the_database_refuses_self_publication_too() -> None:
    update = submitted()

    with pytest.raises(IntegrityError, match="does not publish it"), transaction.atomic():
        MilestoneUpdate.objects.update(state="published", published_at=NOON, reviewer=update.author)


def test_a_plan_may_allow_self_publication() -> None:
    update = submitted()
    plan = plan_of(update)
    plan.allows_self_publication = True
    plan.save()

    assert workflow.publish(update, plan, reviewer=update.author, at=NOON).is_current


def test_a_draft_is_not_published_without_submission() -> None:
    update = draft()

    with pytest.raises(WorkflowError, match="soumise"):
        workflow.publish(update, plan_of(update), reviewer=UserFactory.create(), at=NOON)


def test_nothing_is_published_without_a_source() -> None:
    update = submitted()
    MilestoneUpdate.objects.update(source=None)

    with pytest.raises(WorkflowError, match="source"):
        workflow.publish(update, plan_of(update), reviewer=UserFactory.create(), at=NOON)


def test_what_is_published_is_not_published_again() -> None:
    update = published()

    with pytest.raises(WorkflowError, match="déjà publiée"):
        workflow.publish(update, plan_of(update), reviewer=UserFactory.create(), at=NOON)


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_white_space_is_no_reason_to_return(reason: str) -> None:  # edge case 24
    update = submitted()

    with pytest.raises(WorkflowError, match="motif"):
        workflow.send_back(update, reviewer=UserFactory.create(), reason=reason)
    assert MilestoneUpdate.objects.get().state == "submitted"


def test_a_returned_contribution_can_be_submitted_again() -> None:
    update = workflow.send_back(submitted(), reviewer=UserFactory.create(), reason="Quelle date ?")
    assert (update.state, update.return_reason) == ("returned", "Quelle date ?")

    assert workflow.submit(update, at=LATER).submitted_at == LATER


def test_a_published_version_is_neither_changed_nor_deleted() -> None:
    update = published()

    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        MilestoneUpdate.objects.update(advancement="abandoned")
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        MilestoneUpdate.objects.all().delete()
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        MilestoneUpdate.objects.update(superseded_at=LATER, advancement="abandoned")
    update.refresh_from_db()
    assert update.advancement == "done"


def test_a_correction_supersedes_the_version_it_corrects() -> None:
    first = published()
    correction = submitted(
        milestone=first.milestone,
        advancement="in_progress",
        supersedes=first,
        correction_reason="Le réseau n’était qu’annoncé.",
    )

    second = workflow.publish(correction, plan_of(first), reviewer=UserFactory.create(), at=LATER)

    first.refresh_from_db()
    assert (first.is_current, first.superseded_at, first.is_withdrawn) == (False, LATER, False)
    assert second.is_current
    assert list(MilestoneUpdate.objects.current()) == [second]


def test_of_two_corrections_of_one_version_the_second_is_told() -> None:
    first = published()
    author = UserFactory.create()
    corrections = [
        submitted(
            milestone=first.milestone,
            author=author,
            supersedes=first,
            correction_reason=reason,
        )
        for reason in ("Une raison", "Une autre")
    ]
    reviewer = UserFactory.create()
    workflow.publish(corrections[0], plan_of(first), reviewer=reviewer, at=LATER)

    with pytest.raises(WorkflowError, match="entre-temps"):
        workflow.publish(corrections[1], plan_of(first), reviewer=reviewer, at=LATER)


def test_a_second_value_for_the_same_day_is_refused_in_words() -> None:
    first = published()
    second = submitted(milestone=first.milestone)

    with pytest.raises(ValidationError, match="déjà publié"):
        workflow.publish(second, plan_of(first), reviewer=UserFactory.create(), at=LATER)


def test_a_correction_has_a_reason() -> None:
    first = published()

    with pytest.raises(IntegrityError, match="corrected_with_reason"), transaction.atomic():
        draft(milestone=first.milestone, supersedes=first, correction_reason="  ")


def test_a_withdrawn_version_stays_readable_with_its_reason() -> None:
    withdrawn = workflow.withdraw(published(), reason="Source erronée", at=LATER)

    assert (withdrawn.is_current, withdrawn.is_withdrawn) == (False, True)
    assert list(MilestoneUpdate.objects.current()) == []
    assert list(MilestoneUpdate.objects.ever_published()) == [withdrawn]


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_withdrawal_has_a_reason(reason: str) -> None:  # edge case 24
    update = published()

    with pytest.raises(WorkflowError, match="motif"):
        workflow.withdraw(update, reason=reason, at=LATER)
    update.refresh_from_db()
    assert update.is_current


def test_what_is_withdrawn_is_not_withdrawn_again() -> None:
    withdrawn = workflow.withdraw(published(), reason="Source erronée", at=LATER)

    with pytest.raises(WorkflowError, match="actuelle"):
        workflow.withdraw(withdrawn, reason="Encore", at=LATER)


def test_the_site_can_say_what_it_showed_on_a_past_day() -> None:
    first = published()
    correction = submitted(
        milestone=first.milestone, supersedes=first, correction_reason="Précision"
    )
    second = workflow.publish(correction, plan_of(first), reviewer=UserFactory.create(), at=LATER)

    between = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    before = datetime(2026, 11, 20, tzinfo=UTC)
    assert list(MilestoneUpdate.objects.known_at(before)) == []
    assert list(MilestoneUpdate.objects.known_at(between)) == [first]
    assert list(MilestoneUpdate.objects.known_at(LATER)) == [second]


def test_the_latest_state_of_a_milestone_is_by_its_day_not_by_its_entry() -> None:
    later = published(as_of=date(2023, 6, 1), advancement="done")
    published(milestone=later.milestone, as_of=date(2022, 8, 30), advancement="in_progress")

    assert list(MilestoneUpdate.objects.latest_of_each(date(2026, 11, 21))) == [later]
    assert [
        update.advancement for update in MilestoneUpdate.objects.latest_of_each(date(2022, 12, 31))
    ] == ["in_progress"]
