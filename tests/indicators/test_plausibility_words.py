"""Every doubt and every refusal of the rules can be said in words, wherever a value is entered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from indicators import term_words
from indicators.models import Indicator, Observation, Unit
from indicators.plausibility import Doubt, DoubtCode
from indicators.plausibility_words import in_french
from indicators.progress import Observed
from indicators.terms import Problem, ProblemCode
from plans.models import Plan, Role
from tests.agent.staff import member, signed_in
from tests.exchange.spreadsheets.workbooks import TITLES, YEAR, checked, warnings, workbook
from tests.factories import IndicatorFactory, ObservationFactory, SourceFactory, UnitFactory
from tests.partner import Partner
from tests.typography import plain

BEFORE = Observed(start=date(2024, 1, 1), end=date(2024, 12, 31), value=Decimal(30), sequence=1)
COMPANIES = Unit(name="entreprise", name_plural="entreprises")
DOUBT = "Un pourcentage se tient d’ordinaire entre 0 et 100 %."


def test_every_doubt_has_its_words() -> None:
    against = {
        DoubtCode.HIGHER: (Decimal(30), BEFORE),
        DoubtCode.LOWER: (Decimal(30), BEFORE),
        DoubtCode.OTHER_SIGN: (Decimal(30), BEFORE),
        DoubtCode.BEYOND_TARGET: (Decimal(20), None),
        DoubtCode.NOT_A_SHARE: (None, None),
        DoubtCode.NOT_A_COUNT: (Decimal(-3), None),
        DoubtCode.FINER: (Decimal("12.5"), None),
        DoubtCode.NOT_ENDED: (date(2026, 12, 31), None),
    }

    said = {code: plain(in_french(Doubt(code, *against[code]), COMPANIES)) for code in DoubtCode}

    assert said == {
        DoubtCode.HIGHER: "Plus du triple de la valeur précédente : 30 entreprises (2024).",
        DoubtCode.LOWER: "Moins du tiers de la valeur précédente : 30 entreprises (2024).",
        DoubtCode.OTHER_SIGN: "De signe contraire à la valeur précédente : 30 entreprises (2024).",
        DoubtCode.BEYOND_TARGET: "Plus de dix fois la cible : 20 entreprises.",
        DoubtCode.NOT_A_SHARE: DOUBT,
        DoubtCode.NOT_A_COUNT: "Ce qui se compte n’est pas négatif, d’ordinaire : −3 entreprises.",
        DoubtCode.FINER: (
            "Plus de décimales que n’en montre l’unité : 12,5 entreprises s’affichera "
            "13 entreprises, sauf dans les tableaux de valeurs."
        ),
        DoubtCode.NOT_ENDED: (
            "La période s’achève le 31 décembre 2026 : la valeur ne comptera pas avant."
        ),
    }


def test_every_refusal_of_the_rules_has_its_words() -> None:
    names = "kind operator measurement allowed value start end due on previous_end sequence"
    params: dict[str, object] = {name: name.upper() for name in names.split()}

    said = [
        term_words.in_french(Problem(field="field", code=code, params=params))
        for code in ProblemCode
    ]

    assert len(set(said)) == len(ProblemCode)
    assert [words for words in said if "%(" in words or "%%" in words] == []


# --- A share of 120 %, wherever a value is entered ------------------------------------------------


@pytest.fixture
def share(settings: Settings, tmp_path: Path) -> Indicator:
    settings.MEDIA_ROOT = tmp_path
    settings.API_TOKEN_REQUESTS_PER_MINUTE = 1_000_000
    made: Indicator = IndicatorFactory.create(
        code="part", title="Part", measurement="stock", unit=UnitFactory.create(percent=True)
    )
    SourceFactory.create(plan=made.plan, code="bilan", title="Bilan")
    return made


@pytest.fixture
def plan(share: Indicator) -> Plan:
    return share.plan


def page(plan: Plan, tail: str) -> str:
    return f"/agent/plans/{plan.slug}/{tail}"


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["120", "-5"])
def test_the_value_page_says_so_saves_it_and_hands_it_in_once_confirmed(
    plan: Plan, share: Indicator, typed: str
) -> None:
    client = signed_in(member(plan, Role.MANAGER))
    address = page(plan, "indicateurs/part/saisie/")
    fields: dict[str, Any] = {
        "period": "2024-01-01/2024-12-31",
        "value": typed,
        "qualifier": "exact",
        "source": plan.sources.get().pk,
    }

    reading = client.get(f"{address}lecture/", fields)
    asked = client.post(address, {**fields, "action": "submit"})
    draft = Observation.objects.get(state="draft")
    handed_in = client.post(
        address,
        {
            **fields,
            "action": "submit",
            "draft": draft.pk,
            "revision": draft.revision,
            "confirmed": asked.context["form"].fingerprint,
        },
    )

    assert DOUBT in plain(reading.content.decode())
    assert asked.status_code == 422
    assert DOUBT in plain(asked.content.decode())
    assert handed_in.status_code == 302
    assert Observation.objects.get().state == "submitted"


@pytest.mark.django_db
def test_the_grid_saves_it_and_opens_for_everybody_afterwards(plan: Plan, share: Indicator) -> None:
    client = signed_in(member(plan, Role.MANAGER))
    address = page(plan, "saisie/?periode=2024")

    saved = client.post(address, {"action": "save", f"i{share.pk}-value": "120"})
    shown = signed_in(member(plan, Role.REVIEWER)).get(address)

    assert (saved.status_code, shown.status_code) == (302, 200)
    assert DOUBT in plain(shown.content.decode())


@pytest.mark.django_db
def test_a_spreadsheet_is_checked_with_a_remark(
    plan: Plan, share: Indicator, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, ["part", *YEAR, 120, "bilan", ""]])

    job = checked(plan, member(plan, Role.REVIEWER), path)

    assert job.can_be_confirmed
    assert {cell: plain(text) for cell, text in warnings(job).items()} == {"D2": DOUBT}


@pytest.mark.django_db
def test_a_partner_drafts_it_and_is_told_when_handing_it_in(plan: Plan, share: Indicator) -> None:
    partner = Partner(plan, Role.REVIEWER)
    days = {"period_start": "2024-01-01", "period_end": "2024-12-31"}
    drafts = "indicators/part/drafts/"

    written = partner.post(drafts, {**days, "value": "120", "source": "bilan"})
    shown = partner.get(f"{drafts}2024-01-01--2024-12-31/")
    refused = partner.post(f"{drafts}2024-01-01--2024-12-31/submit/", If_Match=written["ETag"])

    assert (written.status_code, shown.status_code, refused.status_code) == (201, 200, 422)
    assert refused.json()["doubts"] == ["A percentage is usually between 0 and 100 %."]


@pytest.mark.django_db
def test_a_partner_writes_it_among_many(plan: Plan, share: Indicator) -> None:
    row = {
        "indicator": "part",
        "period_start": "2024-01-01",
        "period_end": "2024-12-31",
        "value": "120",
        "source": "bilan",
    }

    answer = Partner(plan, Role.REVIEWER).post("observations/bulk/", {"rows": [row]})

    assert answer.status_code == 200, answer.content
    assert [one["outcome"] for one in answer.json()["results"]] == ["created"]


@pytest.mark.django_db
def test_its_page_for_the_reviewer_opens(plan: Plan, share: Indicator) -> None:
    row = ObservationFactory.create(indicator=share, year=2024, value=Decimal(120))

    assert signed_in(member(plan, Role.REVIEWER)).get(row.get_absolute_url()).status_code == 200
