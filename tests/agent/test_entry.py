"""One value, one milestone state: typed as people type, saved as a draft, handed in, corrected."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from agent.entry.evidence import sweep_evidence
from dashboards.sources_page import public_sources
from indicators.models import Indicator, Observation
from measures.models import MilestoneUpdate
from plans import workflow
from plans.models import Plan, Role, Source
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MilestoneFactory,
    MilestoneUpdateFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
    UserFactory,
)
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
YEAR_2024, YEAR_2025 = "2024-01-01/2024-12-31", "2025-01-01/2025-12-31"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def indicator() -> Indicator:
    """100 companies promised, 30 published for 2023 and 40 for 2024."""
    made: Indicator = IndicatorFactory.create(code="entreprises", title="Entreprises accompagnées")
    TargetFactory.create(indicator=made)
    for year, value in ((2023, 30), (2024, 40)):
        ObservationFactory.create(indicator=made, year=year, value=Decimal(value), published=True)
    return made


def address(indicator: Indicator, query: str = "") -> str:
    return f"/agent/plans/{indicator.plan.slug}/indicateurs/{indicator.code}/saisie/{query}"


def typed(value: str = "45", **fields: Any) -> dict[str, Any]:
    """Return what the form posts for 2025."""
    return {
        "period": YEAR_2025,
        "value": value,
        "qualifier": "exact",
        "action": "save",
        **fields,
    }


def contributor(indicator: Indicator) -> Client:
    return signed_in(member(indicator.plan, Role.CONTRIBUTOR, assigned_to=indicator.measure))


def errors(response: Any) -> dict[str, list[str]]:
    form = response.context["form"]
    return {name: list(texts) for name, texts in form.errors.items()}


def text(response: Any) -> str:
    return re.sub(r"[ \n]+", " ", response.content.decode()).strip()


# --- Who ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "assigned", "status"),
    [
        (Role.VIEWER, False, 403),
        (Role.CONTRIBUTOR, False, 403),
        (Role.CONTRIBUTOR, True, 200),
        (Role.REVIEWER, False, 200),
        (Role.MANAGER, False, 200),
    ],
)
@pytest.mark.parametrize("page", ["saisie/", "saisie/lecture/"])
def test_who_may_enter_a_value(
    indicator: Indicator, role: Role, assigned: bool, status: int, page: str
) -> None:
    client = signed_in(
        member(indicator.plan, role, assigned_to=indicator.measure if assigned else None)
    )
    url = f"/agent/plans/{indicator.plan.slug}/indicateurs/entreprises/{page}"

    response = client.get(url)

    assert response.status_code == status
    assert response["Cache-Control"] == ("max-age=0, no-cache, no-store, must-revalidate, private")


def test_a_member_of_another_plan_and_a_visitor_learn_nothing(indicator: Indicator) -> None:
    other = signed_in(member(PlanFactory.create(), Role.MANAGER))

    assert other.get(address(indicator)).status_code == 404
    assert other.post(address(indicator), typed()).status_code == 404
    assert Client().get(address(indicator))["Location"] == (
        f"/comptes/login/?next={address(indicator)}"
    )


def test_an_indicator_of_another_plan_is_not_found_under_this_one(indicator: Indicator) -> None:
    mine = PlanFactory.create()
    client = signed_in(member(mine, Role.MANAGER))

    assert (
        client.get(f"/agent/plans/{mine.slug}/indicateurs/entreprises/saisie/").status_code == 404
    )


# --- The page ----------------------------------------------------------------------------------


def test_the_next_awaited_year_is_proposed_with_the_target_and_what_came_before(
    indicator: Indicator,
) -> None:
    response = contributor(indicator).get(address(indicator))

    page = text(response)
    assert response.context["form"]["period"].value() == YEAR_2025
    assert "100\u00a0entreprises, échéance inconnue" in page
    assert [(known["period"], known["text"]) for known in response.context["previous"]] == [
        ("2024", "40\u00a0entreprises"),
        ("2023", "30\u00a0entreprises"),
    ]
    assert html_errors(response.content.decode()) == []
    assert inline_code(response.content.decode()) == []


def test_each_period_says_where_it_stands(indicator: Indicator) -> None:
    ObservationFactory.create(indicator=indicator, year=2025, value=Decimal(45))

    response = contributor(indicator).get(address(indicator))

    choices = dict(response.context["form"].fields["period"].choices)
    assert [str(choices[key]) for key in list(choices)[:4]] == [
        "2026 — en cours",
        "2025 — brouillon",
        "2024 — publié : 40\u00a0entreprises",
        "2023 — publié : 30\u00a0entreprises",
    ]


def test_an_address_that_asks_for_nonsense_opens_the_proposed_period(indicator: Indicator) -> None:
    client = contributor(indicator)

    for query in ("?debut=1/2&fin=x", "?debut=2025-12-31&fin=2025-01-01", "?debut=2030-01-01"):
        response = client.get(address(indicator, query))
        assert response.context["form"]["period"].value() == YEAR_2025


def test_a_former_code_leads_to_the_present_one(indicator: Indicator) -> None:
    client = contributor(indicator)
    Indicator.objects.filter(pk=indicator.pk).update(code="entreprises-aidees")

    response = client.get(address(indicator))

    assert response["Location"].endswith("/indicateurs/entreprises-aidees/saisie/")


# --- Saving ------------------------------------------------------------------------------------


def test_a_value_is_saved_as_a_draft_with_all_that_goes_with_it(indicator: Indicator) -> None:
    author = member(indicator.plan, Role.CONTRIBUTOR, assigned_to=indicator.measure)
    source = SourceFactory.create(plan=indicator.plan)

    response = signed_in(author).post(
        address(indicator),
        typed(
            "45",
            qualifier="at_least",
            provisional="on",
            date_inferred="on",
            source=source.pk,
            locator="p. 3",
            comment="Hors CIFRE.",
            evidence_url="example.org/bilan",
        ),
    )

    saved = Observation.objects.get(state="draft")
    assert response.status_code == 302
    assert response["Location"] == address(indicator, "?debut=2025-01-01&fin=2025-12-31")
    assert (saved.period_start, saved.period_end) == (date(2025, 1, 1), date(2025, 12, 31))
    assert (saved.value, saved.qualifier, saved.provisional, saved.date_inferred) == (
        45,
        "at_least",
        True,
        True,
    )
    assert (saved.source, saved.locator, saved.comment, saved.evidence_url) == (
        source,
        "p. 3",
        "Hors CIFRE.",
        "https://example.org/bilan",
    )
    assert (saved.author, saved.edited_by, saved.edited_at, saved.revision) == (
        author,
        author,
        NOW,
        1,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", "0"), ("35 000", "35000"), ("35\u202f000", "35000"), ("2,5", "2.5"), ("23,00", "23")],
)
def test_numbers_are_read_as_people_type_them(  # edge cases 2, 13
    indicator: Indicator, text: str, value: str
) -> None:
    contributor(indicator).post(address(indicator), typed(text))

    assert Observation.objects.get(state="draft").value == Decimal(value)


def test_saving_the_same_number_written_otherwise_is_no_change(  # edge case 13
    indicator: Indicator,
) -> None:
    client = contributor(indicator)
    client.post(address(indicator), typed("23"))
    draft = Observation.objects.get(state="draft")

    client.post(address(indicator), typed("23,00", draft=draft.pk, revision=1))

    draft.refresh_from_db()
    assert draft.revision == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value": ""}, {"value": ["Valeur absente ; un nombre est attendu."]}),
        ({"value": "   "}, {"value": ["Valeur absente ; un nombre est attendu."]}),
        (
            {"value": "abc"},
            {"value": ["« abc » n’est pas un nombre. Écrivez par exemple 35 000 ou 2,5."]},
        ),
        (
            {"value": "2.012"},
            {"value": ["« 2.012 » se lit de deux façons : écrivez 2\u202f012 ou 2,0120."]},
        ),
        (
            {"value": "1,2 M€"},
            {"value": ["« 1,2 M€ » : cet indicateur se compte en entreprises."]},
        ),
        ({"value": "9" * 61}, {"value": ["Ce texte est trop long pour un nombre."]}),
        (
            {"value": "1e5"},
            {"value": ["« 1e5 » n’est pas un nombre. Écrivez par exemple 35 000 ou 2,5."]},
        ),
        (
            {"value": "NaN"},
            {"value": ["« NaN » n’est pas un nombre. Écrivez par exemple 35 000 ou 2,5."]},
        ),
        (
            {"qualifier": "exactly"},
            {"qualifier": ["Sélectionnez un choix valide. exactly n’en fait pas partie."]},
        ),
        (
            {"period": "autre"},
            {
                "period_start": ["Donnez le premier jour de la période."],
                "period_end": ["Donnez le dernier jour de la période."],
            },
        ),
        (
            {"period": "autre", "period_start": "1/2", "period_end": "31/12/2025"},
            {"period_start": ["Saisissez une date valide."]},
        ),
        (
            {"period": "autre", "period_start": "2025-12-31", "period_end": "2025-01-01"},
            {"period_end": ["La période s’achève avant de débuter."]},
        ),
        (
            {"period": "autre", "period_start": "2027-01-01", "period_end": "2027-12-31"},
            {"period_end": ["La période n’a pas commencé : elle débute le 1er janvier 2027."]},
        ),
        (
            {"period": "autre", "period_start": "0202-01-01", "period_end": "2025-12-31"},
            {"period_end": ["Vérifiez l’année : la période débute avant 1950."]},
        ),
        (
            {"period": "autre", "period_start": "2024-07-01", "period_end": "2025-06-30"},
            {
                "period_end": [
                    (
                        "Une valeur publiée couvre déjà des jours de cette période : "
                        "40\u00a0entreprises pour 2024. Corrigez-la plutôt."
                    )
                ]
            },
        ),
        (
            {"evidence_url": "javascript:alert(1)"},
            {"evidence_url": ["Saisissez une URL valide."]},
        ),
        (
            {"source_title": "Bilan"},
            {"source_kind": ["Choisissez la nature du document."]},
        ),
        (
            {"source_url": "https://example.org", "source_published": "1/2"},
            {
                "source_published": [
                    "« 1/2 » n’est pas une date : écrivez 20/06/2019, 06/2019 ou 2019."
                ],
                "source_title": ["Donnez le titre du document."],
                "source_kind": ["Choisissez la nature du document."],
            },
        ),
    ],
)  # edge cases 13, 19
def test_nonsense_is_refused_in_words_and_stays_in_the_form(
    indicator: Indicator, fields: dict[str, str], expected: dict[str, list[str]]
) -> None:
    response = contributor(indicator).post(
        address(indicator), typed(comment="Tout mon texte.", **fields)
    )

    assert response.status_code == 422
    assert errors(response) == expected
    assert "Tout mon texte." in text(response)
    assert all(f'href="#id_{name}"' in text(response) for name in expected)
    assert html_errors(response.content.decode()) == []
    assert not Observation.objects.filter(state="draft").exists()


def test_all_that_is_wrong_is_said_at_once(indicator: Indicator) -> None:
    response = contributor(indicator).post(
        address(indicator),
        {"period": "autre", "value": "x", "qualifier": "?", "source": "999999", "action": "save"},
    )

    assert sorted(errors(response)) == [
        "period_end",
        "period_start",
        "qualifier",
        "source",
        "value",
    ]


def test_a_source_of_another_plan_is_no_choice(indicator: Indicator) -> None:
    foreign = SourceFactory.create()

    response = contributor(indicator).post(address(indicator), typed(source=foreign.pk))

    assert sorted(errors(response)) == ["source"]


def test_free_dates_make_any_period(indicator: Indicator) -> None:  # edge case 23
    contributor(indicator).post(
        address(indicator),
        typed(period="autre", period_start="2025-01-15", period_end="2025-06-14"),
    )

    saved = Observation.objects.get(state="draft")
    assert (saved.period_start, saved.period_end) == (date(2025, 1, 15), date(2025, 6, 14))


# --- Ratios ------------------------------------------------------------------------------------


@pytest.fixture
def ratio() -> Indicator:
    made: Indicator = IndicatorFactory.create(code="part", ratio=True)
    return made


def test_a_ratio_asks_for_its_two_terms_and_shows_itself(ratio: Indicator) -> None:
    client = contributor(ratio)

    reading = client.get(address(ratio, "lecture/"), {"numerator": "1 234", "denominator": "2 000"})
    client.post(
        address(ratio),
        {
            "period": YEAR_2025,
            "numerator": "1 234",
            "denominator": "2 000",
            "qualifier": "exact",
            "action": "save",
        },
    )

    saved = Observation.objects.get()
    assert (saved.numerator, saved.denominator, saved.value) == (1234, 2000, None)
    assert "Compris\u00a0: <b>61,7\u00a0% (1\u202f234 sur 2\u202f000)</b>" in text(reading)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        ("3", "", {"denominator": ["Valeur absente ; un nombre est attendu."]}),
        ("", "3", {"numerator": ["Valeur absente ; un nombre est attendu."]}),
        (
            "3",
            "0",
            {"denominator": ["0 n’est pas admis ; un nombre strictement positif est attendu."]},
        ),
        (
            "3",
            "-2",
            {"denominator": ["-2 n’est pas admis ; un nombre strictement positif est attendu."]},
        ),
    ],
)
def test_a_ratio_that_cannot_be(
    ratio: Indicator, numerator: str, denominator: str, expected: dict[str, list[str]]
) -> None:
    response = contributor(ratio).post(
        address(ratio),
        {
            "period": YEAR_2025,
            "numerator": numerator,
            "denominator": denominator,
            "qualifier": "exact",
        },
    )

    assert errors(response) == expected


def test_a_ratio_of_zero_is_zero(ratio: Indicator) -> None:  # edge case 2
    contributor(ratio).post(
        address(ratio),
        {"period": YEAR_2025, "numerator": "0", "denominator": "12", "qualifier": "exact"},
    )

    assert Observation.objects.get().numerator == 0


# --- Doubts ------------------------------------------------------------------------------------


def test_a_doubtful_value_is_saved_and_said_to_be_doubtful(indicator: Indicator) -> None:
    response = contributor(indicator).post(address(indicator), typed("450"), follow=True)

    assert Observation.objects.get(state="draft").value == 450
    assert [str(message) for message in response.context["messages"]] == [
        "Brouillon enregistré : 450\u00a0entreprises, 2025.",
        "À vérifier. Plus du triple de la valeur précédente : 40\u00a0entreprises (2024).",
    ]


def test_a_doubtful_value_is_handed_in_once_confirmed(indicator: Indicator) -> None:
    client = contributor(indicator)
    source = SourceFactory.create(plan=indicator.plan)

    first = client.post(address(indicator), typed("450", action="submit", source=source.pk))
    draft = Observation.objects.get(state="draft")
    shown = first.context["form"]
    again = client.post(
        address(indicator),
        typed(
            "450",
            action="submit",
            source=source.pk,
            draft=draft.pk,
            revision=draft.revision,
            confirmed=shown.fingerprint,
        ),
    )

    assert first.status_code == 422
    assert errors(first) == {
        "__all__": ["La valeur surprend : vérifiez-la, puis confirmez-la avant de soumettre."]
    }
    assert again.status_code == 302
    draft.refresh_from_db()
    assert draft.state == "submitted"


def test_a_confirmation_is_of_one_value_only(indicator: Indicator) -> None:
    client = contributor(indicator)
    source = SourceFactory.create(plan=indicator.plan)
    fields = {"action": "submit", "source": source.pk}
    confirmed = client.post(address(indicator), typed("450", **fields)).context["form"].fingerprint
    draft = Observation.objects.get(state="draft")

    response = client.post(
        address(indicator),
        typed("4500", draft=draft.pk, revision=1, confirmed=confirmed, **fields),
    )

    assert response.status_code == 422
    draft.refresh_from_db()
    assert (draft.value, draft.state) == (4500, "draft")


def test_the_reading_says_what_is_understood_and_doubted_while_typing(
    indicator: Indicator,
) -> None:
    client = contributor(indicator)

    def reading(value: str) -> str:
        return text(
            client.get(address(indicator, "lecture/"), {"value": value, "period": YEAR_2025})
        )

    assert "Compris\u00a0: <b>1\u202f450\u00a0entreprises</b>" in reading("1 450")
    assert "Plus du triple de la valeur précédente" in reading("1 450")
    assert "Plus de dix fois la cible" in reading("1 450")
    assert "se lit de deux façons" in reading("2.012")
    assert reading("45") == (
        '<span class="entry__understood">Compris\u00a0: <b>45\u00a0entreprises</b></span>'
    )
    assert reading("") == ""


# --- Handing in --------------------------------------------------------------------------------


def test_a_value_is_saved_and_handed_in_at_once(indicator: Indicator) -> None:
    source = SourceFactory.create(plan=indicator.plan)
    reviewer = member(indicator.plan, Role.REVIEWER)

    response = contributor(indicator).post(
        address(indicator), typed(source=source.pk, action="submit")
    )

    row = Observation.objects.get(state="submitted")
    assert response["Location"] == row.get_absolute_url()
    assert row.submitted_at == NOW
    assert [told.kind for told in reviewer.notifications.all()] == ["to_review"]


def test_without_source_the_draft_is_saved_but_not_handed_in(indicator: Indicator) -> None:
    response = contributor(indicator).post(address(indicator), typed(action="submit"))

    draft = Observation.objects.get(state="draft")
    assert response.status_code == 422
    assert errors(response) == {"source": ["Indiquez la source avant de soumettre."]}
    assert f'name="draft" value="{draft.pk}"' in text(response)
    assert 'name="revision" value="1"' in text(response)


def test_a_double_click_hands_in_once(indicator: Indicator) -> None:
    client = contributor(indicator)
    fields = typed(action="submit", source=SourceFactory.create(plan=indicator.plan).pk)
    reviewer = member(indicator.plan, Role.REVIEWER)

    answers = [client.post(address(indicator), fields)["Location"] for _ in range(2)]

    row = Observation.objects.get(state="submitted")
    assert answers == [row.get_absolute_url()] * 2
    assert row.revision == 1
    assert reviewer.notifications.count() == 1


def test_a_form_sent_twice_with_a_new_source_and_a_file_writes_once(indicator: Indicator) -> None:
    client = contributor(indicator)

    for _ in range(2):
        client.post(
            address(indicator),
            typed(
                source_title="Bilan 2025",
                source_kind="official",
                source_published="03/2026",
                evidence_upload=SimpleUploadedFile("bilan.pdf", b"%PDF-1.7"),
            ),
        )

    draft = Observation.objects.get(state="draft")
    assert draft.revision == 1
    assert Source.objects.filter(title="Bilan 2025").get() == draft.source
    assert draft.evidence_name == "bilan.pdf"


def test_what_is_in_review_is_read_not_typed_into(indicator: Indicator) -> None:
    client = contributor(indicator)
    client.post(
        address(indicator),
        typed(action="submit", source=SourceFactory.create(plan=indicator.plan).pk),
    )
    row = Observation.objects.get(state="submitted")

    page = text(client.get(address(indicator, "?debut=2025-01-01&fin=2025-12-31")))
    refused = client.post(address(indicator), typed("46", draft=row.pk, revision=row.revision))

    assert "Cette saisie attend la relecture" in page
    assert 'name="value"' not in page
    assert errors(refused) == {"__all__": ["Cette contribution n’est plus un brouillon."]}
    row.refresh_from_db()
    assert row.value == 45


def test_a_document_that_only_a_draft_cites_is_not_public(indicator: Indicator) -> None:
    client = contributor(indicator)
    client.post(
        address(indicator),
        typed(source_title="Note interne", source_kind="other", action="submit"),
    )
    row = Observation.objects.get(state="submitted")
    titles = public_sources(indicator.plan).values_list("title", flat=True)
    assert "Note interne" not in titles

    workflow.publish(row, indicator.plan, reviewer=UserFactory.create(), at=NOW)

    assert "Note interne" in titles.all()
    page = Client().get(f"/plans/{indicator.plan.slug}/sources/")
    assert "Note interne" in text(page)


def test_a_returned_value_shows_the_reviewer_s_reason_and_is_handed_in_again(
    indicator: Indicator,
) -> None:
    client = contributor(indicator)
    source = SourceFactory.create(plan=indicator.plan)
    client.post(address(indicator), typed(action="submit", source=source.pk))
    row = workflow.send_back(
        Observation.objects.get(state="submitted"),
        reviewer=member(indicator.plan, Role.REVIEWER),
        reason="Quelle page ?",
        at=NOW,
    )

    page = client.get(address(indicator))
    client.post(
        address(indicator),
        typed(
            action="submit",
            source=source.pk,
            locator="p. 12",
            draft=row.pk,
            revision=row.revision,
        ),
    )

    assert "Quelle page ?" in text(page)
    row.refresh_from_db()
    assert (row.state, row.locator, row.return_reason) == ("submitted", "p. 12", "")


def test_a_draft_that_should_not_have_been_is_deleted(indicator: Indicator) -> None:
    client = contributor(indicator)
    client.post(address(indicator), typed())
    draft = Observation.objects.get(state="draft")

    stale = client.post(address(indicator), {"draft": draft.pk, "revision": 7, "action": "discard"})
    assert stale.status_code == 302
    assert Observation.objects.filter(state="draft").count() == 1

    client.post(address(indicator), {"draft": draft.pk, "revision": 1, "action": "discard"})
    assert Observation.objects.filter(state="draft").count() == 0


def test_what_is_published_is_not_deleted(indicator: Indicator) -> None:
    published = Observation.objects.get(period_start=date(2024, 1, 1))

    contributor(indicator).post(
        address(indicator), {"draft": published.pk, "revision": 1, "action": "discard"}
    )

    assert Observation.objects.filter(pk=published.pk).exists()


# --- Correcting --------------------------------------------------------------------------------


def test_the_correction_starts_from_what_is_published_and_needs_a_reason(  # edge case 24
    indicator: Indicator,
) -> None:
    client = contributor(indicator)
    published = Observation.objects.get(period_start=date(2024, 1, 1))
    link = f"/agent/plans/{indicator.plan.slug}/contributions/observations/{published.pk}/corriger/"

    page = client.get(link, follow=True)
    blank = client.post(
        address(indicator), typed("42", period=YEAR_2024, correction_reason="  \n ")
    )
    client.post(
        address(indicator),
        typed("42", period=YEAR_2024, correction_reason="Deux dossiers oubliés."),
    )

    assert page.context["form"]["value"].value() == "40"
    assert errors(blank) == {
        "correction_reason": [
            (
                "Une valeur est déjà publiée pour cette période : 40\u00a0entreprises. Pour la "
                "corriger, donnez un motif public."
            )
        ]
    }
    assert 'name="correction_reason"' in text(blank)
    draft = Observation.objects.get(state="draft")
    assert (draft.supersedes, draft.value, draft.correction_reason) == (
        published,
        42,
        "Deux dossiers oubliés.",
    )
    published.refresh_from_db()
    assert published.is_current


def test_a_correction_that_changes_nothing_is_refused(indicator: Indicator) -> None:
    published = Observation.objects.get(period_start=date(2024, 1, 1))

    response = contributor(indicator).post(
        address(indicator),
        typed(
            "40,00", period=YEAR_2024, source=published.source_id, correction_reason="Pour voir."
        ),
    )

    assert errors(response) == {"__all__": ["Rien ne change par rapport à ce qui est publié."]}


def test_a_draft_for_a_period_published_meanwhile_becomes_a_correction(
    indicator: Indicator,
) -> None:
    client = contributor(indicator)
    client.get(address(indicator))
    ObservationFactory.create(indicator=indicator, year=2025, value=Decimal(44), published=True)

    response = client.post(address(indicator), typed("45"))

    assert list(errors(response)) == ["correction_reason"]
    assert 'value="45"' in text(response)


def test_a_reason_without_anything_to_correct_is_not_kept(indicator: Indicator) -> None:
    contributor(indicator).post(address(indicator), typed(correction_reason="Par erreur."))

    assert Observation.objects.get(state="draft").correction_reason == ""


# --- Two people --------------------------------------------------------------------------------


@pytest.fixture
def draft(indicator: Indicator) -> Observation:
    """A draft of 45 by someone called Léa."""
    made: Observation = ObservationFactory.create(
        indicator=indicator,
        year=2025,
        value=Decimal(45),
        edited_by=UserFactory.create(name="Léa"),
        edited_at=NOW,
        revision=2,
    )
    return made


def test_the_second_of_two_people_sees_both_versions_and_keeps_their_text(
    indicator: Indicator, draft: Observation
) -> None:
    response = contributor(indicator).post(
        address(indicator), typed("47", comment="Le mien.", draft=draft.pk, revision=1)
    )

    page = text(response)
    assert response.status_code == 409
    assert "Léa a enregistré cette saisie entre-temps." in page
    assert [
        (line.label, line.theirs, line.mine) for line in response.context["lines"] if line.differs
    ] == [
        ("Valeur", "45\u00a0entreprises", "47\u00a0entreprises"),
        ("Note publique", "", "Le mien."),
    ]
    assert 'value="47"' in page
    assert 'name="revision" value="2"' in page
    assert html_errors(response.content.decode()) == []
    draft.refresh_from_db()
    assert draft.value == 45


def test_they_may_overwrite_knowingly(indicator: Indicator, draft: Observation) -> None:
    contributor(indicator).post(address(indicator), typed("47", draft=draft.pk, revision=2))

    draft.refresh_from_db()
    assert (draft.value, draft.revision) == (47, 3)


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30])
def test_nonsense_for_a_revision_overwrites_nothing(
    indicator: Indicator, draft: Observation, revision: str
) -> None:
    response = contributor(indicator).post(
        address(indicator), typed("47", draft=draft.pk, revision=revision)
    )

    assert response.status_code == 409
    draft.refresh_from_db()
    assert draft.value == 45


def test_someone_who_starts_the_same_period_is_shown_the_draft_under_way(
    indicator: Indicator, draft: Observation
) -> None:
    response = contributor(indicator).post(address(indicator), typed("47"))

    assert response.status_code == 409
    assert f'name="draft" value="{draft.pk}"' in text(response)


def test_what_was_handed_in_meanwhile_is_shown_and_the_text_kept(
    indicator: Indicator, draft: Observation
) -> None:
    Observation.objects.filter(pk=draft.pk).update(
        state="submitted", source=SourceFactory.create(plan=indicator.plan)
    )

    response = contributor(indicator).post(address(indicator), typed("47"))

    page = text(response)
    assert response.status_code == 409
    assert "attend la relecture et ne se modifie plus" in page
    assert 'value="47"' in page
    assert "Remplacer par ma version" not in page


def test_a_draft_of_another_indicator_is_not_reached_by_its_number(
    indicator: Indicator, draft: Observation
) -> None:
    other = IndicatorFactory.create(plan=indicator.plan, measure=indicator.measure)

    contributor(indicator).post(address(other), typed("99", draft=draft.pk, revision=2))

    draft.refresh_from_db()
    assert (draft.indicator, draft.value) == (indicator, 45)


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_wins_and_the_other_is_told(indicator: Indicator) -> None:
    draft = ObservationFactory.create(
        indicator=indicator, year=2025, value=Decimal(45), edited_by=UserFactory.create()
    )
    statuses = at_once(
        indicator,
        [typed(value, draft=draft.pk, revision=1) for value in ("46", "47")],
    )

    draft.refresh_from_db()
    assert sorted(statuses) == [302, 409]
    assert draft.value in (46, 47)
    assert draft.revision == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_first_saves_at_once_one_wins_and_the_other_is_told(indicator: Indicator) -> None:
    statuses = at_once(indicator, [typed("46"), typed("47")])

    assert sorted(statuses) == [302, 409]
    assert Observation.objects.filter(state="draft").count() == 1


def at_once(indicator: Indicator, forms: list[dict[str, Any]]) -> list[int]:
    """Post the forms from as many people, at the same moment; return the answers' statuses."""
    clients = [contributor(indicator) for _ in forms]
    barrier = threading.Barrier(len(forms))
    statuses: list[int] = []

    def post(client: Client, form: dict[str, Any]) -> None:
        barrier.wait()
        try:
            statuses.append(client.post(address(indicator), form).status_code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=post, args=pair) for pair in zip(clients, forms, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return statuses


# --- Evidence ----------------------------------------------------------------------------------


def pdf() -> SimpleUploadedFile:
    return SimpleUploadedFile("bilan été.pdf", b"%PDF-1.7 contenu", content_type="text/html")


def evidence_of(row: Observation) -> str:
    return f"/agent/plans/{row.indicator.plan.slug}/contributions/observations/{row.pk}/piece/"


def test_a_file_is_served_to_be_saved_and_to_members_only(indicator: Indicator) -> None:
    contributor(indicator).post(address(indicator), typed(evidence_upload=pdf()))
    row = Observation.objects.get(state="draft")

    answer: Any = signed_in(member(indicator.plan, Role.VIEWER)).get(evidence_of(row))

    assert b"".join(answer.streaming_content) == b"%PDF-1.7 contenu"
    assert {
        name: answer[name]
        for name in (
            "Content-Type",
            "Content-Disposition",
            "X-Content-Type-Options",
            "Content-Security-Policy",
            "Cache-Control",
        )
    } == {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename*=utf-8''bilan%20%C3%A9t%C3%A9.pdf",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "max-age=0, no-cache, no-store, must-revalidate, private",
    }
    stranger = signed_in(member(PlanFactory.create(), Role.MANAGER))
    assert stranger.get(evidence_of(row)).status_code == 404
    assert Client().get(evidence_of(row)).status_code == 302


def test_a_file_of_another_plan_is_not_reached_under_one_s_own(indicator: Indicator) -> None:
    contributor(indicator).post(address(indicator), typed(evidence_upload=pdf()))
    row = Observation.objects.get(state="draft")
    mine = PlanFactory.create()

    answer = signed_in(member(mine, Role.MANAGER)).get(
        f"/agent/plans/{mine.slug}/contributions/observations/{row.pk}/piece/"
    )

    assert answer.status_code == 404


def test_without_a_file_or_when_it_is_lost_there_is_none(indicator: Indicator) -> None:
    client = contributor(indicator)
    row = ObservationFactory.create(indicator=indicator, year=2025)
    assert client.get(evidence_of(row)).status_code == 404

    Observation.objects.filter(pk=row.pk).update(evidence_file="evidence/gone.pdf")
    assert client.get(evidence_of(row)).status_code == 404


def test_a_file_sent_with_a_form_refused_for_something_else_is_not_lost(
    indicator: Indicator,
) -> None:
    client = contributor(indicator)

    refused = client.post(address(indicator), typed("x", evidence_upload=pdf()))
    ticket = refused.context["form"].ticket
    client.post(address(indicator), typed("45", evidence_ticket=ticket))

    assert "bilan été.pdf" in text(refused)
    assert Observation.objects.get(state="draft").evidence_name == "bilan été.pdf"


def test_a_file_that_is_not_what_it_says_is_refused(indicator: Indicator) -> None:
    response = contributor(indicator).post(
        address(indicator),
        typed(evidence_upload=SimpleUploadedFile("bilan.pdf", b"MZ\x90\x00")),
    )

    assert errors(response) == {
        "evidence_upload": [
            "« bilan.pdf » ne contient pas ce que son nom annonce (PDF), ou contient des macros."
        ]
    }


def test_a_file_is_taken_off_a_draft(indicator: Indicator) -> None:
    client = contributor(indicator)
    client.post(address(indicator), typed(evidence_upload=pdf()))
    row = Observation.objects.get(state="draft")

    client.post(address(indicator), typed(draft=row.pk, revision=1, evidence_removed="on"))

    row.refresh_from_db()
    assert (row.evidence_file.name, row.evidence_name, row.revision) == ("", "", 2)


def test_files_that_nothing_refers_to_are_swept_after_two_days(indicator: Indicator) -> None:
    client = contributor(indicator)
    client.post(address(indicator), typed(evidence_upload=pdf()))
    client.post(
        address(indicator),
        typed("x", evidence_upload=SimpleUploadedFile("autre.pdf", b"%PDF-1.7 autre")),
    )
    kept = str(Observation.objects.get(state="draft").evidence_file)
    real_now = datetime.now(tz=UTC)

    assert sweep_evidence(at=real_now + timedelta(hours=47)) == 0
    assert sweep_evidence(at=real_now + timedelta(hours=49)) == 1
    assert default_storage.listdir("evidence")[1] == [kept.removeprefix("evidence/")]


# --- Milestones --------------------------------------------------------------------------------


@pytest.fixture
def update() -> MilestoneUpdate:
    """A milestone published as in progress on 30 August 2022."""
    made: MilestoneUpdate = MilestoneUpdateFactory.create(
        milestone=MilestoneFactory.create(code="panorama", measure__code="offre"),
        advancement="in_progress",
        published=True,
    )
    return made


def milestone_address(plan: Plan) -> str:
    return f"/agent/plans/{plan.slug}/mesures/offre/jalons/panorama/saisie/"


def pilot(update: MilestoneUpdate) -> User:
    measure = update.milestone.measure
    return member(measure.plan, Role.CONTRIBUTOR, assigned_to=measure)


@pytest.mark.parametrize(
    ("role", "assigned", "status"),
    [
        (Role.VIEWER, False, 403),
        (Role.CONTRIBUTOR, False, 403),
        (Role.CONTRIBUTOR, True, 200),
        (Role.REVIEWER, False, 200),
        (Role.MANAGER, False, 200),
    ],
)
def test_who_may_enter_a_milestone_s_state(
    update: MilestoneUpdate, role: Role, assigned: bool, status: int
) -> None:
    measure = update.milestone.measure
    client = signed_in(member(measure.plan, role, assigned_to=measure if assigned else None))

    response = client.get(milestone_address(measure.plan))

    assert response.status_code == status


def test_strangers_do_not_find_a_milestone(update: MilestoneUpdate) -> None:
    url = milestone_address(update.milestone.measure.plan)

    assert signed_in(member(PlanFactory.create(), Role.MANAGER)).get(url).status_code == 404
    assert Client().get(url).status_code == 302


def test_a_milestone_s_state_is_entered_and_handed_in(update: MilestoneUpdate) -> None:
    plan = update.milestone.measure.plan
    source = SourceFactory.create(plan=plan)

    page = signed_in(pilot(update)).get(milestone_address(plan))
    response = signed_in(pilot(update)).post(
        milestone_address(plan),
        {
            "as_of": "2026-10-01",
            "advancement": "done",
            "source": source.pk,
            "action": "submit",
        },
    )

    row = MilestoneUpdate.objects.get(state="submitted")
    assert html_errors(page.content.decode()) == []
    assert response["Location"] == row.get_absolute_url()
    assert (row.as_of, row.advancement, row.supersedes) == (date(2026, 10, 1), "done", None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {},
            {
                "as_of": ["Ce champ est obligatoire."],
                "advancement": ["Ce champ est obligatoire."],
            },
        ),
        (
            {"as_of": "1/2", "advancement": "finished"},
            {
                "as_of": ["Saisissez une date valide."],
                "advancement": ["Sélectionnez un choix valide. finished n’en fait pas partie."],
            },
        ),
        (
            {"as_of": "2026-11-22", "advancement": "done"},
            {"as_of": ["Cette date est à venir : donnez le jour du constat."]},
        ),
        ({"as_of": "0026-01-01", "advancement": "done"}, {"as_of": ["Vérifiez l’année."]}),
        (
            {"as_of": "2022-08-30", "advancement": "done", "correction_reason": "\t"},
            {
                "correction_reason": [
                    (
                        "Un état est déjà publié à cette date : en cours. Pour le corriger, "
                        "donnez un motif public."
                    )
                ]
            },
        ),
    ],
)  # edge cases 19, 24
def test_nonsense_about_a_milestone_is_refused_in_words(
    update: MilestoneUpdate, fields: dict[str, str], expected: dict[str, list[str]]
) -> None:
    response = signed_in(pilot(update)).post(
        milestone_address(update.milestone.measure.plan), fields
    )

    assert response.status_code == 422
    assert errors(response) == expected
    assert html_errors(response.content.decode()) == []


