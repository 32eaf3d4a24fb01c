"""The two steps of a sign-in: to the provider, and back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import (
    OAuth2CallbackView,
    OAuth2LoginView,
    OAuth2View,
)
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import Http404, HttpRequest, HttpResponse
from requests import RequestException

logger = logging.getLogger(__name__)


class SignedUserInfoAdapter(OpenIDConnectOAuth2Adapter):
    """Reads userinfo as JSON or as a signed token, and holds it to the identity token."""

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Refuse userinfo about somebody else than the identity token."""
        login = super().complete_login(request, app, token, **kwargs)
        told = login.account.extra_data
        if told.get("id_token", {}).get("sub") != told["userinfo"].get("sub"):
            raise OAuth2Error("userinfo and the identity token speak of two persons")
        return login

    def _fetch_user_info(self, access_token: str) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            response = session.get(
                self.profile_url, headers={"Authorization": f"Bearer {access_token}"}
            )
            response.raise_for_status()
        told: dict[str, Any]
        if response.headers.get("Content-Type", "").startswith("application/jwt"):
            told = jwtkit.verify_and_decode(
                credential=response.text,
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=self.get_provider().app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
            )
        else:
            told = response.json()
        return told


def _step(view: type[OAuth2View]) -> Callable[[HttpRequest, str], HttpResponse]:
    def step(request: HttpRequest, provider_id: str) -> HttpResponse:
        adapter = SignedUserInfoAdapter(request, provider_id)
        answer: HttpResponse
        try:
            answer = view.adapter_view(adapter)(request)
        except SocialApp.DoesNotExist as error:
            raise Http404 from error
        except RequestException as error:  # the provider is down, or its address is wrong
            logger.warning("The identity provider does not answer: %s", error)
            answer = render_authentication_error(request, adapter.get_provider(), exception=error)
        return answer

    return step


login = _step(OAuth2LoginView)
callback = _step(OAuth2CallbackView)
