"""Corrections, withdrawals, rights, and what stands already: what a file may change."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from exchange.spreadsheets import jobs
from indicators.models import Indicator, Observation
from plans.models import Plan, Role
from tests.exchange.spreadsheets.mistakes.lines import YEAR_2024, line
from tests.exchange.spreadsheets.workbooks import (
    TITLES,
    checked,
    errors,
    member,
    outcomes,
    warnings,
    workbook,
    written,
)
from tests.factories import IndicatorFactory, MilestoneFactory, ObservationFactory, UserFactory

pytestmark = pytest.mark.django_db


def published(indicator: Indicator, **said: str) -> Observation:
    made: Observation = ObservationFactory.create(
        indicator=indicator, year=2024, published=True, author=UserFactory.create(),
        source=indicator.plan.sources.get(), **said,
    )  # fmt: skip
    return made


def test_a_published_value_is_corrected_with_a_reason_only(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    was = published(indicators[0])
    bare = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", 31)])
    reasoned = workbook(
        tmp_path / "b.xlsx", [TITLES, [*line("entreprises", 31)[:5], "Faute de frappe."]]
    )
    blank = workbook(tmp_path / "c.xlsx", [TITLES, [*line("entreprises", 31)[:5], "  \u00a0 "]])

    refused = {"F2": "Une valeur est déjà publiée ici : donnez le motif de la correction."}
    assert errors(checked(plan, user, bare)) == refused
    assert errors(checked(plan, user, blank)) == refused
    written(checked(plan, user, reasoned))

    draft = Observation.objects.get(state="draft")
    assert (draft.value, draft.supersedes, draft.correction_reason) == (31, was, "Faute de frappe.")
    was.refresh_from_db()
    assert (was.state, was.superseded_at) == ("published", None)  # public until it is reviewed


def test_a_correction_keeps_the_evidence_of_what_it_corrects(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    """As on the entry page: who corrects a figure does not take its evidence away."""
    evidence = {
        "evidence_file": "evidence/abcd.pdf",
        "evidence_name": "bilan.pdf",
        "evidence_url": "https://example.org/bilan",
    }
    published(indicators[0], **evidence)
    path = workbook(
        tmp_path / "a.xlsx",
        [TITLES, [*line("entreprises", 31)[:5], "Révisé."], line("emplois", 3)],
    )

    written(checked(plan, user, path))

    kept = Observation.objects.filter(state="draft").values(*evidence).order_by("-indicator__code")
    assert list(kept) == [evidence, dict.fromkeys(evidence, "")]


def withdrawal(path: Path, mark: Any, reason: str | None = "Erreur de source.") -> Path:
    titles = [*TITLES, "Retrait"]
    said = ["entreprises", *YEAR_2024, None, None, reason, mark]
    return workbook(path, [titles, said])


def test_an_explicit_mark_withdraws(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    was = published(indicators[0])

    job = written(checked(plan, user, withdrawal(tmp_path / "a.xlsx", "retirer")))

    was.refresh_from_db()
    assert job.counts == {"withdraw": 1}
    assert was.superseded_at is not None
    assert was.withdrawal_reason == "Erreur de source."


@pytest.mark.parametrize("mark", [0, "0", "supprimer", "non", "RETIRER ?!x"])
def test_nothing_else_withdraws(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], mark: Any
) -> None:
    published(indicators[0])

    job = checked(plan, user, withdrawal(tmp_path / "a.xlsx", mark))

    assert "n’est pas admis ici ; admis : RETIRER, ou rien." in errors(job)["G2"]


def test_a_withdrawal_has_a_reason_and_something_to_withdraw(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    nothing = checked(plan, user, withdrawal(tmp_path / "a.xlsx", "RETIRER"))
    published(indicators[0])
    mute = checked(plan, user, withdrawal(tmp_path / "b.xlsx", "RETIRER", None))

    assert "il n’y a rien à retirer" in errors(nothing)["G2"]
    assert errors(mute) == {"F2": "Un retrait a un motif, qui sera public."}


def test_a_contributor_writes_only_what_is_assigned_and_never_withdraws(
    tmp_path: Path, plan: Plan, indicators: list[Indicator]
) -> None:
    contributor = member(plan, Role.CONTRIBUTOR)
    indicators[0].measure.assignments.create(user=contributor)
    IndicatorFactory.create(plan=plan, code="ailleurs")
    IndicatorFactory.create(plan=plan, code="du-plan", on_plan=True)
    path = workbook(
        tmp_path / "a.xlsx",
        [TITLES, line("entreprises", 1), line("ailleurs", 1), line("du-plan", 1)],
    )
    published(indicators[1])
    titles = [*TITLES, "Retrait"]
    taken = workbook(
        tmp_path / "b.xlsx", [titles, ["emplois", *YEAR_2024, None, None, "Faux.", "RETIRER"]]
    )

    job = checked(plan, contributor, path)

    assert outcomes(job) == [(2, "new"), (3, "error"), (4, "error")]
    assert "ne vous est pas attribuée" in errors(job)["A3"]
    assert "seuls les relecteurs et les gestionnaires" in errors(job)["A4"]
    assert "revient aux relecteurs" in errors(checked(plan, contributor, taken))["G2"]


def test_a_submitted_entry_is_not_overwritten(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    ObservationFactory.create(
        indicator=indicators[0], year=2024, author=user, source=plan.sources.get(),
        state="submitted",
    )  # fmt: skip

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", 31)]))

    assert list(errors(job)) == [""]
    assert "déjà soumise à la relecture" in errors(job)[""]


def test_a_milestone_needs_a_state_and_a_day_that_has_come(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    MilestoneFactory.create(measure=indicators[0].measure, code="ouverture")
    MilestoneFactory.create(measure=indicators[0].measure, code="bilan")
    titles = ["Mesure", "Jalon", "Constaté le", "État", "Source"]
    path = workbook(
        tmp_path / "a.xlsx",
        [
            titles,
            ["pack", "ouverture", date(2024, 3, 1), "FAIT", "bilan"],
            ["pack", "bilan", date(2999, 3, 1), "fait", "bilan"],
            ["pack", "bilan", None, "fini", "bilan"],
            ["pack", "bilan", date(2024, 3, 2), None, "bilan"],
            ["pack", "bilan", date(1924, 3, 2), "fait", "bilan"],
        ],
        title="Jalons",
    )

    job = checked(plan, user, path)

    assert outcomes(job) == [(2, "new"), *((row, "error") for row in (3, 4, 5, 6))]
    assert sorted(errors(job)) == ["C3", "C4", "C6", "D4", "D5"]
    assert errors(job)["C6"] == "Vérifiez l’année."


def test_a_version_that_a_colleague_changed_since_the_download_is_not_overwritten(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    colleague = member(plan)
    draft = ObservationFactory.create(
        indicator=indicators[0], year=2024, value=5, author=user, edited_by=user,
        source=plan.sources.get(),
    )  # fmt: skip
    mark = f"B{draft.pk}.{draft.revision}-00000000"
    Observation.objects.filter(pk=draft.pk).update(
        value=6, revision=draft.revision + 1, edited_by=colleague
    )
    path = workbook(tmp_path / "a.xlsx", [[*TITLES, "Version"], [*line("entreprises", 7), mark]])

    job = checked(plan, user, path)

    assert list(errors(job)) == ["G2"]
    assert (
        f"{colleague} a enregistré autre chose ici depuis le téléchargement : 6"
        in (errors(job)["G2"])
    )


def test_an_entry_without_source_is_kept_with_a_remark(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", 7, source="")])

    job = checked(plan, user, path)

    assert warnings(job) == {"E2": "Sans source, cette saisie s’enregistre mais ne se publie pas."}
    assert job.can_be_confirmed


def test_a_value_that_surprises_is_remarked_and_not_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    for indicator in indicators[:2]:
        ObservationFactory.create(
            indicator=indicator, year=2023, value=30, published=True, source=plan.sources.get()
        )
    path = workbook(
        tmp_path / "a.xlsx",
        [TITLES, line("entreprises", 3500), line("emplois", 35), line("projets", 3500)],
    )

    job = checked(plan, user, path)

    assert list(warnings(job)) == ["D2"]
    assert "30" in warnings(job)["D2"]
    assert [one.number for one in job.rows.doubtful()] == [2]
    assert job.can_be_confirmed


def test_what_has_no_source_is_not_handed_in(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [TITLES, line("entreprises", 1), line("emplois", 2, source="")]
    )
    job = checked(plan, user, path)

    with pytest.raises(jobs.NotNowError, match="1 ligne est sans source"):
        written(job, submits=True)
    written(job)

    assert set(Observation.objects.values_list("state", flat=True)) == {"draft"}


def test_a_reason_goes_with_a_correction_only(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    ObservationFactory.create(
        indicator=indicators[1], year=2024, value=5, author=user, source=plan.sources.get()
    )
    rows = [
        [*line("entreprises", 3)[:5], "Sans objet"],
        [*line("emplois", 5)[:5], "Sans objet"],
    ]

    job = written(checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, *rows])))

    assert outcomes(job) == [(2, "new"), (3, "same")]
    assert set(Observation.objects.values_list("correction_reason", flat=True)) == {""}


def test_a_draft_of_a_correction_keeps_to_what_is_published_now(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    was = published(indicators[0])
    draft = ObservationFactory.create(
        indicator=indicators[0], year=2024, value=31, author=user, edited_by=user,
        source=plan.sources.get(),
    )  # fmt: skip
    bare = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", 32)])
    reasoned = workbook(tmp_path / "b.xlsx", [TITLES, [*line("entreprises", 32)[:5], "Relevé."]])

    assert list(errors(checked(plan, user, bare))) == ["F2"]
    written(checked(plan, user, reasoned))

    draft.refresh_from_db()
    assert (draft.value, draft.supersedes, draft.correction_reason) == (32, was, "Relevé.")
