"""What people put in the bucket: evidence with a draft, a file with a mistake."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from indicators.models import Indicator, Observation
from plans.models import Role
from tests.agent.staff import member, signed_in

# Above 2.5 MB an upload comes through the temporary folder, above 8 MB it leaves in parts.
PDF = b"%PDF-1.7 " + bytes(range(256)) * 35_000
PATH = f"evidence/{'b2' * 32}.pdf"
WRONG = (
    "Indicateur;Début de période;Fin de période;Valeur;Source\n"
    "entreprises;01/01/2024;31/12/2024;beaucoup;bilan\n"
).encode()


def entry(**fields: Any) -> dict[str, Any]:
    return {
        "period": "2025-01-01/2025-12-31", "value": "45", "qualifier": "exact", "action": "save",
        **fields,
    }  # fmt: skip


def page(indicator: Indicator) -> str:
    return f"/agent/plans/{indicator.plan.slug}/indicateurs/{indicator.code}/saisie/"


def attach(indicator: Indicator, content: bytes = PDF) -> Observation:
    """Save a draft with a file, as a person does."""
    client = signed_in(member(indicator.plan, Role.MANAGER))
    sent = client.post(
        page(indicator), entry(evidence_upload=SimpleUploadedFile("bilan été.pdf", content))
    )
    assert sent.status_code == 302, sent.content.decode()
    return Observation.objects.get()


def handed(row: Observation) -> str:
    return reverse("agent:evidence", args=[row.indicator.plan.slug, row.noun, row.pk])
