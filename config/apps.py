from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """The wiring: it has no model, only the management commands that run the whole."""

    name = "config"
