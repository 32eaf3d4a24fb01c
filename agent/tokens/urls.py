"""Addresses of the staff pages: partner systems and their tokens."""

from __future__ import annotations

from django.urls import URLPattern, path

from agent.tokens import views

urlpatterns: list[URLPattern] = [
    path("jetons/", views.tokens, name="tokens"),
    path("jetons/<int:system>/nouveau/", views.renew, name="token_renew"),
    path("jetons/<int:token>/revoquer/", views.revoke, name="token_revoke"),
]
