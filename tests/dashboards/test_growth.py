"""Pages that read a few values among many: their queries can use the indexes made for them."""

from __future__ import annotations

import pytest
from django.db import connection

from dashboards.lines import lines_of
from dashboards.news import AT_MOST
from indicators.models import Observation
from indicators.querysets import ObservationQuerySet
from measures.models import Measure
from tests.dashboards.conftest import TODAY
from tests.factories import IndicatorFactory, ObservationFactory, TargetFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (
            Observation.objects.exclude(withdrawal_reason="").order_by("-superseded_at", "-pk"),
            "dashboards_observation_withdrawn",
        ),
        (
            Observation.objects.current().order_by("-published_at"),
            "dashboards_observation_published",
        ),
        (
            Observation.objects.current()
            .exclude(qualifier="exact")
            .order_by("indicator_id", "period_end"),
            "dashboards_observation_inexact",
        ),
        (
            Observation.objects.ever_published().order_by("-published_at", "-pk"),
            "dashboards_observation_ever_published",
        ),
    ],
    ids=["withdrawn", "published", "inexact", "ever published"],
)
def test_the_few_values_of_a_page_are_found_by_an_index(
    asked: ObservationQuerySet, index: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # a table of a few rows is read whole
        if index == "dashboards_observation_published":
            # Both serve, and cost the same where there are no rows; among many this one is smaller.
            cursor.execute("DROP INDEX dashboards_observation_ever_published")
    assert index in asked[:AT_MOST].explain()


def test_a_line_holds_no_history(pack: Measure) -> None:
    """However many values are not stated exactly, each way of stating them stands once."""
    indicator = IndicatorFactory.create(plan=pack.plan, measure=pack)
    TargetFactory.with_yearly_quota(dict.fromkeys(range(2018, 2022), 35), indicator=indicator)
    for year, qualifier in ((2018, "about"), (2019, "about"), (2020, "exact"), (2021, "at_least")):
        ObservationFactory.create(
            indicator=indicator, year=year, qualifier=qualifier, published=True
        )
    (line,) = lines_of("pk", indicator.pk, on=TODAY)
    assert line.stated_as == ("about", "at_least")
