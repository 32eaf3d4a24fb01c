"""What every answer tells the browser to refuse, and the requests that are refused at the door.

The content policy is one text for the whole site, without a nonce: a page kept in a cache, ours or
a proxy's, stays valid, and no template needs to know of it. An answer that needs another policy
(an embedded card, a drawing, an evidence file) writes its own header, which is left as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost, ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, HttpResponseBase

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

HEADER = "Content-Security-Policy"

# Passkeys are the one device of the browser that the site asks for.
PERMISSIONS = (
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), "
    "encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), picture-in-picture=(), screen-wake-lock=(), serial=(), "
    "usb=(), xr-spatial-tracking=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)


def content_policy(form_targets: Sequence[str] = (), **changes: str) -> str:
    """Return the policy of a page: everything from this site, no inline code, no frame around it.

    `form_targets`: origins besides ours that a form may lead to; browsers hold every redirection
    that follows a form to it, the way to an identity provider included. `changes` replaces
    directives, named with underscores.
    """
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": " ".join(["'self'", *form_targets]),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    directives |= {name.replace("_", "-"): value for name, value in changes.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def origins(variable: str, addresses: Sequence[str]) -> list[str]:
    """Return `scheme://host[:port]` of each address, for a content policy.

    Raises ImproperlyConfigured, naming the variable, on what is no web address: a blank or a
    semicolon would write directives of its own.
    """
    found = []
    for address in addresses:
        parts = urlsplit(address)
        plain = not any(sign in parts.netloc for sign in " ;,'\"@\t\n")
        if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
            raise ImproperlyConfigured(
                f"{variable}={address}: expected addresses such as https://id.example.org."
            )
        found.append(f"{parts.scheme}://{parts.netloc}")
    return sorted(set(found))


class SecurityHeadersMiddleware:
    """Say what Django's own middleware does not: the content policy and the permissions."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.headers: Mapping[str, str] = {
            HEADER: settings.CONTENT_POLICY,
            "Permissions-Policy": PERMISSIONS,
        }

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        for name, value in self.headers.items():
            response.headers.setdefault(name, value)
        return response


class KnownHostMiddleware:
    """Refuse a request that names another host, in one line of the log.

    Django refuses it too, as an exception whose traceback anybody could write into the log at
    will; and what it says repeats what the stranger sent.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            logger.warning("Refused: the request names a host that is not in ALLOWED_HOSTS.")
            return HttpResponse(
                "This site has another name.\n", status=400, content_type="text/plain"
            )
        return self.get_response(request)
