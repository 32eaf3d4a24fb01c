"""Addresses of the staff pages: members and invitations."""

from __future__ import annotations

from django.urls import URLPattern, path

from agent.members import views

urlpatterns: list[URLPattern] = [
    path("membres/", views.members, name="members"),
    path("membres/reglages/", views.settings, name="member_settings"),
    path("membres/<int:member>/", views.member, name="member"),
    path("membres/<int:member>/retirer/", views.remove_member, name="member_remove"),
    path(
        "membres/invitations/<int:invitation>/renvoyer/",
        views.resend_invitation,
        name="invitation_resend",
    ),
    path(
        "membres/invitations/<int:invitation>/retirer/",
        views.revoke_invitation,
        name="invitation_revoke",
    ),
]
