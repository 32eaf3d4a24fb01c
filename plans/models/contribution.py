"""What staff submit and review: the life of an observation or of a milestone update.

draft → submitted → published, or returned with a reason; a published version never changes: a
correction is a new version that supersedes it, a withdrawal closes it with a public reason.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import uuid4

import pgtrigger
from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plans.models.sources import LOCATOR_LENGTH, Source, not_blank

if TYPE_CHECKING:
    from accounts.models import User
    from plans.models.plan import Plan

CURRENT = models.Q(state="published", superseded_at__isnull=True)
OPEN = models.Q(state__in=("draft", "submitted", "returned"))


def evidence_path(contribution: models.Model, filename: str) -> str:
    """Return where an evidence file is kept: under a name nobody can guess, out of the web root."""
    return f"evidence/{uuid4().hex}{PurePath(filename).suffix.lower()}"


class Contribution(models.Model):
    """One version of a value or of a milestone's state, with who wrote and who checked it."""

    noun: ClassVar[str]
    """What stands for this kind of contribution in an address."""
    identity: ClassVar[tuple[str, ...]]
    """The columns that say what a contribution is about: one may be open for each."""

    class State(models.TextChoices):
        DRAFT = "draft", _("brouillon")
        SUBMITTED = "submitted", _("à relire")
        RETURNED = "returned", _("renvoyé")
        PUBLISHED = "published", _("publié")

    state = models.CharField(_("état"), max_length=10, choices=State, default=State.DRAFT)
    source = models.ForeignKey(
        Source, models.PROTECT, related_name="%(class)ss", null=True, blank=True
    )
    locator = models.CharField(_("endroit"), max_length=LOCATOR_LENGTH, blank=True)
    comment = models.TextField(_("commentaire public"), blank=True)
    evidence_url = models.URLField(_("justificatif"), max_length=500, blank=True)
    evidence_file = models.FileField(
        _("pièce justificative"), upload_to=evidence_path, max_length=120, blank=True
    )
    evidence_name = models.CharField(
        _("nom de la pièce"), max_length=150, blank=True, editable=False
    )
    provisional = models.BooleanField(_("provisoire"), default=False)
    date_inferred = models.BooleanField(
        _("date déduite"),
        default=False,
        help_text=_("La source ne donne pas la date ; elle est déduite."),
    )
    author: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    reviewer: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True, blank=True
    )
    revision = models.PositiveIntegerField(
        _("révision"),
        default=1,
        editable=False,
        help_text=_("Augmente à chaque enregistrement d’un brouillon."),
    )
    edited_at = models.DateTimeField(_("modifié le"), null=True, blank=True, editable=False)
    edited_by: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    recorded_at = models.DateTimeField(_("saisi le"), default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(_("soumis le"), null=True, blank=True)
    published_at = models.DateTimeField(_("publié le"), null=True, blank=True)
    return_reason = models.TextField(_("motif du renvoi"), blank=True)
    supersedes = models.ForeignKey(
        "self",
        models.PROTECT,
        related_name="corrections",
        verbose_name=_("corrige"),
        null=True,
        blank=True,
    )
    correction_reason = models.TextField(_("motif de la correction"), blank=True)
    superseded_at = models.DateTimeField(_("remplacé le"), null=True, blank=True)
    withdrawal_reason = models.TextField(_("motif du retrait"), blank=True)

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_published_is_sourced",
                condition=~models.Q(state="published")
                | models.Q(source__isnull=False, published_at__isnull=False),
                violation_error_message=_("Une valeur publiée a une source."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_only_published_ends",
                condition=models.Q(superseded_at__isnull=True) | models.Q(state="published"),
                violation_error_message=_("Seule une version publiée se remplace ou se retire."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_withdrawn_with_reason",
                condition=models.Q(withdrawal_reason="")
                | (models.Q(superseded_at__isnull=False) & not_blank("withdrawal_reason")),
                violation_error_message=_("Un retrait a un motif."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_corrected_with_reason",
                condition=models.Q(supersedes__isnull=True) | not_blank("correction_reason"),
                violation_error_message=_("Une correction a un motif."),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_returned_with_reason",
                condition=~models.Q(state="returned") | not_blank("return_reason"),
                violation_error_message=_("Un renvoi a un motif."),
            ),
        )

    def get_absolute_url(self) -> str:
        """Return the address of the staff page where this version is read, discussed, reviewed."""
        return reverse("agent:contribution", args=[self.permission_plan.slug, self.noun, self.pk])

    def open_twin(self) -> Self | None:
        """Return the contribution under way for the same period or day, if there is one."""
        alike = {name: getattr(self, name) for name in self.identity}
        others = type(self)._default_manager.filter(OPEN, **alike).exclude(pk=self.pk)
        return others.order_by("pk").first()

    @property
    def permission_plan(self) -> Plan:
        """The plan whose members may act on this."""
        raise TypeError(f"{type(self).__name__} does not say which plan it is in")

    def assigned_to(self, user: User) -> bool:
        """Whether the person is assigned to what this is about."""
        raise TypeError(f"{type(self).__name__} does not say who is assigned to it")

    @property
    def is_current(self) -> bool:
        """Whether this version is what the public sees now."""
        return self.state == self.State.PUBLISHED and self.superseded_at is None

    @property
    def is_withdrawn(self) -> bool:
        """Whether this version was published, then taken back."""
        return bool(self.withdrawal_reason)


class ContributionComment(models.Model):
    """A remark exchanged about a contribution; staff only, never public."""

    author: models.ForeignKey[User, User] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )
    text = models.TextField(_("commentaire"))
    created_at = models.DateTimeField(_("écrit le"), default=timezone.now)

    class Meta:
        abstract = True
        ordering = ("created_at", "id")
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_says_something",
                condition=not_blank("text"),
                violation_error_message=_("Un commentaire a un texte."),
            ),
        )

    def __str__(self) -> str:
        return self.text


