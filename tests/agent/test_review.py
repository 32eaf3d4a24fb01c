"""Review: weigh what is submitted, publish one or many, return, withdraw, discuss."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from agent.review.comments import called
from indicators import services
from indicators.models import Indicator, Observation, ProgressRecord
from measures.models import MeasureAssignment, MilestoneUpdate
from plans import workflow
from plans.models import Role
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
from tests.at_once import at_once
from tests.dashboards.reading import main_text
from tests.factories import (
    IndicatorFactory,
    MembershipFactory,
    PlanFactory,
    TargetFactory,
    UserFactory,
)
from tests.typography import plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def indicator() -> Indicator:
    """35 companies a year over 2020-2021, 30 published for 2020."""
    return reported_indicator()


# --- Weighing ----------------------------------------------------------------------------------


def test_the_queue_shows_what_is_proposed_what_is_public_and_the_status_after(
    indicator: Indicator,
) -> None:
    first = Observation.objects.current().get()
    submit(indicator)
    submit(
        indicator,
        year=2020,
        value=Decimal(35),
        supersedes=first,
        correction_reason="Une convention avait été oubliée.",
    )
    submit_update(indicator.plan)

    page = signed_in(member(indicator.plan, Role.REVIEWER)).get(url(indicator.plan, "relecture/"))

    update, new, correction = page.context["proposals"]
    text = plain(page.content.decode())
    assert (plain(new.proposed), new.public) == ("41 entreprises", None)
    assert [(change.before, change.after) for change in new.changes] == [
        ("overdue", "partly_achieved")
    ]
    assert plain(correction.public) == "30 entreprises"
    assert [(change.before, change.after) for change in correction.changes] == [
        ("overdue", "overdue")
    ]
    assert (update.proposed, update.public, update.changes) == ("fait", None, ())
    assert "3 contributions attendent d’être relues." in text
    assert "Une convention avait été oubliée." in text


def test_the_value_weighed_is_the_one_stored_not_the_one_rounded(indicator: Indicator) -> None:
    submit(indicator, value=Decimal("41.6"))
    page = signed_in(member(indicator.plan, Role.REVIEWER)).get(url(indicator.plan, "relecture/"))
    (proposal,) = page.context["proposals"]
    assert plain(proposal.proposed) == ("41,6 entreprises (affiché : 42 entreprises)")


def test_who_rewrote_a_draft_is_named_and_does_not_publish_it(indicator: Indicator) -> None:
    editor = member(indicator.plan, Role.REVIEWER)
    row = submit(indicator, edited_by=editor, edited_at=NOW)

    queue = signed_in(editor).get(url(indicator.plan, "relecture/"))
    (proposal,) = queue.context["proposals"]
    assert (proposal.own, proposal.publishable) == (True, False)
    assert f"Modifié par {editor}" in " ".join(main_text(queue).split())

    refused = decide(signed_in(editor), row, "publier")
    assert refused.status_code == 409
    assert Observation.objects.get(pk=row.pk).state == "submitted"


def test_weighing_writes_nothing(indicator: Indicator) -> None:
    draft = submit(indicator)
    before = ProgressRecord.objects.values().get()

    signed_in(member(indicator.plan, Role.REVIEWER)).get(at(draft))

    assert ProgressRecord.objects.values().get() == before
    assert Observation.objects.current().count() == 1


@pytest.mark.parametrize("size", [1, 3])
def test_the_queue_costs_the_same_for_any_number_of_contributions(
    size: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    plan = PlanFactory.create()
    for _ in range(size):
        submit(TargetFactory.create(indicator=IndicatorFactory.create(plan=plan)).indicator)
        submit_update(plan)
    client = signed_in(member(plan, Role.REVIEWER))
    client.get(url(plan, "relecture/"))  # the first page of a session also records the session

    with django_assert_num_queries(21):
        client.get(url(plan, "relecture/"))


# --- Publishing --------------------------------------------------------------------------------


def test_publishing_one_shows_at_once_on_the_public_page(indicator: Indicator) -> None:
    draft = submit(indicator)
    reviewer = signed_in(member(indicator.plan, Role.REVIEWER))

    answer = decide(reviewer, draft, "publier")

    assert (answer.status_code, answer["Location"]) == (302, url(indicator.plan, "relecture/"))
    public = Client().get(indicator.get_absolute_url()).content.decode()
    assert "partiellement atteint" in public
    assert "41" in public


def test_publishing_many_tells_what_was_refused_and_publishes_the_rest(
    indicator: Indicator,
) -> None:
    plan = indicator.plan
    reviewer = member(plan, Role.REVIEWER)
    good, update = submit(indicator), submit_update(plan)
    own = submit(IndicatorFactory.create(plan=plan, title="Écoles"), author=reviewer)
    ticked = [tick(row) for row in (good, update, own)]

    page = signed_in(reviewer).post(url(plan, "relecture/"), {"contribution": ticked})

    text = page.content.decode()
    assert page.status_code == 409
    assert "1 contribution cochée n’est pas publiée" in text
    assert "2 contributions publiées." in text
    assert "Une autre personne que l’auteur relit et publie cette contribution." in text
    assert {row.state for row in Observation.objects.filter(pk=own.pk)} == {"submitted"}
    assert MilestoneUpdate.objects.get().is_current


def test_publishing_nothing_ticked_says_so(indicator: Indicator) -> None:
    submit(indicator)

    page = signed_in(member(indicator.plan, Role.REVIEWER)).post(
        url(indicator.plan, "relecture/"), follow=True
    )

    assert "Cochez au moins une contribution" in page.content.decode()


@pytest.mark.parametrize("reference", ["observations-x", "jalons-", "nimporte-1", "observations"])
def test_a_forged_tick_is_no_error_of_the_server(indicator: Indicator, reference: str) -> None:
    answer = signed_in(member(indicator.plan, Role.REVIEWER)).post(
        url(indicator.plan, "relecture/"), {"contribution": [reference]}
    )

    assert answer.status_code in (302, 404)


def test_a_contribution_of_another_plan_is_not_published_from_this_one(
    indicator: Indicator,
) -> None:
    elsewhere = submit(IndicatorFactory.create(title="Écoles équipées"))
    reviewer = signed_in(member(indicator.plan, Role.REVIEWER))

    for answer in (
        reviewer.get(url(indicator.plan, f"contributions/observations/{elsewhere.pk}/")),
        reviewer.post(url(indicator.plan, f"contributions/observations/{elsewhere.pk}/publier/")),
    ):
        assert answer.status_code == 404
    # As a tick it is one that does not exist here: nothing of it is told.
    ticked = reviewer.post(url(indicator.plan, "relecture/"), {"contribution": [tick(elsewhere)]})
    assert ticked.status_code == 409
    assert "Elle n’existe plus" in ticked.content.decode()
    assert elsewhere.indicator.title not in ticked.content.decode()
    elsewhere.refresh_from_db()
    assert elsewhere.state == "submitted"


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_who_publish_at_once_one_wins_and_the_other_is_told(
    indicator: Indicator,
) -> None:
    draft = submit(indicator)
    reviewers = [member(indicator.plan, Role.REVIEWER) for _ in range(2)]

    def act(reviewer: User) -> str:
        try:
            services.publish(draft, reviewer=reviewer, at=NOW)
        except workflow.WorkflowError as refusal:
            return str(refusal)
        return "published"

    outcomes = at_once(*(partial(act, reviewer) for reviewer in reviewers))

    assert sorted(outcomes) == ["Cette contribution est déjà publiée.", "published"]
    assert Observation.objects.current().filter(pk=draft.pk).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_and_a_correction_at_once_leave_one_clear_state(
    indicator: Indicator,
) -> None:
    published = Observation.objects.current().get()
    correction = submit(
        indicator,
        year=2020,
        value=Decimal(35),
        supersedes=published,
        correction_reason="Une convention avait été oubliée.",
    )
    reviewer = member(indicator.plan, Role.REVIEWER)

    def told(act: Callable[..., object], row: Observation, **words: object) -> bool:
        try:
            act(row, at=NOW, **words)
        except workflow.WorkflowError:
            return True
        return False

    refused = at_once(
        partial(told, services.withdraw, published, reason="Source erronée"),
        partial(told, services.publish, correction, reviewer=reviewer),
    )

    assert sorted(refused) == [False, True]
    current = list(Observation.objects.current())
    assert current == ([correction] if refused[0] else [])


# --- Returning and withdrawing -----------------------------------------------------------------


def test_returning_needs_a_reason_and_keeps_nothing_else(indicator: Indicator) -> None:
    draft = submit(indicator)
    reviewer = signed_in(member(indicator.plan, Role.REVIEWER))

    refused = reviewer.post(at(draft, "renvoyer"), {"renvoi-reason": "   "})
    assert refused.status_code == 422
    assert "Donnez un motif" in refused.content.decode()

    decide(reviewer, draft, "renvoyer", **{"renvoi-reason": "Quelle source ?"})
    draft.refresh_from_db()
    assert (draft.state, draft.return_reason) == ("returned", "Quelle source ?")


def test_withdrawing_gives_the_reason_to_the_public(indicator: Indicator) -> None:
    published = Observation.objects.current().get()
    reviewer = signed_in(member(indicator.plan, Role.REVIEWER))

    decide(reviewer, published, "retirer", **{"retrait-reason": "Comptée deux fois"})

    assert list(Observation.objects.current()) == []
    assert "Comptée deux fois" in Client().get(indicator.get_absolute_url()).content.decode()


# --- Discussing --------------------------------------------------------------------------------


def test_a_comment_is_read_by_the_plan_and_never_by_the_public(indicator: Indicator) -> None:
    plan = indicator.plan
    draft = submit(indicator)
    reviewer, sacha = (
        member(plan, Role.REVIEWER),
        MembershipFactory.create(plan=plan, user__email="sacha.petit@example.org").user,
    )

    signed_in(reviewer).post(
        at(draft, "commenter"), {"text": "@sacha.petit, est-ce bien 41 et non 14 ?"}
    )

    assert "41 et non 14" in signed_in(sacha).get(at(draft)).content.decode()
    assert "41 et non 14" not in Client().get(indicator.get_absolute_url()).content.decode()
    assert [(told.kind, told.url) for told in sacha.notifications.all()] == [
        ("mention", f"{at(draft)}#commentaires")
    ]
    assert draft.author is not None
    assert [told.kind for told in draft.author.notifications.all()] == ["comment"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@sacha.petit regarde", ["sacha.petit"]),
        ("Bonjour @Sacha.Petit.", ["sacha.petit"]),
        ("voir @sacha.petit@example.org", ["sacha.petit"]),
        ("@sacha.petit et @alix", ["alix", "sacha.petit"]),
        ("écrire à sacha.petit@example.org", []),
        ("@inconnu", []),
        ("@", []),
    ],
)
def test_who_a_comment_calls(text: str, names: list[str]) -> None:
    people = [UserFactory.build(email=f"{name}@example.org") for name in ("alix", "sacha.petit")]

    assert [user.email.partition("@")[0] for user in called(text, people)] == names


def test_an_empty_comment_is_refused_in_words(indicator: Indicator) -> None:
    draft = submit(indicator)

    page = signed_in(member(indicator.plan, Role.REVIEWER)).post(
        at(draft, "commenter"), {"text": " \n "}
    )

    assert (page.status_code, draft.comments.count()) == (422, 0)
    assert "Écrivez un commentaire." in page.content.decode()


# --- Who may ------------------------------------------------------------------------------------

ALLOWED = {
    "queue": {Role.REVIEWER, Role.MANAGER},
    "contribution": set(Role),
    "publier": {Role.REVIEWER, Role.MANAGER},
    "renvoyer": {Role.REVIEWER, Role.MANAGER},
    "retirer": {Role.REVIEWER, Role.MANAGER},
    "commenter": {Role.REVIEWER, Role.MANAGER},
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("page", ALLOWED)
def test_each_page_is_for_the_roles_that_may(indicator: Indicator, page: str, role: Role) -> None:
    draft = submit(indicator)
    client = signed_in(member(indicator.plan, role))
    if page == "queue":
        answer = client.get(url(indicator.plan, "relecture/"))
    elif page == "contribution":
        answer = client.get(at(draft))
    else:
        answer = client.post(at(draft, page), {"text": "x", "renvoi-reason": "x"})

    assert (answer.status_code != 403) == (role in ALLOWED[page])


def test_a_contributor_comments_what_is_assigned_to_them(indicator: Indicator) -> None:
    draft = submit(indicator)
    contributor = member(indicator.plan, Role.CONTRIBUTOR)
    assert signed_in(contributor).post(at(draft, "commenter"), {"text": "x"}).status_code == 403

    assert indicator.measure is not None
    MeasureAssignment.objects.create(measure=indicator.measure, user=contributor)

    assert signed_in(contributor).post(at(draft, "commenter"), {"text": "x"}).status_code == 302


def test_strangers_learn_nothing_and_visitors_are_asked_to_sign_in(indicator: Indicator) -> None:
    draft = submit(indicator)
    stranger = signed_in(MembershipFactory.create(role=Role.MANAGER).user)

    assert stranger.get(at(draft)).status_code == 404
    assert stranger.post(at(draft, "publier")).status_code == 404
    assert Client().get(at(draft))["Location"].startswith("/comptes/login/")


def test_staff_pages_are_kept_out_of_every_cache(indicator: Indicator) -> None:
    draft = submit(indicator)

    page = signed_in(member(indicator.plan, Role.VIEWER)).get(at(draft))

    assert {"private", "no-store"} <= set(page["Cache-Control"].replace(" ", "").split(","))
