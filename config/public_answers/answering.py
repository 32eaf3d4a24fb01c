"""What may be kept, under which key, and how a kept answer is given to a request.

Everything is asked of the WSGI environment, which is also `request.META`: the front, before
Django, and the middleware, inside it, decide by the same words.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.http import http_date, parse_http_date_safe
from django.utils.translation import gettext as _

from config.public_answers.editions import DatabaseAwayError, Editions, lookup
from config.public_answers.kept import LARGEST, Answer, compressed, held, latest
from indicators.formats import format_date

Environ = Mapping[str, Any]
Given = tuple[int, list[tuple[str, str]], bytes]

# Where people sign in and work, what is asked about the site's own health, and files.
PRIVATE = (
    "/agent/", "/comptes/", "/admin/", "/invitation/", "/healthz", "/openz", "/readyz",
    "/metrics", settings.STATIC_URL,
)  # fmt: skip
NAMESPACES = {"dashboards", "exchange", "api"}
# What an answer may depend on: the request's key holds the first two, and a request that has one
# of the others is neither answered from here nor kept.
VARY = {"accept", "accept-encoding", "authorization", "cookie", "hx-request"}
# Said of one request alone.
OF_ONE_REQUEST = ("ratelimit-", "x-request-id", "server-timing", "date", "content-length")
COMPRESSED = ("text/", "application/", "image/svg+xml")
KEYS = 4096
"""The keys remembered of one edition; further ones are worked out each time."""
COMMON_ACCEPT = ("", "*/*", "application/json", "text/csv")
MAIN = b'<main id="contenu"'
NOT_REREAD = {"Cache-Control": "no-store", "Warning": '110 - "Response is Stale"'}
"""Said of an answer of which nobody knows whether it is still the latest."""


def asks_for_public(meta: Environ) -> bool:
    """Whether a request is one that anybody could make: nothing in it says who asks."""
    path: str = meta.get("PATH_INFO", "")
    return (
        meta["REQUEST_METHOD"] in ("GET", "HEAD")
        and not path.startswith(PRIVATE)
        and "HTTP_AUTHORIZATION" not in meta
        and "HTTP_HX_REQUEST" not in meta
        and not _known(meta.get("HTTP_COOKIE", ""))
    )


def _known(cookies: str) -> bool:
    """Whether one of our cookies is among those sent."""
    if not cookies:
        return False
    try:
        names = SimpleCookie(cookies).keys()
    except CookieError:
        return True
    ours = {settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "messages"}
    # A cookie that cannot be read hides those behind it.
    return bool(ours & set(names)) or any(f"{name}=" in cookies for name in ours)


def key_of(meta: Environ, editions: Editions) -> str:
    """Name the answer to a request under these editions."""
    said = _asked(meta)
    key = editions.keys.get(said)
    if key is None:
        part = editions.part(meta.get("PATH_INFO", ""))
        key = hashlib.sha256(repr((part.key, *said)).encode()).hexdigest()
        if len(editions.keys) < KEYS:
            editions.keys[said] = key
    return key


def address_of(meta: Environ) -> str:
    """Name what a request asks for, under whatever editions."""
    return hashlib.sha256(repr(_asked(meta)).encode()).hexdigest()


def _asked(meta: Environ) -> tuple[str, ...]:
    path: str = meta.get("PATH_INFO", "")
    header = settings.SECURE_PROXY_SSL_HEADER
    scheme = meta.get(header[0], "") if header else meta.get("wsgi.url_scheme", "")
    host = meta.get("HTTP_HOST") or f"{meta['SERVER_NAME']}:{meta['SERVER_PORT']}"
    accept = meta.get("HTTP_ACCEPT", "") if path.startswith("/api/") else ""
    return (scheme, host, path, meta.get("QUERY_STRING", ""), accept)


def for_everybody(meta: Environ) -> bool:
    """Whether the address is one of those that the data name, and worth the room in Redis.

    Queries are as many as anybody likes to invent: their answers stay in the process, whose memory
    has a bound.
    """
    if meta.get("QUERY_STRING"):
        return False
    of_api = meta.get("PATH_INFO", "").startswith("/api/")
    return not of_api or meta.get("HTTP_ACCEPT", "") in COMMON_ACCEPT


def to_keep(request: HttpRequest, response: HttpResponseBase, editions: Editions) -> Answer | None:
    """Return a response as the answer to keep; None when it is not for everybody.

    Nothing is kept that sets a cookie, wrote in a session, holds a form's token, was made for a
    signed-in person, is sent in parts, or that its view told to be private.
    """
    match = request.resolver_match
    control = response.headers.get("Cache-Control", "")
    vary = {name.strip().lower() for name in response.headers.get("Vary", "").split(",")} - {""}
    session = getattr(request, "session", None)
    if (
        request.method != "GET"
        or response.status_code != 200
        or response.streaming
        or match is None
        or (match.namespaces or [""])[0] not in NAMESPACES
        or response.cookies
        or "private" in control
        or "no-store" in control
        or "CSRF_COOKIE" in request.META
        # Without its cookie a session is empty, whoever looked into it; what wrote in it counts.
        or (session is not None and not session.is_empty())
        or not vary <= VARY
        or len(body := response.content) > LARGEST  # type: ignore[attr-defined]
    ):
        return None
    changed_at = editions.part(request.META["PATH_INFO"]).changed_at
    headers = tuple(
        (name, value)
        for name, value in response.headers.items()
        if not name.lower().startswith(OF_ONE_REQUEST)
        and name not in ("ETag", "Last-Modified", "Cache-Control", "Vary", "Content-Encoding")
    )
    told = sorted({name for name in vary if name != "cookie"} | {"accept-encoding", "cookie"})
    kind = response.headers.get("Content-Type", "")
    modified = response.headers.get("Last-Modified")
    return Answer(
        headers=(
            *headers,
            # Every reader asks each time, and is told in a few bytes that nothing changed.
            ("Cache-Control", "public, no-cache"),
            ("Vary", ", ".join(name.title() for name in told)),
        ),
        etag=response.headers.get("ETag") or f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        modified=(parse_http_date_safe(modified) if modified else None) or changed_at.timestamp(),
        body=body,
        zipped=(
            compressed(body, often=for_everybody(request.META))
            if kind.startswith(COMPRESSED)
            else None
        ),
    )


def given(meta: Environ, answer: Answer) -> Given:
    """Give a kept answer to a request: whole, compressed, or "you have it already"."""
    zipped = answer.zipped is not None and _takes_gzip(meta.get("HTTP_ACCEPT_ENCODING", ""))
    if "HTTP_IF_NONE_MATCH" not in meta and "HTTP_IF_MODIFIED_SINCE" not in meta:
        ready = answer.ready.get(zipped)
        if ready is None:
            ready = answer.ready[zipped] = _whole(answer, zipped=zipped)
        return ready if meta["REQUEST_METHOD"] == "GET" else (*ready[:2], b"")
    if _has_it(meta, answer):
        kept = [one for one in answer.headers if not one[0].startswith("Content-")]
        return 304, [*kept, *_dated(answer, zipped=zipped)], b""
    whole = _whole(answer, zipped=zipped)
    return whole if meta["REQUEST_METHOD"] == "GET" else (*whole[:2], b"")


def _dated(answer: Answer, *, zipped: bool) -> list[tuple[str, str]]:
    weak = zipped and not answer.etag.startswith("W/")
    etag = f"W/{answer.etag}" if weak else answer.etag
    return [("ETag", etag), ("Last-Modified", http_date(answer.modified))]


def _whole(answer: Answer, *, zipped: bool) -> Given:
    body = answer.zipped if zipped and answer.zipped is not None else answer.body
    headers = [*answer.headers, *_dated(answer, zipped=zipped)]
    headers.append(("Content-Length", str(len(body))))
    if zipped:
        headers.append(("Content-Encoding", "gzip"))
    return 200, headers, body


@lru_cache(512)
def _takes_gzip(accepted: str) -> bool:
    for one in accepted.lower().split(","):
        name, _sign, weight = one.partition(";")
        if name.strip() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _has_it(meta: Environ, answer: Answer) -> bool:
    tags = meta.get("HTTP_IF_NONE_MATCH")
    if tags is not None:
        opaque = answer.etag.removeprefix("W/")
        return any(one.strip().removeprefix("W/") in (opaque, "*") for one in tags.split(","))
    since = parse_http_date_safe(meta.get("HTTP_IF_MODIFIED_SINCE") or "")
    return since is not None and int(answer.modified) <= since


def still_known(meta: Environ, *, former: bool = True) -> Given | None:
    """Answer a public request while the database is away, from the last edition, saying so.

    What nobody has asked for since the last publication is given as it was before, of its own time,
    where `former` allows it.
    """
    if not settings.PUBLIC_ANSWERS["kept"]:
        return None
    known = lookup.last_known()
    if known is not None:
        editions, confirmed_at = known
        answer = held(key_of(meta, editions))
        if answer is not None:
            return not_reread(meta, answer, confirmed_at)
    found = latest(address_of(meta)) if former else None
    if found is None:
        return None
    key, moment = found
    answer = held(key)
    return None if answer is None else not_reread(meta, answer, moment)


def not_reread(meta: Environ, answer: Answer, moment: datetime) -> Given:
    """Give an answer of which nobody knows whether it is still the latest: of when it is."""
    body = answer.body.replace(MAIN, _notice(moment).encode() + MAIN, 1)
    headers = [
        *(one for one in answer.headers if one[0] != "Cache-Control"),
        *NOT_REREAD.items(),
        ("Content-Length", str(len(body))),
    ]
    return 200, headers, b"" if meta["REQUEST_METHOD"] == "HEAD" else body


def _notice(moment: datetime) -> str:
    seen = timezone.localtime(moment)
    said = _(
        "Le site ne peut pas lire ses données pour le moment : cette page est telle qu’elle était "
        "le %(day)s à %(time)s. Ce qui a été publié depuis n’y est pas."
    ) % {"day": format_date(seen.date()), "time": seen.strftime("%H\u00a0h\u00a0%M")}
    return (
        f'<aside class="stale-notice" aria-label="{html.escape(_("Données non relues"))}">'
        f'<p class="frame">{html.escape(said, quote=False)}</p></aside>\n    '
    )


__all__ = [
    "NOT_REREAD",
    "DatabaseAwayError",
    "address_of",
    "asks_for_public",
    "given",
    "key_of",
    "not_reread",
    "still_known",
    "to_keep",
]
