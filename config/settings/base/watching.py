"""Logs, metrics and errors: what whoever runs the site can see of it."""

from typing import Any

from config.environment import env

# Logs go to standard error; whoever runs the site keeps them.
LOG_LEVEL = env.choice(
    "LOG_LEVEL", default="INFO", allowed=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
)
# Lines for a person or JSON for a machine; a line for each request or none.
LOG_FORMAT = env.choice("LOG_FORMAT", default="LINE", allowed=("LINE", "JSON"))
ACCESS_LOG = env.bool("ACCESS_LOG", default=False)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"impersonal": {"()": "config.logs.ImpersonalFilter"}},
    "formatters": {
        "LINE": {
            "()": "config.logs.LineFormatter",
            "format": "{asctime} {levelname} {name} [{request_id:.8}]: {message}",
            "style": "{",
        },
        "JSON": {"()": "config.logs.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["impersonal"],
        },
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers would print each line twice.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
    },
}

# Who may read /metrics: whoever holds the token, and the networks named; by default nobody.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
METRICS_NETWORKS = env.networks("METRICS_NETWORKS")

# Errors go to this Sentry server, without anything of the person they happened to.
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
SENTRY_ENVIRONMENT: str = env.str("SENTRY_ENVIRONMENT", default="production")
