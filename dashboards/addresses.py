"""From the words of an address to the object it names, among what the public may read.

An identifier that changed leads to its present address; what is unknown and what is not public
are the same "not found", so that nobody learns what exists but is not published.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import ResolverMatch, reverse

from indicators.models import Indicator
from measures.models import Measure
from objectives.models import Objective
from plans.models import Plan
from plans.querysets import CodedQuerySet

CodedT = TypeVar("CodedT", Objective, Measure, Indicator)
Words = ParamSpec("Words")


class MovedError(Exception):
    """What the address names has another address now, with these words in it."""

    def __init__(self, **words: str) -> None:
        super().__init__(words)
        self.words = words


def plan_at(slug: str) -> Plan:
    """Return the public plan of this slug, with its region and the plan it is related to.

    Raises MovedError when the plan had this slug once, Http404 when no public plan ever did.
    """
    plan = _plan_known_as(slug)
    if plan.slug != slug:
        raise MovedError(plan=plan.slug)
    return plan


def part_at(parts: CodedQuerySet[CodedT], slug: str, code: str) -> CodedT:
    """Return the part of a public plan (objective, measure, indicator) that has this code.

    Raises MovedError when the plan or the part was called so once, Http404 when neither ever was.
    """
    plan = _plan_known_as(slug)
    part = parts.known_as(plan, code).first()
    if part is None:
        raise Http404
    part.plan = plan
    if (plan.slug, part.code) != (slug, code):
        raise MovedError(plan=plan.slug, code=part.code)
    return part


def _plan_known_as(slug: str) -> Plan:
    plan = Plan.objects.public().known_as(slug).select_related("region", "related_to").first()
    if plan is None:
        raise Http404
    return plan


def follows_moves(
    view: Callable[Concatenate[HttpRequest, Words], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, Words], HttpResponseBase]:
    """Decorate a view so that a former address redirects for good, its query string kept."""

    @wraps(view)
    def follow(request: HttpRequest, *args: Words.args, **kwargs: Words.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except MovedError as moved:
            match = request.resolver_match
            assert isinstance(match, ResolverMatch)
            address = reverse(match.view_name, kwargs={**match.kwargs, **moved.words})
            query = request.META.get("QUERY_STRING", "")
            return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)

    return cast("Callable[Concatenate[HttpRequest, Words], HttpResponseBase]", follow)


def plans_called_like(slug: str, plans: list[Plan]) -> list[Plan]:
    """Return the plans whose slug resembles what somebody typed, the closest first."""
    by_slug = {plan.slug: plan for plan in plans}
    return [by_slug[close] for close in get_close_matches(slug, by_slug, n=3, cutoff=0.5)]
