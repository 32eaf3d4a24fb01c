"""How values, dates and periods read on a French screen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from indicators import formats
from indicators.models import Unit
from tests.typography import plain

COMPANIES = Unit(code="entreprise", name="entreprise", name_plural="entreprises")
PERCENT = Unit(
    code="pourcentage", name="pour cent", name_plural="pour cent", symbol="%", decimals=1
)
EURO = Unit(code="euro", name="euro", name_plural="euros", symbol="€", decimals=2)
EURO_A_YEAR = Unit(code="euro-an", name="euro par an", name_plural="euros par an", symbol="€/an")


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("0", 0, "0"),
        ("35", 0, "35"),
        ("1000", 0, "1\u202f000"),
        ("35000", 0, "35\u202f000"),
        ("1234567.891", 2, "1\u202f234\u202f567,89"),
        ("2.5", 1, "2,5"),
        ("2.50", 2, "2,5"),
        ("2.5", 0, "3"),
        ("-2.5", 1, "\u22122,5"),
        ("-0.2", 0, "0"),
        ("1E+3", 0, "1\u202f000"),
    ],
)
def test_a_number_has_a_comma_and_grouped_thousands(value: str, decimals: int, text: str) -> None:
    assert formats.format_number(Decimal(value), decimals) == text


def test_case_13_a_value_reads_the_same_however_many_zeros_it_is_stored_with() -> None:
    assert formats.format_number(Decimal(23), 2) == "23"
    assert formats.format_number(Decimal("23.00"), 2) == "23"
    assert formats.format_number(Decimal("23.000000"), 2) == "23"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("0", COMPANIES, "0\u00a0entreprise"),
        ("1", COMPANIES, "1\u00a0entreprise"),
        ("2", COMPANIES, "2\u00a0entreprises"),
        ("35000", COMPANIES, "35\u202f000\u00a0entreprises"),
        ("2.5", PERCENT, "2,5\u00a0%"),
        ("80", PERCENT, "80\u00a0%"),
        ("350000000", EURO, "350\u00a0M€"),
        ("1250000000", EURO, "1,25\u00a0Md€"),
        ("45000", EURO, "45\u202f000\u00a0€"),
        ("5800000", EURO_A_YEAR, "5,8\u00a0M€/an"),
    ],
)
def test_a_quantity_agrees_with_its_unit(value: str, unit: Unit, text: str) -> None:
    assert formats.format_quantity(Decimal(value), unit) == text


def test_a_unit_agrees_with_the_number_shown() -> None:
    assert formats.format_quantity(Decimal("1.5"), COMPANIES) == "2\u00a0entreprises"
    assert formats.format_expected(Decimal("1.96"), COMPANIES) == "2\u00a0entreprises"
    assert formats.format_full_quantity(Decimal("1.5"), COMPANIES) == "1,5\u00a0entreprise"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("41.000000", COMPANIES, "41 entreprises"),
        ("1.5", COMPANIES, "1,5 entreprise (affiché : 2 entreprises)"),
        ("18.4", PERCENT, "18,4 %"),
        ("18.44", PERCENT, "18,44 % (affiché : 18,4 %)"),
        ("1200000", EURO, "1,2 M€"),
        ("1234567", EURO, "1 234 567 € (affiché : 1,23 M€)"),
        ("1250000000", EURO, "1,25 Md€"),
    ],
)
def test_who_enters_a_value_reads_every_digit_of_it(value: str, unit: Unit, text: str) -> None:
    said = formats.format_stored(Decimal(value), unit)
    assert plain(said) == text


def test_a_shortened_amount_has_its_full_figure() -> None:
    assert formats.format_full_quantity(Decimal("5812345.50"), EURO) == (
        "5\u202f812\u202f345,5\u00a0€"
    )
    assert formats.format_money(Decimal("350000000.00")) == "350\u00a0M€"
    assert formats.format_full_money(Decimal("350000000.00")) == "350\u202f000\u202f000\u00a0€"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("3.402739", COMPANIES, "3,4\u00a0entreprises"),
        ("3", COMPANIES, "3\u00a0entreprises"),
        ("0.4", COMPANIES, "0,4\u00a0entreprise"),
        ("36.007", COMPANIES, "36\u00a0entreprises"),
        ("2.345", PERCENT, "2,35\u00a0%"),
        ("32.4004", PERCENT, "32,4\u00a0%"),
        ("2345678", EURO, "2,35\u00a0M€"),
    ],
)
def test_of_a_few_expected_the_first_decimal_is_said(value: str, unit: Unit, text: str) -> None:
    assert formats.format_expected(Decimal(value), unit) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("99.96", "99,9\u00a0%"),
        ("100.04", "100,1\u00a0%"),
        ("0.04", "0,1\u00a0%"),
        ("100", "100\u00a0%"),
        ("0", "0\u00a0%"),
    ],
)
def test_case_14_an_observed_percentage_reads_0_or_100_only_when_exact(
    value: str, text: str
) -> None:
    assert formats.format_quantity(Decimal(value), PERCENT) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        ("0", "0\u00a0%"),
        ("0.001", "1\u00a0%"),
        ("0.4057142857", "41\u00a0%"),
        ("0.999", "99\u00a0%"),
        ("1", "100\u00a0%"),
        ("-0.5", "\u221250\u00a0%"),
        ("12.5", "1\u202f250\u00a0%"),
    ],
)
def test_case_14_a_rate_reads_0_or_100_only_when_exact(rate: str, text: str) -> None:
    assert formats.format_percent(Decimal(rate)) == text


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        ("exact", "300"),
        ("at_least", "au moins 300"),
        ("about", "environ 300"),
        ("at_most", "au plus 300"),
    ],
)
def test_a_qualifier_stands_before_its_value(qualifier: str, text: str) -> None:
    assert formats.format_qualified("300", qualifier) == text


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        ("exact", "de 300"),
        ("at_least", "d’au moins 300"),
        ("about", "d’environ 300"),
        ("at_most", "d’au plus 300"),
    ],
)
def test_de_is_elided_before_a_precision(qualifier: str, text: str) -> None:
    assert formats.format_of("300", qualifier) == text


def test_the_first_of_a_month_is_ordinal() -> None:
    assert formats.format_date(date(2019, 6, 20)) == "20 juin 2019"
    assert formats.format_date(date(2019, 6, 1)) == "1er juin 2019"
    assert formats.format_month(date(2019, 8, 1)) == "août 2019"


def test_a_date_that_no_source_gives_says_so() -> None:
    assert formats.dated("janvier 2020", inferred=True) == "janvier 2020 (date déduite)"
    assert formats.dated("janvier 2020", inferred=False) == "janvier 2020"


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((2020, 1, 1), (2020, 12, 31), "2020"),
        ((2020, 1, 1), (2024, 12, 31), "2020–2024"),
        ((2020, 1, 1), (2020, 6, 30), "1er semestre 2020"),
        ((2020, 7, 1), (2020, 12, 31), "2e semestre 2020"),
        ((2020, 1, 1), (2020, 3, 31), "T1 2020"),
        ((2020, 10, 1), (2020, 12, 31), "T4 2020"),
        ((2020, 2, 1), (2020, 4, 30), "du 1er février au 30 avril 2020"),
        ((2020, 6, 1), (2020, 6, 30), "juin 2020"),
        ((2020, 5, 3), (2020, 6, 7), "du 3 mai au 7 juin 2020"),
        ((2020, 6, 3), (2020, 6, 7), "du 3 au 7 juin 2020"),
        ((2019, 12, 20), (2020, 1, 3), "du 20 décembre 2019 au 3 janvier 2020"),
        ((2019, 9, 1), (2020, 8, 31), "du 1er septembre 2019 au 31 août 2020"),
        ((2019, 6, 20), (2019, 6, 20), "20 juin 2019"),
    ],
)
def test_a_period_has_its_calendar_name_or_its_two_days(
    start: tuple[int, int, int], end: tuple[int, int, int], text: str
) -> None:
    assert formats.format_period(date(*start), date(*end)) == text


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((2020, 1, 1), (2020, 12, 31), "de 2020"),
        ((2020, 1, 1), (2024, 12, 31), "de 2020–2024"),
        ((2020, 1, 1), (2020, 6, 30), "du 1er semestre 2020"),
        ((2025, 7, 1), (2025, 12, 31), "du 2e semestre 2025"),
        ((2020, 10, 1), (2020, 12, 31), "du T4 2020"),
        ((2020, 4, 1), (2020, 4, 30), "d’avril 2020"),
        ((2020, 8, 1), (2020, 8, 31), "d’août 2020"),
        ((2020, 10, 1), (2020, 10, 31), "d’octobre 2020"),
        ((2020, 6, 1), (2020, 6, 30), "de juin 2020"),
        ((2019, 6, 20), (2019, 6, 20), "du 20 juin 2019"),
        ((2020, 6, 3), (2020, 6, 7), "de la période du 3 au 7 juin 2020"),
    ],
)
def test_a_period_after_a_noun(
    start: tuple[int, int, int], end: tuple[int, int, int], text: str
) -> None:
    assert formats.format_of_period(date(*start), date(*end)) == text
