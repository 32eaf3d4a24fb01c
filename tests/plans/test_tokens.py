"""Tokens of partner systems: made, shown once, limited, ended; and what they open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from plans import members, tokens
from plans.models import ApiToken, PartnerSystem, Plan, Role, Scope
from plans.permissions import Action, rights_by, rights_in
from tests.factories import MeasureFactory, MembershipFactory, PlanFactory
from tests.partner import Partner

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    cache.clear()


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="grand-est-2019")
    return made


@pytest.fixture
def partner(plan: Plan) -> Partner:
    return Partner(plan)


def test_only_a_hash_of_the_token_is_kept(partner: Partner) -> None:
    assert partner.text.startswith("pia_")
    assert len(partner.text) == 47
    with connection.cursor() as cursor:
        for model in (ApiToken, PartnerSystem, ApiToken.pgh_event_model):
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
            assert all(partner.text not in row for (row,) in cursor.fetchall())
    assert partner.token.token_hash == tokens.hash_of(partner.text)


def test_the_system_is_a_member_that_cannot_sign_in(partner: Partner) -> None:
    assert (partner.membership.role, partner.user.name) == (Role.REVIEWER, partner.system.name)
    assert not partner.user.has_usable_password()
    assert partner.user.digest == User.Digest.NEVER
    assert not Client().login(email=partner.user.email, password="")


@pytest.mark.parametrize(
    ("role", "scope", "allowed"),
    [
        (Role.VIEWER, Scope.READ, {Action.SEE_DRAFTS}),
        (Role.VIEWER, Scope.CONTRIBUTE, {Action.SEE_DRAFTS}),
        (Role.CONTRIBUTOR, Scope.READ, {Action.SEE_DRAFTS}),
        (Role.CONTRIBUTOR, Scope.CONTRIBUTE, {Action.SEE_DRAFTS, Action.CONTRIBUTE}),
        (Role.REVIEWER, Scope.READ, {Action.SEE_DRAFTS}),
        (
            Role.REVIEWER,
            Scope.CONTRIBUTE,
            {Action.SEE_DRAFTS, Action.CONTRIBUTE, Action.REVIEW},
        ),
    ],
)
def test_a_token_allows_what_both_its_role_and_its_scope_allow(
    plan: Plan, role: Role, scope: Scope, allowed: set[Action]
) -> None:
    partner = Partner(plan, role, scope=scope)
    rights = rights_by(partner.token, plan)
    assert {action for action in Action if rights.may(action)} == allowed


def test_a_token_opens_no_other_plan(partner: Partner) -> None:
    other = PlanFactory.create()
    MembershipFactory.create(plan=other, user=partner.user, role=Role.MANAGER)
    assert rights_by(partner.token, other).role is None


def test_a_contributing_system_contributes_where_it_is_assigned(plan: Plan) -> None:
    measure, other = MeasureFactory.create(plan=plan), MeasureFactory.create(plan=plan)
    rights = rights_by(Partner(plan, Role.CONTRIBUTOR, assigned_to=measure).token, plan)
    assert rights.may(Action.CONTRIBUTE, measure)
    assert not rights.may(Action.CONTRIBUTE, other)


def test_a_token_stands_for_a_second_factor(plan: Plan) -> None:
    partner = Partner(plan)
    Plan.objects.update(requires_two_factor=True)
    plan.refresh_from_db()
    assert rights_by(partner.token, plan).may(Action.CONTRIBUTE)
    # The account by itself, were anyone ever signed in to it, opens nothing.
    assert not rights_in(partner.user, plan).may(Action.CONTRIBUTE)


def test_a_program_does_not_manage(plan: Plan, partner: Partner) -> None:
    rights = rights_in(partner.manager, plan)
    with pytest.raises(tokens.TokenError, match="ne gère pas un plan"):
        tokens.register(plan, "Autre", Role.MANAGER, rights=rights, at=NOW)
    with pytest.raises(members.MemberError, match="ne gère pas un plan"):
        members.change_role(partner.membership, Role.MANAGER, rights=rights)


def test_a_name_is_given_once_in_a_plan(plan: Plan, partner: Partner) -> None:
    accounts = User.objects.count()
    with pytest.raises(tokens.TokenError, match="déjà un système nommé"):
        tokens.register(
            plan,
            partner.system.name,
            Role.VIEWER,
            rights=rights_in(partner.manager, plan),
            at=NOW,
        )
    assert User.objects.count() == accounts


def test_a_token_lasts_a_year_at_most(partner: Partner) -> None:
    for days in (0, -1, 367):
        with pytest.raises(tokens.TokenError, match="un an au plus"):
            tokens.issue(
                partner.system,
                Scope.READ,
                by=partner.manager,
                lifetime=timedelta(days=days),
                at=NOW,
            )


def test_its_use_is_noted_and_is_no_event_of_the_trail(partner: Partner) -> None:
    def noted() -> Any:
        return ApiToken.objects.get(pk=partner.token.pk).last_used_at

    assert noted() is None
    partner.get("/api/v1/plans/")
    first = noted()
    assert first is not None
    partner.get("/api/v1/plans/")
    assert noted() == first
    ApiToken.objects.update(last_used_at=first - timedelta(minutes=2))
    partner.get("/api/v1/plans/")
    assert noted() > first
    events = ApiToken.pgh_event_model.objects.filter(pgh_obj_id=partner.token.pk)
    assert [event.pgh_label for event in events] == ["insert"]
    tokens.revoke(partner.token, at=timezone.now())
    assert [event.pgh_label for event in events.all()] == ["insert", "update"]


def refused(answer: Any) -> tuple[int, str, str]:
    return answer.status_code, answer["Content-Type"], answer.json()["detail"]


def test_a_revoked_token_is_refused_at_the_next_request(partner: Partner) -> None:
    assert partner.get("/api/v1/plans/").status_code == 200
    tokens.revoke(partner.token, at=timezone.now())
    answer = partner.get("/api/v1/plans/")
    assert refused(answer) == (401, "application/problem+json", "This token was revoked.")
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


def test_an_expired_token_is_refused(partner: Partner) -> None:
    ApiToken.objects.update(created_at=NOW - timedelta(days=2), expires_at=NOW - timedelta(days=1))
    assert refused(partner.get("observation-drafts/")) == (
        401,
        "application/problem+json",
        "This token has expired.",
    )


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer", "Bearer a b", "Basic dTpw", "Bearer \u00e9"]
)
def test_a_wrong_token_is_refused_where_none_is_needed_too(plan: Plan, header: str) -> None:
    answer = Client().get("/api/v1/plans/", headers={"Authorization": header})
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


def test_a_closed_account_is_refused(partner: Partner) -> None:
    User.objects.filter(pk=partner.user.pk).update(is_active=False)
    assert partner.get("observation-drafts/").status_code == 401


def test_a_system_taken_out_of_the_plan_may_nothing(partner: Partner) -> None:
    members.remove(partner.membership)
    assert partner.get("observation-drafts/").status_code == 403


def test_writing_needs_a_token(plan: Plan) -> None:
    answer = Client().post(
        f"/api/v1/plans/{plan.slug}/observations/bulk/", {}, content_type="application/json"
    )
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


def test_a_session_opens_nothing_that_asks_for_a_token(partner: Partner) -> None:
    browser = Client()
    browser.force_login(partner.manager)
    assert browser.get(partner.address("observation-drafts/")).status_code == 401


def test_another_plan_is_refused_alike_whether_it_exists_or_not(partner: Partner) -> None:
    hidden = PlanFactory.create(is_public=False)
    for slug in (hidden.slug, "no-such-plan"):
        answer = partner.get(f"/api/v1/plans/{slug}/observation-drafts/")
        assert answer.status_code == 403
        assert answer.json()["detail"] == "This token is for the plan grand-est-2019."


def test_each_token_has_its_own_limit(partner: Partner, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE, settings.API_TOKEN_REQUESTS_PER_MINUTE = 1, 2
    answers = [partner.get("/api/v1/plans/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Limit"] for answer in answers[:2]] == ["2", "2"]
    assert Client().get("/api/v1/plans/").status_code == 200


def test_wrong_tokens_count_as_requests_of_their_address(plan: Plan, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    asked = [
        Client().get("/api/v1/plans/", headers={"Authorization": f"Bearer {n}"}) for n in range(3)
    ]
    assert [answer.status_code for answer in asked] == [401, 401, 429]


def test_what_a_token_is_answered_is_not_for_others(partner: Partner) -> None:
    answer = partner.get("/api/v1/plans/")
    assert answer["Cache-Control"] == "private, no-cache"
    assert "Authorization" in answer["Vary"]
    assert partner.get("observation-drafts/")["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("/api/v1/plans/", "GET, HEAD, OPTIONS"),
        ("/api/v1/plans/p/observations/bulk/", "POST, OPTIONS"),
        ("/api/v1/plans/p/indicators/i/drafts/d/", "GET, PUT, DELETE, HEAD, OPTIONS"),
    ],
)
def test_what_may_be_asked_is_told_and_other_sites_only_read(
    client: Client, address: str, allowed: str
) -> None:
    answer = client.options(address)
    assert (answer.status_code, answer["Allow"]) == (204, allowed)
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Authorization" not in answer["Access-Control-Allow-Headers"]
