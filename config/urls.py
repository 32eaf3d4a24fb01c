"""Addresses of the site, one include per application."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from agent.members.joining import join

# One way in, second factor included: the admin has no sign-in page of its own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("agent/", include("agent.urls")),
    path("comptes/", include("accounts.urls")),
    path("comptes/", include("allauth.urls")),
    path("invitation/<str:token>/", join, name="invitation"),
    path("", include("exchange.urls")),
    path("api/", include("config.api")),
    path("", include("dashboards.urls")),
]

handler404 = "dashboards.views.page_not_found"
handler500 = "config.outage.failed"
