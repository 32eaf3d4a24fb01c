"""Four eyes: nobody signs what they wrote, by hand or through a program they hold the key of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from indicators import services
from indicators.models import Indicator, Observation
from plans import contributing, tokens, workflow
from plans.four_eyes import hands_of, hands_of_each
from plans.models import ApiToken, PartnerSystem, Plan, Role, Scope
from tests.agent.reviewing import decide, submit, url
from tests.agent.staff import member, signed_in
from tests.factories import IndicatorFactory, PlanFactory, SourceFactory
from tests.partner import Partner

pytestmark = pytest.mark.django_db

BARRED = "Vous avez inscrit le système"


@pytest.fixture
def indicator() -> Indicator:
    made: Indicator = IndicatorFactory.create()
    SourceFactory.create(plan=made.plan, code="bilan")
    return made


def handed_in_by(partner: Partner, indicator: Indicator) -> Observation:
    """Have a system hand in a value through the API."""
    made = partner.post(
        f"indicators/{indicator.code}/drafts/",
        {
            "period_start": "2023-01-01",
            "period_end": "2023-12-31",
            "value": "30",
            "source": "bilan",
        },
    )
    sent = partner.post(made["Location"] + "submit/", {}, If_Match=made["ETag"])
    assert sent.status_code == 200
    return Observation.objects.get()


def publish(row: Observation, reviewer: User) -> str:
    """Publish, and return the state, or the words of the refusal."""
    try:
        return services.publish(row, reviewer=reviewer, at=timezone.now()).state
    except workflow.WorkflowError as refusal:
        return str(refusal)


def test_who_registered_a_system_does_not_publish_what_it_wrote(indicator: Indicator) -> None:
    partner = Partner(indicator.plan)
    row = handed_in_by(partner, indicator)

    assert BARRED in publish(row, partner.manager)
    assert publish(row, member(indicator.plan, Role.REVIEWER)) == "published"


def test_who_made_one_of_its_tokens_does_not_either_even_once_it_has_ended(
    indicator: Indicator,
) -> None:
    partner = Partner(indicator.plan)
    other = member(indicator.plan)
    now = timezone.now()
    token, _text = tokens.issue(
        partner.system, Scope.CONTRIBUTE, by=other, lifetime=timedelta(days=1), at=now
    )
    tokens.revoke(token, at=now)

    assert BARRED in publish(handed_in_by(partner, indicator), other)


def test_what_a_system_rewrote_last_counts_as_well(indicator: Indicator) -> None:
    partner = Partner(indicator.plan)
    row = submit(indicator, edited_by=partner.user)

    assert BARRED in publish(row, partner.manager)


def test_the_maker_of_another_system_of_the_plan_reviews_it(indicator: Indicator) -> None:
    row = handed_in_by(Partner(indicator.plan), indicator)
    elsewhere = Partner(indicator.plan, name="Autre outil")

    assert publish(row, elsewhere.manager) == "published"


def test_a_plan_that_lets_authors_publish_lets_makers_too(indicator: Indicator) -> None:
    Plan.objects.update(allows_self_publication=True)
    partner = Partner(indicator.plan)

    assert publish(handed_in_by(partner, indicator), partner.manager) == "published"


def test_the_pages_say_why_and_offer_nothing(indicator: Indicator) -> None:
    partner = Partner(indicator.plan)
    row = handed_in_by(partner, indicator)
    maker = signed_in(partner.manager)

    page = maker.get(row.get_absolute_url())
    queue = maker.get(url(indicator.plan, "relecture/"))

    assert (page.context["may_publish"], queue.context["publishable"]) == (False, False)
    assert BARRED in page.content.decode()
    assert "Un système que vous avez inscrit" in queue.content.decode()
    refused = decide(maker, row, "publier")
    assert refused.status_code == 409
    assert BARRED in refused.content.decode()


def test_who_may_not_sign_it_is_not_asked_to_review_it(indicator: Indicator) -> None:
    partner = Partner(indicator.plan)
    reviewer = member(indicator.plan, Role.REVIEWER)

    handed_in_by(partner, indicator)
    workflow.tell_reviewers_of_many(
        indicator.plan, partner.user, "À relire : 3 valeurs", key="many", at=timezone.now()
    )

    assert partner.manager.notifications.count() == 0
    assert reviewer.notifications.count() == 2


def test_the_rule_in_sql_keeps_the_same_rows_as_the_rule_in_python(indicator: Indicator) -> None:
    partner = Partner(indicator.plan)
    person, other = partner.manager, member(indicator.plan)
    writers = [None, person, other, partner.user]
    for year, (author, editor) in enumerate(
        [(author, editor) for author in writers[1:] for editor in writers], start=2000
    ):
        submit(indicator, author=author, edited_by=editor, year=year)

    rows = Observation.objects.all()
    for hands in (hands_of(person), hands_of(other)):
        kept = {row.pk for row in rows if not hands.wrote(row)}
        assert {row.pk for row in rows.filter(hands.written_by_others())} == kept
        assert {row.pk for row in rows if not hands.refusal(row)} == kept


def test_hands_are_asked_once_whatever_the_number_of_people(
    django_assert_num_queries: object,
) -> None:
    plan = PlanFactory.create()
    partners = [Partner(plan, name=f"Outil {number}") for number in range(3)]
    for count in (1, 3):
        with django_assert_num_queries(1):  # type: ignore[operator]
            found = hands_of_each([partner.manager for partner in partners[:count]])
        assert {one.person: one.systems for one in found.values()} == {
            partner.manager.pk: {partner.user.pk} for partner in partners[:count]
        }
    assert (PartnerSystem.objects.count(), ApiToken.objects.count()) == (3, 3)


def test_what_a_caller_has_read_is_what_it_publishes(indicator: Indicator) -> None:
    """Whoever names no revision answers for the row in their hands."""
    read = submit(indicator)
    reviewer = member(indicator.plan, Role.REVIEWER)
    back = workflow.send_back(read, reviewer=reviewer, reason="?", at=timezone.now())
    assert read.author is not None
    back.comment = "Réécrit"
    back = contributing.save(
        back, indicator.plan, editor=read.author, revision=back.revision, at=timezone.now()
    )
    contributing.submit(back, revision=back.revision, at=timezone.now())

    assert "a réécrit cette contribution" in publish(read, reviewer)
