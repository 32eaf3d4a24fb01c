"""The identity provider as the environment describes it, in the shape that allauth reads."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

PROVIDER_ID = "connexion"  # in the address that the provider calls back


def openid_connect_apps(
    *,
    server_url: str,
    client_id: str,
    secret: str,
    name: str,
    scopes: list[str],
    acr_values: str,
    vouches_for_email: bool,
) -> list[dict[str, Any]]:
    """Return the provider, or none where it is not set; half of it set is refused."""
    given = {
        "OIDC_SERVER_URL": server_url,
        "OIDC_CLIENT_ID": client_id,
        "OIDC_CLIENT_SECRET": secret,
    }
    missing = [variable for variable, value in given.items() if not value]
    if len(missing) == len(given):
        return []
    if missing:
        raise ImproperlyConfigured(f"{', '.join(missing)} is not set, the other OIDC_ ones are.")
    return [
        {
            "provider_id": PROVIDER_ID,
            "name": name,
            "client_id": client_id,
            "secret": secret,
            "settings": {
                "server_url": server_url,
                "scope": scopes,
                "auth_params": {"acr_values": acr_values} if acr_values else {},
                "verified_email": vouches_for_email,
            },
        }
    ]
