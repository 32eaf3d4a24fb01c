"""Addresses of a person's account; allauth's own come after these."""

from django.urls import path

from accounts import digest_views, views

urlpatterns = [
    path("", views.home, name="account_home"),
    path("courriels/<str:token>/arreter/", digest_views.stop_digest, name="stop_digest"),
    path("sessions/<int:pk>/fermer/", views.end_session, name="account_end_session"),
]
