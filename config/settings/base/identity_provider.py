"""Signing in through an OpenID Connect provider: offered where these are set."""

from typing import Any

from config.environment import env
from config.openid_connect import openid_connect_apps

OIDC_SERVER_URL: str = env.str("OIDC_SERVER_URL", default="").rstrip("/")
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME: str = env.str("OIDC_NAME", default="OpenID Connect")
OIDC_SCOPES: list[str] = env.list("OIDC_SCOPES", default=["openid", "profile", "email"])
OIDC_ACR_VALUES: str = env.str("OIDC_ACR_VALUES", default="")
OIDC_VOUCHES_FOR_EMAIL = env.bool("OIDC_VOUCHES_FOR_EMAIL", default=False)

SOCIALACCOUNT_ADAPTER = "agent.members.identity.InvitedOnlyAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_PROVIDERS: dict[str, dict[str, Any]] = {
    "openid_connect": {
        "provider_class": "accounts.openid_connect.provider.NonceProvider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": openid_connect_apps(
            server_url=OIDC_SERVER_URL,
            client_id=OIDC_CLIENT_ID,
            secret=OIDC_CLIENT_SECRET,
            name=OIDC_NAME,
            scopes=OIDC_SCOPES,
            acr_values=OIDC_ACR_VALUES,
            vouches_for_email=OIDC_VOUCHES_FOR_EMAIL,
        ),
    }
}
