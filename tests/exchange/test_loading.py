"""Several files, what their plans share, and that it is all or none."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from exchange.plan_files import loading
from exchange.plan_files.loading import LOCK
from exchange.plan_files.report import Report
from indicators import services
from indicators.models import Observation, Unit
from indicators.services import lock_indicators
from plans.models import Organisation, Plan, Region, Sector
from tests.at_once import Aside, until_somebody_waits
from tests.exchange.plan_rows import everything
from tests.exchange.plan_texts import NOW, SMALL, edited, load, refused, told
from tests.factories import IndicatorFactory, ObservationFactory

pytestmark = pytest.mark.django_db

TARGET = "{kind: total, value: 100, due_on: 2028-12-31, wording: Cent, source: seed}"


# --- What plans share ------------------------------------------------------------------------

OTHER = SMALL.replace("slug: petit", "slug: autre")


def test_a_known_code_needs_no_declaration(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    start, end = OTHER.index("organisations:"), OTHER.index("sources:")
    [report] = load(tmp_path, OTHER[:start] + OTHER[end:])
    assert told(report)[0] == "+ 1 plan : autre"
    assert (Organisation.objects.count(), Sector.objects.count(), Unit.objects.count()) == (1, 1, 1)


def test_what_another_plan_uses_is_not_redefined(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    before = everything()
    text = edited(
        OTHER, ("name: Grand Est", "name: Grand-Est"), ("name: entreprise,", "name: société,")
    )
    assert refused(tmp_path, text) == [
        (
            "1.yaml:2: region.name: « 44 » est déclaré autrement (name: Grand Est) et sert au plan "
            "petit ; reprenez cette déclaration, ou changez-la dans tous les fichiers chargés "
            "ensemble"
        ),
        (
            "1.yaml:9: units[entreprise].name: « entreprise » est déclaré autrement (name: "
            "entreprise) "
            "et sert au plan petit ; reprenez cette déclaration, ou changez-la dans tous les "
            "fichiers "
            "chargés ensemble"
        ),
    ]
    assert everything() == before


def test_files_loaded_together_may_redefine_what_they_share(tmp_path: Path) -> None:
    load(tmp_path, SMALL, OTHER)
    texts = [text.replace("name: entreprise,", "name: société,") for text in (SMALL, OTHER)]
    reports = load(tmp_path, *texts)
    assert [told(report) for report in reports] == [
        ["~ unité entreprise, name : entreprise → société"],
        [],
    ]


def test_files_loaded_together_must_agree_on_what_they_share(tmp_path: Path) -> None:
    text = edited(OTHER, ("name: entreprise,", "name: société,"))
    assert refused(tmp_path, SMALL, text) == [
        (
            "2.yaml:9: units[entreprise].name: « entreprise » est déclaré autrement (name: "
            "entreprise) "
            "et sert au plan petit ; reprenez cette déclaration, ou changez-la dans tous les "
            "fichiers "
            "chargés ensemble"
        )
    ]
    assert Plan.objects.count() == 0


def test_two_regions_do_not_share_an_address(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    assert refused(tmp_path, edited(OTHER, ('insee_code: "44"', 'insee_code: "84"'))) == [
        "1.yaml:2: region.slug: « grand-est » est la région 44 ; un autre slug"
    ]


# --- Several files ---------------------------------------------------------------------------


GRAND_EST = '{insee_code: "44", slug: grand-est, name: Grand Est}'


def related(slug: str, to: str, region: str = GRAND_EST) -> str:
    """A plan that is related to another."""
    return (
        f"format: 1\nregion: {region}\n"
        f"plan: {{slug: {slug}, kind: related_programme, title: T, related_to: {to}}}\n"
    )


def test_a_related_plan_loads_after_the_one_it_is_related_to(tmp_path: Path) -> None:
    reports = load(tmp_path, related("c", "b"), related("b", "petit"), SMALL)
    assert [report.plan for report in reports] == ["petit", "b", "c"]


def test_the_plan_it_is_related_to_must_exist(tmp_path: Path) -> None:
    assert refused(tmp_path, related("b", "petit")) == [
        (
            "1.yaml:3: plan.related_to: le plan « petit » n’existe pas ; chargez-le d’abord, ou "
            "avec celui-ci"
        )
    ]


def test_plans_related_in_a_circle_are_refused(tmp_path: Path) -> None:
    lines = refused(tmp_path, related("a", "b"), related("b", "a"))
    assert [line.split(" (")[0] for line in lines] == [
        "1.yaml:3: plan.related_to: plans liés en rond",
        "2.yaml:3: plan.related_to: plans liés en rond",
    ]


def test_one_file_for_each_plan(tmp_path: Path) -> None:
    assert refused(tmp_path, SMALL, SMALL) == [
        "2.yaml:3: plan.slug: « petit » est déjà le plan de 1.yaml ; un seul fichier par plan"
    ]


def test_nothing_fictitious_is_related_to_a_real_plan(tmp_path: Path) -> None:
    programme = related("b", "petit", "{insee_code: X01, slug: x, name: X, fictitious: true}")
    together = refused(tmp_path, SMALL, programme)
    load(tmp_path, SMALL)
    afterwards = refused(tmp_path, programme)
    message = (
        "plan.related_to: un plan fictif et un plan réel ne se lient pas ; un plan d’une région de "
        "la même sorte"
    )
    assert (together, afterwards) == ([f"2.yaml:3: {message}"], [f"1.yaml:3: {message}"])


def test_one_wrong_file_and_none_is_loaded(tmp_path: Path) -> None:
    wrong = edited(OTHER, ("kind: axis", "kind: axes"), (TARGET, TARGET.replace("seed", "sead")))
    lines = refused(tmp_path, SMALL, wrong, "plan: [")
    assert [line.split(": «")[0] for line in lines] == [
        "3.yaml:2: YAML mal formé : did not find expected node content",
        "2.yaml:14: objectives[o1].kind",
        "2.yaml:31: objectives[o1].measures[pack].indicators[aidees].targets[1].source",
    ]
    assert (Plan.objects.count(), Region.objects.count()) == (0, 0)


def test_what_only_the_database_refuses_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exchange.plan_files.loading.check", lambda *_: [])
    [line] = refused(tmp_path, edited(SMALL, ("value: 100", "value: 0")))
    assert line.startswith("1.yaml:1: la base refuse ce fichier : ")
    assert "indicators_target_value_of_kind" in line
    assert Plan.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_two_loads_wait_for_one_another(tmp_path: Path) -> None:
    def load_elsewhere() -> None:
        try:
            load(tmp_path, SMALL)
        finally:
            connection.close()

    thread = threading.Thread(target=load_elsewhere)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        thread.start()
        thread.join(timeout=0.5)
        assert (thread.is_alive(), Plan.objects.count()) == (True, 0)
    thread.join(timeout=30)
    assert Plan.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_files_loaded_together_hold_up_nobody_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two files, who drafts a value elsewhere does not wait for the commit."""
    elsewhere = IndicatorFactory.create()
    load(tmp_path, SMALL, OTHER)
    one_file = loading._load
    waited: list[Exception | None] = []

    def then_others(*args: Any) -> Report:
        report = one_file(*args)
        other = Aside(
            lambda: ObservationFactory.create(indicator=elsewhere, year=2020 + len(waited))
        )
        other.wait()
        waited.append(other.refusal)
        return report

    monkeypatch.setattr(loading, "_load", then_others)
    load(tmp_path, *(text.replace("title: Petit plan", "title: Plan") for text in (SMALL, OTHER)))

    assert waited == [None, None]
    assert set(Plan.objects.exclude(pk=elsewhere.plan.pk).values_list("title", flat=True)) == {
        "Plan"
    }


