"""A contribution moves one allowed step at a time, and what was published never changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Notification, User
from measures.models import Milestone, MilestoneUpdate
from plans import workflow
from plans.models import Plan, Role
from plans.workflow import EditConflictError, WorkflowError
from tests.factories import (
    MembershipFactory,
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


def test_nobody_publishes_what_they_have_rewritten() -> None:
    reviewer = UserFactory.create()
    update = submitted(edited_by=reviewer)

    with pytest.raises(WorkflowError, match="Une autre personne"):
        workflow.publish(update, plan_of(update), reviewer=reviewer, at=NOON)
    assert workflow.publish(
        update, plan_of(update), reviewer=UserFactory.create(), at=NOON
    ).is_current


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
        workflow.send_back(update, reviewer=UserFactory.create(), reason=reason, at=NOON)
    assert MilestoneUpdate.objects.get().state == "submitted"


def test_a_returned_contribution_can_be_submitted_again() -> None:
    update = workflow.send_back(
        submitted(), reviewer=UserFactory.create(), reason="Quelle date ?", at=NOON
    )
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


def correction_of(version: MilestoneUpdate, reason: str) -> MilestoneUpdate:
    return submitted(milestone=version.milestone, supersedes=version, correction_reason=reason)


def test_a_correction_of_what_was_withdrawn_meanwhile_is_told_so() -> None:
    first = published()
    correction = correction_of(first, "Une raison")
    workflow.withdraw(first, reason="Source erronée", at=LATER)

    with pytest.raises(WorkflowError, match="entre-temps"):
        workflow.publish(correction, plan_of(first), reviewer=UserFactory.create(), at=LATER)


def test_a_correction_is_about_what_the_corrected_version_is_about() -> None:
    elsewhere = published()

    with pytest.raises(IntegrityError, match="is about what"), transaction.atomic():
        draft(supersedes=elsewhere, correction_reason="Un autre jalon")


def test_one_correction_of_a_version_is_open_at_a_time() -> None:
    first = published()
    correction_of(first, "Une raison")

    with pytest.raises(IntegrityError, match="one_open"), transaction.atomic():
        correction_of(first, "Une autre")


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


# --- Drafts: two people, one form -----------------------------------------------------------


def typed(update: MilestoneUpdate, advancement: str) -> MilestoneUpdate:
    """Return the draft as a person has it in a form, with another state chosen."""
    copy = MilestoneUpdate.objects.get(pk=update.pk)
    copy.advancement = advancement
    return copy


def test_a_saved_draft_remembers_who_and_when() -> None:
    update, editor = draft(), UserFactory.create()

    saved = workflow.save_draft(
        typed(update, "in_progress"), editor=editor, revision=update.revision, at=LATER
    )

    assert (saved.advancement, saved.revision, saved.edited_by, saved.edited_at) == (
        "in_progress",
        2,
        editor,
        LATER,
    )


def test_the_second_of_two_people_is_shown_what_the_first_saved_and_writes_nothing() -> None:
    update, first, second = draft(), UserFactory.create(), UserFactory.create(name="Sacha")
    workflow.save_draft(typed(update, "in_progress"), editor=first, revision=1, at=NOON)

    with pytest.raises(EditConflictError) as conflict:
        workflow.save_draft(typed(update, "abandoned"), editor=second, revision=1, at=LATER)

    assert conflict.value.theirs == update
    assert str(conflict.value) == f"{first.name} a enregistré cette saisie entre-temps."
    assert MilestoneUpdate.objects.get().advancement == "in_progress"


def test_a_form_sent_twice_writes_once() -> None:
    update, editor = draft(), UserFactory.create()

    for _ in range(2):
        workflow.save_draft(typed(update, "in_progress"), editor=editor, revision=1, at=NOON)

    assert MilestoneUpdate.objects.get().revision == 2


def test_a_new_draft_sent_twice_is_one_draft() -> None:
    milestone, editor = MilestoneFactory.create(), UserFactory.create()

    saved = [
        workflow.save_draft(
            MilestoneUpdateFactory.build(milestone=milestone), editor=editor, revision=None, at=NOON
        )
        for _ in range(2)
    ]

    assert saved[0] == saved[1] == MilestoneUpdate.objects.get()


def test_someone_else_who_starts_the_same_entry_is_shown_the_draft_under_way() -> None:
    update = draft()
    other = MilestoneUpdateFactory.build(milestone=update.milestone, advancement="abandoned")

    with pytest.raises(EditConflictError) as conflict:
        workflow.save_draft(other, editor=UserFactory.create(), revision=None, at=NOON)
    assert conflict.value.theirs == update


def test_what_is_submitted_is_not_edited_any_more() -> None:
    update = submitted()

    with pytest.raises(WorkflowError, match="plus un brouillon"):
        workflow.save_draft(
            typed(update, "abandoned"), editor=UserFactory.create(), revision=1, at=LATER
        )


# --- Who is told ------------------------------------------------------------------------------


def told(user: User | None) -> list[tuple[str, str]]:
    assert user is not None
    return list(user.notifications.order_by("id").values_list("kind", "text"))


def test_a_submission_tells_the_reviewers_and_managers_of_its_plan_but_its_author() -> None:
    update = draft()
    plan = plan_of(update)
    MembershipFactory.create(plan=plan, user=update.author, role=Role.REVIEWER)
    reviewer = MembershipFactory.create(plan=plan, role=Role.REVIEWER).user
    manager = MembershipFactory.create(plan=plan, role=Role.MANAGER).user
    others = [
        MembershipFactory.create(plan=plan, role=Role.CONTRIBUTOR).user,
        MembershipFactory.create(role=Role.REVIEWER).user,
    ]

    workflow.submit(update, at=NOON)

    expected = [("to_review", f"À relire\u00a0: {update}")]
    assert [told(user) for user in (reviewer, manager)] == [expected, expected]
    assert [told(user) for user in (update.author, *others)] == [[], [], []]


def test_the_author_is_told_of_a_return_and_of_a_publication() -> None:
    update, reviewer = submitted(), UserFactory.create()
    workflow.send_back(update, reviewer=reviewer, reason="Quelle date ?", at=NOON)
    workflow.submit(update, at=NOON)
    workflow.publish(update, plan_of(update), reviewer=reviewer, at=LATER)

    assert told(update.author) == [
        ("returned", f"Renvoyé\u00a0: {update}"),
        ("published", f"Publié\u00a0: {update}"),
    ]
    assert set(Notification.objects.values_list("url", flat=True)) == {update.get_absolute_url()}


def test_what_was_refused_tells_nobody() -> None:
    update = submitted()

    with pytest.raises(WorkflowError):
        workflow.publish(update, plan_of(update), reviewer=update.author, at=NOON)
    assert told(update.author) == []
