"""What a plan rests on: sources, notes, dates and budget, each with who says so."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from plans.models import Claim, Note, Plan, Source
from tests.agent.editing.forms import errors_of, fill, text_of, url
from tests.factories import SourceFactory
from tests.form_data import form_data

pytestmark = pytest.mark.django_db


def test_a_source_keeps_the_precision_of_its_date(plan: Plan, manager: Any) -> None:
    fill(
        manager,
        url(plan, "ajouter/sources/"),
        title="Délibération",
        kind="official",
        published="06/2019",
        url="https://example.org/deliberation",
    )

    made = Source.objects.get()
    assert (made.code, made.published_on, made.published_precision) == (
        "deliberation",
        date(2019, 6, 1),
        "month",
    )
    assert form_data(manager.get(url(plan, "sources/deliberation/")))["published"] == ["06/2019"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"published": "l’an dernier"}, "published"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"title": ""}, "title"),
        ({"kind": "rumeur"}, "kind"),
    ],
)
def test_nonsense_in_a_source(plan: Plan, manager: Any, typed: dict[str, str], field: str) -> None:
    right = {"title": "Délibération", "kind": "official"}

    answer = fill(manager, url(plan, "ajouter/sources/"), **(right | typed))

    assert list(errors_of(answer)) == [field]


def test_what_is_wrong_is_told_in_the_order_of_the_page(plan: Plan, manager: Any) -> None:
    answer = fill(manager, url(plan, "ajouter/sources/"), published="hier")

    summary = text_of(answer).partition('id="erreurs"')[2].partition("</ul>")[0]
    assert re.findall(r'href="#([^"]*)"', summary) == ["id_title", "id_kind", "id_published"]
    fields = re.findall(r'<label class="field__label" for="([^"]*)"', text_of(answer))
    assert fields[:5] == ["id_title", "id_kind", "id_publisher", "id_url", "id_published"]


def test_a_note_with_what_each_source_says(plan: Plan, manager: Any) -> None:
    first, second = SourceFactory.create(plan=plan), SourceFactory.create(plan=plan)

    fill(
        manager,
        url(plan, "ajouter/notes/"),
        kind="discrepancy",
        text="Deux budgets différents circulent.",
        **{
            "citations-0-source": str(first.pk),
            "citations-0-statement": "350 M€",
            "citations-1-source": str(second.pk),
            "citations-1-statement": "310 M€",
        },
    )

    note = Note.objects.get()
    assert note.code == "deux-budgets-differents-circulent"
    assert list(note.citations.values_list("source", "statement", "position")) == [
        (first.pk, "350 M€", 1),
        (second.pk, "310 M€", 2),
    ]


def test_a_date_of_the_plan_is_written_with_its_claim(plan: Plan, manager: Any) -> None:
    source = SourceFactory.create(plan=plan)
    address = url(plan, "ajouter/affirmations/?objet=ends_on")

    refused = fill(manager, address, statement="jusqu’en 2024", date="2024-12-31")
    assert errors_of(refused) == {
        "source": ["Choisissez la source, ou dites plus bas comment la valeur est déduite."]
    }
    assert Plan.objects.get().ends_on is None

    fill(manager, address, statement="jusqu’en 2024", date="2024-12-31", source=str(source.pk))
    plan.refresh_from_db()
    claim = Claim.objects.get()
    assert plan.ends_on == date(2024, 12, 31)
    assert (claim.code, claim.retained, claim.date) == ("fin", True, date(2024, 12, 31))

    # Another source says otherwise; nothing is overwritten until it is retained.
    fill(manager, address, statement="cinq ans", date="2024-06-20", derivation="2019 + 5 ans")
    plan.refresh_from_db()
    assert plan.ends_on == date(2024, 12, 31)
    fill(manager, url(plan, "affirmations/fin-2/"), retained="on")
    plan.refresh_from_db()
    assert plan.ends_on == date(2024, 6, 20)
    assert dict(Claim.objects.values_list("code", "retained")) == {"fin": False, "fin-2": True}

    # The claim goes, and with it the date that nothing states any more.
    page = text_of(manager.get(url(plan, "affirmations/fin-2/supprimer/")))
    assert "elle devient « non renseigné »" in page
    assert manager.post(url(plan, "affirmations/fin-2/supprimer/")).status_code == 302
    connection.check_constraints()
    plan.refresh_from_db()
    assert plan.ends_on is None


def test_a_budget_is_typed_as_people_write_it(plan: Plan, manager: Any) -> None:
    fill(
        manager,
        url(plan, "ajouter/affirmations/?objet=budget"),
        statement="350 millions d’euros",
        amount="350 M€",
        derivation="Somme des axes.",
    )

    plan.refresh_from_db()
    assert plan.budget == Decimal(350_000_000)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"subject": "budget", "amount": "", "retained": "on"}, "amount"),
        ({"subject": "budget", "amount": "-5"}, "__all__"),
        ({"subject": "budget", "amount": "10", "date": "2020-01-01"}, "date"),
        ({"subject": "ends_on", "date": "", "retained": "on"}, "date"),
        ({"subject": "ends_on", "date": "31/13/2024"}, "date"),
        ({"subject": "ends_on", "date": "2024-01-01", "amount": "3"}, "amount"),
        ({"subject": "humeur"}, "subject"),
        ({"subject": "name", "statement": "  "}, "statement"),
    ],
)
def test_nonsense_in_a_claim(plan: Plan, manager: Any, typed: dict[str, str], field: str) -> None:
    right = {"statement": "Ce qui est dit", "derivation": "Déduit.", "retained": "on"}

    answer = fill(manager, url(plan, "ajouter/affirmations/"), **(right | typed))

    assert list(errors_of(answer)) == [field]
    assert not Claim.objects.exists()


def test_a_plan_does_not_end_before_it_starts(plan: Plan, manager: Any) -> None:
    for subject, day in (("starts_on", "2024-01-01"), ("ends_on", "2020-01-01")):
        answer = fill(
            manager,
            url(plan, f"ajouter/affirmations/?objet={subject}"),
            statement="Dit",
            date=day,
            derivation="Déduit.",
        )

    assert errors_of(answer) == {"__all__": ["Le plan s’achève avant de débuter."]}
    plan.refresh_from_db()
    assert (plan.starts_on, plan.ends_on) == (date(2024, 1, 1), None)


def test_a_new_document_is_written_with_what_cites_it_or_not_at_all(
    plan: Plan, manager: Any
) -> None:
    address = url(plan, "ajouter/affirmations/?objet=adopted_on")
    described = {
        "statement": "adopté le 20 juin 2019",
        "date": "2019-06-20",
        "source": "nouveau",
        "document-title": "Délibération du 20 juin 2019",
        "document-kind": "official",
        "document-published": "20/06/2019",
    }

    refused = fill(manager, address, **(described | {"date": "jamais"}))
    assert list(errors_of(refused)) == ["date"]
    assert form_data(refused)["source"] == ["nouveau"]
    assert form_data(refused)["document-title"] == ["Délibération du 20 juin 2019"]
    assert not Source.objects.exists()

    incomplete = fill(manager, address, **(described | {"document-kind": ""}))
    assert "Nouveau document, Nature : Ce champ est obligatoire." in text_of(incomplete)

    assert fill(manager, address, **described).status_code == 302
    assert Claim.objects.get().source == Source.objects.get(title="Délibération du 20 juin 2019")
