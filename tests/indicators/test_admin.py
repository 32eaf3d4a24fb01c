"""The back door opens on every list and form, and holds targets to the rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from indicators.models import Target
from tests.factories import (
    IndicatorFactory,
    MilestoneUpdateFactory,
    NoteFactory,
    ObservationFactory,
    SourceFactory,
    TargetFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def back_door(client: Client) -> Client:
    client.force_login(UserFactory.create(superuser=True))
    return client


@pytest.fixture
def data() -> None:
    observation = ObservationFactory.create(published=True)
    TargetFactory.with_yearly_quota({2020: 35}, indicator=observation.indicator)
    MilestoneUpdateFactory.create(published=True)
    NoteFactory.create()


OURS = ("accounts", "plans", "objectives", "measures", "indicators", "pghistory")
MODELS = sorted(
    (model for model in admin.site._registry if model._meta.app_label in OURS),
    key=lambda model: model._meta.label,
)


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_search_and_form_opens(back_door: Client, model: Any) -> None:
    base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    listing = reverse(f"{base}_changelist")

    assert back_door.get(listing).status_code == 200
    if admin.site._registry[model].search_fields:
        assert back_door.get(listing, {"q": "plan"}).status_code == 200
    row = model._default_manager.first()
    if row is not None:
        assert back_door.get(reverse(f"{base}_change", args=[row.pk])).status_code == 200


def test_what_is_published_is_shown_read_only(back_door: Client) -> None:
    observation = ObservationFactory.create(published=True)
    address = reverse("admin:indicators_observation_change", args=[observation.pk])

    assert back_door.post(address, {"value": "999"}).status_code == 403
    observation.refresh_from_db()
    assert observation.value == 30
    assert b'name="value"' not in back_door.get(address).content


@pytest.mark.parametrize("model", ["indicators_progressrecord", "pghistory_events"])
def test_records_of_what_happened_are_not_written_by_hand(back_door: Client, model: str) -> None:
    assert back_door.get(reverse(f"admin:{model}_changelist")).status_code == 200
    assert back_door.get(reverse(f"admin:{model}_add")).status_code == 403


def target_form(**fields: Any) -> dict[str, Any]:
    indicator = IndicatorFactory.create()
    source = SourceFactory.create(plan=indicator.plan)
    return {
        "indicator": indicator.pk,
        "code": "cible",
        "position": 0,
        "kind": "quota",
        "operator": "at_least",
        "tolerance": "0",
        "wording": "« 35 par an »",
        "source": source.pk,
        "periods-TOTAL_FORMS": 0,
        "periods-INITIAL_FORMS": 0,
        "checkpoints-TOTAL_FORMS": 0,
        "checkpoints-INITIAL_FORMS": 0,
    } | fields


def periods(*years: tuple[str, str]) -> dict[str, Any]:
    rows: dict[str, Any] = {"periods-TOTAL_FORMS": len(years)}
    for index, (start, end) in enumerate(years):
        rows |= {
            f"periods-{index}-starts_on": start,
            f"periods-{index}-ends_on": end,
            f"periods-{index}-value": "35",
        }
    return rows


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "au moins une période"),
        (periods(("2020-01-01", "2020-12-31"), ("2020-12-31", "2021-12-31")), "recouvre"),
        (
            {"kind": "total", "value": "100"} | periods(("2020-01-01", "2020-12-31")),
            "n’a pas de périodes",
        ),
        (
            {"kind": "level", "value": "100"},
            "un flux admet quota, total et seuil",
        ),
    ],
    ids=["no period", "overlap", "periods of a total", "wrong kind"],
)
def test_a_target_at_odds_is_refused_in_words(
    back_door: Client, fields: dict[str, Any], message: str
) -> None:
    answer = back_door.post(reverse("admin:indicators_target_add"), target_form(**fields))

    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not Target.objects.exists()


def test_a_quota_with_its_periods_is_saved(back_door: Client) -> None:
    form = target_form(**periods(("2020-01-01", "2020-12-31"), ("2021-01-01", "2021-12-31")))

    answer = back_door.post(reverse("admin:indicators_target_add"), form)

    assert answer.status_code == 302
    assert Target.objects.get().periods.count() == 2