@pytest.mark.django_db(transaction=True)
def test_a_correction_by_a_file_and_a_withdrawal_on_the_site(tmp_path: Path) -> None:
    """Who withdraws has the indicator in hand, and takes the value that the file corrects."""
    load(tmp_path, SMALL)
    value = Observation.objects.get()
    corrected = edited(
        SMALL, ("value: 23, source: seed}", "value: 24, source: seed, correction_reason: Faute}")
    )
    reports: list[Report] = []

    with transaction.atomic():
        lock_indicators([value.indicator_id])
        loading_it = Aside(lambda: reports.extend(load(tmp_path, corrected)))
        until_somebody_waits()
        services.withdraw(value, reason="Doublon", at=NOW)
    loading_it.wait()

    assert loading_it.refusal is None
    assert any("retirée sur le site, non publiée à nouveau" in line for line in told(reports[0]))
    withdrawn = Observation.objects.get()
    assert (withdrawn.value, withdrawn.withdrawal_reason) == (23, "Doublon")


# --- Cost ------------------------------------------------------------------------------------


def grown(indicators: int) -> str:
    """The small plan with more indicators like its own."""
    start = SMALL.index("          - code: aidees")
    parts = (SMALL[start:].replace("aidees", f"aidees-{number}") for number in range(indicators))
    return SMALL[:start] + "".join(parts)


def test_a_larger_plan_costs_no_more_queries(tmp_path: Path) -> None:
    counts = []
    for number in (1, 30):
        load(tmp_path, grown(number))
        with CaptureQueriesContext(connection) as queries:
            load(tmp_path, grown(number))
        counts.append(len(queries))
    assert counts[0] == counts[1]
