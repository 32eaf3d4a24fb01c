"""Two people on one value: neither is overwritten, neither loses what they typed."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from indicators.models import Indicator, Observation
from plans.models import Role
from tests.agent.entry.forms import address, contributor, text, typed
from tests.agent.staff import member, signed_in
from tests.at_once import at_once
from tests.factories import IndicatorFactory, ObservationFactory, SourceFactory, UserFactory
from tests.html import html_errors

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_21_november")]


def test_the_second_of_two_people_sees_both_versions_and_keeps_their_text(
    indicator: Indicator, draft: Observation
) -> None:
    response = contributor(indicator).post(
        address(indicator), typed("47", comment="Le mien.", draft=draft.pk, revision=1)
    )

    page = text(response)
    assert response.status_code == 409
    assert "Léa a enregistré cette saisie entre-temps." in page
    assert [
        (line.label, line.theirs, line.mine) for line in response.context["lines"] if line.differs
    ] == [
        ("Valeur", "45\u00a0entreprises", "47\u00a0entreprises"),
        ("Note publique", "", "Le mien."),
    ]
    assert 'value="47"' in page
    assert 'name="revision" value="2"' in page
    assert html_errors(response.content.decode()) == []
    draft.refresh_from_db()
    assert draft.value == 45


def test_they_may_overwrite_knowingly(indicator: Indicator, draft: Observation) -> None:
    contributor(indicator).post(address(indicator), typed("47", draft=draft.pk, revision=2))

    draft.refresh_from_db()
    assert (draft.value, draft.revision) == (47, 3)


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30])
def test_nonsense_for_a_revision_overwrites_nothing(
    indicator: Indicator, draft: Observation, revision: str
) -> None:
    response = contributor(indicator).post(
        address(indicator), typed("47", draft=draft.pk, revision=revision)
    )

    assert response.status_code == 409
    draft.refresh_from_db()
    assert draft.value == 45


def test_someone_who_starts_the_same_period_is_shown_the_draft_under_way(
    indicator: Indicator, draft: Observation
) -> None:
    response = contributor(indicator).post(address(indicator), typed("47"))

    assert response.status_code == 409
    assert f'name="draft" value="{draft.pk}"' in text(response)


def test_what_was_handed_in_meanwhile_is_shown_and_the_text_kept(
    indicator: Indicator, draft: Observation
) -> None:
    Observation.objects.filter(pk=draft.pk).update(
        state="submitted", source=SourceFactory.create(plan=indicator.plan)
    )

    response = contributor(indicator).post(address(indicator), typed("47"))

    page = text(response)
    assert response.status_code == 409
    assert "attend la relecture et ne se modifie plus" in page
    assert 'value="47"' in page
    assert "Remplacer par ma version" not in page


def test_a_draft_of_another_indicator_is_not_reached_by_its_number(
    indicator: Indicator, draft: Observation
) -> None:
    other = IndicatorFactory.create(plan=indicator.plan, measure=indicator.measure)

    contributor(indicator).post(address(other), typed("99", draft=draft.pk, revision=2))

    draft.refresh_from_db()
    assert (draft.indicator, draft.value) == (indicator, 45)


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_once_one_wins_and_the_other_is_told(indicator: Indicator) -> None:
    draft = ObservationFactory.create(
        indicator=indicator, year=2025, value=Decimal(45), edited_by=UserFactory.create()
    )
    statuses = posted_at_once(
        indicator,
        [typed(value, draft=draft.pk, revision=1) for value in ("46", "47")],
    )

    draft.refresh_from_db()
    assert sorted(statuses) == [302, 409]
    assert draft.value in (46, 47)
    assert draft.revision == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_first_saves_at_once_one_wins_and_the_other_is_told(indicator: Indicator) -> None:
    statuses = posted_at_once(indicator, [typed("46"), typed("47")])

    assert sorted(statuses) == [302, 409]
    assert Observation.objects.filter(state="draft").count() == 1


def posted_at_once(indicator: Indicator, forms: list[dict[str, Any]]) -> list[int]:
    """Post the forms from as many people, at the same moment; return the answers' statuses."""
    clients = [contributor(indicator) for _ in forms]
    answers = at_once(
        *(
            partial(client.post, address(indicator), form)
            for client, form in zip(clients, forms, strict=True)
        )
    )
    return [answer.status_code for answer in answers]


def test_who_saved_it_in_another_window_is_not_spoken_of_as_somebody_else(
    indicator: Indicator, draft: Observation
) -> None:
    author = member(indicator.plan, Role.MANAGER)
    Observation.objects.filter(pk=draft.pk).update(edited_by=author)

    page = text(signed_in(author).post(address(indicator), typed("47", draft=draft.pk, revision=1)))

    assert "Vous avez enregistré cette saisie entre-temps, dans une autre fenêtre." in page
    assert "Garder la version enregistrée et abandonner celle-ci" in page
    assert [words for words in ("Sa version", "sa version", "La sienne") if words in page] == []
