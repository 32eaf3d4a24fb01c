"""What browsers are told to refuse, and what cookies they keep to themselves."""

from config.environment import env
from config.security import content_policy, origins
from config.settings.base.identity_provider import OIDC_SERVER_URL

CSRF_FAILURE_VIEW = "agent.typed_text.csrf_failure"
# One policy for every page; what needs another writes its own header. Where a form leads to an
# identity provider, the browser must let it go there, and on to wherever that sends it.
CSP_FORM_ORIGINS: list[str] = env.list("CSP_FORM_ORIGINS", default=[])
CONTENT_POLICY = content_policy(
    [
        *origins("OIDC_SERVER_URL", [OIDC_SERVER_URL] if OIDC_SERVER_URL else []),
        *origins("CSP_FORM_ORIGINS", CSP_FORM_ORIGINS),
    ]
)
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
