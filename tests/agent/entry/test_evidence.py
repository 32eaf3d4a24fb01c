"""The file that proves a value: who reads it, what is refused, what is swept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agent.entry.evidence import sweep_evidence
from indicators.models import Indicator, Observation
from plans.models import Role
from tests.agent.entry.forms import address, contributor, errors, text, typed
from tests.agent.staff import member, signed_in
from tests.factories import ObservationFactory, PlanFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_21_november")]


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
