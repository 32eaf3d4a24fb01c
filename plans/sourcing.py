"""Citing a document that the plan does not know yet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from plans.codes import free_code
from plans.locking import lock_plan
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


def publication_text(source: Source) -> str:
    """Return a source's date as `read_publication_date` reads it; empty when it has none."""
    on = source.published_on
    if on is None:
        return ""
    match Source.Precision(source.published_precision):
        case Source.Precision.YEAR:
            return f"{on.year:04}"
        case Source.Precision.MONTH:
            return f"{on.month:02}/{on.year:04}"
        case Source.Precision.DAY:
            return f"{on.day:02}/{on.month:02}/{on.year:04}"


@transaction.atomic
def cite(plan: Plan, document: Document) -> Source:
    """Return the plan's source for a document, made if it is not there yet.

    The plan is locked, so that a form sent twice makes one source.
    """
    lock_plan(plan)
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
        code=free_code(
            document.title,
            set(plan.sources.values_list("code", flat=True)),
            longest=54,
            empty="source",
        ),
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
