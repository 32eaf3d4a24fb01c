"""Addresses of the sign-in through a provider; allauth includes and reverses them."""

from django.urls import path

from accounts.openid_connect import views

urlpatterns = [
    path("oidc/<slug:provider_id>/login/", views.login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/retour/", views.callback, name="openid_connect_callback"),
]
