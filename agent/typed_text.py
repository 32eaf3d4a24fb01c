"""Text that a person typed and that no form received: nothing of it is lost.

A form may meet a session that has ended, or fail its check against forgery. Every staff page
keeps the text through this module:

- `agent.access.staff_page` keeps what an ended session posts, in the anonymous session of that
  same browser, for two hours, under a random key, within a bounded size. After signing in the
  person is led back to the page of the form with `?reprise=<key>`. Files are never kept.
- A form that fails the check against forgery is answered with its text and a button that keeps it
  in the same way. Nothing is stored before the person presses it: another site must not be able
  to write into a session.

A view fills its forms from `posted(request)` and writes only on a POST, as ever:

    form = CommentForm(posted(request))
    if request.method == "POST" and form.is_valid(): ...
"""

from __future__ import annotations

import secrets
import time
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from agent.typed_labels import labelled

PARAMETER = "reprise"
PAGE = "page"
KEPT_FOR_SECONDS = 2 * 3600
MOST_CHARACTERS = 64_000
MOST_TEXTS = 3

_SESSION = "typed_text"
_NEVER = {"csrfmiddlewaretoken", PAGE}


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what fills the forms of a page: what is posted, or the text that was kept for it."""
    if request.method == "POST":
        _forget(request)
        return request.POST
    kept = _kept(request).get(request.GET.get(PARAMETER, ""))
    if kept is None or kept["path"] != request.path:
        return None
    messages.warning(
        request,
        _(
            "Rien n’a encore été enregistré. Voici le texte que vous aviez saisi : relisez-le, "
            "joignez de nouveau vos fichiers, puis enregistrez."
        ),
    )
    return QueryDict(str(kept["text"]))


def keep_and_sign_in(request: HttpRequest) -> HttpResponse:
    """Keep what an ended session posts, and ask the person to sign in to find it again."""
    if is_fragment(request):
        return HttpResponse(
            _(
                "Votre session s’est fermée. Votre texte reste dans cette page : connectez-vous "
                "dans un autre onglet, puis enregistrez de nouveau."
            ),
            status=401,
            content_type="text/plain; charset=utf-8",
        )
    return redirect_to_login(_keep(request, page_of_form(request)))


def is_fragment(request: HttpRequest) -> bool:
    """Whether a script of the page asks, and not the page: the typed text is there still."""
    return request.headers.get("X-Requested-With") == "fetch" or "HX-Request" in request.headers


def page_shown(request: HttpRequest) -> str:
    """Return the address of the page a person sees: of which htmx may be asking for a part."""
    if "HX-Request" not in request.headers:
        return request.get_full_path()
    parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    if parts.netloc == request.get_host() and parts.path.startswith(reverse("agent:home")):
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return reverse("agent:home")


def page_of_form(request: HttpRequest) -> str:
    """Return the address of the staff page that holds the form: the one it was sent from."""
    sent_from = _sent_from(request)
    if sent_from.startswith(reverse("agent:home")):
        return sent_from
    return request.get_full_path()


def _sent_from(request: HttpRequest) -> str:
    """Return the address, on this site, of the page that a form was sent from; empty elsewhere."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(
        referer, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return ""
    parts = urlsplit(referer)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that failed its check against forgery: with its text, on the staff pages.

    Elsewhere a form holds a password or a code: nothing of it is given back.
    """
    if not request.path.startswith(reverse("agent:home")):
        answer = render(request, "403_csrf.html", {"page": _sent_from(request)}, status=403)
        add_never_cache_headers(answer)
        return answer
    if is_fragment(request):
        return HttpResponse(
            _("Cette page est trop ancienne : enregistrez avec le bouton, votre texte suivra."),
            status=403,
            content_type="text/plain; charset=utf-8",
        )
    return render(
        request,
        "agent/typed_text.html",
        {
            "fields": _fields(request),
            "shown": labelled(_fields(request), request.resolver_match, request.user),
            "page": page_of_form(request),
        },
        status=403,
    )


@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    """Keep the text that the page of a failed form gave back, and open the form with it."""
    page = request.POST.get(PAGE, "")
    home = reverse("agent:home")
    if not page.startswith(home) or not url_has_allowed_host_and_scheme(page, allowed_hosts=None):
        page = home
    return HttpResponseRedirect(_keep(request, page))


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what was typed, name by name, without what is not for keeping."""
    return [
        (name, str(value))
        for name, values in request.POST.lists()
        if name not in _NEVER and "password" not in name
        for value in values
    ]


def _keep(request: HttpRequest, page: str) -> str:
    """Keep the posted text for a page, and return the page's address with the key to it."""
    parts = urlsplit(page)
    query = QueryDict(parts.query, mutable=True)
    query.pop(PARAMETER, None)
    text = urlencode(_fields(request))
    if text and len(text) <= MOST_CHARACTERS:
        key = secrets.token_urlsafe(16)
        latest = list(_kept(request).items())[1 - MOST_TEXTS :]
        request.session[_SESSION] = dict(latest) | {
            key: {"path": parts.path, "text": text, "at": int(time.time())}
        }
        query[PARAMETER] = key
    return f"{parts.path}?{query.urlencode()}" if query else parts.path


def _kept(request: HttpRequest) -> dict[str, dict[str, str | int]]:
    """Return the texts kept in the session that are not too old."""
    oldest = time.time() - KEPT_FOR_SECONDS
    kept = request.session.get(_SESSION, {})
    return {key: one for key, one in kept.items() if one["at"] >= oldest}


def _forget(request: HttpRequest) -> None:
    """Drop the texts of this page, which a form carries again, and those that are too old."""
    if _SESSION in request.session:
        request.session[_SESSION] = {
            key: one for key, one in _kept(request).items() if one["path"] != request.path
        }
