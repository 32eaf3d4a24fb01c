"""Targets: their terms before and after the public has read them, revision, abandonment."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from indicators.models import Checkpoint, Indicator, ProgressRecord, Target
from plans.models import Plan
from tests.agent.editing.forms import errors_of, fill, open_form, text_of, url
from tests.factories import CheckpointFactory, IndicatorFactory, SourceFactory, TargetFactory
from tests.form_data import form_data

pytestmark = pytest.mark.django_db


def target_terms(plan: Plan, **typed: str) -> dict[str, str]:
    source = plan.sources.first() or SourceFactory.create(plan=plan)
    return {
        "kind": "total",
        "value": "1 000",
        "starts_on": "2020-01-01",
        "due_on": "2024-12-31",
        "wording": "« 1 000 entreprises d’ici 2024 »",
        "source": str(source.pk),
    } | typed


def test_a_target_has_its_source_and_its_wording(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    address = url(plan, "ajouter/cibles/i/")

    refused = fill(manager, address, **target_terms(plan, source="", wording=" "))
    assert sorted(errors_of(refused)) == ["source", "wording"]

    answer = fill(manager, address, **target_terms(plan))
    target = Target.objects.get()
    assert answer.url == f"{url(plan)}#indicateurs-i"
    assert (target.code, target.kind, target.value, target.measurement) == (
        "cible",
        "total",
        Decimal(1000),
        "flow",
    )
    assert ProgressRecord.objects.get(indicator=indicator).target == target


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": "level"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"value": ""}, "value"),
        ({"value": "0"}, "value"),
        ({"value": "beaucoup"}, "value"),
        ({"value": "10 %"}, "value"),
        ({"operator": "at_most"}, "operator"),
        ({"tolerance": "1,5"}, "tolerance"),
        ({"due_on": "2019-01-01"}, "due_on"),
        ({"starts_on": "hier"}, "starts_on"),
        ({"kind": "quota"}, "value"),
    ],
)
def test_nonsense_in_a_target(
    plan: Plan, manager: Any, indicator: Indicator, typed: dict[str, str], field: str
) -> None:
    answer = fill(manager, url(plan, "ajouter/cibles/i/"), **target_terms(plan, **typed))

    assert list(errors_of(answer)) == [field]
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("name", "day"),
    [("starts_on", "0001-01-01"), ("starts_on", "1899-12-31"),
     ("due_on", "2200-01-01"), ("due_on", "9999-12-31")],
)  # fmt: skip
def test_a_day_out_of_any_calendar_is_a_slip(
    plan: Plan, manager: Any, indicator: Indicator, name: str, day: str
) -> None:
    """A total that starts on the first day there is has none before it: every page would fail."""
    answer = fill(manager, url(plan, "ajouter/cibles/i/"), **target_terms(plan, **{name: day}))
    assert errors_of(answer) == {name: ["Vérifiez l’année : une date va de 1900 à 2199."]}
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("typed", "field", "wrong", "allowed"),
    [
        (
            {"starts_on": "2030-01-01", "due_on": "2029-01-01"},
            "due_on",
            "L’échéance du 1er janvier 2029 précède le début du 1er janvier 2030",
            " ; échéance attendue le même jour ou après.",
        ),
        (
            {"value": "-12500,5"},
            "value",
            "−12 500,5 n’est pas admis",
            " ; un nombre strictement positif est attendu.",
        ),
        (
            {"operator": "at_most"},
            "operator",
            "« au plus » ne va pas avec une cible « total à atteindre »",
            " ; admis : au moins.",
        ),
        (
            {"kind": "quota"},
            "value",
            "Une « valeur à chaque période » s’écrit dans les périodes, plus bas",
            " : laissez ce champ vide.",
        ),
    ],
)
def test_a_form_answers_in_french_and_in_the_words_of_its_lists(
    plan: Plan,
    manager: Any,
    indicator: Indicator,
    typed: dict[str, str],
    field: str,
    wrong: str,
    allowed: str,
) -> None:
    answer = fill(manager, url(plan, "ajouter/cibles/i/"), **target_terms(plan, **typed))
    assert errors_of(answer) == {field: [wrong + allowed]}


def test_no_page_of_a_target_speaks_of_a_quota(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    address = url(plan, "ajouter/cibles/i/")
    quota = target_terms(plan, kind="quota", value="", starts_on="", due_on="")
    without = fill(manager, address, **quota)
    zero = fill(
        manager,
        address,
        **quota,
        **{
            "periods-0-starts_on": "2020-01-01",
            "periods-0-ends_on": "2020-12-31",
            "periods-0-value": "0",
        },
    )

    for page in (manager.get(address), without, zero):
        words = re.sub(r"<[^>]*>", " ", text_of(page))
        assert "valeur à chaque période" in words
        assert "quota" not in words.lower()
    assert (
        "Valeur à chaque période : Aucune période n’est donnée ; au moins une période est attendue."
        in text_of(without)
    )
    assert (
        "Valeur à chaque période, ligne 1, Valeur : 0 n’est pas admis ; un nombre strictement "
        "positif est attendu." in text_of(zero)
    )


@pytest.mark.parametrize("typed", ["12", "0,12345", "NaN", "un peu"])
def test_a_tolerance_that_is_none_says_what_one_is(
    plan: Plan, manager: Any, indicator: Indicator, typed: str
) -> None:
    answer = fill(manager, url(plan, "ajouter/cibles/i/"), **target_terms(plan, tolerance=typed))
    assert errors_of(answer) == {
        "tolerance": ["Un nombre de 0 à 1 ; 0,1 quand la source dit « environ »."]
    }


def test_a_quota_has_periods_that_do_not_overlap(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    address = url(plan, "ajouter/cibles/i/")
    quota = target_terms(plan, kind="quota", value="", starts_on="", due_on="")

    without = fill(manager, address, **quota)
    assert "au moins une période est attendue" in text_of(without)

    more = manager.post(address, open_form(manager, address, **quota, lignes="periods"))
    data = form_data(more)
    for row, (start, end) in enumerate(
        (("2020-01-01", "2020-12-31"), ("2020-07-01", "2021-06-30"))
    ):
        data[f"periods-{row}-starts_on"] = [start]
        data[f"periods-{row}-ends_on"] = [end]
        data[f"periods-{row}-value"] = ["35"]
    answer = manager.post(address, data)

    assert answer.status_code == 422
    assert "recouvre la précédente" in text_of(answer)
    assert not Target.objects.exists()


def test_a_yearly_quota_fills_the_periods_before_anything_is_saved(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    address = url(plan, "ajouter/cibles/i/")
    quota = target_terms(plan, kind="quota", value="", starts_on="", due_on="")

    wrong = manager.post(
        address,
        open_form(manager, address, **quota, remplir="1")
        | {"par_an-first": ["2024"], "par_an-last": ["2020"], "par_an-value": ["35"]},
    )
    assert "La dernière année suit la première" in text_of(wrong)

    filled = manager.post(
        address,
        open_form(manager, address, **quota, remplir="1")
        | {"par_an-first": ["2020"], "par_an-last": ["2024"], "par_an-value": ["35"]},
    )
    assert filled.status_code == 200
    assert not Target.objects.exists()
    data = form_data(filled)
    assert [data[f"periods-{row}-starts_on"] for row in (0, 4)] == [["2020-01-01"], ["2024-01-01"]]

    assert manager.post(address, data).status_code == 302
    connection.check_constraints()
    assert list(Target.objects.get().periods.values_list("starts_on", "ends_on", "value")) == [
        (date(year, 1, 1), date(year, 12, 31), Decimal(35)) for year in range(2020, 2025)
    ]

    # Filled again with fewer years: those of before are replaced.
    address = url(plan, "cibles/i/cible/")
    filled = manager.post(
        address,
        open_form(manager, address, remplir="1")
        | {"par_an-first": ["2021"], "par_an-last": ["2022"], "par_an-value": ["40"]},
    )
    assert manager.post(address, form_data(filled)).status_code == 302
    assert list(Target.objects.get().periods.values_list("starts_on", "value")) == [
        (date(2021, 1, 1), Decimal(40)),
        (date(2022, 1, 1), Decimal(40)),
    ]


def test_a_level_has_checkpoints_between_its_start_and_its_due_date(
    plan: Plan, manager: Any
) -> None:
    IndicatorFactory.create(plan=plan, code="niveau", stock=True)
    address = url(plan, "ajouter/cibles/niveau/")
    level = target_terms(plan, kind="level", value="5 000")

    outside = fill(manager, address, **level, **{
        "checkpoints-0-on": "2025-12-31", "checkpoints-0-value": "3 000"})  # fmt: skip
    assert "n’est pas entre le début" in text_of(outside)

    fill(manager, address, **level, **{
        "checkpoints-0-on": "2022-12-31", "checkpoints-0-value": "3 000"})  # fmt: skip
    assert Checkpoint.objects.get().value == 3000


def test_before_the_plan_is_public_a_target_is_simply_changed(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    TargetFactory.create(indicator=indicator)

    answer = fill(manager, url(plan, "cibles/i/cible/"), value="2 000")

    assert answer.status_code == 302
    assert Target.objects.get().value == 2000
    assert manager.get(url(plan, "cibles/i/cible/reviser/")).status_code == 302


def test_a_public_promise_keeps_its_terms(plan: Plan, manager: Any, indicator: Indicator) -> None:
    Plan.objects.update(is_public=True)
    TargetFactory.create(indicator=indicator, value=Decimal(100))
    address = url(plan, "cibles/i/cible/")

    answer = fill(manager, address, value="1", kind="threshold", wording="« au moins cent »")

    target = Target.objects.get()
    assert answer.status_code == 302
    assert (target.value, target.kind, target.wording) == (
        Decimal(100),
        "total",
        "« au moins cent »",
    )


def test_a_public_target_is_revised_with_a_reason(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    old = TargetFactory.with_yearly_quota({2020: 35, 2021: 35}, indicator=indicator)
    address = url(plan, "cibles/i/cible/reviser/")
    data = form_data(manager.get(address))
    assert (data["periods-1-starts_on"], data["periods-1-value"]) == (["2021-01-01"], ["35"])

    without_reason = fill(manager, address, **{"periods-1-value": "50"})
    assert list(errors_of(without_reason)) == ["revision_reason"]
    unchanged = fill(manager, address, revision_reason="Pour voir.")
    assert list(errors_of(unchanged)) == ["__all__"]
    old.refresh_from_db()
    assert old.superseded_on is None

    answer = fill(
        manager,
        address,
        revision_reason="Délibération du 3 mars 2021.",
        **{"periods-1-value": "50"},
    )

    old.refresh_from_db()
    new = Target.objects.in_force().get()
    assert answer.status_code == 302
    assert old.superseded_on == timezone.localdate()
    assert (new.supersedes, new.code, new.revision_reason) == (
        old,
        "cible",
        "Délibération du 3 mars 2021.",
    )
    assert list(new.periods.values_list("starts_on", "value")) == [
        (date(2020, 1, 1), Decimal(35)),
        (date(2021, 1, 1), Decimal(50)),
    ]
    assert list(old.periods.values_list("value", flat=True)) == [Decimal(35), Decimal(35)]
    assert ProgressRecord.objects.get().target == new
    public = text_of(Client().get("/plans/plan-ia/indicateurs/i/"))
    assert "Délibération du 3 mars 2021." in public


def test_a_revision_sent_twice_is_one_revision(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    TargetFactory.create(indicator=indicator)
    address = url(plan, "cibles/i/cible/reviser/")
    data = open_form(manager, address, value="50", revision_reason="Moins de crédits.")

    manager.post(address, data)
    second = manager.post(address, data)

    assert second.status_code == 409
    assert Target.objects.count() == 2


def test_a_target_is_abandoned_with_a_reason_and_taken_up_again_by_a_revision(
    plan: Plan, manager: Any, indicator: Indicator
) -> None:
    Plan.objects.update(is_public=True)
    TargetFactory.create(indicator=indicator)
    today = timezone.localdate()
    address = url(plan, "cibles/i/cible/abandonner/")

    refused = manager.post(address, {"reason": "", "on": "2999-01-01"})
    assert list(errors_of(refused)) == ["reason"]
    later = manager.post(address, {"reason": "Crédits retirés.", "on": "2999-01-01"})
    assert list(errors_of(later)) == ["on"]
    manager.post(address, {"reason": "Crédits retirés.", "on": today.isoformat()})
    again = manager.post(address, {"reason": "Encore.", "on": today.isoformat()})

    target = Target.objects.get()
    assert (target.abandoned_on, target.abandonment_reason) == (today, "Crédits retirés.")
    assert list(errors_of(again)) == ["on"]
    assert ProgressRecord.objects.get().status == "abandoned"

    taken_up = fill(
        manager, url(plan, "cibles/i/cible/reviser/"), revision_reason="Crédits rendus."
    )
    assert taken_up.status_code == 302
    assert Target.objects.in_force().get().abandoned_on is None


def test_checkpoints_survive_an_edit(plan: Plan, manager: Any) -> None:
    checkpoint = CheckpointFactory.create(target__indicator__plan=plan)
    indicator = checkpoint.target.indicator

    fill(manager, url(plan, f"cibles/{indicator.code}/cible/"), wording="« dit autrement »")

    assert Checkpoint.objects.get() == checkpoint
