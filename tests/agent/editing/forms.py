"""Filling in the forms of the structure of a plan, as a browser does."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.test import Client

from plans.models import Plan
from tests.factories import (
    ClaimFactory,
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    NoteFactory,
    ObjectiveFactory,
    SourceFactory,
    TargetFactory,
)
from tests.form_data import form_data
from tests.typography import plain


def url(plan: Plan, tail: str = "") -> str:
    return f"/agent/plans/{plan.slug}/structure/{tail}"


def open_form(client: Client, address: str, **typed: Any) -> dict[str, list[str]]:
    """Return what the browser would send of a page's form, with what a person types in it."""
    page = client.get(address)
    assert page.status_code == 200
    return form_data(page) | {
        name: value if isinstance(value, list) else [value] for name, value in typed.items()
    }


def fill(client: Client, address: str, **typed: Any) -> Any:
    """Open a page, type, save; return the answer."""
    answer = client.post(address, open_form(client, address, **typed))
    if answer.status_code == 302:
        connection.check_constraints()
    return answer


def errors_of(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {
        name: list(map(plain, errors)) for name, errors in answer.context["form"].errors.items()
    }


def text_of(answer: Any) -> str:
    text = plain(answer.content.decode())
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'")


def furnish(plan: Plan) -> Plan:
    """Put one of each thing in a plan, under the codes of EVERY_PAGE."""
    objective = ObjectiveFactory.create(plan=plan, code="o")
    measure = MeasureFactory.create(plan=plan, objective=objective, code="m")
    MilestoneFactory.create(measure=measure, code="j")
    source = SourceFactory.create(plan=plan, code="s")
    indicator = IndicatorFactory.create(plan=plan, measure=measure, code="i")
    TargetFactory.create(indicator=indicator, source=source, code="cible")
    NoteFactory.create(plan=plan, code="n")
    ClaimFactory.create(plan=plan, code="a", source=source)
    return plan
