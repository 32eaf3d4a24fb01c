"""Search in the public plans, as people type: without accents, in the plural, half a word.

A stock PostgreSQL has French stemming but no `unaccent`: accents are folded on both sides, in the
query by Python and in the rows by `translate()` (`plans.alphabet`), before the same French
configuration reads both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, and_
from typing import TypeVar

from django import forms
from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector
from django.db.models import Case, F, FloatField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from indicators.models import Indicator
from measures.models import Measure
from objectives.models import Objective
from plans.alphabet import alphabetical, folded, folded_column, holds
from plans.models import Plan

LONGEST = 100
AT_MOST_EACH = 200
EXCERPT = 240

MOST_WORDS = 8
_WORDS = re.compile(r"[^\W_]+")

PartT = TypeVar("PartT", Objective, Measure, Indicator)
RowT = TypeVar("RowT", Plan, Objective, Measure, Indicator)


class SearchForm(forms.Form):
    """What somebody looks for."""

    q = forms.CharField(label=_lazy("Rechercher"), max_length=LONGEST, required=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Something found, where to read it, and how well it matches."""

    kind_label: str
    title: str
    url: str
    excerpt: str
    plan: Plan
    rank: float


def find(words: str) -> list[Result]:
    """Return what matches in the public plans, the best first. Four queries, whatever is found."""
    asked = [word for word in _WORDS.findall(folded(words)) if len(word) > 1][:MOST_WORDS]
    if not asked:
        return []
    public = Plan.objects.public().select_related("region")
    plans = _matching(public, asked, "region__name", "summary", "ambition")
    objectives = _matching(_parts(Objective.objects.all()), asked, "summary")
    measures = _matching(_parts(Measure.objects.all()), asked, "summary")
    indicators = _matching(_parts(Indicator.objects.all()), asked, "definition", "method")
    results = [
        *(_result(_("Plan"), plan, plan, plan.summary) for plan in plans),
        *(
            _result(one.get_kind_display().capitalize(), one, one.plan, one.summary)
            for one in objectives
        ),
        *(_result(_("Mesure"), one, one.plan, one.summary) for one in measures),
        *(_result(_("Indicateur"), one, one.plan, one.definition) for one in indicators),
    ]
    # A stable sort: of results that match as well, a plan comes before its parts.
    results.sort(key=lambda result: -result.rank)
    return results


def _parts(parts: QuerySet[PartT]) -> QuerySet[PartT]:
    return parts.filter(plan__is_public=True).select_related("plan__region")


def _matching(rows: QuerySet[RowT], words: Sequence[str], *others: str) -> QuerySet[RowT]:
    """Keep the rows that hold the words, in any French form, or the letters typed of each word."""
    query = SearchQuery(" ".join(words), config="french", search_type="websearch")
    vectors: list[SearchVector] = [
        SearchVector(folded_column("title"), weight="A", config="french")
    ]
    vectors += [
        SearchVector(folded_column(column), weight="B", config="french") for column in others
    ]
    letters = reduce(and_, (holds(word, ("title", *others)) for word in words))
    in_title = reduce(and_, (holds(word, ("title",)) for word in words))
    return (
        rows.annotate(vector=reduce(add, vectors))
        .filter(Q(vector=query) | letters)
        .annotate(
            rank=SearchRank(F("vector"), query)
            + Case(When(in_title, then=Value(1.0)), default=Value(0.0), output_field=FloatField())
        )
        .order_by("-rank", alphabetical("title"))[:AT_MOST_EACH]
    )


def _result(
    kind: str, row: Plan | Objective | Measure | Indicator, plan: Plan, text: str
) -> Result:
    return Result(
        kind_label=kind,
        title=row.title,
        url=row.get_absolute_url(),
        excerpt=_excerpt(text),
        plan=plan,
        rank=row.rank,  # type: ignore[union-attr] # annotated by `_matching`
    )


def _excerpt(text: str) -> str:
    """Return the beginning of a text, of whole words."""
    if len(text) <= EXCERPT:
        return text
    return text[:EXCERPT].rsplit(maxsplit=1)[0].rstrip(" \u00a0,;:(«—") + "…"
