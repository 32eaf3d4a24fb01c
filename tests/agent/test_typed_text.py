"""A lost session and a failed check lose no typed text, and give it to nobody else."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from agent import typed_text
from indicators.models import Indicator, Observation
from plans.models import Role
from tests.agent.staff import member, signed_in
from tests.dashboards.reading import HTML, main_text, parsed
from tests.factories import IndicatorFactory
from tests.html import html_errors, inline_code
from tests.typography import plain

pytestmark = pytest.mark.django_db

TYPED = {
    "period": "2025-01-01/2025-12-31",
    "value": "45",
    "qualifier": "exact",
    "comment": "Une longue note, à ne pas « perdre ».",
    "action": "save",
}


@pytest.fixture
def indicator() -> Indicator:
    made: Indicator = IndicatorFactory.create(code="entreprises")
    return made


@pytest.fixture
def page(indicator: Indicator) -> str:
    return f"/agent/plans/{indicator.plan.slug}/indicateurs/entreprises/saisie/"


@pytest.fixture
def reviewer(indicator: Indicator) -> User:
    return member(indicator.plan, Role.REVIEWER)


def next_of(response: Any) -> str:
    """Return where a sign-in leads to."""
    address, _question, query = response["Location"].partition("?next=")
    assert address == "/comptes/login/"
    return unquote(query)


def lost_then_found(client: Client, page: str, user: User, **more: Any) -> Any:
    """Post without a session, sign in, and open the page that the sign-in leads to."""
    kept = client.post(page, TYPED, **more)
    client.force_login(user)
    return client.get(next_of(kept))


def test_what_an_ended_session_posts_is_shown_again_after_signing_in(
    page: str, reviewer: User
) -> None:
    client = Client()

    response = lost_then_found(client, page, reviewer)

    form = response.context["form"]
    assert (form["value"].value(), form["comment"].value()) == (TYPED["value"], TYPED["comment"])
    assert "Rien n’a encore été enregistré." in response.content.decode()
    assert not Observation.objects.exists()
    assert html_errors(response.content.decode()) == []

    client.post(page, TYPED)
    assert Observation.objects.get().comment == TYPED["comment"]
    assert client.session["typed_text"] == {}


def test_the_sign_in_page_says_that_the_text_is_kept(page: str) -> None:
    client = Client()

    kept = client.post(page, TYPED, follow=True)
    plainly = Client().get(page, follow=True)

    said = "le texte que vous aviez saisi est gardé deux heures dans ce navigateur"
    assert said in kept.content.decode()
    assert said not in plainly.content.decode()
    assert html_errors(kept.content.decode()) == []


def test_files_and_the_token_are_not_kept(page: str) -> None:
    client = Client()
    client.post(page, {**TYPED, "csrfmiddlewaretoken": "x" * 64, "password": "secret"})

    [kept] = client.session["typed_text"].values()
    assert kept["path"] == page
    assert "csrf" not in kept["text"]
    assert "secret" not in kept["text"]


def test_the_person_is_led_back_to_the_page_that_holds_the_form(
    page: str, indicator: Indicator
) -> None:
    client = Client()
    grid = f"/agent/plans/{indicator.plan.slug}/saisie/?periode=2025"

    here = client.post(page, TYPED, headers={"referer": f"http://testserver{grid}"})
    elsewhere = client.post(page, TYPED, headers={"referer": "https://evil.example/agent/"})

    assert next_of(here).startswith(f"{grid}&reprise=")
    assert next_of(elsewhere).startswith(f"{page}?reprise=")


def test_another_browser_does_not_find_the_text(page: str, reviewer: User) -> None:
    address = next_of(Client().post(page, TYPED))

    response = signed_in(reviewer).get(address)

    assert response.context["form"].is_bound is False


def test_the_text_is_for_the_page_it_was_typed_in(page: str, reviewer: User) -> None:
    client = Client()
    key = next_of(client.post(page, TYPED)).partition("reprise=")[2]
    client.force_login(reviewer)
    other = IndicatorFactory.create(plan=Indicator.objects.get().plan)

    response = client.get(
        f"/agent/plans/{other.plan.slug}/indicateurs/{other.code}/saisie/?reprise={key}"
    )

    assert response.context["form"].is_bound is False


def test_the_text_is_kept_two_hours(
    page: str, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client()
    address = next_of(client.post(page, TYPED))
    client.force_login(reviewer)
    later = (timezone.now() + timedelta(hours=2, minutes=1)).timestamp()
    monkeypatch.setattr("agent.typed_text.time.time", lambda: later)

    assert client.get(address).context["form"].is_bound is False


def test_what_is_kept_is_bounded(page: str) -> None:
    client = Client()

    too_long = client.post(page, {**TYPED, "comment": "é" * 30_000})
    assert next_of(too_long) == page
    assert "typed_text" not in client.session

    for _ in range(5):
        client.post(page, TYPED)
    assert len(client.session["typed_text"]) == typed_text.MOST_TEXTS


def test_a_script_is_told_in_words_and_keeps_its_text_itself(page: str) -> None:
    client = Client()

    response = client.post(page, TYPED, headers={"x-requested-with": "fetch"})

    assert (response.status_code, response["Content-Type"]) == (401, "text/plain; charset=utf-8")
    assert response.content.decode().startswith("Votre session s’est fermée.")
    assert "typed_text" not in client.session


# --- The check against forgery -----------------------------------------------------------------


def test_a_form_that_fails_its_check_gets_its_text_back_and_writes_nothing(
    page: str, reviewer: User
) -> None:
    client = signed_in(reviewer, checks_csrf=True)

    response = client.post(page, TYPED)

    text = response.content.decode()
    assert response.status_code == 403
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert html.escape(TYPED["comment"]) in text
    assert html_errors(text) == []
    assert inline_code(text) == []
    assert "typed_text" not in client.session
    assert not Observation.objects.exists()


def test_it_words_what_was_typed_as_the_form_does(page: str, reviewer: User) -> None:
    fields = {
        **TYPED,
        "draft": "12",
        "revision": "3",
        "initial-value": "4",
        "source": "7",
        "provisional": "on",
        "evidence_ticket": "x",
    }

    response = signed_in(reviewer, checks_csrf=True).post(page, fields)

    assert response.context["shown"] == [
        ("Période", "2025"),
        ("Valeur", "45"),
        ("Précision de la valeur", "valeur exacte"),
        ("Note publique", TYPED["comment"]),
        ("Source", "choix dans la liste"),
        ("Valeur provisoire", "oui"),
    ]
    shown = response.content.decode().partition('id="texte"')[2]
    assert [name for name in fields if f"<dt>{name}</dt>" in shown] == []


def test_a_cell_of_the_grid_is_named_by_its_indicator_to_members_only(
    indicator: Indicator, reviewer: User
) -> None:
    grid = f"/agent/plans/{indicator.plan.slug}/saisie/?periode=2025"
    cell = {f"i{indicator.pk}-value": "45", "source": "", "action": "save"}
    stranger = member(IndicatorFactory.create().plan, Role.MANAGER)

    shown = [
        signed_in(one, checks_csrf=True).post(grid, cell).context["shown"]
        for one in (reviewer, stranger)
    ]
    visitor = Client(enforce_csrf_checks=True).post(grid, cell).context["shown"]

    [(label, text)] = shown[0]
    assert (plain(label), text) == (f"Valeur : {indicator.title}", "45")
    assert shown[1] == visitor == [("Valeur", "45")]


def test_what_it_has_no_label_for_is_given_back_all_the_same(
    indicator: Indicator, reviewer: User
) -> None:
    client = signed_in(reviewer, checks_csrf=True)
    notes = reverse("agent:editing_add", args=[indicator.plan.slug, "notes"])

    shown = client.post(
        notes, {"unheard": "Un texte.", "document-title": "Bilan", "citations-TOTAL_FORMS": "1"}
    ).context["shown"]

    assert shown == [("Autre champ", "Un texte."), ("Titre du document", "Bilan")]


def test_its_button_opens_the_form_with_the_text_and_still_writes_nothing(
    page: str, reviewer: User
) -> None:
    client = signed_in(reviewer, checks_csrf=True)
    given_back = client.post(page, TYPED).content.decode()
    fields = {
        html.unescape(name): html.unescape(value)
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', given_back)
    }

    opened = client.post("/agent/texte/", fields, follow=True)

    assert opened.redirect_chain[0][0].startswith(f"{page}?reprise=")
    assert opened.context["form"]["comment"].value() == TYPED["comment"]
    assert not Observation.objects.exists()


def test_the_button_itself_is_checked_against_forgery(page: str, reviewer: User) -> None:
    client = signed_in(reviewer, checks_csrf=True)

    response = client.post("/agent/texte/", {"page": page, **TYPED})

    assert response.status_code == 403
    assert "typed_text" not in client.session


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/admin/", ""])
def test_the_text_never_leads_out_of_the_staff_pages(reviewer: User, elsewhere: str) -> None:
    response = signed_in(reviewer).post("/agent/texte/", {"page": elsewhere, "value": "45"})

    assert response["Location"].startswith("/agent/?reprise=")


@pytest.mark.parametrize(
    "address", ["/comptes/login/", "/comptes/password/reset/", "/recherche/", "/", "/donnees/"]
)
def test_outside_the_staff_pages_the_site_says_what_to_do_and_nothing_is_echoed(
    address: str,
) -> None:
    response = Client(enforce_csrf_checks=True).post(
        address,
        {"login": "a@example.org", "password": "secret"},
        headers={"referer": f"http://testserver{address}?next=/agent/"},
    )

    text = response.content.decode()
    tree = parsed(response)
    assert response.status_code == 403
    assert tree.get("lang") == "fr"
    assert html_errors(text) == []
    assert inline_code(text) == []
    assert "Ce formulaire n’a pas pu être vérifié" in main_text(response)
    assert "Autorisez les cookies de ce site dans votre navigateur." in main_text(response)
    main = tree.find(f".//{HTML}main")
    assert main is not None
    assert [one.get("href") for one in main.iter(f"{HTML}a")] == [
        f"{address}?next=/agent/",
        "/comptes/login/",
        "/",
    ]
    assert "secret" not in text
    assert "no-store" in response["Cache-Control"]


def test_the_page_of_another_site_is_not_offered_to_reopen() -> None:
    response = Client(enforce_csrf_checks=True).post(
        "/comptes/login/", headers={"referer": "https://evil.example/comptes/login/"}
    )

    assert response.status_code == 403
    assert "evil.example" not in response.content.decode()


@pytest.mark.parametrize("address", ["/api/", "/api/redoc/"])
def test_under_the_api_a_failed_check_is_a_problem_like_any_other(address: str) -> None:
    response = Client(enforce_csrf_checks=True).post(address)

    assert response.status_code in (403, 405)
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
