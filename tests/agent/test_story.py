"""A person's day, in a real browser: three values entered, one returned, two published, one
corrected, and pages that show it all."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from indicators.models import Observation
from measures.models import MeasureAssignment
from plans.models import Plan, Role
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MembershipFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
)

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "une phrase de passe assez longue"
COLLOQUES, ENTREPRISES, THESES = "Colloques tenus", "Entreprises accompagnées", "Thèses financées"


def person(plan: Plan, role: Role, name: str) -> User:
    user: User = MembershipFactory.create(
        plan=plan, role=role, user__name=name, user__email=f"{name.lower()}@example.org"
    ).user
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def plan() -> Plan:
    """A plan with three yearly quotas of 35 over 2020-2022, 30 published for 2020 in each."""
    made: Plan = PlanFactory.create(slug="plan-ia", title="Plan IA")
    SourceFactory.create(plan=made, code="bilan", title="Bilan annuel 2021")
    measure = MeasureFactory.create(plan=made, title="Pack IA")
    alix = person(made, Role.CONTRIBUTOR, "Alix")
    MeasureAssignment.objects.create(measure=measure, user=alix)
    person(made, Role.REVIEWER, "Sacha")
    for code, title in (("colloques", COLLOQUES), ("entreprises", ENTREPRISES), ("theses", THESES)):
        indicator = IndicatorFactory.create(plan=made, measure=measure, code=code, title=title)
        TargetFactory.with_yearly_quota(dict.fromkeys((2020, 2021, 2022), 35), indicator=indicator)
        ObservationFactory.create(indicator=indicator, value=Decimal(30), published=True)
    return made


def sign_in(page: Page, name: str) -> None:
    page.goto("/comptes/login/")
    page.locator("input[name=login]").fill(f"{name.lower()}@example.org")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/agent/")


def proposal(page: Page, title: str) -> Page:
    """Open the page of a contribution from the review queue."""
    page.goto("/agent/plans/plan-ia/relecture/")
    page.get_by_role("listitem").filter(has_text=title).get_by_role(
        "link", name="Examiner, commenter ou renvoyer"
    ).click()
    return page


@pytest.mark.parametrize("javascript", [True, False], ids=["with scripts", "without scripts"])
def test_entry_review_publication_correction_and_history(
    plan: Plan, open_page: Callable[..., Page], javascript: bool
) -> None:
    alix, sacha, public = (open_page(javascript=javascript) for _ in range(3))

    # Alix enters three values for 2021 and submits them.
    sign_in(alix, "Alix")
    alix.goto("/agent/plans/plan-ia/saisie/?periode=2021")
    for title, typed in ((COLLOQUES, "36"), (ENTREPRISES, "41"), (THESES, "350")):
        row = alix.get_by_role("row").filter(has_text=title)
        row.locator("input[type=text]").first.fill(typed)
        row.locator("input[type=text]").first.press("Tab")
    alix.get_by_label("Source des valeurs").select_option(label="Bilan annuel 2021")
    alix.get_by_role("button", name="Enregistrer", exact=True).click()
    # Ten times the year before: asked about, not refused.
    doubt = alix.get_by_role("row").filter(has_text=THESES).get_by_label("C’est bien cette valeur")
    doubt.check()
    alix.get_by_role("button", name="Soumettre mes brouillons").click()
    expect(alix.get_by_role("row").filter(has_text=THESES)).to_contain_text("à relire")
    assert set(
        Observation.objects.filter(state="submitted").values_list("indicator__title", "value")
    ) == {(COLLOQUES, 36), (ENTREPRISES, 41), (THESES, 350)}

    # The public sees none of it.
    public.goto("/plans/plan-ia/indicateurs/entreprises/")
    assert "41" not in public.locator("main").inner_text()

    # Sacha returns one with a question and publishes the two others together.
    sign_in(sacha, "Sacha")
    proposal(sacha, THESES)
    sacha.get_by_label("Motif").fill("350 thèses ? N’est-ce pas 35 ?")
    sacha.get_by_role("button", name="Renvoyer").click()
    for title in (COLLOQUES, ENTREPRISES):
        sacha.get_by_role("listitem").filter(has_text=title).get_by_role("checkbox").check()
    sacha.get_by_role("button", name="Publier ce qui est coché").click()
    expect(sacha.locator("main")).to_contain_text("2 contributions publiées.")
    expect(sacha.locator("main")).to_contain_text("Rien n’attend de relecture.")

    # The public page changes at once.
    public.reload()
    expect(public.locator("main")).to_contain_text("71 sur 105 entreprises")

    # Alix finds the reason where the value is typed, corrects it, and it is published.
    alix.goto("/agent/")
    expect(alix.locator("main")).to_contain_text(THESES)
    alix.goto("/agent/plans/plan-ia/indicateurs/theses/saisie/?debut=2021-01-01&fin=2021-12-31")
    expect(alix.locator("main")).to_contain_text("N’est-ce pas 35 ?")
    alix.locator("input[name=value]").fill("35")
    alix.get_by_role("button", name="Enregistrer et soumettre").click()
    proposal(sacha, THESES)
    sacha.get_by_role("button", name="Publier", exact=True).click()
    public.goto("/plans/plan-ia/indicateurs/theses/")
    expect(public.locator("main")).to_contain_text("65 sur 105 entreprises")

    # A published value is corrected with a public reason; both versions stay readable.
    alix.goto(
        "/agent/plans/plan-ia/indicateurs/entreprises/saisie/?debut=2021-01-01&fin=2021-12-31"
    )
    alix.locator("input[name=value]").fill("40")
    alix.locator("[name=correction_reason]").fill("Une entreprise était comptée deux fois.")
    alix.get_by_role("button", name="Enregistrer et soumettre").click()
    proposal(sacha, ENTREPRISES)
    sacha.get_by_role("button", name="Publier", exact=True).click()
    public.goto("/plans/plan-ia/indicateurs/entreprises/")
    expect(public.locator("main")).to_contain_text("70 sur 105 entreprises")
    expect(public.locator("main")).to_contain_text("Une entreprise était comptée deux fois.")
    expect(public.locator("main")).to_contain_text("remplacée")
    assert "Alix" not in public.content()
