"""What an import is made of: the file a person sent, and what each of its rows would do.

Everything a worker needs to go on is here, not in its memory: a worker that dies leaves a job that
another one takes up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from indicators.models import Indicator
from indicators.models.indicator import VALUE_DECIMALS, VALUE_DIGITS
from measures.models import Milestone
from plans.models import LOCATOR_LENGTH, Plan, Source

if TYPE_CHECKING:
    from accounts.models import User


def upload_path(job: models.Model, filename: str) -> str:
    """Return where a file is kept: under a name nobody can guess, out of the web root."""
    return f"imports/{uuid4().hex}{PurePath(filename).suffix.lower()[:8]}"


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    """Imports, as the pages and the tasks ask for them."""

    def seen_by(self, user: User, *, manages: bool) -> Self:
        """Keep a person's own, or all for those who manage the plan."""
        return self if manages else self.filter(user=user)

    def waiting(self) -> Self:
        """Keep those that a worker should take up."""
        return self.filter(state__in=ImportJob.WAITING)

    def abandoned_at(self, moment: datetime) -> Self:
        """Keep those at work whose worker has not been heard of for too long."""
        silent = moment - timedelta(seconds=settings.SPREADSHEET_LEASE_SECONDS)
        return self.filter(state__in=ImportJob.AT_WORK, heartbeat_at__lt=silent)

    def forgettable(self) -> Self:
        """Keep those whose file is there, and that no worker has yet to do or is doing."""
        unfinished = (*ImportJob.WAITING, *ImportJob.AT_WORK)
        return self.filter(purged_at__isnull=True).exclude(state__in=unfinished)

    def outdated_at(self, moment: datetime) -> Self:
        """Keep those whose file has been kept long enough."""
        limit = moment - timedelta(days=settings.SPREADSHEET_RETENTION_DAYS)
        return self.forgettable().filter(created_at__lt=limit)


