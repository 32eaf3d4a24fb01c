"""A reviewer decides of what they have read: what changed since is shown, and nothing is done."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from accounts.models import User
from indicators.models import Indicator, Observation
from measures.models import MilestoneUpdate
from plans import contributing, workflow
from plans.models import Contribution, Plan, Role
from tests.agent.reviewing import (
    NOW,
    at,
    decide,
    reported_indicator,
    submit,
    submit_update,
    tick,
    url,
)
from tests.agent.staff import member, signed_in
from tests.factories import PlanFactory
from tests.html import html_errors, inline_code
from tests.typography import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def indicator() -> Indicator:
    """35 companies a year over 2020-2021, 30 published for 2020."""
    return reported_indicator()


@pytest.fixture
def reviewer(indicator: Indicator) -> User:
    return member(indicator.plan, Role.REVIEWER)


def rewritten(row: Observation, **fields: object) -> Observation:
    """Have a colleague return it, and its author rewrite it and hand it in again."""
    assert row.author is not None
    plan = row.permission_plan
    colleague, author = signed_in(member(plan, Role.REVIEWER)), row.author
    assert decide(colleague, row, "renvoyer", **{"renvoi-reason": "Et 2021 ?"}).status_code == 302
    now = type(row).objects.get(pk=row.pk)
    for name, value in fields.items():
        setattr(now, name, value)
    now = contributing.save(now, plan, editor=author, revision=now.revision, at=NOW)
    return contributing.submit(now, revision=now.revision, at=NOW)


def stands(row: Contribution) -> tuple[str, int]:
    now = type(row)._default_manager.get(pk=row.pk)
    return now.state, now.revision


def test_the_page_says_which_version_each_of_its_forms_decides_of(
    indicator: Indicator, reviewer: User
) -> None:
    row = rewritten(submit(indicator), value=Decimal(300_000))
    client = signed_in(reviewer)

    page = client.get(at(row)).content.decode()
    queue = client.get(url(indicator.plan, "relecture/")).content.decode()

    assert row.revision == 2
    assert page.count('name="revision"') == 2  # publish, return
    assert page.count('value="2" />') == 2
    assert f'value="{tick(row)}"' in queue
    published = Observation.objects.current().get()
    assert 'name="revision"' in client.get(at(published)).content.decode()


def test_what_was_rewritten_since_the_page_was_opened_is_not_published(
    indicator: Indicator, reviewer: User
) -> None:
    seen = submit(indicator)
    client = signed_in(reviewer)
    client.get(at(seen))
    now = rewritten(seen, value=Decimal(300_000))

    answer = decide(client, seen, "publier")

    assert (answer.status_code, stands(seen)) == (409, ("submitted", 2))
    text = plain(answer.content.decode())
    assert f"{seen.author} a réécrit cette contribution après que vous l’avez ouverte." in text
    assert "Et 2021 ?" in text  # why it was returned meanwhile
    assert "300 000 entreprises" in text  # what it says now
    [value] = [
        (change.old, change.new)
        for entry in answer.context["entries"]
        for change in entry.changes
        if change.column == "value"
    ]
    assert tuple(map(plain, value)) == ("41", "300 000")
    assert html_errors(answer.content.decode()) == []
    assert inline_code(answer.content.decode()) == []

    # Read as it now stands, it is published.
    assert decide(client, now, "publier").status_code == 302
    assert stands(seen) == ("published", 2)


def test_a_reason_typed_about_another_version_is_kept_in_the_form(
    indicator: Indicator, reviewer: User
) -> None:
    seen = submit(indicator)
    rewritten(seen, value=Decimal(300_000))

    answer = decide(
        signed_in(reviewer), seen, "renvoyer", **{"renvoi-reason": "Quelle convention ?"}
    )

    assert (answer.status_code, stands(seen)) == (409, ("submitted", 2))
    assert answer.context["send_back_form"]["reason"].value() == "Quelle convention ?"
    assert "Votre motif est resté dans le formulaire." in answer.content.decode()


def test_a_reason_that_no_form_takes_any_more_can_still_be_copied(
    indicator: Indicator, reviewer: User
) -> None:
    seen = submit(indicator)
    decide(signed_in(member(indicator.plan, Role.REVIEWER)), seen, "publier")

    answer = decide(
        signed_in(reviewer), seen, "renvoyer", **{"renvoi-reason": "Quelle convention ?"}
    )

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Seule une contribution soumise peut être renvoyée." in text
    assert "<p>Quelle convention ?</p>" in text


def test_two_who_withdraw_one_version_are_not_both_right(
    indicator: Indicator, reviewer: User
) -> None:
    published = Observation.objects.current().get()
    colleague = signed_in(member(indicator.plan, Role.REVIEWER))
    decide(colleague, published, "retirer", **{"retrait-reason": "Source erronée"})

    answer = decide(
        signed_in(reviewer), published, "retirer", **{"retrait-reason": "Comptée deux fois"}
    )

    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Seule la version publiée actuelle peut être retirée." in text
    assert "<p>Comptée deux fois</p>" in text
    assert "Source erronée" in text
    published.refresh_from_db()
    assert published.withdrawal_reason == "Source erronée"


@pytest.mark.parametrize("said", [{}, {"revision": ""}, {"revision": "-1"}, {"revision": "9" * 99}])
@pytest.mark.parametrize(
    ("verb", "reason"), [("publier", ""), ("renvoyer", "renvoi"), ("retirer", "retrait")]
)
def test_a_form_that_does_not_say_what_was_read_decides_nothing(
    indicator: Indicator, reviewer: User, verb: str, reason: str, said: dict[str, str]
) -> None:
    row = Observation.objects.current().get() if verb == "retirer" else submit(indicator)
    before = stands(row)

    answer = signed_in(reviewer).post(at(row, verb), {f"{reason}-reason": "Un motif", **said})

    assert (answer.status_code, stands(row)) == (409, before)
    assert "Votre envoi ne dit pas quelle version" in answer.content.decode()
    row.refresh_from_db()
    assert row.withdrawal_reason == ""


def test_a_milestone_update_is_published_as_it_was_read() -> None:
    plan: Plan = PlanFactory.create()
    seen = submit_update(plan)
    client = signed_in(member(plan, Role.REVIEWER))
    workflow.send_back(seen, reviewer=member(plan, Role.REVIEWER), reason="?", at=NOW)
    now = MilestoneUpdate.objects.get()
    assert now.author is not None
    now.advancement = "abandoned"
    now = contributing.save(now, plan, editor=now.author, revision=now.revision, at=NOW)
    now = contributing.submit(now, revision=now.revision, at=NOW)

    refused = [
        decide(client, seen, "publier"),
        decide(client, seen, "renvoyer", **{"renvoi-reason": "?"}),
        client.post(url(plan, "relecture/"), {"contribution": [tick(seen)]}),
    ]

    assert [answer.status_code for answer in refused] == [409] * 3
    assert stands(seen) == ("submitted", 2)
    assert decide(client, now, "publier").status_code == 302


def test_a_correction_is_published_as_it_was_read(indicator: Indicator, reviewer: User) -> None:
    published = Observation.objects.current().get()
    seen = submit(
        indicator,
        year=2020,
        value=Decimal(35),
        supersedes=published,
        correction_reason="Une convention avait été oubliée.",
    )
    rewritten(seen, value=Decimal(350))

    assert decide(signed_in(reviewer), seen, "publier").status_code == 409
    assert list(Observation.objects.current()) == [published]


# --- The queue ----------------------------------------------------------------------------------


def test_a_ticked_row_that_was_rewritten_is_told_and_the_others_are_published(
    indicator: Indicator, reviewer: User
) -> None:
    first, second = submit(indicator), submit_update(indicator.plan)
    rewritten(first, value=Decimal(300_000))

    answer = signed_in(reviewer).post(
        url(indicator.plan, "relecture/"), {"contribution": [tick(first), tick(second)]}
    )

    text = plain(answer.content.decode())
    assert answer.status_code == 409
    assert (stands(first), stands(second)) == (("submitted", 2), ("published", 1))
    assert "1 contribution publiée." in text
    assert "1 contribution cochée n’est pas publiée" in text
    assert f"{first.author} a réécrit cette contribution après que vous l’avez ouverte." in text
    assert "300 000 entreprises" in text
    assert html_errors(answer.content.decode()) == []


@pytest.mark.parametrize("kind", ["observation", "update"])
def test_a_ticked_row_that_was_discarded_holds_back_no_other(
    indicator: Indicator, reviewer: User, kind: str
) -> None:
    gone = submit(indicator) if kind == "observation" else submit_update(indicator.plan)
    rows = [submit(indicator, year=2019), gone, submit(indicator, year=2018)]
    back = workflow.send_back(
        gone, reviewer=member(indicator.plan, Role.REVIEWER), reason="?", at=NOW
    )
    contributing.discard(back, revision=back.revision, at=NOW)

    answer = signed_in(reviewer).post(
        url(indicator.plan, "relecture/"), {"contribution": [tick(row) for row in rows]}
    )

    text = plain(answer.content.decode())
    assert answer.status_code == 409
    assert "2 contributions publiées." in text
    assert "Une contribution : Elle n’existe plus : son auteur l’a supprimée." in text
    assert [stands(row)[0] for row in (rows[0], rows[2])] == ["published"] * 2


def test_a_row_that_vanishes_as_it_is_published_is_refused_in_words(indicator: Indicator) -> None:
    read = submit(indicator)
    reviewer = member(indicator.plan, Role.REVIEWER)
    Observation.objects.filter(pk=read.pk).delete()

    with pytest.raises(workflow.WorkflowError, match="n’existe plus"):
        workflow.publish(read, indicator.plan, reviewer=reviewer, at=NOW)


def test_a_box_ticked_on_a_page_that_said_no_version_is_not_published(
    indicator: Indicator, reviewer: User
) -> None:
    row = submit(indicator)

    answer = signed_in(reviewer).post(
        url(indicator.plan, "relecture/"), {"contribution": [f"observations-{row.pk}"]}
    )

    assert (answer.status_code, stands(row)) == (409, ("submitted", 1))


def test_a_box_sent_twice_is_published_once_and_refused_never(
    indicator: Indicator, reviewer: User
) -> None:
    row = submit(indicator)
    client: Client = signed_in(reviewer)

    answer = client.post(url(indicator.plan, "relecture/"), {"contribution": [tick(row)] * 2})

    assert (answer.status_code, stands(row)) == (302, ("published", 1))