def contribution_triggers(
    table: str, subject: str, self_publication_lookup: str
) -> tuple[pgtrigger.Trigger, ...]:
    """Return the triggers that every kind of contribution carries.

    `subject` is the column of what a contribution is about: a correction is about the same.
    `self_publication_lookup` is a SELECT that tells, for the row NEW, whether its plan lets a
    person publish their own submission.
    """
    return (
        pgtrigger.Trigger(
            name="corrects_its_own_subject",
            operation=pgtrigger.Insert | pgtrigger.Update,
            when=pgtrigger.Before,
            condition=pgtrigger.Q(new__supersedes_id__isnull=False),
            func=f"""
                IF NOT EXISTS (SELECT FROM {table} WHERE id = NEW.supersedes_id
                               AND {subject} = NEW.{subject}) THEN
                    RAISE EXCEPTION 'a correction is about what the corrected version is about'
                        USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = TG_TABLE_NAME || '_corrects_its_own_subject';
                END IF;
                RETURN NEW;
            """,  # nosec B608 - names of this project's own models
        ),
        pgtrigger.Trigger(
            name="published_is_immutable",
            operation=pgtrigger.Update | pgtrigger.Delete,
            when=pgtrigger.Before,
            condition=pgtrigger.Q(old__state="published"),
            func="""
                IF TG_OP = 'UPDATE'
                    AND OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
                    AND to_jsonb(NEW) - ARRAY['superseded_at', 'withdrawal_reason']
                      = to_jsonb(OLD) - ARRAY['superseded_at', 'withdrawal_reason']
                THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION '% % is published: it can be corrected or withdrawn, '
                    'never changed or deleted', TG_TABLE_NAME, OLD.id
                    USING ERRCODE = 'integrity_constraint_violation',
                          CONSTRAINT = TG_TABLE_NAME || '_published_is_immutable';
            """,
        ),
        pgtrigger.Trigger(
            name="four_eyes",
            operation=pgtrigger.Insert | pgtrigger.Update,
            when=pgtrigger.Before,
            condition=pgtrigger.Q(new__state="published", new__superseded_at__isnull=True)
            & pgtrigger.Q(new__author_id=pgtrigger.F("new__reviewer_id")),
            func=f"""
                IF NOT ({self_publication_lookup}) THEN
                    RAISE EXCEPTION 'the author of a contribution does not publish it'
                        USING ERRCODE = 'integrity_constraint_violation',
                              CONSTRAINT = TG_TABLE_NAME || '_four_eyes';
                END IF;
                RETURN NEW;
            """,
        ),
    )
