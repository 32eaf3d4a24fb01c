"""Addresses with a former slug or code: they lead to the present one, as those of the pages do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request

from plans.api_support.fields import site_address
from plans.api_support.problems import Moved
from plans.querysets import PlanQuerySet

_WORD = re.compile(r"<\w+:(\w+)>", re.ASCII)


def follow_former(request: Request, renamed: Mapping[str, Any], plans: PlanQuerySet) -> None:
    """Raise Moved where the address named something in one of the plans once, and another does now.

    `renamed` gives, by word of the address, the model of the part that it names.
    """
    match = request.resolver_match
    if match is None or "plan" not in match.kwargs:
        return
    words = match.kwargs
    plan = plans.known_as(words["plan"]).first()
    if plan is None:
        return
    present = {**words, "plan": plan.slug}
    for name, model in renamed.items():
        part = model.objects.known_as(plan, words[name]).first()
        if part is None:
            return
        present[name] = part.code
    if present == words:
        return
    address = site_address("/" + _WORD.sub(lambda word: present[word[1]], match.route))
    query = request.META.get("QUERY_STRING", "")
    raise Moved(f"{address}?{query}" if query else address)
