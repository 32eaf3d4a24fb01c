"""What every page knows of the site itself."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Name the site and whoever answers for it, as the settings say."""
    return {"site": settings.SITE}
