"""What a person is told, in the product and by mail.

A notification is written in the transaction of what it tells, so a broker that is down loses
nothing; the mail that carries it is a row too, sent by a task that may die and start again.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User


class DigestMail(models.Model):
    """A mail as it will be sent; its Message-ID is settled first, so that a mail which went out
    just before a worker died is recognised as the same when it goes out again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="digest_mails")
    message_id = models.CharField(max_length=120, unique=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("récapitulatif")
        verbose_name_plural = _("récapitulatifs")
        ordering = ("-created_at",)
        indexes = (
            models.Index(
                fields=("created_at",),
                condition=models.Q(sent_at__isnull=True),
                name="accounts_mail_to_send",
            ),
        )

    def __str__(self) -> str:
        return self.subject


class Notification(models.Model):
    """One thing a person should know; `key` says which, so that it is told once."""

    class Kind(models.TextChoices):
        DUE_SOON = "due_soon", _("échéance proche")
        OVERDUE = "overdue", _("échéance passée")
        TO_REVIEW = "to_review", _("à relire")
        RETURNED = "returned", _("renvoyé")
        PUBLISHED = "published", _("publié")
        MENTION = "mention", _("vous êtes mentionné")
        COMMENT = "comment", _("commentaire")

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    key = models.CharField(max_length=150)
    text = models.CharField(_("texte"), max_length=300)
    url = models.CharField(_("adresse"), max_length=300)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    mail = models.ForeignKey(
        DigestMail, models.SET_NULL, related_name="notifications", null=True, blank=True
    )

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("user", "key"), name="accounts_notification_told_once"),
        )
        indexes = (
            models.Index(
                fields=("user",),
                condition=models.Q(mail__isnull=True),
                name="accounts_not_mailed",
            ),
        )

    def __str__(self) -> str:
        return self.text
