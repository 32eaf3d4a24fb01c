"""The files that staff fill in, made when they are asked for."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from agent.access import plan_page
from agent.spreadsheets.forms import DownloadForm
from agent.spreadsheets.pages import spreadsheets_page
from exchange.spreadsheets.selection import TooManyLinesError
from exchange.spreadsheets.writing_csv import DIALECTS, write_csv
from exchange.spreadsheets.writing_workbooks import write_workbook
from plans.models import Plan
from plans.permissions import Action, Rights

_CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@require_safe
@plan_page(Action.CONTRIBUTE)
def download(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse | FileResponse:
    """Send the workbook or the CSV of the part that is asked for."""
    on = timezone.localdate()
    form = DownloadForm(request.GET, rights=rights, on=on)
    if not form.is_valid():
        return spreadsheets_page(request, rights, on=on, download=form)
    try:
        return _file(form, plan, on)
    except TooManyLinesError as refusal:
        form.add_error("end", str(refusal))
        return spreadsheets_page(request, rights, on=on, download=form)


def _file(form: DownloadForm, plan: Plan, on: date) -> FileResponse:
    dialect = form.dialect_name
    extension = "xlsx" if dialect is None else "csv"
    # Its name goes at once; the file itself when the answer is sent and closed.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"tableur.{extension}")
        if dialect is None:
            write_workbook(path, form.selection, at=timezone.now())
        else:
            write_csv(path, form.csv_kind, form.selection, DIALECTS[dialect])
        file = path.open("rb")
    response = FileResponse(
        file,
        as_attachment=True,
        filename=f"{plan.slug}-{on:%Y-%m-%d}.{extension}",
        content_type=_CONTENT_TYPES[extension],
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response
