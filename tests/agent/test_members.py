"""The members' pages: who sees them, what they show and do, and joining by the link of a mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from measures.models import MeasureAssignment
from plans import invitations
from plans.models import Contribution, Invitation, Membership, Plan, Role
from plans.permissions import rights_in
from tests.accounts.people import PASSWORD, person, with_generator
from tests.agent.staff import signed_in
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MembershipFactory,
    ObservationFactory,
    PlanFactory,
    UserFactory,
)
from tests.html import html_errors, inline_code

pytestmark = pytest.mark.django_db

CAMILLE = "camille@example.org"


@pytest.fixture
def manager() -> Membership:
    membership: Membership = MembershipFactory.create(
        role=Role.MANAGER, user__name="Dominique Roy", plan__slug="plan", plan__title="Plan IA"
    )
    return membership


@pytest.fixture
def desk(manager: Membership) -> Client:
    """The browser of a manager of `plan`."""
    return signed_in(manager.user)


def page_of(client: Client, address: str, *, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    page = response.content.decode()
    assert html_errors(page) == []
    assert inline_code(page) == []
    return page


def said(response: Any) -> str:
    """Return the page that a post leads to, or is answered with."""
    return str(response.content.decode())


# Who may see and do it


def addresses(plan: Plan) -> list[str]:
    member = MembershipFactory.create(plan=plan)
    invitation = Invitation.objects.create(
        plan=plan,
        email=CAMILLE,
        role=Role.VIEWER,
        token_hash="x",
        invited_by=member.user,
        expires_at=timezone.now() + timedelta(days=1),
    )
    base = f"/agent/plans/{plan.slug}/membres/"
    return [
        base,
        f"{base}reglages/",
        f"{base}{member.pk}/",
        f"{base}{member.pk}/retirer/",
        f"{base}invitations/{invitation.pk}/renvoyer/",
        f"{base}invitations/{invitation.pk}/retirer/",
    ]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.CONTRIBUTOR, Role.REVIEWER])
def test_members_who_do_not_manage_are_refused(role: Role, method: str) -> None:
    plan = PlanFactory.create()
    client = signed_in(MembershipFactory.create(plan=plan, role=role).user)

    assert {getattr(client, method)(there).status_code for there in addresses(plan)} == {403}
    assert plan.invitations.filter(revoked_at__isnull=True).count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_manager_of_another_plan_learns_nothing(manager: Membership, method: str) -> None:
    client = signed_in(manager.user)
    other = PlanFactory.create()

    assert {getattr(client, method)(there).status_code for there in addresses(other)} == {404}


def test_a_stranger_is_led_to_sign_in() -> None:
    plan = PlanFactory.create()

    for there in addresses(plan):
        response: Any = Client().get(there)
        assert response.url == f"/comptes/login/?next={there}"


def test_a_superuser_manages_every_plan() -> None:
    plan = PlanFactory.create()
    client = signed_in(UserFactory.create(superuser=True))

    statuses = [client.get(there).status_code for there in addresses(plan)]
    assert statuses == [200, 200, 200, 200, 405, 405]


def test_members_and_invitations_of_another_plan_are_not_reached(
    desk: Client, manager: Membership
) -> None:
    theirs = [there.rpartition("membres/")[2] for there in addresses(PlanFactory.create())][2:]

    for end in theirs:
        assert desk.post(f"/agent/plans/plan/membres/{end}").status_code == 404


def test_pages_are_kept_out_of_caches(desk: Client) -> None:
    assert "no-store" in desk.get("/agent/plans/plan/membres/")["Cache-Control"]


# The list


def test_the_list_says_who_does_what_and_who_lacks_a_second_factor(
    desk: Client, manager: Membership
) -> None:
    measure = MeasureFactory.create(plan=manager.plan, title="Pack IA")
    elsewhere = MeasureFactory.create(title="Mesure d’un autre plan")
    camille = MembershipFactory.create(
        plan=manager.plan, user=person(CAMILLE, last_login=timezone.now()), role=Role.CONTRIBUTOR
    ).user
    with_generator(camille)
    for assigned in (measure, elsewhere):
        MeasureAssignment.objects.create(measure=assigned, user=camille)
    MembershipFactory.create(plan=manager.plan, role=Role.CONTRIBUTOR, user__name="Sacha Petit")

    page = page_of(desk, "/agent/plans/plan/membres/")

    assert "3 membres" in page
    assert "2 membres n’ont pas de double authentification." in page
    assert page.count("Pack IA") == 1
    assert "Mesure d’un autre plan" not in page
    assert page.count("aucune : ne peut rien saisir") == 1
    assert page.index("Dominique Roy") < page.index("Camille Martin") < page.index("Sacha Petit")
    assert (page.count(">manque<"), page.count("activée\n")) == (2, 1)


def test_the_list_takes_as_many_queries_for_one_member_as_for_ten(
    desk: Client, manager: Membership
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get("/agent/plans/plan/membres/")
        return len(captured)

    desk.get("/agent/plans/plan/membres/")  # the session's own first writes
    few = queries()
    measure = MeasureFactory.create(plan=manager.plan)
    for number in range(9):
        user = MembershipFactory.create(plan=manager.plan).user
        MeasureAssignment.objects.create(measure=measure, user=user)
        rights = rights_in(manager.user, manager.plan)
        invitations.invite(
            manager.plan, f"i{number}@example.org", Role.VIEWER, rights=rights, at=timezone.now()
        )
    assert queries() == few


# Inviting


def invite(desk: Client, email: str = CAMILLE, role: str = "contributor") -> str:
    return said(
        desk.post("/agent/plans/plan/membres/", {"email": email, "role": role}, follow=True)
    )


def test_a_manager_invites_and_sees_where_it_stands(desk: Client) -> None:
    page = invite(desk)
    assert "L’invitation part à camille@example.org." in page
    assert "le courriel va partir" in page

    invitations.deliver(at=timezone.now())
    page = page_of(desk, "/agent/plans/plan/membres/")
    assert "envoyée le" in page
    assert mail.outbox[0].to == [CAMILLE]


def test_an_invitation_that_cannot_be_keeps_what_was_typed(desk: Client) -> None:
    invite(desk)

    page = invite(desk, "Camille@example.org", "reviewer")

    assert "Une invitation attend déjà la réponse de camille@example.org" in page
    assert 'value="Camille@example.org"' in page
    assert re.search(r'value="reviewer"[^>]* checked', page)


def test_an_address_that_is_none_is_said_so(desk: Client) -> None:
    page = invite(desk, "camille@")
    assert 'href="#id_email"' in page
    assert 'value="camille@"' in page


def test_the_page_says_when_the_mail_does_not_go(desk: Client) -> None:
    invite(desk)
    Invitation.objects.update(mail_error="Connection refused", mail_attempts=3)

    page = page_of(desk, "/agent/plans/plan/membres/")
    assert "le courriel ne part pas" in page
    assert "Connection refused" in page


def test_a_manager_sends_again_and_takes_back(desk: Client) -> None:
    invite(desk)
    invitation = Invitation.objects.get()
    base = f"/agent/plans/plan/membres/invitations/{invitation.pk}"

    assert "Un nouveau lien part à camille@example.org" in said(
        desk.post(f"{base}/renvoyer/", follow=True)
    )
    assert "L’invitation de camille@example.org est retirée." in said(
        desk.post(f"{base}/retirer/", follow=True)
    )
    assert "Cette invitation a déjà été retirée." in said(
        desk.post(f"{base}/retirer/", follow=True)
    )


# Changing and removing


def test_a_manager_changes_a_role_and_the_measures(desk: Client, manager: Membership) -> None:
    measures = [MeasureFactory.create(plan=manager.plan) for _ in range(3)]
    member = MembershipFactory.create(plan=manager.plan, role=Role.VIEWER, user__name="Camille")
    elsewhere = MeasureFactory.create()
    for measure in (measures[0], elsewhere):
        MeasureAssignment.objects.create(measure=measure, user=member.user)
    address = f"/agent/plans/plan/membres/{member.pk}/"
    page = page_of(desk, address)
    assert page.count('type="checkbox"') == 3
    assert page.count("checked") == 2  # the role and one measure

    page = said(
        desk.post(
            address,
            {"role": "contributor", "measures": [measures[1].pk, measures[2].pk]},
            follow=True,
        )
    )

    assert "Le rôle et les mesures de Camille sont enregistrés." in page
    member.refresh_from_db()
    assert member.role == Role.CONTRIBUTOR
    held = MeasureAssignment.objects.filter(user=member.user).values_list("measure", flat=True)
    assert set(held) == {measures[1].pk, measures[2].pk, elsewhere.pk}


def test_a_measure_of_another_plan_is_not_assigned(desk: Client, manager: Membership) -> None:
    member = MembershipFactory.create(plan=manager.plan)
    elsewhere = MeasureFactory.create()

    page = said(
        desk.post(
            f"/agent/plans/plan/membres/{member.pk}/",
            {"role": "manager", "measures": [elsewhere.pk]},
        )
    )

    assert "Sélectionnez un choix valide." in page
    assert not MeasureAssignment.objects.exists()
    member.refresh_from_db()
    assert member.role == Role.CONTRIBUTOR


def test_the_last_manager_keeps_the_role_and_the_place(desk: Client, manager: Membership) -> None:
    address = f"/agent/plans/plan/membres/{manager.pk}/"

    assert "Ce plan n’aurait plus de gestionnaire" in said(desk.post(address, {"role": "viewer"}))
    refused = desk.post(f"{address}retirer/")
    assert refused.status_code == 409
    assert "Ce plan n’aurait plus de gestionnaire" in said(refused)
    manager.refresh_from_db()
    assert manager.role == Role.MANAGER


def test_who_is_removed_loses_the_plan_and_keeps_their_history(
    desk: Client, manager: Membership
) -> None:
    member = MembershipFactory.create(plan=manager.plan, role=Role.REVIEWER, user__name="Camille")
    indicator = IndicatorFactory.create(plan=manager.plan)
    MeasureAssignment.objects.create(measure=indicator.measure, user=member.user)
    written = ObservationFactory.create(indicator=indicator, author=member.user)
    theirs = signed_in(member.user)
    assert theirs.get("/agent/plans/plan/").status_code == 200
    address = f"/agent/plans/plan/membres/{member.pk}/retirer/"
    assert "1 mesure ne lui sera plus confiée." in page_of(desk, address)

    page = said(desk.post(address, follow=True))

    assert "Camille n’est plus membre du plan." in page
    assert theirs.get("/agent/plans/plan/").status_code == 404
    assert not MeasureAssignment.objects.exists()
    written.refresh_from_db()
    assert (written.author, written.state) == (member.user, Contribution.State.DRAFT)


def test_a_manager_leaves_when_another_remains(desk: Client, manager: Membership) -> None:
    MembershipFactory.create(plan=manager.plan, role=Role.MANAGER)

    response: Any = desk.post(f"/agent/plans/plan/membres/{manager.pk}/retirer/")

    assert response.url == "/agent/"
    assert not Membership.objects.filter(pk=manager.pk).exists()


def test_a_person_has_a_role_in_each_plan(manager: Membership) -> None:
    other = MembershipFactory.create(user=manager.user, role=Role.VIEWER)
    client = signed_in(manager.user)

    assert client.get("/agent/plans/plan/membres/").status_code == 200
    assert client.get(f"/agent/plans/{other.plan.slug}/membres/").status_code == 403
    assert client.get(f"/agent/plans/{other.plan.slug}/").status_code == 200


# Settings


def test_settings_are_changed_and_the_trail_says_by_whom(desk: Client, manager: Membership) -> None:
    with_generator(manager.user)

    desk.post("/agent/plans/plan/membres/reglages/", {"requires_two_factor": "on"})

    manager.plan.refresh_from_db()
    assert (manager.plan.requires_two_factor, manager.plan.allows_self_publication) == (
        True,
        False,
    )
    event = manager.plan.events.order_by("-pgh_id").first()  # type: ignore[attr-defined]
    assert event.requires_two_factor
    assert event.pgh_context.metadata["user"] == manager.user.pk


def test_a_manager_does_not_lock_themselves_out(desk: Client, manager: Membership) -> None:
    page = said(
        desk.post(
            "/agent/plans/plan/membres/reglages/",
            {"requires_two_factor": "on", "allows_self_publication": "on"},
        )
    )

    assert "Activez d’abord la double authentification sur votre propre compte" in page
    manager.plan.refresh_from_db()
    assert not manager.plan.requires_two_factor
    assert not manager.plan.allows_self_publication


def test_without_the_second_factor_a_member_is_led_to_set_it_up(manager: Membership) -> None:
    Plan.objects.filter(pk=manager.plan.pk).update(requires_two_factor=True)
    client = signed_in(manager.user)

    response = client.get("/agent/plans/plan/membres/", follow=True)

    assert response.redirect_chain == [("/comptes/2fa/", 302)]
    page = response.content.decode()
    assert "Ce plan exige une double authentification" in page
    with_generator(manager.user)
    page = page_of(client, "/agent/plans/plan/membres/")
    assert ">manque<" not in page


def test_where_it_is_required_the_list_says_what_lacking_it_means(
    desk: Client, manager: Membership
) -> None:
    with_generator(manager.user)
    MembershipFactory.create(plan=manager.plan)
    Plan.objects.filter(pk=manager.plan.pk).update(requires_two_factor=True)

    page = page_of(desk, "/agent/plans/plan/membres/")
    assert "Un membre n’a pas de double authentification." in page
    assert "ces pages leur sont fermées" in page


# Joining


@pytest.fixture
def link(manager: Membership) -> str:
    rights = rights_in(manager.user, manager.plan)
    invitation = invitations.invite(
        manager.plan, CAMILLE, Role.REVIEWER, rights=rights, at=timezone.now()
    )
    return f"/invitation/{invitations.token_of(invitation)}/"


NEW = {"name": "Camille Martin", "password1": PASSWORD, "password2": PASSWORD}


def test_a_new_person_chooses_a_name_and_a_password(client: Client, link: str) -> None:
    page = page_of(client, link)
    assert "Dominique Roy vous invite à suivre ce plan (Grand Est)" in page
    assert "<b>camille@example.org</b>" in page

    response: Any = client.post(link, NEW)

    assert response.url == "/agent/plans/plan/"
    user = User.objects.get(email=CAMILLE)
    assert (user.name, user.check_password(PASSWORD)) == ("Camille Martin", True)
    assert Membership.objects.get(user=user).role == Role.REVIEWER
    assert client.get("/agent/plans/plan/").status_code == 200


def test_opening_the_link_changes_nothing(client: Client, link: str) -> None:
    client.get(link)
    client.head(link)

    assert Invitation.objects.get().accepted_at is None
    assert not User.objects.filter(email=CAMILLE).exists()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"password2": "autre chose encore"}, "Les deux mots de passe ne sont pas identiques."),
        ({"password1": "court", "password2": "court"}, "Ce mot de passe est trop court."),
        ({"password1": "camille@example", "password2": "camille@example"}, "trop semblable"),
        ({"name": ""}, "Ce champ est obligatoire."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    client: Client, link: str, given: dict[str, str], message: str
) -> None:
    response = client.post(link, {**NEW, **given})

    page = response.content.decode()
    assert message in page
    assert html_errors(page) == []
    assert not User.objects.filter(email=CAMILLE).exists()


def test_the_form_sent_twice_leads_to_the_plan(client: Client, link: str) -> None:
    client.post(link, NEW)

    response: Any = client.post(link, NEW)

    assert response.url == "/agent/plans/plan/"
    assert User.objects.filter(email=CAMILLE).count() == 1


def test_who_has_an_account_signs_in_and_joins(client: Client, link: str) -> None:
    user = person("Camille@example.org")
    page = page_of(client, link)
    assert "a déjà un compte" in page
    assert "password1" not in page

    back: Any = client.post(
        "/comptes/login/", {"login": user.email, "password": PASSWORD, "next": link}
    )
    assert back.url == link
    assert "Rejoindre le plan" in page_of(client, link)
    joined: Any = client.post(link)

    assert joined.url == "/agent/plans/plan/"
    assert Membership.objects.get(user=user).role == Role.REVIEWER


def test_the_second_factor_is_asked_for_on_the_way(client: Client, link: str) -> None:
    user = person(CAMILLE)
    with_generator(user)
    half: Any = client.post(
        "/comptes/login/", {"login": user.email, "password": PASSWORD, "next": link}
    )

    assert half.url == "/comptes/2fa/authenticate/"
    assert not Membership.objects.filter(user=user).exists()


def test_another_account_is_told_so_and_may_sign_out(client: Client, link: str) -> None:
    client.force_login(person("sacha@example.org"))

    page = page_of(client, link, status=403)
    assert "L’invitation est pour <b>camille@example.org</b>" in page
    assert "vous êtes connecté avec <b>sacha@example.org</b>" in page
    assert client.post(link).status_code == 403
    assert Invitation.objects.get().accepted_at is None

    out: Any = client.post("/comptes/logout/", {"next": link})
    assert out.url == link
    assert "password1" in page_of(client, link)


@pytest.mark.parametrize(
    ("settle", "status", "words"),
    [
        ("accept", 410, "Cette invitation a déjà servi"),
        ("revoke", 410, "Cette invitation a été retirée"),
        ("expire", 410, "Cette invitation n’est plus valable"),
        ("renew", 404, "seule la dernière fonctionne"),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_no_longer_works_says_why(
    client: Client, link: str, settle: str, status: int, words: str, method: str
) -> None:
    invitation = Invitation.objects.get()
    now = timezone.now()
    if settle == "accept":
        invitations.accept(invitation, person(CAMILLE), at=now)
    elif settle == "revoke":
        invitations.revoke(invitation, at=now)
    elif settle == "renew":
        invitations.resend(invitation, at=now)
    else:
        Invitation.objects.update(expires_at=now)
    members = Membership.objects.count()

    response = getattr(client, method)(link, NEW)

    assert response.status_code == status
    page = response.content.decode()
    assert words in page
    assert html_errors(page) == []
    assert Membership.objects.count() == members


def test_a_link_that_was_never_sent_is_unknown(client: Client) -> None:
    page = page_of(client, f"/invitation/{'0' * 64}/", status=404)
    assert "Cette invitation est introuvable" in page


def test_the_link_stays_with_the_person(client: Client, link: str) -> None:
    response = client.get(link)

    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
