"""Handing a value in, and correcting what is published."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboards.pages.sources import public_sources
from indicators.models import Indicator, Observation
from plans import workflow
from plans.models import Role, Source
from tests.agent.entry.forms import NOW, YEAR_2024, address, contributor, errors, text, typed
from tests.agent.staff import member
from tests.factories import ObservationFactory, SourceFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_21_november")]


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
                "Une valeur est déjà publiée pour cette période : 40 entreprises. Pour la "
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
