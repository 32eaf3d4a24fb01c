"""Filters of the staff pages. They ask the database nothing."""

from __future__ import annotations

from django import template

from plans.permissions import Action, Rights

register = template.Library()


@register.filter
def may(rights: Rights, action: str) -> bool:
    """``{% if rights|may:"review" %}``: whether an action is granted in the plan."""
    return rights.may(Action(action))
