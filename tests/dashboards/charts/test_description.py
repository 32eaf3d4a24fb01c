"""A chart read aloud."""

from __future__ import annotations

import pytest

from dashboards.charts import describe
from indicators.progress import Qualifier
from tests.dashboards.charts.cases import CASES, YEARLY, chart
from tests.dashboards.reading import plain
from tests.indicators.builders import flow, observed, stock, total, yearly

START = "Entreprises accompagnées (entreprises). "


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (
            "quota",
            START + "Réalisé et cible par période. 2020 : 30 (cible : 35) ; 2021 : 41 (cible : 35)"
            " ; 2022 : non renseigné (cible : 35) ; 2023 : en cours (cible : 35) ;"
            " 2024 : à venir (cible : 35).",
        ),
        (
            "quota, stated loosely",
            START + "Réalisé et cible par période. 2020 : 80, provisoire (cible : environ 35) ;"
            " 2021 : environ 35 (cible : environ 35) ;"
            " 2022 : au moins 10, période incomplète (cible : environ 35).",
        ),
        (
            "quota of sixty months",
            START + "60 périodes (janvier 2020 – décembre 2024), dont 55 renseignées."
            " Dernière valeur, octobre 2024 : 1 741 (cible : 30)."
            " Non renseigné : avril 2020, mai 2020, juin 2020, novembre 2024.",
        ),
        (
            "total with a hole",
            START + "Cible : 100 au 31 décembre 2024. Attendu au 31 décembre 2022 : 60."
            " Réalisé, en cumul : au moins 57 au 31 décembre 2022."
            " Valeurs constatées. 2020 : 12 ; 2022 : 45. Non renseigné : 2021.",
        ),
        (
            "total, nothing published",
            START + "Cible : 3 au 19 juin 2024. Attendu au 1er mars 2023 : 2,2."
            " Aucune valeur publiée. Non renseigné : du 20 juin 2019 au 31 décembre 2022.",
        ),
        (
            "level",
            START + "Valeur initiale : 2 500 au 31 décembre 2024. Cible : 5 000 au"
            " 31 décembre 2029. Attendu au 31 décembre 2026 : 3 499."
            " Valeurs constatées. 31 décembre 2025 : 2 700 ; 31 décembre 2026 : 3 000.",
        ),
        (
            "level, zero observed",
            START + "Cible : 4 au 31 décembre 2025. Valeur initiale inconnue : la trajectoire part"
            " de zéro. Attendu au 31 décembre 2022 : 1."
            " Valeurs constatées. 31 décembre 2022 : 0.",
        ),
        (
            "level without due date",
            (
                "Entreprises accompagnées (chaires). Cible : 18, sans échéance."
                " Valeurs constatées. 30 juin 2025 : 9."
            ),
        ),
        (
            "threshold",
            (
                "Entreprises accompagnées (%). Seuil à respecter : au moins 80 %."
                " Valeurs constatées. 2020 : 85 % ; 2021 : 79 % ; 2023 : 83 %."
                " Non renseigné : 2022."
            ),
        ),
        (
            "no target, two values",
            START + "Aucune cible chiffrée."
            " Valeurs constatées. 30 juin 2021 : environ 200 ; 30 juin 2022 : au moins 300.",
        ),
        (
            "no target, sixty values",
            START + "Aucune cible chiffrée. 58 valeurs constatées."
            " Première, janvier 2020 : 1 000 ; dernière, décembre 2024 : 1 767 ;"
            " la plus basse : 1 000 (janvier 2020) ;"
            " la plus haute : 1 767 (décembre 2024)."
            " Non renseigné : du 1er juillet au 31 août 2022.",
        ),
    ],
)
def test_the_words_say_what_the_drawing_shows(case: str, words: str) -> None:
    assert plain(describe(CASES[case])) == words


def test_a_date_that_no_source_states_says_so_and_names_no_day() -> None:
    inferred = observed("2020-01-01/2020-01-31", 9, date_inferred=True)
    assert plain(describe(chart(stock(inferred), None, "2021-01-01"))).endswith(
        "Valeurs constatées. janvier 2020 (date déduite) : 9."
    )
    target = total(100, "2020-01-01", "2024-12-31")
    assert "Réalisé, en cumul : 9 au 31 janvier 2020 (date déduite). Valeurs" in plain(
        describe(chart(flow(inferred), target, "2021-01-01"))
    )


def test_a_value_of_a_quota_put_in_its_period_by_inference_says_so() -> None:
    series = flow(observed("2020", 9, date_inferred=True))
    assert plain(describe(chart(series, yearly(35, 2020, 2020), "2021-01-01"))).endswith(
        "2020 : 9 (date déduite) (cible : 35)."
    )


def test_a_long_list_of_missing_periods_is_cut() -> None:
    series = flow(*(observed(str(year), 1) for year in range(1990, 2020, 2)), **YEARLY)
    words = plain(describe(chart(series, None, "2020-01-01")))
    assert words.endswith(
        "Non renseigné : 1991, 1993, 1995, 1997, 1999, 2001, 2003, 2005 et 7 autres."
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((Qualifier.ABOUT, Qualifier.EXACT), "environ 50"),
        ((Qualifier.EXACT, Qualifier.AT_MOST), "au plus 50"),
        ((Qualifier.AT_MOST, Qualifier.AT_LEAST), "environ 50"),
        ((Qualifier.EXACT, Qualifier.EXACT), "50"),
    ],
)
def test_a_running_sum_is_as_exact_as_its_parts(
    parts: tuple[Qualifier, Qualifier], words: str
) -> None:
    series = flow(
        observed("2020", 20, qualifier=parts[0]), observed("2021", 30, qualifier=parts[1]), **YEARLY
    )
    said = describe(chart(series, total(100, "2020-01-01", "2023-12-31"), "2022-01-01"))
    assert f"Réalisé, en cumul : {words} au 31 décembre 2021." in plain(said)


def test_of_many_values_those_singled_out_are_as_exact_as_stated() -> None:
    stated = {
        1990: Qualifier.AT_LEAST,
        1993: Qualifier.AT_MOST,
        1995: Qualifier.ABOUT,
        2009: Qualifier.ABOUT,
    }
    heights = {1993: 1, 1995: 99}
    series = flow(
        *(
            observed(str(year), heights.get(year, 50), qualifier=stated.get(year, Qualifier.EXACT))
            for year in range(1990, 2010)
        ),
        **YEARLY,
    )
    assert (
        "20 valeurs constatées. Première, 1990 : au moins 50 ; dernière, 2009 : environ 50 ; "
        "la plus basse : au plus 1 (1993) ; la plus haute : environ 99 (1995)."
    ) in plain(describe(chart(series, None, "2010-01-01")))


def test_what_must_not_be_missed_is_said_first() -> None:
    fictitious = chart(flow(observed("2020", 1)), None, "2021-01-01", notice="Plan fictif")
    assert describe(fictitious).startswith(START + "Plan fictif. ")
