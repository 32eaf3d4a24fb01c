"""The packages that were built."""

from __future__ import annotations

from django.db import models

from plans.models import Plan


class PlanPackage(models.Model):
    """The latest package of a plan.

    Kept in the database, so that every process serves what any of them built, and a copy of the
    database is whole. `fingerprint` tells from which state of the rows it was built.
    """

    plan = models.OneToOneField(Plan, models.CASCADE, related_name="package")
    fingerprint = models.CharField(max_length=64)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    content_digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    table_sizes = models.JSONField(default=dict)
    modified_at = models.DateTimeField()
    built_at = models.DateTimeField()

    class Meta:
        verbose_name = "paquet de données"
        verbose_name_plural = "paquets de données"

    def __str__(self) -> str:
        return f"{self.plan_id} : {self.digest[:12]}"