class ImportJob(models.Model):
    """One file sent by one person for one plan, from its arrival to its writing."""

    class State(models.TextChoices):
        QUEUED = "queued", _("en attente de contrôle")
        CHECKING = "checking", _("contrôle en cours")
        REFUSED = "refused", _("fichier refusé")
        CHECKED = "checked", _("contrôlé")
        CONFIRMED = "confirmed", _("en attente d’écriture")
        WRITING = "writing", _("écriture en cours")
        WRITTEN = "written", _("enregistré")
        CONFLICT = "conflict", _("conflit : rien n’a été écrit")
        FAILED = "failed", _("interrompu")
        CANCELLED = "cancelled", _("abandonné")

    WAITING: ClassVar = (State.QUEUED, State.CONFIRMED)
    AT_WORK: ClassVar = (State.CHECKING, State.WRITING)

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="imports")
    user: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("envoyé par")
    )
    state = models.CharField(_("état"), max_length=10, choices=State, default=State.QUEUED)
    file = models.FileField(_("fichier"), upload_to=upload_path, max_length=120)
    name = models.CharField(_("nom du fichier"), max_length=200)
    size = models.PositiveBigIntegerField(_("taille (octets)"))
    annotated = models.FileField(
        _("copie annotée"), upload_to=upload_path, max_length=120, blank=True
    )
    created_at = models.DateTimeField(_("envoyé le"), default=timezone.now)
    checked_at = models.DateTimeField(_("contrôlé le"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmé le"), null=True, blank=True)
    finished_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    purged_at = models.DateTimeField(_("fichier supprimé le"), null=True, blank=True)
    submits = models.BooleanField(_("soumet à la relecture"), default=False)
    understood = models.JSONField(default=list)
    """What was understood of the file, one sentence each."""
    remarks = models.JSONField(default=list)
    """What the person should know of the file as a whole, one sentence each."""
    refusal = models.TextField(_("refus"), blank=True)
    share_done = models.FloatField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    """Outcome → number of rows."""
    # Who is at work: a number drawn at each start. A worker whose number is no longer here has been
    # taken for dead and stops at its next step.
    run = models.UUIDField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = ImportJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("import de tableur")
        verbose_name_plural = _("imports de tableur")
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(
                fields=("state", "heartbeat_at"),
                condition=models.Q(state__in=("queued", "checking", "confirmed", "writing")),
                name="exchange_importjob_unfinished",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the page that follows the import."""
        return reverse("agent:import_job", args=[self.plan.slug, self.pk])

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        return self.plan

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to this: an import is its sender's."""
        return self.user_id == user.pk

    @property
    def is_unfinished(self) -> bool:
        """Whether a worker has something to do or is doing it."""
        return self.state in (*self.WAITING, *self.AT_WORK)

    def count(self, outcome: str) -> int:
        """Return how many rows have this outcome."""
        return int(self.counts.get(outcome, 0))

    @property
    def to_write(self) -> int:
        """How many rows a confirmation writes."""
        outcomes = ImportRow.Outcome
        return sum(map(self.count, (outcomes.NEW, outcomes.CHANGED, outcomes.WITHDRAW)))

    @property
    def can_be_confirmed(self) -> bool:
        """Whether the check found something to write and nothing wrong."""
        return (
            self.state == self.State.CHECKED
            and self.to_write > 0
            and self.count(ImportRow.Outcome.ERROR) == 0
        )

    @property
    def can_be_checked_again(self) -> bool:
        """Whether the same file may be checked against the database as it is now."""
        return (
            self.state in (self.State.CHECKED, self.State.CONFLICT, self.State.FAILED)
            and self.purged_at is None
        )

    @property
    def can_be_cancelled(self) -> bool:
        """Whether nothing of it is written or being written, and it is there to be given up."""
        return self.purged_at is None and self.state in (
            self.State.QUEUED,
            self.State.CHECKING,
            self.State.CHECKED,
            self.State.CONFLICT,
            self.State.FAILED,
        )


class ImportRowQuerySet(models.QuerySet["ImportRow"]):
    """Rows, as the pages and the tasks ask for them."""

    def entered(self) -> Self:
        """Keep those that a confirmation makes drafts of."""
        return self.filter(outcome__in=(ImportRow.Outcome.NEW, ImportRow.Outcome.CHANGED))

    def unsourced(self) -> Self:
        """Keep the entries that could not be handed in: a reviewer has nothing to check."""
        return self.entered().filter(source=None)

    def doubtful(self) -> Self:
        """Keep the entries of which something is remarked."""
        return self.entered().exclude(problems=[])


class ImportRow(models.Model):
    """What one row of a file would do, as checked; the confirmation writes from here.

    `open_id`, `open_revision` and `current_id` are what the check saw: the writing goes on only if
    they are still true.
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("nouvelle")
        CHANGED = "changed", _("modifiée")
        SAME = "same", _("inchangée")
        WITHDRAW = "withdraw", _("retrait")
        ERROR = "error", _("en erreur")

    id = models.BigAutoField(primary_key=True)
    job = models.ForeignKey(ImportJob, models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    sheet = models.CharField(max_length=60, blank=True)
    number = models.PositiveIntegerField(_("ligne"))
    subject = models.CharField(max_length=160)
    """The code as typed, so that a row that names nothing can still be shown."""
    moment = models.CharField(max_length=80)
    """The period or day as understood or typed."""
    blank = models.BooleanField(default=False)
    """Whether the row says nothing: it names a period or a day, and leaves it as it is."""
    outcome = models.CharField(_("résultat"), max_length=8, choices=Outcome)
    problems = models.JSONField(default=list)
    differences = models.JSONField(default=list)
    indicator = models.ForeignKey(
        Indicator, models.SET_NULL, related_name="+", null=True, db_index=False
    )
    milestone = models.ForeignKey(
        Milestone, models.SET_NULL, related_name="+", null=True, db_index=False
    )
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    """The period's last day, or the day a milestone's state was found."""
    value = models.DecimalField(max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True)
    numerator = models.DecimalField(
        max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True
    )
    denominator = models.DecimalField(
        max_digits=VALUE_DIGITS, decimal_places=VALUE_DECIMALS, null=True
    )
    qualifier = models.CharField(max_length=8, blank=True)
    advancement = models.CharField(max_length=12, blank=True)
    provisional = models.BooleanField(default=False)
    source = models.ForeignKey(Source, models.SET_NULL, related_name="+", null=True, db_index=False)
    source_code = models.CharField(max_length=60, blank=True)
    locator = models.CharField(max_length=LOCATOR_LENGTH, blank=True)
    comment = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    open_id = models.BigIntegerField(null=True)
    open_revision = models.PositiveIntegerField(null=True)
    current_id = models.BigIntegerField(null=True)

    objects = ImportRowQuerySet.as_manager()

    class Meta:
        verbose_name = _("ligne d’import")
        verbose_name_plural = _("lignes d’import")
        ordering = ("job", "position")
        constraints = (
            models.UniqueConstraint(fields=("job", "position"), name="exchange_importrow_once"),
        )
        indexes = (
            models.Index(fields=("job", "outcome", "position"), name="exchange_importrow_outcome"),
        )

    def __str__(self) -> str:
        return f"{self.subject} ({self.moment})"
