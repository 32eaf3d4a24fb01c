"""From entries to YAML, and back to the same values."""

from __future__ import annotations

from decimal import Decimal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from exchange.plan_files.fields import normal
from exchange.plan_files.reading import read_bytes
from exchange.plan_files.schema import (
    NoteEntry,
    ObservationEntry,
    OrganisationEntry,
    PlanEntry,
    PlanFile,
    RegionEntry,
)
from exchange.plan_files.writing import WIDTH, flow, number, write

REGION = RegionEntry.model_construct(insee_code="44", slug="r", name="R")
PLAN = PlanEntry.model_construct(slug="p", kind="regional_plan", title="P")


def written(**values: object) -> str:
    """The file of a plan without its first two keys."""
    file = PlanFile.model_construct(format=1, region=REGION, plan=PLAN, **values)  # type: ignore[arg-type]
    head = 'format: 1\nregion: {insee_code: "44", slug: r, name: R}\n'
    text = write(file)
    assert text.startswith(head)
    return text.removeprefix(head)


def note(text: str) -> str:
    """How the text of a note is written."""
    entry = NoteEntry.model_construct(code="n", kind="context", text=text)
    return written(notes=(entry,))


def test_what_fits_stands_on_a_line_and_defaults_are_left_out() -> None:
    assert (
        written(
            organisations=(
                OrganisationEntry.model_construct(code="a", name="Agence, la seule"),
                OrganisationEntry.model_construct(
                    code="b", name="B", short_name="x" * 40, url="https://b.example/" + "y" * 30
                ),
            )
        )
        == f"""\
plan: {{slug: p, kind: regional_plan, title: P}}
organisations:
  - {{code: a, name: "Agence, la seule"}}
  - code: b
    name: B
    short_name: {"x" * 40}
    url: https://b.example/{"y" * 30}
"""
    )


def test_a_long_paragraph_is_folded() -> None:
    text = "Une phrase qui est longue. " * 8
    lines = note(text.strip()).splitlines()
    assert lines[4] == "    text: >-"
    assert max(map(len, lines)) <= WIDTH
    assert " ".join(line.strip() for line in lines[5:]) == text.strip()


def test_a_text_of_several_lines_is_literal() -> None:
    assert note("Un.\n\nDeux :\n  - trois").splitlines()[4:] == [
        "    text: |-",
        "      Un.",
        "",
        "      Deux :",
        "        - trois",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pack IA", "Pack IA"),
        ("L’IA, pour tous ; vraiment ?", "L’IA, pour tous ; vraiment ?"),
        ("Plan : suite", '"Plan : suite"'),
        ("yes", '"yes"'),
        ("2019-06-20", '"2019-06-20"'),
        ("1e5", '"1e5"'),
        ("null", '"null"'),
        ("~", '"~"'),
        ("- tiret", '"- tiret"'),
        ("# croisillon", '"# croisillon"'),
        ("« cité »", '"« cité »"'),
        ('guillemets "droits"', '"guillemets \\"droits\\""'),
        ("a\u2028b\x85", '"a\\u2028b\\u0085"'),
        ("a\tb", '"a\\tb"'),
    ],
)
def test_a_text_is_quoted_when_yaml_would_read_something_else(text: str, expected: str) -> None:
    entry = OrganisationEntry.model_construct(code="a", name=text, url="x" * 100)
    assert written(organisations=(entry,)).splitlines()[3] == f"    name: {expected}"


def test_numbers_have_no_needless_zero() -> None:
    assert [
        number(Decimal(text)) for text in ("23.000000", "350000000.00", "0.100", "-0", "-2.50")
    ] == ["23", "350000000", "0.1", "0", "-2.5"]


def test_an_entry_on_one_line_for_messages() -> None:
    entry = ObservationEntry.model_construct(value=Decimal(3), source="s", provisional=True)
    assert flow((entry.model_copy(update={"period_start": None, "period_end": None}),)) == (
        "[{period_start: null, period_end: null, value: 3, provisional: true, source: s}]"
    )


texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=300
).map(normal)
lines = st.lists(
    st.sampled_from(["", "mot", "deux  mots", " - tiret", "fin ", "a: b", "#", "x" * 90])
)


@given(st.one_of(texts, lines.map("\n".join).map(normal)))
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    entries = (OrganisationEntry.model_construct(code="a", name=text),)
    content = note(text) + written(organisations=entries).split("\n", 1)[1]
    root = read_bytes(content.encode(), "plan.yaml").root
    assert (root["notes"][0]["text"], root["organisations"][0]["name"]) == (text, text)


@given(texts)
def test_other_readers_of_yaml_find_the_same_text(text: str) -> None:
    entries = (OrganisationEntry.model_construct(code="a", name=text),)
    content = note(text) + written(organisations=entries).split("\n", 1)[1]
    loaded = yaml.safe_load(content)
    assert (loaded["notes"][0]["text"], loaded["organisations"][0]["name"]) == (text, text)
