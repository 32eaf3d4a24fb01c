"""Absolute addresses, for whoever reads away from the site: files, feeds, catalogues."""

from __future__ import annotations

from django.conf import settings


def absolute(path: str) -> str:
    """Return where a path of the site is reached from outside."""
    return f"{settings.BASE_URL}{path}"
