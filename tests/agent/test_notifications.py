"""The list of notifications, how it is read, and how often it is mailed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import DigestMail, Notification, User
from accounts.services import notify
from plans import contributing, workflow
from plans.models import Membership, Plan, Role
from tests.agent.staff import signed_in
from tests.factories import (
    IndicatorFactory,
    MembershipFactory,
    ObservationFactory,
    PlanFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
LIST = "/agent/notifications/"
READ = "/agent/notifications/lues/"
PREFERENCES = "/agent/preferences/"


def tell(user: User, plan: Plan, text: str, *, minutes: int = 0) -> Notification:
    notify(
        [user],
        plan_id=plan.pk,
        kind=Notification.Kind.TO_REVIEW,
        key=text,
        text=text,
        url=f"/agent/plans/{plan.slug}/relecture/",
        at=NOON + timedelta(minutes=minutes),
    )
    return user.notifications.get(key=text)


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(title="Plan IA Grand Est")
    return made


@pytest.fixture
def user(plan: Plan) -> User:
    made: User = MembershipFactory.create(plan=plan, role=Role.REVIEWER).user
    return made


def shown(client: Client, **query: str) -> list[str]:
    return [row.text for row, _plan in client.get(LIST, query).context["entries"]]


def test_the_list_gives_the_latest_first_with_its_plan_and_its_link(plan: Plan, user: User) -> None:
    tell(user, plan, "À relire : Entreprises (2024)")
    tell(user, plan, "À relire : Entreprises (2025)", minutes=5)
    client = signed_in(user)

    assert shown(client) == ["À relire : Entreprises (2025)", "À relire : Entreprises (2024)"]
    page = client.get(LIST).content.decode()
    assert (
        f'<a href="/agent/plans/{plan.slug}/relecture/">À relire : Entreprises (2025)</a>' in page
    )
    assert "Plan IA Grand Est" in page


def test_one_is_marked_as_read_then_all(plan: Plan, user: User) -> None:
    first, second, third = (tell(user, plan, text) for text in ("Une", "Deux", "Trois"))
    client = signed_in(user)

    assert client.post(READ, {"notification": second.pk})["Location"] == LIST
    assert set(user.notifications.unread()) == {first, third}
    assert sorted(shown(client, lesquelles="non-lues")) == ["Trois", "Une"]

    client.post(READ)
    assert not user.notifications.unread().exists()
    assert len(shown(client)) == 3


def test_reading_again_keeps_the_first_moment(plan: Plan, user: User) -> None:
    row = tell(user, plan, "Une")
    user.notifications.update(read_at=NOON)

    signed_in(user).post(READ, {"notification": row.pk})

    assert user.notifications.get().read_at == NOON


@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "9" * 30])
def test_nonsense_marks_nothing_as_read(plan: Plan, user: User, number: str) -> None:
    tell(user, plan, "Une")

    assert signed_in(user).post(READ, {"notification": number}).status_code == 302
    assert user.notifications.unread().count() == 1


def test_the_notifications_of_another_are_neither_seen_nor_read(plan: Plan, user: User) -> None:
    other = MembershipFactory.create(plan=plan).user
    row = tell(other, plan, "Pour une autre")
    client = signed_in(user)

    client.post(READ, {"notification": row.pk})
    client.post(READ)

    assert shown(client) == []
    assert other.notifications.unread().count() == 1


def test_looking_marks_nothing_as_read(plan: Plan, user: User) -> None:
    tell(user, plan, "Une")
    client = signed_in(user)

    client.get(LIST)
    assert client.get(READ).status_code == 405
    assert user.notifications.unread().count() == 1


def test_the_menu_counts_what_is_not_read(plan: Plan, user: User) -> None:
    client = signed_in(user)
    assert client.get("/agent/").context["unread_notifications"]() == 0
    for number in range(3):
        tell(user, plan, str(number))

    page = client.get("/agent/")

    assert page.context["unread_notifications"]() == 3
    assert '<span class="count">3' in page.content.decode()


def test_the_notifications_of_a_plan_one_has_left_are_gone(plan: Plan, user: User) -> None:
    tell(user, plan, "Une")
    other = MembershipFactory.create(user=user, plan=PlanFactory.create()).plan
    tell(user, other, "Autre")
    Membership.objects.filter(plan=plan, user=user).delete()
    client = signed_in(user)

    assert shown(client) == ["Autre"]
    assert client.get("/agent/").context["unread_notifications"]() == 1


def test_a_long_list_has_pages(plan: Plan, user: User) -> None:
    for number in range(31):
        tell(user, plan, f"{number}", minutes=number)
    client = signed_in(user)

    assert (len(shown(client)), shown(client, page="2")) == (30, ["0"])


def test_one_notification_costs_as_many_queries_as_three(plan: Plan, user: User) -> None:
    client = signed_in(user)
    client.get(LIST)  # what a session costs once

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        return len(asked)

    tell(user, plan, "Une")
    alone = queries()
    for text in ("Deux", "Trois"):
        tell(user, plan, text)

    assert queries() == alone


def test_what_is_discarded_asks_for_nothing_any_more(plan: Plan, user: User) -> None:
    reviewer = MembershipFactory.create(plan=plan, role=Role.MANAGER).user
    draft = ObservationFactory.create(indicator=IndicatorFactory.create(plan=plan), author=user)
    row = workflow.submit(draft, at=NOON)
    row = workflow.send_back(row, reviewer=reviewer, reason="Quelle source ?", at=NOON)
    assert user.notifications.unread().count() == 1

    contributing.discard(row, revision=row.revision, at=NOON)

    assert user.notifications.unread().count() == 0


def test_whoever_runs_the_site_sees_the_mails_and_changes_none(user: User) -> None:
    mail = DigestMail.objects.create(user=user, message_id="<1@example.org>")
    client = signed_in(UserFactory.create(superuser=True))
    address = "/admin/accounts/digestmail/"

    assert "&lt;1@example.org&gt;" in client.get(f"{address}{mail.pk}/change/").content.decode()
    assert user.name in client.get(address).content.decode()
    assert client.post(f"{address}{mail.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_choice_of_mails_is_kept(user: User) -> None:
    client = signed_in(user)
    assert client.get(PREFERENCES).context["form"]["digest"].value() == "daily"

    answer = client.post(PREFERENCES, {"digest": "weekly"}, follow=True)

    user.refresh_from_db()
    assert user.digest == User.Digest.WEEKLY
    assert "Vos préférences sont enregistrées." in answer.content.decode()


def test_a_choice_that_does_not_exist_is_refused(user: User) -> None:
    answer = signed_in(user).post(PREFERENCES, {"digest": "hourly"})

    user.refresh_from_db()
    assert (answer.status_code, user.digest) == (422, User.Digest.DAILY)


def test_stopping_the_mails_lets_go_of_those_that_wait(plan: Plan, user: User) -> None:
    tell(user, plan, "Une")

    signed_in(user).post(PREFERENCES, {"digest": "never"})

    assert not user.notifications.filter(awaits_mail=True).exists()
    assert user.notifications.unread().count() == 1


@pytest.mark.parametrize("role", [*Role, None])
def test_whoever_has_an_account_has_these_pages(plan: Plan, role: Role | None) -> None:
    person = MembershipFactory.create(plan=plan, role=role).user if role else UserFactory.create()
    client = signed_in(person)

    for address in (LIST, PREFERENCES):
        answer = client.get(address)
        assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, True)


@pytest.mark.parametrize("address", [LIST, READ, PREFERENCES])
def test_whoever_has_not_signed_in_is_asked_to(address: str) -> None:
    method = Client().post if address == READ else Client().get
    assert method(address)["Location"] == f"/comptes/login/?next={address}"
