"""The pages on which managers see to the partner systems that are told of changes."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from exchange.models import WebhookAttempt, WebhookDelivery, WebhookSubscription
from exchange.webhooks import services
from exchange.webhooks.courier import deliver
from exchange.webhooks.keys import keys_of
from exchange.webhooks.models import EventKind
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.dashboards.reading import main_text
from tests.exchange.webhooks.changes import published, subscribed
from tests.factories import IndicatorFactory, PlanFactory
from tests.form_data import form_data
from tests.html import html_errors, inline_code
from tests.receiver import Reply, partner_system

pytestmark = pytest.mark.django_db

PAGES = "/agent/plans/plan/abonnements/"


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan")
    return made


@pytest.fixture
def manager(plan: Plan) -> Client:
    return signed_in(member(plan, Role.MANAGER))


@pytest.fixture
def here(settings: Settings) -> None:
    """Let messages go to this machine."""
    settings.WEBHOOK_ALLOWED_PRIVATE_NETWORKS = [ip_network("127.0.0.0/8")]
    settings.WEBHOOK_ALLOW_HTTP = True


def typed(**changed: object) -> dict[str, object]:
    return {
        "name": "Observatoire régional",
        "url": "https://observatoire.example.org/hooks",
        "kinds": ["observation.published", "observation.corrected"],
        **changed,
    }


def test_a_manager_subscribes_a_system_and_sees_its_secret_once(
    plan: Plan, manager: Client
) -> None:
    blank = manager.get(f"{PAGES}nouveau/")
    # Everything is told unless something is unticked.
    assert form_data(blank)["kinds"] == list(EventKind.values)

    answer = manager.post(f"{PAGES}nouveau/", typed(), follow=True)
    subscription = WebhookSubscription.objects.get()
    address = f"{PAGES}{subscription.pk}/secret/"
    assert answer.redirect_chain == [(address, 302)]
    assert (subscription.name, subscription.url, subscription.kinds, subscription.state) == (
        "Observatoire régional",
        "https://observatoire.example.org/hooks",
        ["observation.published", "observation.corrected"],
        "active",
    )
    [key] = keys_of(subscription, at=timezone.now())
    assert key not in answer.content.decode()

    shown = manager.post(address, {"show": "1"})
    assert key in main_text(shown)
    assert "no-store" in shown["Cache-Control"]
    again = manager.post(address, {"show": "1"})
    assert key not in again.content.decode()
    assert "Ce secret a déjà été montré" in again.content.decode()
    assert key not in manager.get(address).content.decode()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": ""}, "Ce champ est obligatoire."),
        ({"kinds": []}, "Choisissez au moins un changement."),
        ({"kinds": ["webhook.test"]}, "Sélectionnez un choix valide."),
        ({"url": "http://observatoire.example.org/"}, "L’adresse commence par https://."),
        ({"url": "https://127.0.0.1/"}, "un réseau privé"),
        ({"url": "https://[::1]:8443/"}, "un réseau privé"),
        ({"url": "https://localhost:8099/"}, "n’est connu que d’un réseau privé"),
        ({"url": "https://si.region.internal/"}, "n’est connu que d’un réseau privé"),
        ({"url": "https://intranet/"}, "Écrivez l’adresse entière"),
        ({"url": "https://169.254.169.254/latest/"}, "un réseau privé"),
        ({"url": "https://moi:secret@example.org/"}, "ni nom ni mot de passe"),
        ({"url": "javascript:alert(1)"}, "Écrivez l’adresse entière"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    manager: Client, changed: dict[str, object], error: str
) -> None:
    answer = manager.post(f"{PAGES}nouveau/", typed(**changed))
    assert answer.status_code == 200
    assert error in main_text(answer)
    assert 'id="erreurs"' in answer.content.decode()
    kept = form_data(answer)
    assert kept["name"] == [changed.get("name", "Observatoire régional")]
    assert WebhookSubscription.objects.count() == 0


def test_a_plan_has_so_many_subscriptions_and_no_more(plan: Plan, manager: Client) -> None:
    for _number in range(services.MOST_SUBSCRIPTIONS):
        subscribed(plan)
    answer = manager.post(f"{PAGES}nouveau/", typed())
    assert "Un plan a au plus 20 abonnements." in main_text(answer)
    assert WebhookSubscription.objects.count() == 20


def test_two_subscriptions_of_a_plan_have_two_names(plan: Plan, manager: Client) -> None:
    subscribed(PlanFactory.create(), name="Agence")
    first, _secret = subscribed(plan, name="Observatoire")
    second, _secret = subscribed(plan, name="Agence")
    said = "est déjà abonné à ce plan : donnez un autre nom."

    assert said in main_text(manager.post(f"{PAGES}nouveau/", typed(name="observatoire ")))
    edit = f"{PAGES}{second.pk}/modifier/"
    assert said in main_text(manager.post(edit, typed(name="Observatoire")))
    second.refresh_from_db()
    assert second.name == "Agence"
    assert WebhookSubscription.objects.filter(plan=plan).count() == 2
    assert manager.post(edit, typed(name="Agence")).status_code == 302
    with pytest.raises(services.SubscriptionError, match="est déjà abonné"):
        services.subscribe(
            plan,
            name=first.name,
            url=first.url,
            kinds=first.kinds,
            by=first.created_by,
            at=timezone.now(),
        )


def test_a_subscription_is_edited_and_keeps_its_secret(plan: Plan, manager: Client) -> None:
    subscription, secret = subscribed(plan)
    address = f"{PAGES}{subscription.pk}/modifier/"
    data = form_data(manager.get(address)) | {"url": "https://autre.example.org/"}
    data["kinds"] = ["target.revised"]
    assert manager.post(address, data).status_code == 302
    subscription.refresh_from_db()
    assert (subscription.url, subscription.kinds) == (
        "https://autre.example.org/",
        ["target.revised"],
    )
    assert keys_of(subscription, at=timezone.now()) == [secret]


def test_an_edit_undoes_nothing_that_the_courier_wrote_meanwhile(
    plan: Plan, manager: Client
) -> None:
    subscription, _secret = subscribed(plan)
    data = form_data(manager.get(f"{PAGES}{subscription.pk}/modifier/"))
    WebhookSubscription.objects.update(state="disabled", state_reason="Rien n’a été reçu.")
    manager.post(f"{PAGES}{subscription.pk}/modifier/", data)
    subscription.refresh_from_db()
    assert subscription.state == "disabled"


def test_another_address_starts_afresh_and_another_name_does_not(
    plan: Plan, manager: Client
) -> None:
    subscription, _secret = subscribed(plan)
    page, at = f"{PAGES}{subscription.pk}/modifier/", timezone.now()
    failed = {"failures": 9, "failing_since": at, "rests_until": at}
    WebhookSubscription.objects.update(**failed)

    for changed, left in (
        ({"name": "Autre nom"}, failed),
        (
            {"url": "https://autre.example.org/"},
            {"failures": 0, "failing_since": None, "rests_until": None},
        ),
    ):
        manager.post(page, form_data(manager.get(page)) | changed)
        assert WebhookSubscription.objects.values(*failed).get() == left


def test_pausing_and_resuming(plan: Plan, manager: Client) -> None:
    subscription, _secret = subscribed(plan)
    page = f"{PAGES}{subscription.pk}/"
    assert "Mettre en pause" in main_text(manager.get(page))
    said = main_text(manager.post(f"{page}pause/", follow=True))
    assert "L’abonnement est en pause" in said
    assert "Reprendre les envois" in said
    assert "Seul un abonnement actif" in main_text(manager.post(f"{page}pause/", follow=True))
    assert "de nouveau actif" in main_text(manager.post(f"{page}reprise/", follow=True))
    assert "déjà actif" in main_text(manager.post(f"{page}reprise/", follow=True))


def test_replacing_a_secret_keeps_the_former_for_a_day_unless_it_leaked(
    plan: Plan, manager: Client
) -> None:
    subscription, first = subscribed(plan)
    address = f"{PAGES}{subscription.pk}/secret/"
    manager.post(address, {"rotate": "1"})
    subscription.refresh_from_db()
    second, former = keys_of(subscription, at=timezone.now())
    assert (former, second == first) == (first, False)

    manager.post(address, {"rotate": "1", "leaked": "on"})
    subscription.refresh_from_db()
    [third] = keys_of(subscription, at=timezone.now())
    assert third not in (first, second)
    assert third in main_text(manager.post(address, {"show": "1"}))


@pytest.mark.usefixtures("here")
def test_a_test_message_is_sent_and_its_answer_is_read_on_the_page(
    plan: Plan, manager: Client
) -> None:
    with partner_system() as partner:
        partner.answer = lambda _message: Reply(503, b"<b>en travaux</b>")
        subscription, _secret = subscribed(plan, partner.url)
        answer = manager.post(f"{PAGES}{subscription.pk}/essai/", follow=True)
        assert "Pas encore envoyé." in main_text(answer)
        deliver(subscription.pk)
        delivery = WebhookDelivery.objects.get()
        assert answer.redirect_chain[-1][0] == f"{PAGES}{subscription.pk}/envois/{delivery.pk}/"

        page = manager.get(answer.redirect_chain[-1][0])
        said = main_text(page)
        assert "réponse 503" in said
        assert "<b>en travaux</b>" in said  # as text
        assert "&lt;b&gt;en travaux" in page.content.decode()
        assert partner.messages[0].id in said
        assert '"type":"webhook.test"' in said


@pytest.mark.usefixtures("here")
def test_the_log_tells_each_message_and_sends_one_again(plan: Plan, manager: Client) -> None:
    with partner_system() as partner:
        subscription, _secret = subscribed(plan, partner.url)
        published(IndicatorFactory.create(plan=plan, title="Entreprises aidées"), year=2024)
        deliver(subscription.pk)
        page = f"{PAGES}{subscription.pk}/"
        log = main_text(manager.get(page))
        assert "Valeur publiée" in log
        assert "Entreprises aidées (2024)" in log
        assert "réponse 204" in log
        assert " ms" in log

        [delivery] = subscription.deliveries.all()
        said = manager.post(f"{page}envois/{delivery.pk}/renvoyer/", follow=True)
        assert "Le message part." in main_text(said)
        deliver(subscription.pk)
        one, two = partner.messages
        assert one.id == two.id
        listed = manager.get(PAGES)
        assert "en attente 0" not in main_text(listed)
        assert "aucune" not in main_text(listed)


def attempted(subscription: WebhookSubscription, **outcome: object) -> WebhookDelivery:
    """Make an attempt at a test message that came to this."""
    delivery = services.send_test(subscription, at=timezone.now())
    WebhookAttempt.objects.create(
        delivery=delivery, started_at=timezone.now() - timedelta(minutes=5), **outcome
    )
    return delivery


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("timeout", "pas de réponse à temps"),
        ("dns: Name or service not known", "nom introuvable (Name or service not known)"),
        ("private: 10.0.0.1", "adresse d’un réseau privé, refusée (10.0.0.1)"),
        ("scheme: http", "adresse sans https, refusée (http)"),
        ("tls: self-signed certificate", "certificat refusé (self-signed certificate)"),
        ("connection: Connection refused", "connexion impossible (Connection refused)"),
        ("protocol: BadStatusLine", "réponse illisible (BadStatusLine)"),
        ("secret", "secret illisible par ce site"),
        ("internal", "erreur de ce site"),
        ("", "interrompu, sera repris"),
    ],
)
def test_why_nothing_was_answered_is_said(
    plan: Plan, manager: Client, error: str, words: str
) -> None:
    subscription, _secret = subscribed(plan)
    delivery = attempted(subscription, error=error, ended_at=timezone.now() if error else None)
    page = manager.get(f"{PAGES}{subscription.pk}/envois/{delivery.pk}/")
    assert words in main_text(page)


def test_a_subscription_that_was_stopped_says_why_on_its_page(plan: Plan, manager: Client) -> None:
    subscription, _secret = subscribed(plan)
    WebhookSubscription.objects.update(state="disabled", state_reason="Rien depuis deux jours.")
    said = main_text(manager.get(f"{PAGES}{subscription.pk}/"))
    assert "Rien depuis deux jours." in said
    assert "Reprendre les envois" in said
    assert "arrêté après des échecs" in main_text(manager.get(PAGES))


def test_deleting_asks_first_and_takes_the_log_with_it(plan: Plan, manager: Client) -> None:
    subscription, _secret = subscribed(plan)
    services.send_test(subscription, at=timezone.now())
    asked = main_text(manager.get(f"{PAGES}{subscription.pk}/supprimer/"))
    assert "1 message qui attend ne partira pas." in asked
    assert WebhookSubscription.objects.count() == 1
    manager.post(f"{PAGES}{subscription.pk}/supprimer/")
    assert (WebhookSubscription.objects.count(), WebhookDelivery.objects.count()) == (0, 0)


def test_a_plan_that_is_not_public_says_that_nothing_is_told(manager: Client, plan: Plan) -> None:
    Plan.objects.filter(pk=plan.pk).update(is_public=False)
    assert "rien n’est annoncé" in main_text(manager.get(PAGES))


def test_the_history_tells_managers_who_changed_what_and_no_secret(
    plan: Plan, manager: Client
) -> None:
    manager.post(f"{PAGES}nouveau/", typed())
    subscription = WebhookSubscription.objects.get()
    address = f"{PAGES}{subscription.pk}/modifier/"
    data = form_data(manager.get(address)) | {"url": "https://autre.example.org/"}
    manager.post(address, data)
    manager.post(f"{PAGES}{subscription.pk}/secret/", {"rotate": "1"})
    manager.post(f"{PAGES}{subscription.pk}/pause/")
    subscription.refresh_from_db()

    history = "/agent/plans/plan/historique/"
    said = main_text(manager.get(history))
    assert "abonnement d’un partenaire" in said
    assert "https://observatoire.example.org/hooks" in said
    assert "https://autre.example.org/" in said
    assert "valeur publiée, valeur corrigée" in said
    assert "en pause" in said
    assert subscription.secret not in said
    assert "autre.example.org" not in main_text(signed_in(member(plan, Role.REVIEWER)).get(history))


def test_every_page_is_good_html_without_code_in_it(plan: Plan, manager: Client) -> None:
    subscription, _secret = subscribed(plan)
    delivery = attempted(subscription, status=500, excerpt="non", ended_at=timezone.now())
    page = f"{PAGES}{subscription.pk}/"
    for address in (
        PAGES,
        f"{PAGES}nouveau/",
        page,
        f"{page}modifier/",
        f"{page}secret/",
        f"{page}supprimer/",
        f"{page}envois/{delivery.pk}/",
    ):
        content = manager.get(address).content.decode()
        assert (address, html_errors(content), inline_code(content)) == (address, [], [])


def test_the_log_costs_as_many_queries_for_one_line_as_for_five(
    plan: Plan, manager: Client
) -> None:
    subscription, _secret = subscribed(plan)
    indicator = IndicatorFactory.create(plan=plan)
    page = f"{PAGES}{subscription.pk}/"
    manager.get(page)

    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            manager.get(page)
        return len(made)

    attempted(subscription, status=500)
    published(indicator, year=2020)
    few = queries()
    for year in (2021, 2022):
        attempted(subscription, status=500)
        published(indicator, year=year)
    assert queries() == few
