"""Addresses of the staff pages: notifications and preferences."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
