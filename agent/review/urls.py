"""Addresses of the staff pages: reviewing and publishing contributions."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from agent.review import views
from agent.review.nouns import NounConverter
from agent.review.queue import queue

register_converter(NounConverter, "noun")

urlpatterns: list[URLPattern] = [
    path("relecture/", queue, name="review"),
    path("contributions/<noun:noun>/<int:number>/", views.contribution, name="contribution"),
    path("contributions/<noun:noun>/<int:number>/publier/", views.publish, name="publish"),
    path("contributions/<noun:noun>/<int:number>/renvoyer/", views.send_back, name="send_back"),
    path("contributions/<noun:noun>/<int:number>/retirer/", views.withdraw, name="withdraw"),
    path("contributions/<noun:noun>/<int:number>/commenter/", views.comment, name="comment"),
]
