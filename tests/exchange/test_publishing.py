"""What becomes of values and targets that are public already."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from indicators import services
from indicators.models import Indicator, Observation, Target
from measures.models import MilestoneUpdate
from plans import workflow
from tests.exchange.plan_rows import everything
from tests.exchange.plan_texts import (
    NOW,
    SMALL,
    edited,
    load,
    refused,
    told,
)
from tests.factories import ObservationFactory, UserFactory

pytestmark = pytest.mark.django_db

OBSERVATION = "{period_start: 2024-01-01, period_end: 2024-12-31, value: 23, source: seed}"
TARGET = "{kind: total, value: 100, due_on: 2028-12-31, wording: Cent, source: seed}"
UPDATE = "{as_of: 2024-06-01, advancement: in_progress, source: seed}"
MEASURE = "objectives[o1].measures[pack]"
INDICATOR = f"{MEASURE}.indicators[aidees]"


# --- Published values --------------------------------------------------------------------------


def test_a_published_value_that_differs_needs_a_reason(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    before = everything()
    text = edited(SMALL, (OBSERVATION, OBSERVATION.replace("23", "25")), ("in_progress", "done"))
    assert refused(tmp_path, text) == [
        (
            f"1.yaml:23: {MEASURE}.milestones[guichet].updates[1]: déjà publié autrement "
            f"(advancement :"
            " in_progress → done) ; reprenez la valeur publiée, ou donnez le motif de la "
            "correction "
            "dans correction_reason (il sera publié)"
        ),
        (
            f"1.yaml:33: {INDICATOR}.observations[1]: déjà publié autrement (value : 23 → 25) ; "
            "reprenez la valeur publiée, ou donnez le motif de la correction dans "
            "correction_reason "
            "(il sera publié)"
        ),
    ]
    assert everything() == before


def test_a_correction_supersedes_the_version_it_corrects(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    text = edited(
        SMALL,
        ("value: 23,", "value: 25, correction_reason: Deux oublis.,"),
        ("in_progress,", "done, correction_reason: Ouvert.,"),
    )
    [report] = load(tmp_path, text)
    assert told(report) == [
        "~ état de jalon pack/guichet (1er juin 2024), advancement : in_progress → done",
        "~ état de jalon pack/guichet (1er juin 2024), correction_reason : (rien) → Ouvert.",
        "~ observation aidees (2024), value : 23 → 25",
        "~ observation aidees (2024), correction_reason : (rien) → Deux oublis.",
    ]
    new, old = Observation.objects.order_by("-pk")
    assert (new.supersedes, new.value, new.correction_reason, new.author, new.reviewer) == (
        old,
        Decimal(25),
        "Deux oublis.",
        None,
        None,
    )
    assert (old.value, old.superseded_at) == (Decimal(23), NOW)
    assert [update.advancement for update in MilestoneUpdate.objects.current()] == ["done"]
    assert load(tmp_path, text)[0].changes_nothing
    again = edited(text, ("value: 25", "value: 26"))
    assert refused(tmp_path, again) == [
        (
            f"1.yaml:33: {INDICATOR}.observations[1].correction_reason: ce motif est celui de la "
            "correction précédente ; donnez celui de celle-ci"
        )
    ]


def test_what_a_person_published_stays(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    author, reviewer = UserFactory.create_batch(2)
    current = Observation.objects.get()
    draft = ObservationFactory.create(
        indicator=current.indicator,
        period_start=current.period_start,
        period_end=current.period_end,
        value=Decimal(30),
        source=current.source,
        author=author,
        state="submitted",
        supersedes=current,
        correction_reason="Vu avec l’agence.",
    )
    services.publish(draft, reviewer=reviewer, at=NOW)
    before = everything()
    [report] = load(tmp_path, edited(SMALL, ("value: 23,", "value: 25, correction_reason: Non,")))
    assert told(report) == ["= 1 observation : aidees (2024) : saisie sur le site, conservée"]
    assert everything() == before
    assert load(tmp_path, edited(SMALL, ("value: 23,", "value: 30,")))[0].left == {}


def test_what_was_withdrawn_is_not_published_again(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    services.withdraw(Observation.objects.get(), reason="Erreur.", at=NOW)
    workflow.withdraw(MilestoneUpdate.objects.get(), reason="Erreur.", at=NOW)
    [report] = load(tmp_path, SMALL)
    assert told(report) == [
        (
            "= 1 état de jalon : pack/guichet (1er juin 2024) : retirée sur le site, non publiée à "
            "nouveau"
        ),
        "= 1 observation : aidees (2024) : retirée sur le site, non publiée à nouveau",
    ]
    assert Observation.objects.current().count() == 0


def test_drafts_are_left_alone(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    draft = ObservationFactory.create(indicator=Indicator.objects.get(), year=2024)
    [report] = load(tmp_path, SMALL)
    assert (report.changes_nothing, report.left) == (True, {})
    assert Observation.objects.get(pk=draft.pk).state == "draft"


def test_a_period_that_overlaps_a_published_one_is_refused(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    text = edited(SMALL, ("period_end: 2024-12-31", "period_end: 2024-06-30"))
    assert refused(tmp_path, text) == [
        (
            f"1.yaml:33: {INDICATOR}.observations[1].period_start: la période recouvre celle d’une "
            "valeur publiée, absente du fichier (du 2024-01-01 au 2024-12-31) ; retirez d’abord "
            "cette "
            "valeur sur le site"
        )
    ]


# --- Targets -----------------------------------------------------------------------------------


def test_a_target_of_a_public_plan_is_revised_with_a_reason(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    text = edited(SMALL, ("value: 100", "value: 80"))
    assert refused(tmp_path, text) == [
        (
            f"1.yaml:31: {INDICATOR}.targets[1]: la cible d’un plan public change ; donnez-en le "
            f"motif "
            "dans revision_reason (il sera publié)"
        )
    ]
    text = edited(text, ("wording: Cent", "wording: Cent, revision_reason: Budget réduit."))
    [report] = load(tmp_path, text)
    assert told(report) == [
        "~ cible aidees/cible, value : 100 → 80",
        "~ cible aidees/cible, revision_reason : (rien) → Budget réduit.",
    ]
    old, new = Target.objects.order_by("pk")
    assert (old.value, old.superseded_on) == (Decimal(100), date(2026, 3, 1))
    assert (new.value, new.supersedes, new.revision_reason, new.superseded_on) == (
        Decimal(80),
        old,
        "Budget réduit.",
        None,
    )
    assert load(tmp_path, text)[0].changes_nothing
    assert refused(tmp_path, edited(text, ("value: 80", "value: 70"))) == [
        (
            f"1.yaml:31: {INDICATOR}.targets[1].revision_reason: ce motif est celui de la révision "
            "précédente ; donnez celui de celle-ci"
        )
    ]


def test_the_reason_of_a_revision_outlives_the_file(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    revised = edited(SMALL, ("value: 100", "value: 80, revision_reason: Budget réduit."))
    load(tmp_path, revised)
    text = edited(
        revised, (", revision_reason: Budget réduit.", ""), ("wording: Cent", "wording: C")
    )
    assert told(load(tmp_path, text)[0]) == ["~ cible aidees/cible, wording : Cent → C"]
    assert Target.objects.in_force().get().revision_reason == "Budget réduit."


def test_a_target_of_a_plan_that_is_not_public_changes_in_place(tmp_path: Path) -> None:
    hidden = SMALL.replace("public: true", "public: false")
    first = "{starts_on: 2024-01-01, ends_on: 2024-12-31, value: 3}"
    second = "{starts_on: 2025-01-01, ends_on: 2025-12-31, value: 3}"
    quota = f"{{kind: quota, periods: [{first}, {second}], wording: Q, source: seed}}"
    load(tmp_path, edited(hidden, (TARGET, quota)))
    target = Target.objects.get()
    period = target.periods.first()
    other = "{starts_on: 2025-01-01, ends_on: 2025-06-30, value: 2}"
    changed = quota.replace(second, other).replace("12-31, value: 3", "12-31, value: 5")
    load(tmp_path, edited(hidden, (TARGET, changed)))
    assert Target.objects.get() == target
    assert [(row.ends_on, row.value) for row in target.periods.all()] == [
        (date(2024, 12, 31), Decimal(5)),
        (date(2025, 6, 30), Decimal(2)),
    ]
    assert target.periods.first() == period


def test_an_abandoned_target_is_taken_up_again_with_a_reason(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    abandoned = edited(
        SMALL,
        ("wording: Cent", "wording: Cent, abandoned_on: 2025-01-01, abandonment_reason: Fin."),
    )
    assert told(load(tmp_path, abandoned)[0]) == [
        "~ cible aidees/cible, abandoned_on : (rien) → 2025-01-01",
        "~ cible aidees/cible, abandonment_reason : (rien) → Fin.",
    ]
    assert Target.objects.count() == 1
    assert len(refused(tmp_path, SMALL)) == 1


def test_a_measurement_is_settled_once_there_are_values(tmp_path: Path) -> None:
    load(tmp_path, SMALL)
    text = edited(
        SMALL, ("measurement: flow", "measurement: stock"), ("kind: total", "kind: level")
    )
    assert refused(tmp_path, text) == [
        (
            f"1.yaml:28: {INDICATOR}.measurement: l’indicateur a des cibles ou des valeurs : son "
            f"type "
            "de mesure reste « flow » ; créez un autre indicateur"
        )
    ]
