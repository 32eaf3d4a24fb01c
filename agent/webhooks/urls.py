"""Addresses of the staff pages: what partner systems are told, and how that goes."""

from __future__ import annotations

from django.urls import URLPattern, path

from agent.webhooks import views

urlpatterns: list[URLPattern] = [
    path("abonnements/", views.webhooks, name="webhooks"),
    path("abonnements/nouveau/", views.create, name="webhook_create"),
    path("abonnements/<int:subscription>/", views.webhook, name="webhook"),
    path("abonnements/<int:subscription>/modifier/", views.edit, name="webhook_edit"),
    path("abonnements/<int:subscription>/secret/", views.secret, name="webhook_secret"),
    path("abonnements/<int:subscription>/essai/", views.send_test, name="webhook_test"),
    path("abonnements/<int:subscription>/pause/", views.pause, name="webhook_pause"),
    path("abonnements/<int:subscription>/reprise/", views.resume, name="webhook_resume"),
    path("abonnements/<int:subscription>/supprimer/", views.delete, name="webhook_delete"),
    path(
        "abonnements/<int:subscription>/envois/<int:delivery>/",
        views.delivery,
        name="webhook_delivery",
    ),
    path(
        "abonnements/<int:subscription>/envois/<int:delivery>/renvoyer/",
        views.send_again,
        name="webhook_send_again",
    ),
]
