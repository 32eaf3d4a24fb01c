"""Addresses of the API for axes and objectives."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from objectives.models import Objective
from objectives.serializers import ObjectiveSerializer
from plans.api import PLAN_AND_CODE, OfPlanFilter
from plans.api_support.parameters import SeveralChoices, SeveralCodes
from plans.api_support.views import DetailView, ListView, PublicView, with_update_time


def within(codes: Sequence[str]) -> RawSQL:
    """Return the ids of the objectives of these codes and of all that is part of them.

    As deep as a plan nests them, and as the page of an objective counts. The codes may be `Given`.
    """
    table, places = Objective._meta.db_table, ", ".join(["%s"] * len(codes))
    return RawSQL(  # noqa: S611 - the codes stand beside the statement
        f"""
        WITH RECURSIVE within (id) AS (
            SELECT id FROM {table} WHERE code IN ({places})
            UNION SELECT part.id FROM {table} part JOIN within ON part.parent_id = within.id
        ) SELECT id FROM within
        """,  # noqa: S608 - the name of a table, and places
        codes,
    )


class ObjectiveFilter(OfPlanFilter):
    kind = SeveralChoices(Objective.Kind, label="Axes, objectives or cross-cutting themes.")
    parent = SeveralCodes(field_name="parent__code", label="Codes of the objectives they are in.")


class Objectives(PublicView):
    serializer_class = ObjectiveSerializer

    def get_queryset(self) -> QuerySet[Objective]:
        """Keep the objectives of public plans."""
        rows = Objective.objects.filter(plan__is_public=True)
        rows = rows.select_related("plan", "parent", "source").prefetch_related("notes")
        return with_update_time(rows)


class ObjectiveList(Objectives, ListView):
    """List the axes and objectives of public plans."""

    filters = ObjectiveFilter
    orderings = {"plan": "plan__slug", "title": "title", "updated_at": "updated_at"}
    ties = ("position", "code")
    search_in = ("title", "summary")


class ObjectiveDetail(Objectives, DetailView):
    """Show an axis or an objective."""

    lookups = PLAN_AND_CODE
    renamed = {"code": Objective}
