"""Addresses of the staff pages: notifications and preferences."""

from __future__ import annotations

from django.urls import URLPattern, path

from agent.notifications import views

urlpatterns: list[URLPattern] = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/lues/", views.mark_read, name="notifications_read"),
    path("preferences/", views.preferences, name="preferences"),
]
