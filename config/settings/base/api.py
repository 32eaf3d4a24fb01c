"""The API: nothing is open that does not say so, and nobody takes all of it."""

from typing import Any

from config.environment import env
from config.settings.base.folders import BASE_DIR

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "plans.api_support.problems.handle",
    "URL_FORMAT_OVERRIDE": "format",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Les plans IA des régions",
    "DESCRIPTION": (BASE_DIR / "config/api_description.md").read_text(encoding="utf-8"),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "LICENSE": {
        "name": "Licence Ouverte 2.0",
        "url": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [],
    # In the order of the pages: from the plan down to its values, then what all plans share.
    "TAGS": [
        {"name": name, "description": text}
        for name, text in {
            "api": "Where everything is.",
            "plans": "What a region adopted: its dates, budget, partners.",
            "objectives": "The axes and objectives of a plan.",
            "measures": "What a plan does, and who leads it.",
            "milestones": "Deliverables of a measure, done or not.",
            "indicators": "What is counted, in which unit, how often.",
            "targets": "What was promised: by when, from where, in whose words.",
            "progress": "Where each target stands on a day, and why.",
            "observations": "The published values, each with its source.",
            "drafts": "What a partner’s system writes, until it is published. With a token.",
            "notes": "What a reader should know of a plan.",
            "claims": "What sources say of a plan where they differ.",
            "sources": "Where every figure comes from.",
            "regions": "Who has a public plan.",
            "organisations": "Who takes part.",
            "sectors": "Which parts of the economy plans name.",
            "units": "What values are counted in.",
            "webhooks": "What a partner’s system is told when something is published.",
        }.items()
    ],
    # What partners' systems are told, beside what they may ask.
    "WEBHOOKS": [
        f"exchange.webhooks.description.{told}"
        for told in ("observation", "milestone_update", "target", "trial")
    ],
    # `fields=` may leave any of them out.
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "SCHEMA_PATH_PREFIX": "/api/v1/",
}

# How many requests an address or a token, and whole exports either, may make in a minute.
API_REQUESTS_PER_MINUTE = env.whole("API_REQUESTS_PER_MINUTE", default=120, least=1, most=1_000_000)
API_TOKEN_REQUESTS_PER_MINUTE = env.whole(
    "API_TOKEN_REQUESTS_PER_MINUTE", default=600, least=1, most=1_000_000
)
API_EXPORTS_PER_MINUTE = env.whole("API_EXPORTS_PER_MINUTE", default=6, least=1, most=1_000_000)
# How many of them a web process sends at once: each holds a thread until its reader has all of it.
API_EXPORTS_AT_ONCE = env.whole("API_EXPORTS_AT_ONCE", default=2, least=1, most=1_000)
# Behind a proxy of ours the address of who asks is the last one it wrote.
TRUST_FORWARDED_FOR = env.bool("BEHIND_PROXY", default=False)
