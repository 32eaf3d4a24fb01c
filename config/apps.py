from django.apps import AppConfig
from django.conf import settings

from config import sentry

# Loaded with Django, so that every shared task belongs to this Celery application.
from config.celery import app as celery_app

__all__ = ["ConfigConfig", "celery_app"]


class ConfigConfig(AppConfig):
    """The wiring: it has no model, only the management commands that run the whole."""

    name = "config"

    def ready(self) -> None:
        if settings.SENTRY_DSN:
            sentry.start(
                settings.SENTRY_DSN,
                release=settings.VERSION,
                environment=settings.SENTRY_ENVIRONMENT,
            )
