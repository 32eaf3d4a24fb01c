"""Numbers as people type or paste them (edge case 13)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from indicators.models import Unit
from indicators.numbers import NumberError, number_examples, parse_number
from tests.typography import plain

COMPANIES = Unit(code="entreprises", name="entreprise", name_plural="entreprises")
PERCENT = Unit(code="pour-cent", name="pour cent", name_plural="pour cent", symbol="%", decimals=1)
EUROS = Unit(code="euros", name="euro", name_plural="euros", symbol="€")
YEARLY = Unit(code="eur", name="euro par an", name_plural="euros par an", symbol="€/an")
THOUSANDS = Unit(code="keur", name="millier d’euros", name_plural="milliers d’euros", symbol="k€")
MEETINGS = Unit(code="rdv", name="rendez-vous", name_plural="rendez-vous")
HOURS = Unit(code="h", name="heure de calcul", name_plural="heures de calcul", symbol="h")
SURFACE = Unit(code="m2", name="mètre carré", name_plural="mètres carrés", symbol="m2", decimals=1)
PRECISE = Unit(code="indice", name="point", name_plural="points", decimals=3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("35", "35"),
        ("0", "0"),
        ("35 000", "35000"),
        ("35\u00a0000", "35000"),
        ("35\u202f000", "35000"),
        ("1 234 567", "1234567"),
        ("  35  ", "35"),
        ("35\t", "35"),
        ("2,5", "2.5"),
        ("2.5", "2.5"),
        ("2.50", "2.5"),
        (",5", "0.5"),
        ("5,", "5"),
        ("0,125", "0.125"),
        ("23,00", "23"),
        ("-3", "-3"),
        ("−3", "-3"),
        ("+3", "3"),
        ("-0", "0"),
        ("2012,125", "2012.125"),
    ],
)
def test_what_people_type(text: str, value: str) -> None:
    assert parse_number(text, COMPANIES).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("80 %", PERCENT, "80"),
        ("80%", PERCENT, "80"),
        ("2,5\u00a0%", PERCENT, "2.5"),
        ("1 200,50 €", EUROS, "1200.5"),
        ("12 k€", EUROS, "12000"),
        ("1,2 M€", EUROS, "1200000"),
        ("54 Md€", EUROS, "54000000000"),
        ("2,012", PRECISE, "2.012"),
        ("10 rendez-vous", MEETINGS, "10"),
        ("10rendez-vous", MEETINGS, "10"),
        ("1 entreprise", COMPANIES, "1"),
        ("35\u202f000\u00a0Entreprises", COMPANIES, "35000"),
        ("−3 entreprises", COMPANIES, "-3"),
        ("1 200,5 heures\u00a0de calcul", HOURS, "1200.5"),
        ("12 h", HOURS, "12"),
        ("35 m2", SURFACE, "35"),
        ("80 pour cent", PERCENT, "80"),
        ("12 euros", EUROS, "12"),
        ("12 k€", THOUSANDS, "12"),
        ("1,2 M€/an", YEARLY, "1200000"),
        ("12 €/an", YEARLY, "12"),
    ],
)
def test_a_sign_is_read_in_its_unit(text: str, unit: Unit, value: str) -> None:
    assert parse_number(text, unit).value == Decimal(value)


@pytest.mark.parametrize(
    ("text", "understood"), [("1,2 M€", "1\u202f200\u202f000"), ("1200,50", "1\u202f200,5")]
)
def test_what_was_understood_is_shown_back(text: str, understood: str) -> None:
    assert parse_number(text, EUROS).understood == understood


@pytest.mark.parametrize("text", ["2.012", "2,012", "12.500", "-2,012"])
def test_what_reads_in_two_ways_is_refused(text: str) -> None:
    with pytest.raises(NumberError, match="de deux façons"):
        parse_number(text, COMPANIES)


def test_the_refusal_gives_both_ways_to_write_it() -> None:
    with pytest.raises(NumberError) as refusal:
        parse_number("2,012", COMPANIES)
    assert plain(str(refusal.value)) == "« 2,012 » se lit de deux façons : écrivez 2 012 ou 2,0120."
    assert parse_number("2\u202f012", COMPANIES).value == 2012
    assert parse_number("2,0120", COMPANIES).value == Decimal("2.012")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "-",
        ",",
        "abc",
        "12 abc",
        "12 rendez-vous",
        "entreprises",
        "12 entreprises entreprises",
        "12 k entreprises",
        "1e3",
        "1/2",
        "١٢",
        "NaN",
        "inf",
        "1,2,3",
        "1.2.3",
        "5 +",
    ],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(NumberError, match="n’est pas un nombre"):
        parse_number(text, COMPANIES)


@pytest.mark.parametrize("text", ["1 20", "1234 567", "12 3456"])
def test_spaces_stand_between_groups_of_three(text: str) -> None:
    with pytest.raises(NumberError, match="groupes de trois"):
        parse_number(text, COMPANIES)


@pytest.mark.parametrize(
    ("text", "unit"),
    [("80 %", COMPANIES), ("80 %", EUROS), ("3 €", PERCENT), ("3 M€", COMPANIES), ("3 k€", HOURS)],
)
def test_another_unit_is_refused(text: str, unit: Unit) -> None:
    with pytest.raises(NumberError, match="se compte en"):
        parse_number(text, unit)


@pytest.mark.parametrize("text", ["0,1234567", "100 000 000 000 000"])
def test_more_digits_than_are_kept_are_refused_not_rounded(text: str) -> None:
    with pytest.raises(NumberError, match="dépasse ce qui se conserve"):
        parse_number(text, COMPANIES)


@pytest.mark.parametrize(
    ("unit", "examples"),
    [
        (COMPANIES, ["35 000", "35 entreprises"]),
        (MEETINGS, ["35 000", "35 rendez-vous"]),
        (SURFACE, ["35 000", "2,5", "35 m2"]),
        (PERCENT, ["80", "2,5", "2,5 %"]),
        (EUROS, ["35 000", "1 200,50", "1,2 M€"]),
        (YEARLY, ["35 000", "1 200,50", "1,2 M€/an"]),
        (THOUSANDS, ["35 000", "35 k€"]),
    ],
)
def test_what_is_given_for_an_example_is_read(unit: Unit, examples: list[str]) -> None:
    given = number_examples(unit)

    assert [plain(example) for example in given] == examples
    assert all(parse_number(example, unit).value for example in given)
