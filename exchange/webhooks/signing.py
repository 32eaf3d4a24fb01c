"""How a message is signed: the Standard Webhooks specification (symmetric, version 1).

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
Pure: no framework, no clock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
SECRET_BYTES = 32
"""The specification asks for 24 to 64 random bytes."""


def new_secret() -> str:
    """Return a secret as receivers are given it: a prefix, then random bytes in base64."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one signature: HMAC-SHA256 of `id.timestamp.body`, in base64, with its version."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(keys: Iterable[str], *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a message signed with each of these secrets.

    `timestamp` is in seconds since 1970, that of the attempt: a receiver refuses an old one.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(
            signature(key, message_id=message_id, timestamp=timestamp, body=body) for key in keys
        ),
    }
