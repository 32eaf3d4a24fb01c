"""Addresses of the staff pages: entering values and milestone states."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from agent.entry import evidence, grid, milestone, reopening, value
from agent.review.nouns import NounConverter

register_converter(NounConverter, "entered")

urlpatterns: list[URLPattern] = [
    path("saisie/", grid.grid, name="grid"),
    path("indicateurs/<slug:code>/saisie/", value.value, name="entry"),
    path("indicateurs/<slug:code>/saisie/lecture/", value.reading, name="entry_reading"),
    path(
        "mesures/<slug:measure>/jalons/<slug:milestone>/saisie/",
        milestone.milestone,
        name="milestone_entry",
    ),
    path("contributions/<entered:noun>/<int:number>/piece/", evidence.evidence, name="evidence"),
    path("contributions/<entered:noun>/<int:number>/corriger/", reopening.correct, name="correct"),
    path(
        "contributions/<entered:noun>/<int:number>/reprendre/",
        reopening.take_back,
        name="take_back",
    ),
]
