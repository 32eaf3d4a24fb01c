"""Evidence files, handed to those who may see the drafts of the plan, and to nobody else."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from agent.access import plan_page
from agent.review.nouns import contribution_at
from indicators.models import Observation
from measures.models import MilestoneUpdate
from plans.evidence import KEPT_FOR_SECONDS, format_of, sweep
from plans.models import Plan
from plans.permissions import Action, Rights


@require_safe
@plan_page(Action.SEE_DRAFTS)
def evidence(
    request: HttpRequest, plan: Plan, rights: Rights, noun: str, number: int
) -> FileResponse:
    """Send the file to be saved, never to be shown by the browser on this site."""
    row = contribution_at(plan, noun, number)
    path = row.evidence_file.name
    if not path or not default_storage.exists(path):
        raise Http404
    known = format_of(path)
    response = FileResponse(
        default_storage.open(path),
        as_attachment=True,
        filename=row.evidence_name or "document",
        content_type=known.content_type if known else "application/octet-stream",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def sweep_evidence(*, at: datetime) -> int:
    """Delete the files that no version of anything refers to, once no form can bring them back."""
    wanted = {
        path
        for versions in (Observation.objects.order_by(), MilestoneUpdate.objects.order_by())
        for path in versions.exclude(evidence_file="").values_list("evidence_file", flat=True)
    }
    return sweep(wanted, before=at - 2 * timedelta(seconds=KEPT_FOR_SECONDS))
