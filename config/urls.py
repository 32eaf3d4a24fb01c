"""Addresses of the site, one include per application."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("dashboards.urls")),
]

handler404 = "dashboards.views.page_not_found"
