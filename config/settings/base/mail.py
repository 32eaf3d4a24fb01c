"""Mail, and whom it is for."""

from typing import Any

from config.environment import env

_mail: dict[str, Any] = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
EMAIL_HOST: str = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT: int = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER: str = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD: str = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS: bool = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL: bool = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
# Which plans still concern a person, asked before they are mailed anything about them.
NOTIFICATION_PLANS = "plans.audience.plans_that_tell"
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="plans-ia@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
