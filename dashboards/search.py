"""Search in the public plans, as people type: without accents, in the plural, half a word.

A stock PostgreSQL has French stemming but no `unaccent`: accents are folded on both sides, in the
query by Python and in the rows by `translate()` (`plans.alphabet`), before the same French
configuration reads both. What is typed is also found where a word begins with it, by a regular
expression that knows the accents of each letter. A hyphen is a space, or nothing: `start-up`,
`startups` and `start up` are found alike.
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
from django.db.models import Case, F, FloatField, Func, Q, QuerySet, TextField, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from indicators.models import Indicator
from measures.models import Measure
from objectives.models import Objective
from plans.alphabet import AFTER_A_WORD, BEFORE_A_WORD, alphabetical, folded, folded_column, spelled
from plans.models import Plan

LONGEST = 100
SHORTEST = 2
"""Letters of a word that is looked for."""
AT_MOST_EACH = 200
EXCERPT = 240

MOST_WORDS = 8
_WORDS = re.compile(r"[^\W_]+")
_ORGANISATIONS = ("participations__organisation__name", "participations__organisation__short_name")
_NOTES = ("notes__text",)

PartT = TypeVar("PartT", Objective, Measure, Indicator)
RowT = TypeVar("RowT", Plan, Objective, Measure, Indicator)


class SearchForm(forms.Form):
    """What somebody looks for."""

    q = forms.CharField(
        label=_lazy("Rechercher"),
        max_length=LONGEST,
        required=False,
        error_messages={
            "max_length": _lazy(
                "Votre recherche compte %(show_value)d caractères\u00a0; le maximum est de "
                "%(limit_value)d. Raccourcissez-la, puis relancez-la."
            )
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Something found, where to read it, and how well it matches."""

    kind_label: str
    title: str
    url: str
    excerpt: str
    plan: Plan
    rank: float


def patterns(words: str) -> list[str]:
    """Return one regular expression for each word typed, to be matched with what rows hold.

    Each holds for a text with a word that begins so, or with the singular of a plural. Words of one
    letter are left out; none is left where there is nothing to look for.
    """
    asked = (_pattern(typed) for typed in words.split())
    return [pattern for pattern in asked if pattern][:MOST_WORDS]


def _pattern(typed: str) -> str:
    """Return what finds a word as it was typed, its parts anywhere or, without hyphens, in one."""
    ways = dict.fromkeys((_wanted(typed), _wanted(typed.replace("-", ""))))
    return "|".join(f"^{way}" for way in ways if way)


def _wanted(typed: str) -> str:
    wanted = (word for word in _WORDS.findall(folded(typed)) if len(word) >= SHORTEST)
    return "".join(f"(?=.*{BEFORE_A_WORD}{_beginning(word)})" for word in wanted)


def _beginning(word: str) -> str:
    if len(word) > 3 and word.endswith("s"):
        return f"(?:{spelled(word)}|{spelled(word[:-1])}{AFTER_A_WORD})"
    return spelled(word)


def find(words: str) -> list[Result]:
    """Return what matches in the public plans, the best first. Four queries, whatever is found."""
    asked = patterns(words)
    if not asked:
        return []
    query = SearchQuery(
        " ".join(_WORDS.findall(folded(words))[:MOST_WORDS]),
        config="french",
        search_type="websearch",
    )
    public = Plan.objects.public().select_related("region")
    plans = _matching(
        public,
        (query, asked),
        ("summary", "ambition", "region__name"),
        (*_ORGANISATIONS, "sectors__name", *_NOTES),
    )
    objectives = _matching(
        _parts(Objective.objects.all()), (query, asked), ("summary", "plan__region__name"), _NOTES
    )
    measures = _matching(
        _parts(Measure.objects.all()),
        (query, asked),
        ("summary", "plan__region__name"),
        (*_ORGANISATIONS, "sectors__name", "milestones__title", *_NOTES),
    )
    indicators = _matching(
        _parts(Indicator.objects.all()),
        (query, asked),
        ("definition", "method", "plan__region__name"),
        _NOTES,
    )
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


def _matching(
    rows: QuerySet[RowT],
    asked: tuple[SearchQuery, Sequence[str]],
    own: Sequence[str],
    related: Sequence[str],
) -> QuerySet[RowT]:
    """Keep the rows that hold the words, in any French form, or begin a word with each of them.

    `own` are columns beside the title; `related` are those of many rows, such as organisations:
    each is searched once for each word, by itself, and not once for each row.
    """
    query, wanted = asked
    vectors = [SearchVector(folded_column("title"), weight="A", config="french")]
    vectors += [SearchVector(folded_column(column), weight="B", config="french") for column in own]
    every = rows.model._default_manager.order_by()
    beginnings = Q()
    for pattern in wanted:
        found = Q(own_text__regex=pattern)
        for column in related:
            found |= Q(pk__in=every.filter(**{f"{column}__regex": pattern}).values("pk"))
        beginnings &= found
    in_title = reduce(and_, (Q(title__regex=pattern) for pattern in wanted))
    return (
        rows.annotate(
            vector=reduce(add, vectors),
            own_text=Func(
                Value(" "),
                *map(F, ("title", *own)),
                function="concat_ws",
                output_field=TextField(),
            ),
        )
        .filter(Q(vector=query) | beginnings)
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
