"""Citing a document: read as the person dates it, and never made twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from plans.models import Source
from plans.sourcing import Document, cite, read_publication_date
from tests.factories import PlanFactory, SourceFactory

DAY, MONTH, YEAR = Source.Precision.DAY, Source.Precision.MONTH, Source.Precision.YEAR
REPORT = Document(
    kind="official",
    title="Bilan annuel 2025",
    publisher="Région Grand Est",
    published_on=date(2026, 3, 1),
    published_precision=MONTH,
)


@pytest.mark.parametrize(
    ("text", "on", "precision"),
    [
        ("20/06/2019", date(2019, 6, 20), DAY),
        (" 1/6/2019 ", date(2019, 6, 1), DAY),
        ("2019-06-20", date(2019, 6, 20), DAY),
        ("06/2019", date(2019, 6, 1), MONTH),
        ("2019-06", date(2019, 6, 1), MONTH),
        ("2019", date(2019, 1, 1), YEAR),
    ],
)
def test_a_date_is_as_precise_as_it_is_written(
    text: str, on: date, precision: Source.Precision
) -> None:
    assert read_publication_date(text) == (on, precision)


@pytest.mark.parametrize(
    "text", ["1/2", "31/02/2019", "juin 2019", "13/2019", "0000", "20.06.2019"]
)
def test_what_is_no_date_is_refused(text: str) -> None:  # edge case 19
    with pytest.raises(ValueError, match=r"."):
        read_publication_date(text)


@pytest.mark.django_db
def test_a_document_is_cited_once() -> None:
    plan = PlanFactory.create()

    first, again = cite(plan, REPORT), cite(plan, REPORT)

    assert first == again == plan.sources.get()
    assert (first.code, first.published_on, first.published_precision) == (
        "bilan-annuel-2025",
        date(2026, 3, 1),
        MONTH,
    )


@pytest.mark.django_db
def test_another_document_of_the_same_title_has_another_code() -> None:
    plan = PlanFactory.create()
    SourceFactory.create(code="bilan-annuel-2025")  # of another plan

    codes = [cite(plan, replace(REPORT, publisher=publisher)).code for publisher in ("A", "B", "C")]

    assert codes == ["bilan-annuel-2025", "bilan-annuel-2025-2", "bilan-annuel-2025-3"]
