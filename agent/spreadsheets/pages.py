"""What the pages of spreadsheets show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from agent.spreadsheets.forms import ConfirmForm, DownloadForm, UploadForm
from exchange.models import ImportJob, ImportRow
from exchange.spreadsheets.contents import on_page
from indicators.formats import format_qualified, format_stored
from plans.permissions import Action, Rights

Outcome = ImportRow.Outcome

MOST_JOBS = 30
ROWS_PER_PAGE = 50
DOUBTFUL = "a-verifier"


def spreadsheets_page(
    request: HttpRequest,
    rights: Rights,
    *,
    on: date,
    download: DownloadForm | None = None,
    upload: UploadForm | None = None,
) -> HttpResponse:
    """Answer with the page Tableur; a form that is given carries errors."""
    manages = rights.may(Action.MANAGE)
    jobs = (
        ImportJob.objects.filter(plan=rights.plan)
        .seen_by(cast("User", request.user), manages=manages)
        .select_related("user", "plan")
    )
    wrong = download or upload
    return render(
        request,
        "agent/spreadsheets/spreadsheets.html",
        {
            "plan": rights.plan,
            "rights": rights,
            "section": "spreadsheets",
            "download": download or DownloadForm(rights=rights, on=on),
            "upload": upload or UploadForm(),
            "wrong": wrong,
            "jobs": jobs[:MOST_JOBS],
            "manages": manages,
        },
        status=200 if wrong is None else 422,
    )


@dataclass(frozen=True, slots=True)
class OutcomeCount:
    """How many rows would do the same, and whether the page shows them."""

    code: str
    label: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row of the file as the page shows it."""

    place: str
    row: ImportRow
    said: str
    """What it would store, in words; empty when the differences tell."""

    @property
    def tone(self) -> str:
        """The look of the outcome's word."""
        return _TONES.get(self.row.outcome, "")


_TONES: Mapping[str, str] = {
    Outcome.ERROR: "wrong",
    Outcome.WITHDRAW: "returned",
    Outcome.NEW: "submitted",
    Outcome.CHANGED: "submitted",
}


def outcome_counts(job: ImportJob, shown: str) -> list[OutcomeCount]:
    """Return how many rows have each outcome, those with something to do first."""
    words: Mapping[Outcome, Callable[[int], str]] = {
        Outcome.ERROR: lambda count: _("en erreur"),
        Outcome.NEW: lambda count: ngettext("nouvelle", "nouvelles", count),
        Outcome.CHANGED: lambda count: ngettext("modifiée", "modifiées", count),
        Outcome.WITHDRAW: lambda count: ngettext("retrait", "retraits", count),
        Outcome.SAME: lambda count: ngettext("inchangée ou vide", "inchangées ou vides", count),
    }
    counts = [
        OutcomeCount(outcome.value, word(job.count(outcome)), job.count(outcome), outcome == shown)
        for outcome, word in words.items()
        if job.count(outcome)
    ]
    doubtful = job.rows.doubtful().count()
    if doubtful:
        at = sum(one.code == Outcome.ERROR for one in counts)
        counts.insert(at, OutcomeCount(DOUBTFUL, _("à vérifier"), doubtful, shown == DOUBTFUL))
    return counts


def shown_rows(job: ImportJob, asked: str) -> str:
    """Return which rows the page shows: those asked for, else the first that ask for attention."""
    if asked in (*Outcome.values, DOUBTFUL):
        return asked
    order = (Outcome.ERROR, Outcome.CHANGED, Outcome.NEW, Outcome.WITHDRAW, Outcome.SAME)
    return next((outcome.value for outcome in order if job.count(outcome)), Outcome.SAME.value)


def rows_page(job: ImportJob, shown: str, number: str) -> Page[Any]:
    """Return one page of the rows: a fixed number of queries."""
    rows = job.rows.doubtful() if shown == DOUBTFUL else job.rows.filter(outcome=shown)
    paginator: Paginator[Any] = Paginator(
        rows.select_related("indicator__unit").order_by("position"), ROWS_PER_PAGE
    )
    page: Page[Any] = paginator.get_page(number)
    page.object_list = [_shown(row) for row in page.object_list]
    return page


def _shown(row: ImportRow) -> CheckedRow:
    place = f"{row.sheet} {row.number}" if row.sheet else str(row.number)
    return CheckedRow(place, row, _said(row) if row.outcome == Outcome.NEW else "")


def _said(row: ImportRow) -> str:
    if row.advancement:
        return on_page("advancement", row.advancement)
    if row.indicator is not None and row.value is not None:
        return format_qualified(format_stored(row.value, row.indicator.unit), row.qualifier)
    if row.numerator is not None and row.denominator is not None:
        return f"{on_page('numerator', row.numerator)} / {on_page('denominator', row.denominator)}"
    return ""


def job_context(rights: Rights, job: ImportJob, request: HttpRequest) -> dict[str, Any]:
    """Return what the page of an import shows."""
    shown = shown_rows(job, request.GET.get("resultat", ""))
    return {
        "plan": rights.plan,
        "rights": rights,
        "section": "spreadsheets",
        "job": job,
        "is_sender": job.user_id == request.user.pk,
        "percent": round(100 * job.share_done),
        "counts": outcome_counts(job, shown) if job.counts else [],
        "page": rows_page(job, shown, request.GET.get("page", "1")),
        "query": f"resultat={shown}&",
        "confirm": ConfirmForm(),
    }
