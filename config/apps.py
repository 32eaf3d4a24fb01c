from django.apps import AppConfig

# Loaded with Django, so that every shared task belongs to this Celery application.
from config.celery import app as celery_app

__all__ = ["ConfigConfig", "celery_app"]


class ConfigConfig(AppConfig):
    """The wiring: it has no model, only the management commands that run the whole."""

    name = "config"
