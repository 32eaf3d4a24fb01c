"""The page of a failure: what is kept while the database is away, words otherwise.

Others may be away too: the storage of uploaded files, and Redis where something cannot be done
without it (attempts to sign in that cannot be counted, sessions that are kept there). What needs
them says so in the same words.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.defaults import server_error
from redis import RedisError

from config.public_answers.answering import PRIVATE, still_known
from config.sessions import SessionsAwayError
from plans.files import StorageAwayError

RETRY_SECONDS = 30
AWAY = (OperationalError, InterfaceError, StorageAwayError, RedisError, SessionsAwayError)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer after an error that no view foresaw (`handler500`).

    Without its database the site gives a public page as it last knew it, whoever asks, and says
    in words that it cannot give the others for the moment; so with what needs files or Redis,
    without them.
    """
    error = sys.exc_info()[1]
    if not isinstance(error, AWAY):
        return server_error(request)
    if request.method in ("GET", "HEAD") and not request.path_info.startswith(PRIVATE):
        stale = still_known(request.META)
        if stale is not None:
            status, headers, body = stale
            return HttpResponse(body, status=status, headers=dict(headers))
    content = loader.get_template("503.html").render()
    return HttpResponse(
        content,
        status=503,
        headers={"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"},
    )
