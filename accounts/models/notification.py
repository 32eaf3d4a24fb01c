"""What a person is told, in the product and by mail.

A notification is written in the transaction of what it tells, so a broker that is down loses
nothing; the mail that carries it is a row too, sent by a task that may die and start again.
"""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.user import User
from accounts.querysets import DigestMailQuerySet, NotificationQuerySet


class DigestMail(models.Model):
    """A mail to send; its words are those of the notifications it carries, written as it leaves.

    So it never tells what has ceased to concern the person since. Its Message-ID is settled
    first: a mail that went out just before a worker died is recognised as the same when it goes
    out again.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="digest_mails")
    message_id = models.CharField(max_length=120, unique=True)
    subject = models.CharField(_("objet"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("écrit le"), default=timezone.now)
    due_at = models.DateTimeField(_("à essayer à partir de"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("essais"), default=0)
    last_error = models.CharField(_("dernière erreur"), max_length=300, blank=True)
    sent_at = models.DateTimeField(_("parti le"), null=True)
    dropped_at = models.DateTimeField(
        _("abandonné le"), null=True, help_text=_("Il n’y avait plus rien à dire à la personne.")
    )

    objects = DigestMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("récapitulatif")
        verbose_name_plural = _("récapitulatifs")
        ordering = ("-created_at",)
        constraints = (
            models.CheckConstraint(
                name="accounts_mail_sent_or_dropped",
                condition=models.Q(sent_at__isnull=True) | models.Q(dropped_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at",),
                condition=models.Q(sent_at__isnull=True, dropped_at__isnull=True),
                name="accounts_mail_to_send",
            ),
        )

    def __str__(self) -> str:
        return self.subject or self.message_id


class Notification(models.Model):
    """One thing a person should know; `key` says which, so that it is told once."""

    class Kind(models.TextChoices):
        DUE_SOON = "due_soon", _("échéance proche")
        OVERDUE = "overdue", _("échéance passée")
        TO_REVIEW = "to_review", _("à relire")
        RETURNED = "returned", _("renvoyé")
        PUBLISHED = "published", _("publié")
        MENTION = "mention", _("mention")
        COMMENT = "comment", _("commentaire")
        PARTNER = "partner", _("système partenaire")

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications")
    plan_id = models.BigIntegerField(
        null=True,
        help_text="The plan it is about. A plain number: plans are above accounts, which ask "
        "settings.NOTIFICATION_PLANS which of them still tell the person anything.",
    )
    kind = models.CharField(_("nature"), max_length=10, choices=Kind)
    key = models.CharField(max_length=150)
    text = models.CharField(_("texte"), max_length=300)
    url = models.CharField(_("adresse"), max_length=300)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    awaits_mail = models.BooleanField(
        default=True, help_text="No mail carries it yet, and one should."
    )
    mail = models.ForeignKey(
        DigestMail, models.SET_NULL, related_name="notifications", null=True, blank=True
    )

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("user", "key"), name="accounts_notification_told_once"),
            models.CheckConstraint(
                name="accounts_notification_mailed_once",
                condition=models.Q(awaits_mail=False) | models.Q(mail__isnull=True),
            ),
        )
        indexes = (
            models.Index(
                fields=("user",),
                condition=models.Q(awaits_mail=True),
                name="accounts_awaits_mail",
            ),
            models.Index(
                fields=("user", "plan_id"),
                condition=models.Q(read_at__isnull=True),
                name="accounts_unread",
            ),
        )

    def __str__(self) -> str:
        return self.text
