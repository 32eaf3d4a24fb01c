"""What an export holds, and that loading it changes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchange.plan_files.exporting import export_plan
from exchange.plan_files.problems import PlanFileError
from indicators import services
from indicators.models import Indicator, Observation, Target
from measures.models import Measure
from plans.models import Plan, Source
from tests.exchange.plan_rows import everything
from tests.exchange.plan_texts import EXAMPLE, NOW, RELATED, SMALL, edited, load
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MembershipFactory,
    ObservationFactory,
    SourceFactory,
    UserFactory,
)
from tests.typography import plain

pytestmark = pytest.mark.django_db


def exported(slug: str) -> str:
    return export_plan(Plan.objects.get(slug=slug))


def test_the_small_plan_as_it_is_written(tmp_path: Path) -> None:
    load(tmp_path, edited(SMALL, ("value: 23,", "value: 23.50, locator: p. 2,")))
    assert (
        exported("petit")
        == """\
format: 1
region: {insee_code: "44", slug: grand-est, name: Grand Est}
plan: {slug: petit, kind: regional_plan, title: Petit plan, public: true}
units:
  - {code: entreprise, name: entreprise, name_plural: entreprises}
sources:
  - {code: seed, kind: official, title: Délibération}
objectives:
  - code: o1
    kind: axis
    title: Premier axe
    measures:
      - code: pack
        title: Pack IA
        milestones:
          - code: guichet
            title: Guichet
            updates:
              - {as_of: 2024-06-01, advancement: in_progress, source: seed}
        indicators:
          - code: aidees
            title: Entreprises aidées
            kind: output
            measurement: flow
            unit: entreprise
            targets:
              - {kind: total, value: 100, due_on: 2028-12-31, wording: Cent, source: seed}
            observations:
              - period_start: 2024-01-01
                period_end: 2024-12-31
                value: 23.5
                source: seed
                locator: p. 2
"""
    )


def test_every_key_survives_the_round_trip(tmp_path: Path) -> None:
    load(tmp_path, EXAMPLE, RELATED)
    before = everything()
    texts = [exported("modele-2024"), exported("programme-modele")]
    reports = load(tmp_path, *texts)
    assert [report.changes_nothing for report in reports] == [True, True]
    assert everything() == before
    assert [exported("modele-2024"), exported("programme-modele")] == texts


def test_an_export_makes_the_same_plan_in_an_empty_database(tmp_path: Path) -> None:
    load(tmp_path, EXAMPLE, RELATED)
    texts = [exported("modele-2024"), exported("programme-modele")]
    renamed = [text.replace("modele", "copie").replace("X99", "X98") for text in texts]
    load(tmp_path, *renamed)
    assert [exported("copie-2024"), exported("programme-copie")] == renamed


def test_only_what_is_public_or_in_force_is_exported(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    load(
        tmp_path,
        edited(
            SMALL,
            ("value: 100", "value: 80, revision_reason: Budget réduit."),
            ("value: 23,", "value: 25, correction_reason: Oubli.,"),
        ),
    )
    indicator = Indicator.objects.get()
    ObservationFactory.create(indicator=indicator, year=2025)
    withdrawn = ObservationFactory.create(indicator=indicator, year=2023, published=True)
    services.withdraw(withdrawn, reason="Erreur.", at=NOW)
    text = exported("petit")
    assert (Target.objects.count(), Observation.objects.count()) == (2, 4)
    assert [line.strip() for line in text.splitlines() if "value:" in line] == [
        "value: 80",
        "value: 25",
    ]
    assert [plain(line).strip() for line in text.splitlines() if "reason" in line] == [
        "revision_reason: Budget réduit.",
        "correction_reason: Oubli.",
    ]


def test_no_person_is_exported(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    author = UserFactory.create(name="Camille Auteur", email="camille@example.org")
    reviewer = UserFactory.create(name="Dominique Relecteur", email="dominique@example.org")
    MembershipFactory.create(plan=Plan.objects.get(), user=author)
    draft = ObservationFactory.create(
        indicator=Indicator.objects.get(),
        year=2025,
        state="submitted",
        source=Source.objects.get(),
        author=author,
    )
    services.publish(draft, reviewer=reviewer, at=NOW)
    text = exported("petit")
    assert "period_start: 2025-01-01" in text
    assert [
        word
        for person in (author, reviewer)
        for word in (person.name, person.email)
        if word in text
    ] == []


def test_what_was_made_on_the_site_loads_again_without_a_change(tmp_path: Path) -> None:
    """Positions that were never set, blanks around texts, Windows line ends, odd characters."""
    load(tmp_path, SMALL)
    plan = Plan.objects.get()
    measure = Measure.objects.get()
    for code in ("b", "a"):
        MeasureFactory.create(plan=plan, objective=measure.objective, code=code, position=0)
        IndicatorFactory.create(
            plan=plan,
            measure=measure,
            code=f"i-{code}",
            position=0,
            title="  Un : deux #3\u2028 ",
            definition="un\r\n\r\n  deux\t\n",
            baseline=Decimal("0.000001"),
            baseline_source=Source.objects.get(),
        )
    Source.objects.update(published_on=date(2019, 6, 15), published_precision="month")
    before = everything()
    text = exported("petit")
    [report] = load(tmp_path, text)
    assert report.changes_nothing
    assert everything() == before
    assert exported("petit") == text


def test_a_source_of_another_plan_is_named(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    foreign = SourceFactory.create(plan__slug="autre", code="ailleurs")
    Measure.objects.update(source=foreign)
    with pytest.raises(PlanFileError) as caught:
        exported("petit")
    assert [plain(line) for line in caught.value.lines] == [
        "petit : une de ses parties cite la source « ailleurs » du plan autre"
    ]


def test_a_larger_plan_costs_no_more_queries(tmp_path: Path) -> None:
    counts = []
    start = SMALL.index("          - code: aidees")
    for number in (1, 3):
        parts = (SMALL[start:].replace("aidees", f"aidees-{n}") for n in range(number))
        load(tmp_path, SMALL[:start] + "".join(parts))
        with CaptureQueriesContext(connection) as queries:
            exported("petit")
        counts.append(len(queries))
    assert counts[0] == counts[1]
