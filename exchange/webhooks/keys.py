"""How the secrets of subscriptions are kept: encrypted under a key of the site.

They sign, so they must be read again: no hash will do. Whoever has a copy of the database and not
the site's secret key cannot sign in our name.
"""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from exchange.webhooks.models import WebhookSubscription

_PURPOSE = b"exchange.webhooks"


class UnreadableSecretError(Exception):
    """A secret was encrypted under a key that the site no longer has."""


def _box() -> MultiFernet:
    """Encrypt under SECRET_KEY; read what former keys (SECRET_KEY_FALLBACKS) encrypted as well."""
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(
                    HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(
                        key.encode()
                    )
                )
            )
            for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
    )


def sealed(secret: str) -> str:
    """Return a secret as the database keeps it."""
    return _box().encrypt(secret.encode()).decode()


def opened(kept: str) -> str:
    """Return a secret as it signs. Raises UnreadableSecretError when its key is lost."""
    try:
        return _box().decrypt(kept.encode()).decode()
    except InvalidToken as error:
        raise UnreadableSecretError from error


def keys_of(subscription: WebhookSubscription, *, at: datetime) -> list[str]:
    """Return the secrets that sign at a moment: the present one, and the former for a while.

    Raises UnreadableSecretError when the present one cannot be read.
    """
    keys = [opened(subscription.secret)]
    until = subscription.former_secret_until
    if subscription.former_secret and until is not None and at < until:
        keys.append(opened(subscription.former_secret))
    return keys
