"""Addresses of the staff pages: entering values and milestone states."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
