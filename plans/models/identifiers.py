"""Public identifiers: what stands in an address or a file, and outlives a renaming."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


def former_identifiers(max_length: int) -> ArrayField[list[str], list[str]]:
    """Return the column that keeps the identifiers an object had before, so that they redirect."""
    return ArrayField(
        models.SlugField(max_length=max_length),
        verbose_name=_("anciens identifiants"),
        default=list,
        blank=True,
        editable=False,
        help_text=_("Les adresses qui les portent redirigent vers l’identifiant actuel."),
    )


def remember_former(field: str, former_field: str) -> pgtrigger.Trigger:
    """Return the trigger that keeps the old identifier when `field` changes.

    A trigger, not `save()`: a renaming by a bulk update or by hand must not break an address.
    """
    return pgtrigger.Trigger(
        name=f"remember_former_{field}",
        operation=pgtrigger.UpdateOf(field),
        when=pgtrigger.Before,
        condition=pgtrigger.Q(**{f"old__{field}__df": pgtrigger.F(f"new__{field}")}),
        func=f"""
            NEW.{former_field} := array_append(
                array_remove(array_remove(NEW.{former_field}, NEW.{field}), OLD.{field}),
                OLD.{field}
            );
            RETURN NEW;
        """,
    )
