"""Addresses of the staff pages: reviewing and publishing contributions."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
