"""What other products got wrong with rows, blanks and what a file leaves out, with real files.

The numbers in the titles of the sections are those of the list of known cases.
"""

from datetime import date
from pathlib import Path

import pytest

from accounts.models import User
from indicators.models import Indicator, Observation
from plans.models import Plan
from tests.exchange.spreadsheets.mistakes.lines import line, values
from tests.exchange.spreadsheets.workbooks import (
    TITLES,
    checked,
    errors,
    outcomes,
    row,
    workbook,
    written,
)
from tests.factories import IndicatorFactory, ObservationFactory
from tests.typography import plain

pytestmark = pytest.mark.django_db


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


def test_what_a_row_changes_is_written_as_a_page_writes_numbers(
    tmp_path: Path, plan: Plan, user: User, indicators: list[Indicator]
) -> None:
    ObservationFactory.create(
        indicator=indicators[0], year=2024, value=4, author=user, source=plan.sources.get()
    )
    lines = [line("entreprises", -12500.5), line("emplois", -5)]

    job = checked(plan, user, workbook(tmp_path / "a.xlsx", [TITLES, *lines]))

    assert row(job, 2).differences == [
        {"label": "valeur", "old": "4", "new": "−12\u202f500,5"},
    ]
    assert [plain(one["message"]) for one in row(job, 3).problems] == [
        "Ce qui se compte n’est pas négatif, d’ordinaire : −5 entreprises."
    ]
    assert [plain(one["message"]).partition(" : ")[2] for one in row(job, 2).problems] == [
        "−12 501 entreprises.",
        "−12 500,5 entreprises s’affichera −12 501 entreprises, sauf dans les tableaux de valeurs.",
    ]


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
