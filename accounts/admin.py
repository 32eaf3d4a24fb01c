"""The back door for superusers: accounts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import DigestMail, User
from accounts.services import vouch_for_address


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    ordering = ("email",)
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        (
            _("Droits"),
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),
    )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the account; whoever writes an address here vouches for it."""
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            vouch_for_address(obj)


@admin.register(DigestMail)
class DigestMailAdmin(admin.ModelAdmin):
    """What was sent and what waits, to be looked at only."""

    list_display = ("user", "subject", "created_at", "sent_at", "dropped_at", "attempts", "due_at")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), "attempts")
    list_select_related = ("user",)
    search_fields = ("user__email", "message_id")
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody writes a mail by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor changes one."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor makes one disappear."""
        return False
