"""Citing a document that the plan does not know yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.text import slugify

from plans.models import Plan, Source

_DAY = re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})", re.ASCII)
_MONTH = re.compile(r"(?P<month>\d{1,2})/(?P<year>\d{4})", re.ASCII)
_ISO = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document as a person describes it."""

    kind: str
    title: str
    publisher: str = ""
    url: str = ""
    published_on: date | None = None
    published_precision: str = Source.Precision.DAY


def read_publication_date(text: str) -> tuple[date, Source.Precision]:
    """Read ``20/06/2019``, ``06/2019``, ``2019`` or their ISO forms, with the precision given.

    Raises ValueError on anything else.
    """
    typed = text.strip()
    match = _DAY.fullmatch(typed) or _MONTH.fullmatch(typed) or _ISO.fullmatch(typed)
    if match is None:
        raise ValueError(typed)
    parts = {name: int(found) for name, found in match.groupdict().items() if found}
    on = date(parts["year"], parts.get("month", 1), parts.get("day", 1))
    if "day" in parts:
        return on, Source.Precision.DAY
    return on, Source.Precision.MONTH if "month" in parts else Source.Precision.YEAR


@transaction.atomic
def cite(plan: Plan, document: Document) -> Source:
    """Return the plan's source for a document, made if it is not there yet.

    The plan is locked, so that a form sent twice makes one source.
    """
    Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    known = plan.sources.filter(
        title=document.title,
        publisher=document.publisher,
        url=document.url,
        published_on=document.published_on,
    ).first()
    if known is not None:
        return known
    source = Source(
        plan=plan,
        code=_free_code(plan, document.title),
        kind=document.kind,
        title=document.title,
        publisher=document.publisher,
        url=document.url,
        published_on=document.published_on,
        published_precision=document.published_precision,
    )
    source.full_clean()
    source.save()
    return source


def _free_code(plan: Plan, title: str) -> str:
    stem = slugify(title)[:50].strip("-") or "source"
    taken = set(plan.sources.filter(code__startswith=stem).values_list("code", flat=True))
    code, number = stem, 2
    while code in taken:
        code, number = f"{stem}-{number}", number + 1
    return code
