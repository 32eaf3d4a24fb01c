"""The queue of many: pages of it, and the desk that shows its beginning."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from agent.desk import DeskBuilder
from agent.review import proposals
from agent.work import Pile, Work
from indicators.evaluation import Evaluation, evaluate_indicators, pretend, series_of
from indicators.models import Indicator, Observation
from plans.models import Plan, Role
from plans.permissions import all_rights
from tests.agent.reviewing import NOW, submit, submit_update, tick, url
from tests.agent.staff import member, signed_in
from tests.factories import (
    IndicatorFactory,
    MembershipFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
)
from tests.html import html_errors
from tests.typography import plain

pytestmark = pytest.mark.django_db

FIRST_DAY = date(2018, 1, 1)


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(title="Plan IA")
    return made


@pytest.fixture
def reviewer(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


def daily(plan: Plan, *, published: int, waiting: int, author: User) -> Indicator:
    """An indicator with a target and a value a day: the first published, the others handed in."""
    indicator: Indicator = TargetFactory.create(
        indicator=IndicatorFactory.create(plan=plan, title="Essais")
    ).indicator
    source = SourceFactory.create(plan=plan)
    days = [FIRST_DAY + timedelta(days=number) for number in range(published + waiting)]
    rows = [
        Observation(indicator=indicator, period_start=day, period_end=day, value=1, source=source)
        for day in days
    ]
    for row in rows[:published]:
        row.state, row.published_at = "published", NOW
    for number, row in enumerate(rows[published:]):
        row.state, row.author, row.edited_by = "submitted", author, author
        row.submitted_at = row.edited_at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(
            hours=number
        )
    Observation.objects.bulk_create(rows)
    return indicator


def shown(client: Client, plan: Plan, page: str) -> list[str]:
    answer = client.get(url(plan, "relecture/"), {"page": page})
    assert answer.status_code == 200
    return [plain(one.when) for one in answer.context["proposals"]]


def queries(client: Client, address: str) -> int:
    client.get(address)  # what a session costs once
    with CaptureQueriesContext(connection) as asked:
        client.get(address)
    return len(asked)


# --- The queue ----------------------------------------------------------------------------------


def test_the_queue_is_handed_out_a_page_at_a_time_the_longest_waiting_first(
    plan: Plan, reviewer: User
) -> None:
    daily(plan, published=0, waiting=60, author=member(plan))
    client = signed_in(reviewer)

    pages = [shown(client, plan, page) for page in ("1", "2", "3")]

    assert [len(page) for page in pages] == [25, 25, 10]
    assert (pages[0][0], pages[1][0], pages[2][-1]) == (
        "1er janvier 2018",
        "26 janvier 2018",
        "1er mars 2018",
    )
    assert len({when for page in pages for when in page}) == 60
    text = client.get(url(plan, "relecture/")).content.decode()
    assert "60 contributions attendent d’être relues." in plain(text)
    assert "Page 1 sur 3" in plain(text)
    assert html_errors(text) == []


@pytest.mark.parametrize(("asked", "page"), [("0", 3), ("99", 3), ("x", 1), ("", 1), ("-1", 3)])
def test_a_page_that_is_not_there_is_the_nearest_one(
    plan: Plan, reviewer: User, asked: str, page: int
) -> None:
    daily(plan, published=0, waiting=51, author=member(plan))

    answer = signed_in(reviewer).get(url(plan, "relecture/"), {"page": asked})

    assert (answer.status_code, answer.context["page"].number) == (200, page)


def test_both_kinds_are_in_one_order(plan: Plan, reviewer: User) -> None:
    author = member(plan)
    indicator = daily(plan, published=0, waiting=30, author=author)
    update = submit_update(plan)
    type(update).objects.update(submitted_at=datetime(2026, 1, 1, 0, 30, tzinfo=UTC))

    page = signed_in(reviewer).get(url(plan, "relecture/"))

    assert [one.subject for one in page.context["proposals"]] == [
        indicator,
        update.milestone,
        *[indicator] * 23,
    ]


def test_what_is_ticked_on_a_page_is_published_and_the_reader_stays_there(
    plan: Plan, reviewer: User
) -> None:
    daily(plan, published=0, waiting=60, author=member(plan))
    client = signed_in(reviewer)
    there = f"{url(plan, 'relecture/')}?page=2"
    rows = [one.contribution for one in client.get(there).context["proposals"]]

    answer = client.post(there, {"contribution": [tick(row) for row in rows[:2]]})

    assert (answer.status_code, answer["Location"]) == (302, there)
    assert set(Observation.objects.current()) == set(rows[:2])


def test_a_page_weighs_what_it_shows_and_reads_each_series_once(
    plan: Plan, reviewer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily(plan, published=150, waiting=300, author=member(plan))
    weighed: list[int] = []
    read: list[list[Indicator]] = []

    def counted(evaluation: Evaluation, draft: Observation) -> Evaluation:
        weighed.append(draft.pk)
        return pretend(evaluation, draft)

    def noted(indicators: Sequence[Indicator], **asked: object) -> dict[int, list[Evaluation]]:
        read.append(list(indicators))
        return evaluate_indicators(indicators, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(proposals, "pretend", counted)
    monkeypatch.setattr(proposals, "evaluate_indicators", noted)

    page = signed_in(reviewer).get(url(plan, "relecture/"))

    assert (len(weighed), [len(several) for several in read]) == (25, [1])
    assert len(page.content) < 150_000


@pytest.mark.parametrize("size", [1, 3])
def test_the_queue_of_many_costs_no_more_queries_than_that_of_one(
    plan: Plan, reviewer: User, size: int
) -> None:
    for _ in range(size):
        daily(plan, published=3, waiting=40 * (size - 1) + 1, author=member(plan))

    # One kind: two queries less than where both wait.
    assert queries(signed_in(reviewer), url(plan, "relecture/")) == 19


def test_what_would_be_is_what_comes_of_the_series_with_the_draft_in_it(plan: Plan) -> None:
    indicator = daily(plan, published=5, waiting=1, author=member(plan))
    old = Observation.objects.current().earliest("period_start")
    draft = submit(
        indicator,
        year=None,
        period_start=old.period_start,
        period_end=old.period_end,
        value=7,
        supersedes=old,
        correction_reason="Recompté",
    )
    [evaluation] = evaluate_indicators(
        [Indicator.objects.select_related("plan", "unit", "measure").get(pk=indicator.pk)],
        on=NOW.date(),
        with_observations=True,
    )[indicator.pk]

    after = pretend(evaluation, draft)

    kept = list(Observation.objects.current().exclude(pk=old.pk).order_by("period_end"))
    assert after.series == series_of(evaluation.indicator, [*kept, draft])
    assert after.observations[draft.pk] == draft


# --- The desk -----------------------------------------------------------------------------------


@pytest.fixture
def heavy(plan: Plan) -> Plan:
    """300 values wait for a review, by a colleague; 12 drafts and one that came back."""
    author = member(plan)
    indicator = daily(plan, published=0, waiting=313, author=author)
    keys = list(Observation.objects.order_by("period_start").values_list("pk", flat=True))
    drafts, returned = keys[:12], keys[12:13]
    Observation.objects.filter(pk__in=drafts).update(state="draft", submitted_at=None)
    Observation.objects.filter(pk__in=returned).update(state="returned", return_reason="Source ?")
    assert indicator.plan == plan
    return plan


def test_the_desk_shows_the_first_few_and_says_how_many_there_are(
    heavy: Plan, reviewer: User
) -> None:
    page = signed_in(reviewer).get(f"/agent/plans/{heavy.slug}/")

    desk = page.context["desk"]
    text = plain(page.content.decode())
    assert [len(lines) for lines in (desk.to_review, desk.drafts, desk.returned)] == [10, 10, 1]
    assert {name: whole.total for name, whole in desk.whole.items()} == {
        "to_review": 300,
        "drafts": 12,
        "returned": 1,
    }
    assert "<b>300</b> à relire" in text
    assert f'href="{url(heavy, "relecture/")}"' in text
    assert "Voir les 300" in text
    assert "Voir les 12" in text
    assert html_errors(page.content.decode()) == []
    assert len(page.content) < 60_000


def test_all_of_a_list_is_a_page_at_a_time(heavy: Plan, reviewer: User) -> None:
    other = PlanFactory.create()
    MembershipFactory.create(plan=other, user=reviewer, role=Role.REVIEWER)
    client = signed_in(reviewer)
    desk = client.get("/agent/").context["desk"]

    page = client.get(desk.whole["to_review"].url)

    assert desk.whole["to_review"].url == "/agent/en-cours/?etat=a-relire&pour=tous"
    text = plain(page.content.decode())
    assert (len(page.context["lines"]), page.context["page"].paginator.count) == (50, 300)
    assert "300 contributions." in text
    assert "Page 1 sur 6" in text
    assert "?etat=a-relire&pour=tous&page=2" in text.replace("&amp;", "&")
    assert heavy.title in text
    assert html_errors(page.content.decode()) == []
    last = client.get(desk.whole["to_review"].url, {"page": "99", "etat": "a-relire"})
    assert last.context["page"].number == 6
    drafts = client.get("/agent/en-cours/", {"etat": "brouillons", "plan": heavy.slug})
    assert [len(drafts.context["lines"]), drafts.context["chosen"]] == [12, heavy]
    assert (
        client.get("/agent/en-cours/", {"etat": "brouillons", "plan": other.slug}).context["lines"]
        == []
    )
    mine = client.get("/agent/en-cours/", {"etat": "brouillons", "pour": "moi"})
    assert mine.context["lines"] == []
    assert client.get("/agent/en-cours/", {"etat": "x"}).context["pile"] == Pile.TO_REVIEW


def test_nobody_reads_there_what_is_of_a_plan_they_do_not_work_in(heavy: Plan) -> None:
    stranger = signed_in(member(PlanFactory.create()))

    for pile in Pile:
        page = stranger.get("/agent/en-cours/", {"etat": pile.value, "plan": heavy.slug})
        assert (page.status_code, page.context["lines"]) == (200, [])


@pytest.mark.parametrize("trusts", [True, False])
@pytest.mark.parametrize("role", list(Role))
def test_what_the_desk_counts_is_what_the_page_lets_publish(
    plan: Plan, role: Role, trusts: bool
) -> None:
    Plan.objects.update(allows_self_publication=trusts)
    user, other = member(plan, role), member(plan)
    indicator = IndicatorFactory.create(plan=plan)
    for year, (author, editor) in enumerate(
        [(user, None), (other, None), (other, user), (user, other), (other, other)], start=2000
    ):
        submit(indicator, author=author, edited_by=editor, year=year)
    [rights] = all_rights(user)
    reader = proposals.Reader.of(rights)

    work = Work(user, [rights])

    allowed = {row.pk for row in Observation.objects.all() if reader.may_publish(row)}
    listed = work.read(list(work.places(Pile.TO_REVIEW, work.plans, mine=False)))
    assert {row.pk for row in listed} == allowed
    assert work.counts(mine=False)[plan.pk][Pile.TO_REVIEW] == len(allowed)
    assert len(allowed) == (0 if role in (Role.VIEWER, Role.CONTRIBUTOR) else 5 if trusts else 2)


def test_the_desk_of_many_costs_what_that_of_few_costs(plan: Plan, reviewer: User) -> None:
    author = member(plan)
    address = f"/agent/plans/{plan.slug}/"
    client = signed_in(reviewer)
    daily(plan, published=1, waiting=1, author=author)
    few = queries(client, address)
    for _ in range(2):
        daily(plan, published=1, waiting=150, author=author)

    assert queries(client, address) == few


def test_the_desk_reads_only_what_it_shows(heavy: Plan, reviewer: User) -> None:
    """However much waits: the rows that leave the database are those of the lines."""
    made: list[int] = []
    wrapped = Observation.from_db.__func__  # type: ignore[attr-defined]

    def noted(cls: type[Observation], *row: object) -> Observation:
        found: Observation = wrapped(cls, *row)
        made.append(found.pk)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Observation, "from_db", classmethod(noted))
        DeskBuilder(reviewer, all_rights(reviewer), on=NOW.date()).desk(mine=False)

    assert 21 <= len(made) <= 30
