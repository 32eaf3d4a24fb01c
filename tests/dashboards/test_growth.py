"""Pages that read a few values among many: their queries can use the indexes made for them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from dashboards.lines import lines_of
from dashboards.news import AT_MOST
from indicators.models import Indicator, Observation, ProgressRecord
from indicators.progress import RULES_VERSION
from indicators.querysets import ObservationQuerySet
from indicators.services import progress_of
from measures.models import Measure
from plans.models import Source
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
            "dashboards_observation_ever_published",
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


def test_lines_read_the_latest_values_alone(pack: Measure) -> None:
    """Whatever the statistics say: those of a table know nothing of the values just written."""
    source = ObservationFactory.create(indicator__plan=pack.plan, published=True).source
    indicators = IndicatorFactory.create_batch(40, plan=pack.plan, measure=pack, stock=True)
    write(indicators, source, range(100))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE indicators_observation, indicators_progressrecord")
    write(indicators, source, range(100, 200))

    before = observations_read()
    lines = lines_of("measure", pack.pk, on=TODAY)
    read = observations_read() - before

    assert {line.progress.latest.period_end for line in lines if line.progress.latest} == {
        FIRST_DAY + timedelta(days=199)
    }
    assert (len(lines), read) == (40, 40)

    # Nor does who asks how exactly the values of an answer are known.
    asked = list(Indicator.objects.filter(measure=pack).select_related("plan", "unit"))
    before = observations_read()
    records = progress_of(asked, on=TODAY, with_qualifiers=True)
    read = observations_read() - before
    assert (len(records), read) == (40, 40)
    assert {one.value_qualifier for several in records.values() for one in several} == {"exact"}


FIRST_DAY = date(2020, 1, 1)


def write(indicators: list[Indicator], source: Source, days: range) -> None:
    """Write a published value of each of these days, and the progress that rests on the last."""
    values = [
        Observation(
            indicator=indicator, measurement=indicator.measurement, source=source, value=30,
            period_start=day, period_end=day, state="published", published_at=timezone.now(),
        )
        for day in (FIRST_DAY + timedelta(days=number) for number in days)
        for indicator in indicators
    ]  # fmt: skip
    Observation.objects.bulk_create(values)
    ProgressRecord.objects.filter(indicator__in=indicators).delete()
    ProgressRecord.objects.bulk_create(
        ProgressRecord(
            indicator=indicator, evaluated_on=TODAY, rules_version=RULES_VERSION,
            status="no_target", latest=latest, value=latest.value,
            reported_until=latest.period_end,
        )
        for indicator, latest in zip(indicators, values[-len(indicators):], strict=True)
    )  # fmt: skip


def observations_read() -> int:
    """Return how many rows of the values this transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables "
            "WHERE relname = 'indicators_observation'"
        )
        return int(cursor.fetchone()[0])


def test_a_line_holds_no_history(pack: Measure) -> None:
    """However many values are not stated exactly, only how their sum is to be read stands."""
    indicator = IndicatorFactory.create(plan=pack.plan, measure=pack)
    TargetFactory.with_yearly_quota(dict.fromkeys(range(2018, 2022), 35), indicator=indicator)
    for year, qualifier in ((2018, "about"), (2019, "about"), (2020, "exact"), (2021, "at_least")):
        ObservationFactory.create(
            indicator=indicator, year=year, qualifier=qualifier, published=True
        )
    (line,) = lines_of("pk", indicator.pk, on=TODAY)
    assert line.qualifier == "about"
