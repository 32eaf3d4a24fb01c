"""Addresses of the staff pages: editing a plan's structure, its history and its preview."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
