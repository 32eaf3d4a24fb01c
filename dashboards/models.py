"""The editions of what the public reads: which answers are still true, asked in one row."""

from __future__ import annotations

from django.db import models


class PublicEdition(models.Model):
    """An edition of a part of the public data, written by triggers at commit.

    The parts: each public plan, by its slug; what several plans show (`SHARED`); the packages of
    open data (`PACKAGES`); and `ANY`, which changes whenever one of the others does, so that one
    row tells that nothing did. Drafts and plans that are not public change none of them. Random
    identifiers, not counts: they stay unlike all others when the database is restored.
    """

    ANY = "*"
    SHARED = ""
    PACKAGES = "#packages"

    part = models.CharField(max_length=80, primary_key=True)
    edition = models.UUIDField()
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "édition des données publiques"
        verbose_name_plural = "éditions des données publiques"

    def __str__(self) -> str:
        return f"{self.part or 'shared'} {self.edition}"
