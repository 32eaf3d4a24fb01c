"""A file on its way: sent, checked, confirmed, written; followed by its sender and the managers."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from agent import typed_text
from agent.access import plan_page
from agent.spreadsheets.forms import ConfirmForm, UploadForm
from agent.spreadsheets.pages import job_context, spreadsheets_page
from exchange import tasks
from exchange.models import ImportJob
from exchange.spreadsheets import jobs
from plans.models import Plan
from plans.permissions import Action, Rights


@require_http_methods(["GET", "HEAD", "POST"])
@plan_page(Action.CONTRIBUTE)
def spreadsheets(request: HttpRequest, plan: Plan, rights: Rights) -> HttpResponse:
    """Offer a download, take a file, list the files that were sent."""
    on = timezone.localdate()
    if request.method != "POST":
        # After a session was lost, it says that the file did not get here.
        typed_text.posted(request)
        return spreadsheets_page(request, rights, on=on)
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            job = jobs.receive(
                plan, cast("User", request.user), form.cleaned_data["file"], at=timezone.now()
            )
        except jobs.NotNowError as refusal:
            form.add_error("file", str(refusal))
        else:
            tasks.queue(job.pk)
            return redirect(job)
    return spreadsheets_page(request, rights, on=on, upload=form)


def _job_page(*, sender_only: bool = False) -> Callable[..., Callable[..., HttpResponseBase]]:
    """Give the view an import of the plan, to whoever sent it or, for most acts, manages the plan.

    What is written is written in the sender's name and with their rights: it is theirs to confirm.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, plan: Plan, rights: Rights, job: int) -> HttpResponseBase:
            found = get_object_or_404(
                ImportJob.objects.select_related("plan", "user"), pk=job, plan=plan
            )
            is_sender = found.user_id == request.user.pk
            if not is_sender and (sender_only or not rights.may(Action.MANAGE)):
                raise PermissionDenied(_("Cet import est celui d’une autre personne."))
            return view(request, rights, found)

        return plan_page(Action.CONTRIBUTE)(guarded)

    return decorate


@require_safe
@_job_page()
def import_job(request: HttpRequest, rights: Rights, job: ImportJob) -> HttpResponse:
    """Say how far the file is, what its check found, and what can be done now."""
    return render(request, "agent/spreadsheets/import.html", job_context(rights, job, request))


@require_safe
@_job_page()
def progress(request: HttpRequest, rights: Rights, job: ImportJob) -> HttpResponse:
    """Say how far the worker is; the page is shown anew once it is done."""
    if not typed_text.is_fragment(request):
        return redirect(job)
    if not job.is_unfinished:
        return HttpResponseClientRefresh()
    return render(
        request,
        "agent/spreadsheets/progress.html",
        {"plan": rights.plan, "job": job, "percent": round(100 * job.share_done)},
    )


@require_safe
@_job_page()
def annotated_copy(request: HttpRequest, rights: Rights, job: ImportJob) -> FileResponse:
    """Send the copy of the file in which the check marked the cells."""
    name = job.annotated.name
    if not name or job.purged_at is not None or not job.annotated.storage.exists(name):
        raise Http404
    stem = job.name.rpartition(".")[0] or job.name
    response = FileResponse(
        job.annotated.storage.open(name),
        as_attachment=True,
        filename=f"{stem}-annoté.xlsx",
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_POST
@_job_page(sender_only=True)
def confirm(request: HttpRequest, rights: Rights, job: ImportJob) -> HttpResponse:
    """Have the rows written, as drafts or submitted."""
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        context = job_context(rights, job, request) | {"confirm": form}
        return render(request, "agent/spreadsheets/import.html", context, status=422)
    return _ask(
        request,
        job,
        lambda: jobs.confirm(job, submits=form.cleaned_data["submits"] == "oui", at=timezone.now()),
    )


@require_POST
@_job_page()
def check_again(request: HttpRequest, rights: Rights, job: ImportJob) -> HttpResponse:
    """Have the same file checked against what is stored now."""
    return _ask(request, job, lambda: jobs.check_again(job))


def _ask(request: HttpRequest, job: ImportJob, act: Callable[[], Any]) -> HttpResponse:
    try:
        act()
    except jobs.NotNowError as refusal:
        messages.error(request, str(refusal))
    else:
        tasks.queue(job.pk)
    return redirect(job)


@require_POST
@_job_page()
def cancel(request: HttpRequest, rights: Rights, job: ImportJob) -> HttpResponse:
    """Give the import up: nothing of it is written."""
    try:
        jobs.cancel(job, at=timezone.now())
    except jobs.NotNowError as refusal:
        messages.error(request, str(refusal))
        return redirect(job)
    messages.success(request, _("L’import de « %(name)s » est abandonné.") % {"name": job.name})
    return redirect("agent:spreadsheets", job.plan.slug)
