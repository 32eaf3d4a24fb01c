"""What other products got wrong with imports and numbers, each with a real file.

The numbers in the titles of the sections are those of the list of known cases.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import numbers as formats

from accounts.models import User
from exchange.models import ImportJob
from exchange.spreadsheets import jobs
from indicators.models import Indicator, Observation
from plans.models import Plan, Role
from tests.exchange.spreadsheets import (
    TITLES,
    checked,
    errors,
    member,
    outcomes,
    row,
    warnings,
    workbook,
    written,
)
from tests.factories import (
    IndicatorFactory,
    MeasureFactory,
    MilestoneFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    UnitFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

YEAR_2024 = (date(2024, 1, 1), date(2024, 12, 31))


@pytest.fixture
def plan() -> Plan:
    made: Plan = PlanFactory.create(slug="plan-essai")
    SourceFactory.create(plan=made, code="bilan")
    return made


@pytest.fixture
def user(plan: Plan) -> User:
    return member(plan, Role.REVIEWER)


@pytest.fixture
def indicators(plan: Plan) -> list[Indicator]:
    measure = MeasureFactory.create(plan=plan, code="pack")
    return [
        IndicatorFactory.create(plan=plan, measure=measure, code=code)
        for code in ("entreprises", "emplois", "projets")
    ]


def line(code: Any, value: Any, year: int = 2024, *, source: str = "bilan") -> list[Any]:
    return [code, date(year, 1, 1), date(year, 12, 31), value, source, None]


def values() -> dict[tuple[str, int], Decimal | None]:
    return {
        (one.indicator.code, one.period_start.year): one.value
        for one in Observation.objects.select_related("indicator")
    }


# --- 13. Numbers as people write them -------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("2,5", "2.5"),
        ("35 000", "35000"),
        ("35\u00a0000", "35000"),
        ("35\u202f000", "35000"),
        ("35 000,25", "35000.25"),
        ("-3,5", "-3.5"),
        ("\u22123,5", "-3.5"),
        ("  12  ", "12"),
        ("0", "0"),
        (0, "0"),
        (0.0, "0"),
        (12, "12"),
        (0.1 + 0.2, "0.3"),
        (23.00, "23"),
        ("23,00", "23"),
    ],
)
def test_a_number_is_read_as_it_was_meant(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], typed: Any, value: str
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", typed)])

    job = written(checked(plan, user, path))

    assert values() == {("entreprises", 2024): Decimal(value)}
    assert job.state == ImportJob.State.WRITTEN


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("2,012", "2,012"),
        ("2.012", "2.012"),
        ("1,234,567.89", "1,234,567.89"),
        ("douze", "douze"),
        ("12 à 15", "12 à 15"),
        ("n.d.", "n.d."),
        ("-", "-"),
        ("1/2", "est une date"),
        ("12 %", "12 %"),
        (True, "VRAI ou FAUX"),
        (time(12, 30), "format Heure"),
    ],
)
def test_what_is_no_number_or_could_be_two_is_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], typed: Any, hint: str
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", typed)])

    job = checked(plan, user, path)

    assert list(errors(job)) == ["D2"]
    assert hint in errors(job)["D2"]
    assert not job.can_be_confirmed


def test_23_against_23_00_is_no_change(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    ObservationFactory.create(
        indicator=indicators[0], year=2024, value=Decimal("23.000000"), author=user,
        source=plan.sources.get(),
    )  # fmt: skip
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", "23,00")])

    assert outcomes(checked(plan, user, path)) == [(2, "same")]


def test_a_percentage_goes_with_an_indicator_in_percent_only(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    percent = UnitFactory.create(percent=True)
    IndicatorFactory.create(plan=plan, code="part", unit=percent, stock=True)
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("part", 0.025), line("entreprises", 0.025)])
    book = openpyxl.load_workbook(path)
    for cell in ("D2", "D3"):
        book.active[cell].number_format = formats.FORMAT_PERCENTAGE_00
    book.save(path)

    job = checked(plan, user, path)

    # 2,5 % is 2.5 in a unit of percents; 250 % or 0.025 would be another figure.
    assert row(job, 2).value == Decimal("2.5")
    assert list(errors(job)) == ["D3"]
    assert "est un pourcentage" in errors(job)["D3"]


# --- 15. Dates ------------------------------------------------------------------------------------


def test_a_number_that_the_spreadsheet_made_a_date_is_told(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", date(2026, 2, 1))])

    job = checked(plan, user, path)

    assert "« 01/02/2026 » est une date, pas un nombre" in errors(job)["D2"]


@pytest.mark.parametrize(
    ("written_as", "hint"),
    [
        ("1/2", "n’est pas une date"),
        ("01/02/24", "n’est pas une date"),
        ("31/02/2024", "n’est pas une date"),
        ("2024", "n’est pas une date"),
        (2024, "est un nombre, pas une date"),
        ("01/01/1024", "n’est pas vraisemblable"),
    ],
)
def test_a_date_is_checked_and_not_only_parsed(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], written_as: Any, hint: str
) -> None:
    said = ["entreprises", written_as, date(2024, 12, 31), 3, "bilan", None]

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, said]))

    assert list(errors(job)) == ["B2"]
    assert hint in errors(job)["B2"]


@pytest.mark.parametrize("end", ["31/12/2024", "2024-12-31", "31.12.2024", date(2024, 12, 31)])
def test_the_31_december_stays_in_its_year(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator], end: Any
) -> None:
    said = ["entreprises", "01/01/2024", end, 3, "bilan", None]

    written(checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, said])))

    found = Observation.objects.get()
    assert (found.period_start, found.period_end) == YEAR_2024


def test_dates_counted_from_1904_are_the_same_days(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = tmp_path / "mac.xlsx"
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    for one in (TITLES, line("entreprises", 7)):
        book.active.append(one)
    book.save(path)

    written(checked(plan, user, path))

    found = Observation.objects.get()
    assert (found.period_start, found.period_end) == YEAR_2024


def test_a_period_that_is_none_of_the_calendar_is_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    said = ["entreprises", date(2024, 2, 1), date(2025, 1, 31), 3, "bilan", None]
    turned = ["emplois", date(2024, 12, 31), date(2024, 1, 1), 3, "bilan", None]

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, said, turned]))

    assert "périodicité" in errors(job)["B2"]
    assert errors(job)["C3"] == "La période s’achève avant de débuter."


# --- 15. Rows: blanks, the last one, doubles, all the errors --------------------------------------


def test_blanks_in_the_middle_and_at_the_end_and_the_last_row(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            TITLES,
            line("entreprises", 1),
            [],
            [" ", None, "  ", "\u00a0", None, None],
            line("emplois  ", "2 "),
            line("projets", 3),
            [None, None, None, "", None, None],
            [],
        ],
    )

    job = written(checked(plan, user, path))

    assert outcomes(job) == [(2, "new"), (5, "new"), (6, "new")]
    assert values() == {
        ("entreprises", 2024): 1, ("emplois", 2024): 2, ("projets", 2024): 3,
    }  # fmt: skip


def test_every_error_is_told_at_once(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            TITLES,
            line("entreprise", 1),
            ["emplois", "hier", date(2024, 12, 31), "x", "inconnue", None],
            line("projets", 3),
            line(None, 4),
        ],
    )

    job = checked(plan, user, path)

    assert sorted(errors(job)) == ["A2", "A5", "B3", "D3", "E3"]
    assert "Vouliez-vous dire « entreprises » ?" in errors(job)["A2"]
    assert job.counts == {"error": 3, "new": 1}
    assert not Observation.objects.exists()


def test_the_same_period_twice_in_one_file_is_refused_on_both_rows(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [TITLES, line("entreprises", 1), line("emplois", 2), line("ENTREPRISES", 1)],
    )

    job = checked(plan, user, path)

    assert errors(job) == {
        "B2": "La même période est remplie deux fois dans ce fichier : voir aussi la ligne 4.",
        "B4": "La même période est remplie deux fois dans ce fichier : voir aussi la ligne 2.",
    }


def test_periods_that_overlap_are_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    once = IndicatorFactory.create(
        plan=plan, measure=indicators[0].measure, code="enquete", frequency="once"
    )
    ObservationFactory.create(indicator=once, year=2021, published=True)
    path = workbook(
        tmp_path / "a.xlsx",
        [
            TITLES,
            ["enquete", date(2024, 1, 1), date(2024, 12, 31), 1, "bilan", None],
            ["enquete", date(2024, 6, 1), date(2025, 5, 31), 1, "bilan", None],
            ["enquete", date(2021, 6, 1), date(2022, 5, 31), 1, "bilan", None],
        ],
    )

    job = checked(plan, user, path)

    assert list(errors(job)) == ["B2", "B3", "B4"]
    assert "recouvre en partie celle de la ligne 3" in errors(job)["B2"]
    assert "recouvre en partie celle de la ligne 2" in errors(job)["B3"]
    assert errors(job)["B4"].endswith("01/01/2021 – 31/12/2021.")


# --- 2, 15, 22. Zero is zero, blank is no change --------------------------------------------------


def test_zero_is_a_value_and_blank_leaves_what_there_is(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    source = plan.sources.get()
    for indicator in indicators:
        ObservationFactory.create(
            indicator=indicator, year=2024, value=5, author=user, source=source
        )
    path = workbook(
        tmp_path / "a.xlsx",
        [TITLES, line("entreprises", 0), line("emplois", None), line("projets", "")],
    )

    job = written(checked(plan, user, path))

    assert outcomes(job) == [(2, "changed"), (3, "same"), (4, "same")]
    assert row(job, 2).differences == [{"label": "valeur", "old": "5", "new": "0"}]
    assert values() == {
        ("entreprises", 2024): 0, ("emplois", 2024): 5, ("projets", 2024): 5,
    }  # fmt: skip


def test_zero_where_nothing_was_is_new_and_blank_is_nothing(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [TITLES, line("entreprises", 0), line("emplois", None, source="")],
    )

    job = written(checked(plan, user, path))

    assert outcomes(job) == [(2, "new"), (3, "same")]
    assert values() == {("entreprises", 2024): 0}


# --- 16. What the file does not name is left alone ------------------------------------------------


def test_rows_that_are_not_in_the_file_keep_their_value_and_history(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    kept = ObservationFactory.create(
        indicator=indicators[1], year=2024, value=5, author=user, source=plan.sources.get()
    )
    changed = ObservationFactory.create(
        indicator=indicators[0], year=2024, value=5, author=user, source=plan.sources.get()
    )
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", 6)])

    written(checked(plan, user, path))

    before = Observation.objects.get(pk=kept.pk)
    after = Observation.objects.get(pk=changed.pk)  # the same row: nothing deleted and recreated
    assert (before.value, before.revision) == (5, kept.revision)
    assert (after.value, after.revision, after.edited_by) == (6, changed.revision + 1, user)
    assert Observation.objects.count() == 2


# --- Corrections, withdrawals, rights -------------------------------------------------------------


def published(indicator: Indicator) -> Observation:
    made: Observation = ObservationFactory.create(
        indicator=indicator, year=2024, published=True, author=UserFactory.create(),
        source=indicator.plan.sources.get(),
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


# --- What spreadsheets do to files ----------------------------------------------------------------


def test_formulas_without_result_errors_and_merged_cells_are_told(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        [
            TITLES,
            line("entreprises", "=1+1"),
            line("emplois", "#DIV/0!"),
            line("projets", 3),
            line("projets", 3, 2023),
        ],
    )
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("D4:D5")
    book.save(path)

    job = checked(plan, user, path)

    assert sorted(errors(job)) == ["D2", "D3", "D4", "D5"]
    assert "n’est pas dans le fichier" in errors(job)["D2"]
    assert "#DIV/0!" in errors(job)["D3"]
    assert "Cellules fusionnées D4:D5" in errors(job)["D5"]


def test_hidden_rows_are_read_and_said_and_hidden_sheets_are_not(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    path = workbook(tmp_path / "a.xlsx", [TITLES, line("entreprises", 1), line("emplois", 2)])
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    other = book.create_sheet("Brouillon")
    for one in (TITLES, line("projets", 3)):
        other.append(one)
    other.sheet_state = "hidden"
    book.save(path)

    job = checked(plan, user, path)

    assert outcomes(job) == [(2, "new"), (3, "new")]
    assert job.remarks == ["1 ligne masquée a été lue comme les autres."]
    assert "Feuille masquée, non lue : « Brouillon »." in job.understood


def test_a_column_sorted_without_the_others_is_noticed(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    titles = ["Indicateur", "Titre", *TITLES[1:]]
    path = workbook(
        tmp_path / "a.xlsx",
        [titles, ["entreprises", indicators[1].title, *YEAR_2024, 3, "bilan", None]],
    )

    job = checked(plan, user, path)

    assert "Ce titre est celui de « emplois »" in errors(job)["B2"]


def test_a_row_of_another_plan_is_refused(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    other = IndicatorFactory.create(code="la-bas", plan__is_public=True)
    path = workbook(
        tmp_path / "a.xlsx",
        [
            ["Plan", *TITLES],
            [other.plan.slug, *line("entreprises", 1)],
            [plan.slug, *line("la-bas", 1)],
        ],
    )

    job = checked(plan, user, path)

    assert "l’import est celui de « plan-essai »" in errors(job)["A2"]
    assert other.plan.title in errors(job)["B3"]


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
        ],
        title="Jalons",
    )

    job = checked(plan, user, path)

    assert outcomes(job) == [(2, "new"), (3, "error"), (4, "error"), (5, "error")]
    assert sorted(errors(job)) == ["C3", "C4", "D4", "D5"]


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
