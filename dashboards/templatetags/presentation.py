"""Filters that write values the French way in templates. They ask the database nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from dashboards import wording
from dashboards.facts import PlanRef, SourceFacts
from indicators import formats
from indicators.models import Indicator, Status, Unit
from measures.models import Advancement
from plans.models import Plan, Source

register = template.Library()


@register.filter
def percent(rate: Decimal) -> str:
    """``{{ progress.rate|percent }}``: a rate as a whole percentage."""
    return formats.format_percent(rate)


@register.filter
def quantity(value: Decimal, unit: Unit) -> str:
    """``{{ value|quantity:unit }}``: a value with its unit; the exact figure if it is shortened."""
    return _shortened(
        formats.format_quantity(value, unit), formats.format_full_quantity(value, unit)
    )


@register.filter
def expected(value: Decimal, unit: Unit) -> str:
    """``{{ progress.expected|expected:unit }}``: a computed value, of a few units to a decimal."""
    return _shortened(
        formats.format_expected(value, unit), formats.format_full_quantity(value, unit)
    )


@register.filter
def baseline(indicator: Indicator) -> str:
    """``{{ indicator|baseline }}``: ``au moins 2 500 personnes``; only where there is one."""
    value, unit = indicator.baseline, indicator.unit
    assert value is not None, "the template asks first"
    stated = formats.format_qualified(
        formats.format_quantity(value, unit), indicator.baseline_qualifier
    )
    return _shortened(stated, formats.format_full_quantity(value, unit))


@register.filter
def money(euros: Decimal) -> str:
    """``{{ plan.budget|money }}``: an amount in euros; the exact figure if it is shortened."""
    return _shortened(formats.format_money(euros), formats.format_full_money(euros))


def _shortened(text: str, full: str) -> str:
    """The exact figure as a title, where digits were left out."""
    if text.count("M") == full.count("M"):
        return text
    return format_html('<span title="{}">{}</span>', full, text)


@register.filter(expects_localtime=True)
def time_tag(on: date) -> str:
    """``{{ on|time_tag }}``: a day in French for people, in ISO for machines."""
    iso = f"{on:%Y-%m-%d}"
    return format_html('<time datetime="{}">{}</time>', iso, formats.format_date(on))


@register.filter
def period(start: date, end: date) -> str:
    """``{{ row.start|period:row.end }}``: ``2020``, ``T1 2020``."""
    return formats.format_period(start, end)


@register.filter
def publication_date(source: Source) -> str:
    """``{{ source|publication_date }}``: as precise as the document shows it."""
    return wording.published_on(source)


@register.filter
def status_label(code: str) -> str:
    """``{{ progress.status|status_label }}``: ``en bonne voie``."""
    return str(Status(code).label)


@register.filter
def milestone_label(code: str) -> str:
    """``{{ entry.state|milestone_label }}``: ``en cours``; nothing reads ``non renseigné``."""
    return str(Advancement(code).label if code else Status.NOT_REPORTED.label)


@register.filter
def plural_form(count: int) -> int:
    """``{% blocktranslate count n=total|plural_form %}``: in French 0 is singular."""
    return formats.plural_form(count)


# The two smallest components stand a hundred times on a long page: as templates of their own they
# took a third of its rendering.


@register.simple_tag
def icon(name: str, extra: str = "", times: int = 1) -> SafeString:
    """``{% icon status %}``: a small drawing, decorative: a word always stands next to it.

    `name` is an id of static/img/icons.svg: a status code, "milestone-<state>", "note-<kind>",
    "search", "mark". `extra` is another class; `times` draws it as often.
    """
    drawn = format_html(
        '<svg class="icon{}{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        " " if extra else "",
        extra,
        static("img/icons.svg"),
        name,
    )
    return drawn if times == 1 else format_html_join("", "{}", [(drawn,)] * times)


@register.simple_tag
def source_ref(source: SourceFacts | Source | None, locator: str, plan: PlanRef | Plan) -> str:
    """``{% source_ref target.source target.locator plan %}``: who says a number, and where.

    It stands next to the number and leads to the full entry on the sources page of the plan. Only a
    derived value has no source: nothing is drawn then.
    """
    if not source:
        return ""
    return format_html(
        '<span class="source-ref">{} <a href="{}#source-{}">{}</a>{}{}</span>',
        _("Source :"),
        reverse("dashboards:sources", args=[plan.slug]),
        source.code,
        source.title,
        ", " if locator else "",
        locator,
    )
