"""The edition of the public data: another one after each transaction that changes any of it."""

from __future__ import annotations

from django.db import models


class Revision(models.Model):
    """One row, written by triggers at commit (migration `indicators.0002_new_edition`).

    Two answers read under one edition, on one day, are the same answer. A random identifier, not a
    count: it stays unlike all others when the database is restored from a copy.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    edition = models.UUIDField()
    changed_at = models.DateTimeField()
    transaction = models.CharField(max_length=20)

    class Meta:
        verbose_name = "édition des données"
        verbose_name_plural = "édition des données"
        constraints = (
            models.CheckConstraint(name="plans_revision_one_row", condition=models.Q(id=1)),
        )

    def __str__(self) -> str:
        return str(self.edition)
