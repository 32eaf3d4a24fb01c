"""The provider: which person a token speaks of."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import get_random_string

from accounts.openid_connect.views import SignedUserInfoAdapter


class NonceProvider(OpenIDConnectProvider):
    """Sends a nonce with each request; the adapter of accounts refuses a token without it."""

    oauth2_adapter_class: ClassVar[type[SignedUserInfoAdapter]] = SignedUserInfoAdapter

    def redirect(self, request: HttpRequest, process: str, **kwargs: Any) -> HttpResponse:
        """Send the person to the provider, with a nonce that is kept until they are back."""
        nonce = get_random_string(32)
        params = {**(kwargs.pop("auth_params", None) or self.get_auth_params()), "nonce": nonce}
        response: HttpResponse = super().redirect(
            request, process, auth_params=params, nonce=nonce, **kwargs
        )
        return response

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the person's name as well where the provider calls it `usual_name`."""
        fields: dict[str, Any] = super().extract_common_fields(data)
        fields["last_name"] = fields["last_name"] or data["userinfo"].get("usual_name")
        return fields


provider_classes = [NonceProvider]