def test_a_published_state_is_corrected(update: MilestoneUpdate) -> None:
    plan = update.milestone.measure.plan
    client = signed_in(pilot(update))

    page = client.get(
        f"/agent/plans/{plan.slug}/contributions/jalons/{update.pk}/corriger/", follow=True
    )
    client.post(
        milestone_address(plan),
        {"as_of": "2022-08-30", "advancement": "planned", "correction_reason": "Annoncé."},
    )

    assert page.context["form"]["advancement"].value() == "in_progress"
    draft = MilestoneUpdate.objects.get(state="draft")
    assert (draft.supersedes, draft.advancement) == (update, "planned")


def test_two_people_on_one_milestone(update: MilestoneUpdate) -> None:
    theirs = MilestoneUpdateFactory.create(
        milestone=update.milestone,
        as_of=date(2026, 10, 1),
        advancement="done",
        edited_by=UserFactory.create(name="Léa"),
        edited_at=NOW,
    )

    response = signed_in(pilot(update)).post(
        milestone_address(update.milestone.measure.plan),
        {"as_of": "2026-10-01", "advancement": "abandoned"},
    )

    assert response.status_code == 409
    assert [(line.theirs, line.mine) for line in response.context["lines"] if line.differs] == [
        ("fait", "abandonné")
    ]
    theirs.refresh_from_db()
    assert theirs.advancement == "done"


@pytest.mark.parametrize("noun", ["observations", "jalons"])
def test_a_contributor_corrects_assigned_measures_only(
    indicator: Indicator, update: MilestoneUpdate, noun: str
) -> None:
    row: Any = indicator.observations.first() if noun == "observations" else update
    plan = row.permission_plan
    url = f"/agent/plans/{plan.slug}/contributions/{noun}/{row.pk}/corriger/"

    assert signed_in(member(plan, Role.CONTRIBUTOR)).get(url).status_code == 403
    assert signed_in(member(plan, Role.VIEWER)).get(url).status_code == 403
    assert signed_in(member(plan, Role.REVIEWER)).get(url).status_code == 302
    assert signed_in(member(PlanFactory.create(), Role.MANAGER)).get(url).status_code == 404
    assert Client().get(url)["Location"].startswith("/comptes/")
