"""One value: who may enter it, its page, what is typed, ratios, doubts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from indicators.models import Indicator, Observation
from plans.models import Role
from tests.agent.entry.forms import NOW, YEAR_2025, address, contributor, errors, text, typed
from tests.agent.staff import member, signed_in
from tests.factories import IndicatorFactory, ObservationFactory, PlanFactory, SourceFactory
from tests.html import html_errors, inline_code
from tests.typography import plain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_21_november")]


@pytest.mark.parametrize(
    ("role", "assigned", "status"),
    [
        (Role.VIEWER, False, 403),
        (Role.CONTRIBUTOR, False, 403),
        (Role.CONTRIBUTOR, True, 200),
        (Role.REVIEWER, False, 200),
        (Role.MANAGER, False, 200),
    ],
)
@pytest.mark.parametrize("page", ["saisie/", "saisie/lecture/"])
def test_who_may_enter_a_value(
    indicator: Indicator, role: Role, assigned: bool, status: int, page: str
) -> None:
    client = signed_in(
        member(indicator.plan, role, assigned_to=indicator.measure if assigned else None)
    )
    url = f"/agent/plans/{indicator.plan.slug}/indicateurs/entreprises/{page}"

    response = client.get(url)

    assert response.status_code == status
    assert response["Cache-Control"] == ("max-age=0, no-cache, no-store, must-revalidate, private")


def test_a_member_of_another_plan_and_a_visitor_learn_nothing(indicator: Indicator) -> None:
    other = signed_in(member(PlanFactory.create(), Role.MANAGER))

    assert other.get(address(indicator)).status_code == 404
    assert other.post(address(indicator), typed()).status_code == 404
    assert Client().get(address(indicator))["Location"] == (
        f"/comptes/login/?next={address(indicator)}"
    )


def test_an_indicator_of_another_plan_is_not_found_under_this_one(indicator: Indicator) -> None:
    mine = PlanFactory.create()
    client = signed_in(member(mine, Role.MANAGER))

    assert (
        client.get(f"/agent/plans/{mine.slug}/indicateurs/entreprises/saisie/").status_code == 404
    )


def test_the_next_awaited_year_is_proposed_with_the_target_and_what_came_before(
    indicator: Indicator,
) -> None:
    response = contributor(indicator).get(address(indicator))

    page = text(response)
    assert response.context["form"]["period"].value() == YEAR_2025
    assert "100\u00a0entreprises, échéance inconnue" in page
    assert [(known["period"], known["text"]) for known in response.context["previous"]] == [
        ("2024", "40\u00a0entreprises"),
        ("2023", "30\u00a0entreprises"),
    ]
    assert html_errors(response.content.decode()) == []
    assert inline_code(response.content.decode()) == []


def test_each_period_says_where_it_stands(indicator: Indicator) -> None:
    ObservationFactory.create(indicator=indicator, year=2025, value=Decimal(45))

    response = contributor(indicator).get(address(indicator))

    choices = dict(response.context["form"].fields["period"].choices)
    assert [plain(str(choices[key])) for key in list(choices)[:4]] == [
        "2026 — période en cours",
        "2025 — brouillon",
        "2024 — publié : 40 entreprises",
        "2023 — publié : 30 entreprises",
    ]


def test_an_address_that_asks_for_nonsense_opens_the_proposed_period(indicator: Indicator) -> None:
    client = contributor(indicator)

    for query in ("?debut=1/2&fin=x", "?debut=2025-12-31&fin=2025-01-01", "?debut=2030-01-01"):
        response = client.get(address(indicator, query))
        assert response.context["form"]["period"].value() == YEAR_2025


def test_a_former_code_leads_to_the_present_one(indicator: Indicator) -> None:
    client = contributor(indicator)
    Indicator.objects.filter(pk=indicator.pk).update(code="entreprises-aidees")

    response = client.get(address(indicator))

    assert response["Location"].endswith("/indicateurs/entreprises-aidees/saisie/")


def test_a_value_is_saved_as_a_draft_with_all_that_goes_with_it(indicator: Indicator) -> None:
    author = member(indicator.plan, Role.CONTRIBUTOR, assigned_to=indicator.measure)
    source = SourceFactory.create(plan=indicator.plan)

    response = signed_in(author).post(
        address(indicator),
        typed(
            "45",
            qualifier="at_least",
            provisional="on",
            date_inferred="on",
            source=source.pk,
            locator="p. 3",
            comment="Hors CIFRE.",
            evidence_url="example.org/bilan",
        ),
    )

    saved = Observation.objects.get(state="draft")
    assert response.status_code == 302
    assert response["Location"] == address(indicator, "?debut=2025-01-01&fin=2025-12-31")
    assert (saved.period_start, saved.period_end) == (date(2025, 1, 1), date(2025, 12, 31))
    assert (saved.value, saved.qualifier, saved.provisional, saved.date_inferred) == (
        45,
        "at_least",
        True,
        True,
    )
    assert (saved.source, saved.locator, saved.comment, saved.evidence_url) == (
        source,
        "p. 3",
        "Hors CIFRE.",
        "https://example.org/bilan",
    )
    assert (saved.author, saved.edited_by, saved.edited_at, saved.revision) == (
        author,
        author,
        NOW,
        1,
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", "0"), ("35 000", "35000"), ("35\u202f000", "35000"), ("2,5", "2.5"), ("23,00", "23")],
)
def test_numbers_are_read_as_people_type_them(  # edge cases 2, 13
    indicator: Indicator, text: str, value: str
) -> None:
    contributor(indicator).post(address(indicator), typed(text))

    assert Observation.objects.get(state="draft").value == Decimal(value)


def test_saving_the_same_number_written_otherwise_is_no_change(  # edge case 13
    indicator: Indicator,
) -> None:
    client = contributor(indicator)
    client.post(address(indicator), typed("23"))
    draft = Observation.objects.get(state="draft")

    client.post(address(indicator), typed("23,00", draft=draft.pk, revision=1))

    draft.refresh_from_db()
    assert draft.revision == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"value": ""}, {"value": ["Valeur absente ; un nombre est attendu."]}),
        ({"value": "   "}, {"value": ["Valeur absente ; un nombre est attendu."]}),
        (
            {"value": "abc"},
            {"value": ["« abc » n’est pas un nombre. Écrivez par exemple 35 000 ou 2,5."]},
        ),
        (
            {"value": "2.012"},
            {"value": ["« 2.012 » se lit de deux façons : écrivez 2 012 ou 2,0120."]},
        ),
        (
            {"value": "1,2 M€"},
            {"value": ["« 1,2 M€ » : cet indicateur se compte en entreprises."]},
        ),
        ({"value": "9" * 61}, {"value": ["Ce texte est trop long pour un nombre."]}),
        (
            {"value": "1e5"},
            {"value": ["« 1e5 » n’est pas un nombre. Écrivez par exemple 35 000 ou 2,5."]},
        ),
        (
            {"value": "NaN"},
            {"value": ["« NaN » n’est pas un nombre. Écrivez par exemple 35 000 ou 2,5."]},
        ),
        (
            {"qualifier": "exactly"},
            {"qualifier": ["Sélectionnez un choix valide. exactly n’en fait pas partie."]},
        ),
        (
            {"period": "autre"},
            {
                "period_start": ["Donnez le premier jour de la période."],
                "period_end": ["Donnez le dernier jour de la période."],
            },
        ),
        (
            {"period": "autre", "period_start": "1/2", "period_end": "31/12/2025"},
            {"period_start": ["Saisissez une date valide."]},
        ),
        (
            {"period": "autre", "period_start": "2025-12-31", "period_end": "2025-01-01"},
            {"period_end": ["La période s’achève avant de débuter."]},
        ),
        (
            {"period": "autre", "period_start": "2027-01-01", "period_end": "2027-12-31"},
            {"period_end": ["La période n’a pas commencé : elle débute le 1er janvier 2027."]},
        ),
        (
            {"period": "autre", "period_start": "0202-01-01", "period_end": "2025-12-31"},
            {"period_end": ["Vérifiez l’année : la période débute avant 1950."]},
        ),
        (
            {"period": "autre", "period_start": "2024-07-01", "period_end": "2025-06-30"},
            {
                "period_end": [
                    (
                        "Une valeur publiée couvre déjà des jours de cette période : "
                        "40 entreprises pour 2024. Corrigez-la plutôt."
                    )
                ]
            },
        ),
        (
            {"evidence_url": "javascript:alert(1)"},
            {
                "evidence_url": [
                    "Écrivez l’adresse entière, par exemple https://exemple.fr/bilan.pdf."
                ]
            },
        ),
        (
            {"source_title": "Bilan"},
            {"source_kind": ["Choisissez la nature du document."]},
        ),
        (
            {"source_url": "https://example.org", "source_published": "1/2"},
            {
                "source_published": [
                    "« 1/2 » n’est pas une date : écrivez 20/06/2019, 06/2019 ou 2019."
                ],
                "source_title": ["Donnez le titre du document."],
                "source_kind": ["Choisissez la nature du document."],
            },
        ),
    ],
)  # edge cases 13, 19
def test_nonsense_is_refused_in_words_and_stays_in_the_form(
    indicator: Indicator, fields: dict[str, str], expected: dict[str, list[str]]
) -> None:
    response = contributor(indicator).post(
        address(indicator), typed(comment="Tout mon texte.", **fields)
    )

    assert response.status_code == 422
    assert errors(response) == expected
    assert "Tout mon texte." in text(response)
    assert all(f'href="#id_{name}"' in text(response) for name in expected)
    assert html_errors(response.content.decode()) == []
    assert not Observation.objects.filter(state="draft").exists()


def test_all_that_is_wrong_is_said_at_once(indicator: Indicator) -> None:
    response = contributor(indicator).post(
        address(indicator),
        {"period": "autre", "value": "x", "qualifier": "?", "source": "999999", "action": "save"},
    )

    assert sorted(errors(response)) == [
        "period_end",
        "period_start",
        "qualifier",
        "source",
        "value",
    ]


def test_a_source_of_another_plan_is_no_choice(indicator: Indicator) -> None:
    foreign = SourceFactory.create()

    response = contributor(indicator).post(address(indicator), typed(source=foreign.pk))

    assert sorted(errors(response)) == ["source"]


def test_free_dates_make_any_period(indicator: Indicator) -> None:  # edge case 23
    contributor(indicator).post(
        address(indicator),
        typed(period="autre", period_start="2025-01-15", period_end="2025-06-14"),
    )

    saved = Observation.objects.get(state="draft")
    assert (saved.period_start, saved.period_end) == (date(2025, 1, 15), date(2025, 6, 14))


@pytest.fixture
def ratio() -> Indicator:
    made: Indicator = IndicatorFactory.create(code="part", ratio=True)
    return made


def test_a_ratio_asks_for_its_two_terms_and_shows_itself(ratio: Indicator) -> None:
    client = contributor(ratio)

    reading = client.get(address(ratio, "lecture/"), {"numerator": "1 234", "denominator": "2 000"})
    client.post(
        address(ratio),
        {
            "period": YEAR_2025,
            "numerator": "1 234",
            "denominator": "2 000",
            "qualifier": "exact",
            "action": "save",
        },
    )

    saved = Observation.objects.get()
    assert (saved.numerator, saved.denominator, saved.value) == (1234, 2000, None)
    assert "Compris\u00a0: <b>61,7\u00a0% (1\u202f234 sur 2\u202f000)</b>" in text(reading)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        ("3", "", {"denominator": ["Valeur absente ; un nombre est attendu."]}),
        ("", "3", {"numerator": ["Valeur absente ; un nombre est attendu."]}),
        (
            "3",
            "0",
            {"denominator": ["0 n’est pas admis ; un nombre strictement positif est attendu."]},
        ),
        (
            "3",
            "-2",
            {"denominator": ["−2 n’est pas admis ; un nombre strictement positif est attendu."]},
        ),
    ],
)
def test_a_ratio_that_cannot_be(
    ratio: Indicator, numerator: str, denominator: str, expected: dict[str, list[str]]
) -> None:
    response = contributor(ratio).post(
        address(ratio),
        {
            "period": YEAR_2025,
            "numerator": numerator,
            "denominator": denominator,
            "qualifier": "exact",
        },
    )

    assert errors(response) == expected


def test_a_ratio_of_zero_is_zero(ratio: Indicator) -> None:  # edge case 2
    contributor(ratio).post(
        address(ratio),
        {"period": YEAR_2025, "numerator": "0", "denominator": "12", "qualifier": "exact"},
    )

    assert Observation.objects.get().numerator == 0


def test_a_doubtful_value_is_saved_and_said_to_be_doubtful(indicator: Indicator) -> None:
    response = contributor(indicator).post(address(indicator), typed("450"), follow=True)

    assert Observation.objects.get(state="draft").value == 450
    assert [plain(str(message)) for message in response.context["messages"]] == [
        "Brouillon enregistré : 450 entreprises, 2025.",
        "À vérifier. Plus du triple de la valeur précédente : 40 entreprises (2024).",
    ]


FINER = "Plus de décimales que n’en montre l’unité"
IN_FULL = "sauf dans les tableaux de valeurs."


@pytest.mark.parametrize(
    ("value", "doubt"),
    [
        ("41,5", f"{FINER} : 41,5 entreprises s’affichera 42 entreprises, {IN_FULL}"),
        ("-3", "Ce qui se compte n’est pas négatif, d’ordinaire : −3 entreprises."),
    ],
)
def test_a_first_value_that_nobody_counts_so_is_not_handed_in_unless_confirmed(
    indicator: Indicator, value: str, doubt: str
) -> None:
    new = IndicatorFactory.create(plan=indicator.plan, measure=indicator.measure, code="nouveau")
    source = SourceFactory.create(plan=indicator.plan)

    answer = contributor(new).post(address(new), typed(value, action="submit", source=source.pk))

    assert list(map(plain, answer.context["form"].doubts)) == [doubt]
    assert Observation.objects.get(indicator=new).state == "draft"


def test_a_doubtful_value_is_handed_in_once_confirmed(indicator: Indicator) -> None:
    client = contributor(indicator)
    source = SourceFactory.create(plan=indicator.plan)

    first = client.post(address(indicator), typed("450", action="submit", source=source.pk))
    draft = Observation.objects.get(state="draft")
    shown = first.context["form"]
    again = client.post(
        address(indicator),
        typed(
            "450",
            action="submit",
            source=source.pk,
            draft=draft.pk,
            revision=draft.revision,
            confirmed=shown.fingerprint,
        ),
    )

    assert first.status_code == 422
    assert errors(first) == {
        "__all__": ["La valeur surprend : vérifiez-la, puis confirmez-la avant de soumettre."]
    }
    assert again.status_code == 302
    draft.refresh_from_db()
    assert draft.state == "submitted"


def test_a_confirmation_is_of_one_value_only(indicator: Indicator) -> None:
    client = contributor(indicator)
    source = SourceFactory.create(plan=indicator.plan)
    fields = {"action": "submit", "source": source.pk}
    confirmed = client.post(address(indicator), typed("450", **fields)).context["form"].fingerprint
    draft = Observation.objects.get(state="draft")

    response = client.post(
        address(indicator),
        typed("4500", draft=draft.pk, revision=1, confirmed=confirmed, **fields),
    )

    assert response.status_code == 422
    draft.refresh_from_db()
    assert (draft.value, draft.state) == (4500, "draft")


def test_the_reading_says_what_is_understood_and_doubted_while_typing(
    indicator: Indicator,
) -> None:
    client = contributor(indicator)

    def reading(value: str) -> str:
        return text(
            client.get(address(indicator, "lecture/"), {"value": value, "period": YEAR_2025})
        )

    assert "Compris\u00a0: <b>1\u202f450\u00a0entreprises</b>" in reading("1 450")
    assert "Plus du triple de la valeur précédente" in reading("1 450")
    assert "Plus de dix fois la cible" in reading("1 450")
    assert "se lit de deux façons" in reading("2.012")
    assert reading("45") == (
        '<span class="entry__understood">Compris\u00a0: <b>45\u00a0entreprises</b></span>'
    )
    assert reading("") == ""
