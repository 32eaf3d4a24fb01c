"""Deliveries to a real receiver: signed, in order, tried again, stopped, one never for another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Notification
from exchange.models import WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookSubscription
from exchange.webhooks import courier, services
from exchange.webhooks.courier import deliver, pause_after, rest_after, with_work
from indicators.models import Indicator
from plans.models import Plan, Role
from tests.exchange.webhooks.changes import corrected, published, subscribed, withdrawn
from tests.factories import IndicatorFactory, MembershipFactory, PlanFactory
from tests.mail_server import Gate
from tests.receiver import Message, Receiver, Reply, partner_system

pytestmark = pytest.mark.django_db

WAITING, DELIVERED, GIVEN_UP = "waiting", "delivered", "given_up"


class Clock:
    """A clock that the test sets; it starts a moment after what the database wrote."""

    def __init__(self) -> None:
        self.now = timezone.now() + timedelta(seconds=1)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan")
    return made


@pytest.fixture
def indicator(plan: Plan) -> Indicator:
    made: Indicator = IndicatorFactory.create(plan=plan)
    return made


def refusing(codes: set[str], status: int = 500) -> Callable[[Message], Reply]:
    """Refuse what is told of these indicators."""

    def answer(message: Message) -> Reply:
        told = message.data["data"]["observation"]["indicator"]
        return Reply(status, b"non") if told in codes else Reply()

    return answer


def states(subscription: WebhookSubscription) -> list[str]:
    rows = subscription.deliveries.filter(on_request=False).order_by("event")
    return list(rows.values_list("state", flat=True))


def fresh(subscription: WebhookSubscription) -> WebhookSubscription:
    subscription.refresh_from_db()
    return subscription


def test_what_was_published_arrives_once_signed_in_order(
    partner: Receiver, indicator: Indicator, clock: Clock
) -> None:
    subscription, secret = subscribed(indicator.plan, partner.url)
    withdrawn(corrected(published(indicator, value=30), value=32))
    clock.now = timezone.now()

    assert deliver(subscription.pk, clock=clock) == 3
    assert deliver(subscription.pk, clock=clock) == 0

    assert partner.types == [
        "observation.published",
        "observation.corrected",
        "observation.withdrawn",
    ]
    assert [message.is_signed_with(secret) for message in partner.messages] == [True] * 3
    assert not partner.messages[0].is_signed_with("whsec_" + "A" * 43 + "=")
    first = partner.messages[0]
    assert first.path == "/recevoir"
    assert first.headers["content-type"] == "application/json"
    assert first.headers["host"] == f"127.0.0.1:{partner.port}"
    assert first.headers["webhook-timestamp"] == str(int(clock.now.timestamp()))
    assert first.id == WebhookEvent.objects.earliest("id").message_id
    assert len({message.id for message in partner.messages}) == 3
    assert states(subscription) == [DELIVERED] * 3
    attempts = WebhookAttempt.objects.values_list("status", "error", "excerpt")
    assert list(attempts) == [(204, "", "")] * 3
    assert fresh(subscription).lease is None


def test_a_tampered_body_is_not_signed(partner: Receiver, indicator: Indicator) -> None:
    subscription, secret = subscribed(indicator.plan, partner.url)
    published(indicator)
    deliver(subscription.pk)
    [message] = partner.messages
    tampered = Message(message.path, message.headers, message.body.replace(b'"30"', b'"31"'))
    assert tampered.body != message.body
    assert message.is_signed_with(secret)
    assert not tampered.is_signed_with(secret)


def test_a_failing_event_holds_back_its_own_indicator_and_no_other(
    partner: Receiver, plan: Plan, clock: Clock
) -> None:
    subscription, _secret = subscribed(plan, partner.url)
    one, other = IndicatorFactory.create_batch(2, plan=plan)
    partner.answer = refusing({one.code})
    first = published(one, value=1)
    published(other, value=2)
    corrected(first, value=3)
    clock.now = timezone.now()

    assert deliver(subscription.pk, clock=clock) == 1
    assert states(subscription) == [WAITING, DELIVERED, WAITING]
    assert len(partner.messages) == 2

    # Nothing before its time; then the refused one alone, until it is taken.
    clock.passes(seconds=29)
    assert deliver(subscription.pk, clock=clock) == 0
    assert len(partner.messages) == 2
    clock.passes(seconds=1)
    assert deliver(subscription.pk, clock=clock) == 0
    assert len(partner.messages) == 3

    partner.answer = lambda _message: Reply()
    clock.passes(minutes=1)
    assert deliver(subscription.pk, clock=clock) == 2
    told = [(m.type, m.data["data"]["observation"]["value"]) for m in partner.messages[3:]]
    assert told == [("observation.published", "1"), ("observation.corrected", "3")]


def test_an_attempt_that_comes_again_is_the_same_message_signed_anew(
    partner: Receiver, indicator: Indicator, clock: Clock
) -> None:
    subscription, secret = subscribed(indicator.plan, partner.url)
    partner.answer = lambda _message: Reply(503, b"plus tard")
    published(indicator)
    clock.now = timezone.now()
    deliver(subscription.pk, clock=clock)
    # The title changes meanwhile: the message is what it was.
    Indicator.objects.filter(pk=indicator.pk).update(code="autre-code")
    partner.answer = lambda _message: Reply()
    clock.passes(minutes=1)
    deliver(subscription.pk, clock=clock)

    one, two = partner.messages
    assert (one.id, one.body) == (two.id, two.body)
    assert one.headers["webhook-timestamp"] != two.headers["webhook-timestamp"]
    assert one.is_signed_with(secret)
    assert two.is_signed_with(secret)
    log = WebhookAttempt.objects.values_list("status", "excerpt")
    assert list(log) == [(503, "plus tard"), (204, "")]


def test_pauses_double_up_to_six_hours() -> None:
    assert [pause_after(number).total_seconds() for number in (1, 2, 3, 4)] == [30, 60, 120, 240]
    assert pause_after(10) == timedelta(minutes=256)
    assert pause_after(11) == pause_after(20) == timedelta(hours=6)
    whole = sum((pause_after(number) for number in range(1, 20)), timedelta())
    assert timedelta(days=2) < whole < timedelta(days=3)


def test_a_receiver_rests_longer_after_each_failure_in_a_row() -> None:
    assert [rest_after(number) for number in (0, 1, 2)] == [timedelta(0)] * 3
    assert [rest_after(number).total_seconds() for number in (3, 4, 5)] == [30, 60, 120]
    assert rest_after(1000) == timedelta(minutes=30)


def test_a_receiver_that_fails_three_times_in_a_row_rests_and_one_success_wakes_it(
    partner: Receiver, plan: Plan, clock: Clock
) -> None:
    subscription, _secret = subscribed(plan, partner.url)
    partner.answer = lambda _message: Reply(500)
    for indicator in IndicatorFactory.create_batch(5, plan=plan):
        published(indicator)
    clock.now = timezone.now()
    deliver(subscription.pk, clock=clock)
    assert len(partner.messages) == 3
    assert with_work(at=clock.now) == []
    assert deliver(subscription.pk, clock=clock) == 0
    assert len(partner.messages) == 3

    partner.answer = lambda _message: Reply()
    clock.passes(seconds=30)
    assert with_work(at=clock.now) == [subscription.pk]
    assert deliver(subscription.pk, clock=clock) == 5
    row = fresh(subscription)
    assert (row.failures, row.failing_since, row.rests_until) == (0, None, None)


def test_an_event_that_is_never_taken_is_given_up_and_the_next_follows(
    partner: Receiver, plan: Plan, clock: Clock
) -> None:
    subscription, _secret = subscribed(plan, partner.url)
    poison, healthy = IndicatorFactory.create_batch(2, plan=plan)
    first = published(poison, value=1)
    corrected(first, value=2)
    partner.answer = lambda message: (
        Reply(422) if message.data["data"]["observation"]["value"] == "1" else Reply()
    )
    clock.now = timezone.now()
    for attempt in range(1, courier.MOST_ATTEMPTS + 1):
        # The receiver takes other things meanwhile, so it is not stopped.
        published(healthy, year=2020 + attempt)
        clock.now = max(clock.now, timezone.now())
        deliver(subscription.pk, clock=clock)
        clock.passes(hours=6)
    tried = [m for m in partner.messages if m.data["data"]["observation"]["value"] == "1"]
    assert len(tried) == courier.MOST_ATTEMPTS
    assert states(subscription)[0] == GIVEN_UP
    assert fresh(subscription).state == "active"
    deliver(subscription.pk, clock=clock)
    assert states(subscription)[1] == DELIVERED
    assert WAITING not in states(subscription)


def test_a_receiver_that_takes_nothing_for_two_days_is_stopped_and_the_managers_are_told(
    partner: Receiver, indicator: Indicator, clock: Clock
) -> None:
    plan = indicator.plan
    manager = MembershipFactory.create(plan=plan, role=Role.MANAGER).user
    MembershipFactory.create(plan=plan, role=Role.REVIEWER)
    MembershipFactory.create(role=Role.MANAGER)
    subscription, _secret = subscribed(plan, partner.url, name="Observatoire")
    partner.answer = lambda _message: Reply(500)
    published(indicator)
    clock.now = timezone.now()
    started = clock.now
    while fresh(subscription).state == "active":
        assert clock.now - started < timedelta(days=3)
        deliver(subscription.pk, clock=clock)
        clock.passes(hours=1)
    assert timedelta(days=2) <= clock.now - started <= timedelta(days=2, hours=7)
    assert "500" in subscription.state_reason
    told = Notification.objects.get(kind=Notification.Kind.PARTNER)
    assert told.user == manager
    assert told.url == f"/agent/plans/plan/abonnements/{subscription.pk}/"
    assert "Observatoire" in told.text

    # What waits is not lost, nor what comes meanwhile; nothing leaves until it is resumed.
    published(indicator, year=2021)
    sent = len(partner.messages)
    clock.passes(days=1)
    assert deliver(subscription.pk, clock=clock) == 0
    assert len(partner.messages) == sent
    assert states(subscription) == [WAITING, WAITING]
    partner.answer = lambda _message: Reply()
    services.resume(subscription, at=clock.now)
    assert deliver(subscription.pk, clock=clock) == 2
    told.refresh_from_db()
    assert told.read_at is not None


def test_a_receiver_that_is_gone_says_so_once(
    partner: Receiver, indicator: Indicator, clock: Clock
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    partner.answer = lambda _message: Reply(410)
    published(indicator)
    deliver(subscription.pk)
    row = fresh(subscription)
    assert (row.state, "410" in row.state_reason) == ("disabled", True)


def test_a_paused_subscription_keeps_what_comes_and_sends_it_when_resumed(
    partner: Receiver, indicator: Indicator
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    services.pause(subscription)
    corrected(published(indicator, value=1), value=2)
    assert with_work(at=timezone.now()) == []
    assert deliver(subscription.pk) == 0
    services.resume(subscription, at=timezone.now())
    assert deliver(subscription.pk) == 2
    assert partner.types == ["observation.published", "observation.corrected"]


def test_a_plan_that_is_public_no_more_keeps_its_news_until_it_is_again(
    partner: Receiver, indicator: Indicator
) -> None:
    plan = indicator.plan
    subscription, _secret = subscribed(plan, partner.url)
    published(indicator)
    Plan.objects.filter(pk=plan.pk).update(is_public=False)
    assert (with_work(at=timezone.now()), deliver(subscription.pk)) == ([], 0)
    Plan.objects.filter(pk=plan.pk).update(is_public=True)
    assert deliver(subscription.pk) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(partner: Receiver, indicator: Indicator, status: int) -> None:
    with partner_system() as elsewhere:
        partner.answer = lambda _message: Reply(status, headers=(("Location", elsewhere.url),))
        subscription, _secret = subscribed(indicator.plan, partner.url)
        published(indicator)
        assert deliver(subscription.pk) == 0
        assert elsewhere.messages == []
    assert WebhookAttempt.objects.get().status == status
    assert states(subscription) == [WAITING]


def test_a_private_address_is_refused_at_the_time_of_sending(
    partner: Receiver, indicator: Indicator, settings: Settings
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    settings.WEBHOOK_ALLOWED_PRIVATE_NETWORKS = []
    published(indicator)
    assert deliver(subscription.pk) == 0
    assert partner.messages == []
    assert WebhookAttempt.objects.get().error == "private: 127.0.0.1"


def test_plain_http_is_refused_at_the_time_of_sending(
    partner: Receiver, indicator: Indicator, settings: Settings
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    settings.WEBHOOK_ALLOW_HTTP = False
    published(indicator)
    assert deliver(subscription.pk) == 0
    assert partner.messages == []
    assert WebhookAttempt.objects.get().error == "scheme: http"


def test_a_test_message_goes_at_once_past_pauses_and_is_tried_once(
    partner: Receiver, plan: Plan
) -> None:
    subscription, secret = subscribed(plan, partner.url)
    services.pause(subscription)
    partner.answer = lambda _message: Reply(500, b"en panne")
    refused = services.send_test(subscription, at=timezone.now())
    deliver(subscription.pk)
    partner.answer = lambda _message: Reply()
    taken = services.send_test(subscription, at=timezone.now())
    deliver(subscription.pk)

    assert partner.types == ["webhook.test"] * 2
    assert partner.messages[1].is_signed_with(secret)
    assert partner.messages[1].data["data"]["plan"] == "plan"
    refused.refresh_from_db()
    taken.refresh_from_db()
    assert (refused.state, taken.state) == (GIVEN_UP, DELIVERED)
    # A test that fails says nothing of the receiver's health.
    assert fresh(subscription).failures == 0


def test_a_message_is_sent_again_under_the_same_id(partner: Receiver, indicator: Indicator) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    published(indicator)
    deliver(subscription.pk)
    [delivery] = subscription.deliveries.all()
    services.send_again(delivery, at=timezone.now())
    assert deliver(subscription.pk) == 1
    one, two = partner.messages
    assert (one.id, one.body) == (two.id, two.body)
    assert subscription.deliveries.count() == 2


def test_a_second_sending_that_fails_holds_nothing_back(
    partner: Receiver, indicator: Indicator
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    published(indicator)
    deliver(subscription.pk)
    partner.answer = lambda message: Reply(500 if message.type.endswith("published") else 204)
    services.send_again(subscription.deliveries.get(), at=timezone.now())
    corrected(indicator.observations.get(), value=5)
    assert deliver(subscription.pk) == 1
    assert states(subscription) == [DELIVERED, DELIVERED]


def test_what_waits_is_tried_at_once_when_asked(
    partner: Receiver, indicator: Indicator, clock: Clock
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    partner.answer = lambda _message: Reply(500)
    published(indicator)
    clock.now = timezone.now()
    deliver(subscription.pk, clock=clock)
    partner.answer = lambda _message: Reply()
    services.send_again(subscription.deliveries.get(), at=clock.now)
    assert deliver(subscription.pk, clock=clock) == 1
    assert subscription.deliveries.count() == 1


def test_a_rotated_secret_signs_beside_the_former_for_a_day(
    partner: Receiver, indicator: Indicator, clock: Clock
) -> None:
    subscription, former = subscribed(indicator.plan, partner.url)
    services.rotate_secret(subscription, leaked=False, at=clock.now)
    new = services.show_secret(subscription, at=clock.now)
    with pytest.raises(services.SubscriptionError):
        services.show_secret(subscription, at=clock.now)
    published(indicator, year=2020)
    clock.passes(hours=23)
    deliver(subscription.pk, clock=clock)
    published(indicator, year=2021)
    clock.passes(hours=1)
    deliver(subscription.pk, clock=clock)

    within, after = partner.messages
    assert [within.is_signed_with(key) for key in (former, new)] == [True, True]
    assert [after.is_signed_with(key) for key in (former, new)] == [False, True]


def test_a_secret_that_leaked_signs_no_more(partner: Receiver, indicator: Indicator) -> None:
    subscription, former = subscribed(indicator.plan, partner.url)
    services.rotate_secret(subscription, leaked=True, at=timezone.now())
    new = services.show_secret(subscription, at=timezone.now())
    published(indicator)
    deliver(subscription.pk)
    [message] = partner.messages
    assert [message.is_signed_with(key) for key in (former, new)] == [False, True]


def test_a_secret_whose_key_is_lost_sends_nothing_unsigned(
    partner: Receiver, indicator: Indicator, settings: Settings
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    published(indicator)
    settings.SECRET_KEY = "another key"
    assert deliver(subscription.pk) == 0
    assert partner.messages == []
    assert WebhookAttempt.objects.get().error == "secret"


def test_a_courier_that_died_in_the_middle_is_made_up_for(
    partner: Receiver, indicator: Indicator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after its claim: the lease runs out, the delivery is due again, nothing is lost."""
    subscription, _secret = subscribed(indicator.plan, partner.url)
    published(indicator)
    clock.now = timezone.now()

    class KilledError(BaseException):
        pass

    def killed(*_args: object, **_kwargs: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(courier, "_send", killed)
        with pytest.raises(KilledError):
            deliver(subscription.pk, clock=clock)
    # A process that is killed gives no lease back.
    WebhookSubscription.objects.update(leased_until=clock.now + courier.LEASE)

    clock.passes(minutes=1)
    assert with_work(at=clock.now) == []
    assert deliver(subscription.pk, clock=clock) == 0
    clock.passes(minutes=1)
    assert with_work(at=clock.now) == [subscription.pk]
    assert deliver(subscription.pk, clock=clock) == 1
    unfinished, finished = WebhookAttempt.objects.all()
    assert (unfinished.ended_at, finished.status) == (None, 204)


def test_a_message_that_cannot_be_written_holds_back_its_own_indicator_only(
    partner: Receiver, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscription, _secret = subscribed(plan, partner.url)
    one, other = IndicatorFactory.create_batch(2, plan=plan)
    published(one)
    published(other)
    real = courier.body_of

    def body_of(event: WebhookEvent) -> str:
        if event.lane == f"indicator:{one.pk}":
            raise ZeroDivisionError
        return real(event)

    monkeypatch.setattr(courier, "body_of", body_of)
    assert deliver(subscription.pk) == 1
    assert states(subscription) == [WAITING, DELIVERED]


def test_the_log_is_kept_for_a_while_and_what_waits_too_long_is_given_up(
    partner: Receiver, indicator: Indicator, settings: Settings
) -> None:
    settings.WEBHOOK_LOG_DAYS = 30
    subscription, _secret = subscribed(indicator.plan, partner.url)
    published(indicator, year=2020)
    deliver(subscription.pk)
    services.pause(subscription)
    published(indicator, year=2021)
    now = timezone.now()

    services.purge(at=now + timedelta(days=29))
    assert states(subscription) == [DELIVERED, WAITING]
    services.purge(at=now + timedelta(days=30, minutes=1))
    assert states(subscription) == [GIVEN_UP]
    assert WebhookEvent.objects.count() == 1
    services.purge(at=now + timedelta(days=61))
    assert (WebhookEvent.objects.count(), WebhookAttempt.objects.count()) == (0, 0)


def test_the_purge_takes_away_a_former_secret_that_signs_no_more(plan: Plan) -> None:
    subscription, _secret = subscribed(plan)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    services.rotate_secret(subscription, leaked=False, at=now)
    services.purge(at=now + timedelta(hours=23))
    assert fresh(subscription).former_secret != ""
    services.purge(at=now + timedelta(hours=24))
    assert fresh(subscription).former_secret == ""


def test_deleting_a_subscription_in_mid_delivery_is_no_accident(
    partner: Receiver, indicator: Indicator
) -> None:
    subscription, _secret = subscribed(indicator.plan, partner.url)
    published(indicator, value=Decimal(7))

    def answer(_message: Message) -> Reply:
        return Reply(200)

    partner.answer = answer
    real = courier.post

    def posted(*args: object, **kwargs: object) -> object:
        sent = real(*args, **kwargs)  # type: ignore[arg-type]
        WebhookSubscription.objects.all().delete()
        return sent

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(courier, "post", posted)
        deliver(subscription.pk)
    assert WebhookDelivery.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_does_not_answer_keeps_nobody_else_waiting(
    partner: Receiver, settings: Settings
) -> None:
    settings.WEBHOOK_TIMEOUT_SECONDS = 30
    gate = Gate()
    plan = PlanFactory.create()
    indicator = IndicatorFactory.create(plan=plan)
    with partner_system() as slow:
        stuck, _secret = subscribed(plan, slow.url, name="Lent")
        quick, _secret = subscribed(plan, partner.url, name="Rapide")

        def hold(_message: Message) -> Reply:
            gate.hold()
            return Reply()

        slow.answer = hold
        published(indicator)

        def run() -> None:
            try:
                deliver(stuck.pk)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        assert gate.reached.wait(10)
        # While the slow one is spoken to: nobody else takes it up, and the quick one has its own.
        assert with_work(at=timezone.now()) == [quick.pk]
        assert deliver(stuck.pk) == 0
        assert deliver(quick.pk) == 1
        assert len(slow.messages) == 1
        # The pages, too: nothing holds the rows while the receiver thinks.
        services.pause(stuck)
        published(indicator, year=2021)
        gate.open()
        thread.join()
        assert states(stuck) == [DELIVERED, WAITING]
