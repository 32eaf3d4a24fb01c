"""People who sign in. What they may do in a plan is a `plans.Membership`."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    """Create users whose e-mail address is their login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create and save a user; without a password the account cannot sign in with one.

        Raises ValueError when the address is empty.
        """
        if not email or not email.strip():
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email.strip()), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create and save a user who may do everything, the Django admin included."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by e-mail, whatever its case: people do not type it twice alike."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account; the e-mail address is the login."""

    class Digest(models.TextChoices):
        IMMEDIATE = "immediate", _("au fil de l’eau")
        DAILY = "daily", _("chaque jour ouvré")
        WEEKLY = "weekly", _("chaque lundi")
        NEVER = "never", _("jamais")

    email = models.EmailField(_("adresse électronique"), unique=True)
    name = models.CharField(_("nom"), max_length=150, blank=True)
    is_staff = models.BooleanField(
        _("accès à l’administration"),
        default=False,
        help_text=_("Peut ouvrir l’administration de secours (Django admin)."),
    )
    is_active = models.BooleanField(_("actif"), default=True)
    digest = models.CharField(
        _("récapitulatif par courriel"),
        max_length=10,
        choices=Digest,
        default=Digest.DAILY,
        help_text=_("Les notifications restent dans l’espace agent quoi que vous choisissiez."),
    )
    date_joined = models.DateTimeField(_("créé le"), default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("compte")
        verbose_name_plural = _("comptes")
        ordering = ("email",)
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_user_email_any_case",
                violation_error_message=_("Un compte existe déjà avec cette adresse."),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        """Return the name shown in the page header."""
        return self.name or self.email
