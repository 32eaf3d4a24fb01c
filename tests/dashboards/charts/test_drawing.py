"""The specification of each drawing: which marks stand for what, where, with which words."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dashboards.charts import LIGHT, Chart, Width, chart_spec
from indicators.progress import Frequency
from tests.dashboards.charts.cases import CASES, YEARLY, chart
from tests.dashboards.reading import plain
from tests.indicators.builders import flow, level, observed, stock, threshold, total, yearly

WIDE, NARROW = Width.WIDE, Width.NARROW


def spec_of(drawn: Chart, width: Width = WIDE, **more: Any) -> dict[str, Any]:
    return chart_spec(drawn, palette=LIGHT, width=width, **more)


def layers(drawn: Chart, width: Width = WIDE) -> dict[str, Any]:
    return {layer["name"]: layer for layer in spec_of(drawn, width)["layer"]}


def rows(drawn: Chart, name: str) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = layers(drawn)[name]["data"]["values"]
    return values


def values(drawn: Chart, name: str) -> list[tuple[str, float]]:
    return [(row["at"], row["value"]) for row in rows(drawn, name)]


def texts(drawn: Chart, width: Width = WIDE, **more: Any) -> list[str]:
    """Everything written, once: the halo of a label repeats it."""
    return [
        plain(row["text"]).replace("\n", " ")
        for layer in spec_of(drawn, width, **more)["layer"]
        if layer["mark"]["type"] == "text" and not layer["name"].startswith("halos")
        for row in layer["data"]["values"]
    ]


FRAME = {"grid", "value-axis", "time-line", "time-ticks", "time-axis"}


def marks(drawn: Chart) -> set[str]:
    names = {name for name in layers(drawn) if not name.startswith(("labels", "halos", "header"))}
    return names - FRAME


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("quota", {"observations", "targets", "targets-halo", "missing", "missing-hatching"}),
        ("quota, nothing published", {"targets", "missing", "missing-hatching"}),
        ("total", {"running-sum-area", "running-sum", "observations", "path", "expected", "target"}
         | {"today"}),
        ("total, nothing published", {"path", "expected", "target", "today"}
         | {"missing", "missing-hatching"}),
        ("total without dates", {"running-sum-area", "running-sum", "observations"}
         | {"target-line", "today"}),
        ("level", {"observed-line", "observations", "baseline", "path", "expected", "gap"}
         | {"target", "today"}),
        ("level, nothing published", {"baseline", "path", "expected", "target", "today"}
         | {"missing", "missing-hatching"}),
        ("level, decreasing without baseline", {"observations", "target-line", "target", "today"}),
        ("level without due date", {"observations", "target-line", "today"}),
        ("threshold", {"respected", "target-line", "observed-periods", "observations", "today"}
         | {"missing", "missing-hatching"}),
        ("no target, one value", {"observations", "today"}),
        ("no target, two values", {"observed-line", "observations", "observations-triangle-up"}
         | {"today"}),
        ("no target, what happened each year", {"observed-periods", "observations", "today"}
         | {"missing", "missing-hatching"}),
    ],
)  # fmt: skip
def test_each_kind_has_its_marks(case: str, expected: set[str]) -> None:
    assert marks(CASES[case]) == expected


@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("case", CASES)
def test_every_chart_is_plain_data_of_the_stated_width(case: str, width: Width) -> None:
    spec = spec_of(CASES[case], width)
    text = json.dumps(spec, allow_nan=False)
    padding = spec["padding"]
    assert padding["left"] + spec["width"] + padding["right"] == {WIDE: 720, NARROW: 320}[width]
    assert "url" not in re.findall(r'"(\w+)":', text)
    assert text == json.dumps(spec_of(CASES[case], width))


@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("case", CASES)
def test_every_text_stays_in_the_image(case: str, width: Width) -> None:
    spec = spec_of(CASES[case], width)
    left, right = -spec["padding"]["left"], spec["width"] + spec["padding"]["right"]
    top, bottom = -spec["padding"]["top"], spec["height"] + spec["padding"]["bottom"]
    for layer in spec["layer"]:
        if layer["mark"]["type"] == "text" and layer["name"] != "value-axis":
            for row in layer["data"]["values"]:
                assert left <= row["x"] <= right
                assert top <= row["y"] <= bottom


# --- Quota -----------------------------------------------------------------------------------


def test_bars_stand_on_zero_one_for_each_period_reported() -> None:
    bars = [
        (row["start"], row["zero"], row["value"]) for row in rows(CASES["quota"], "observations")
    ]
    assert bars == [("2020-01-01", 0, 30), ("2021-01-01", 0, 41)]


def test_the_mark_of_a_target_stands_out_of_each_bar_whether_reported_or_not() -> None:
    targets = rows(CASES["quota, each year more"], "targets")
    assert [row["value"] for row in targets] == [10, 20, 30, 40]
    bar = rows(CASES["quota, each year more"], "observations")[0]
    assert targets[0]["x"] < bar["x"] < bar["x2"] < targets[0]["x2"]


def test_a_missing_period_is_an_empty_slot_as_high_as_its_target_that_says_so() -> None:
    drawn = CASES["quota, nothing published"]
    slots, targets = rows(drawn, "missing"), rows(drawn, "targets")
    assert len(slots) == len(targets) == 5
    assert texts(drawn).count("non renseigné") == 5
    assert "observations" not in layers(drawn)


def test_a_period_not_over_yet_is_not_missing() -> None:
    drawn = CASES["quota"]
    assert len(rows(drawn, "missing")) == 1
    assert [text for text in texts(drawn) if text in ("en cours", "à venir")] == [
        "en cours",
        "à venir",
    ]


def test_what_is_provisional_or_incomplete_is_an_outline_and_says_so() -> None:
    drawn = CASES["quota, stated loosely"]
    assert [row["value"] for row in rows(drawn, "observations-open")] == [80, 10]
    assert [row["value"] for row in rows(drawn, "observations")] == [35]
    assert {"80", "prov.", "≈ 35", "≥ 10", "partiel", "cible : environ 35"} <= set(texts(drawn))


def test_the_target_is_said_once_where_it_is_the_same_and_at_each_mark_where_not() -> None:
    assert [text for text in texts(CASES["quota"]) if "cible" in text] == ["cible : 35"]
    assert {"cible : 40", "20"} <= set(texts(CASES["quota, each year more"]))


def test_quarters_are_named_and_grouped_by_year() -> None:
    names = [text for text in texts(CASES["quota by quarter"]) if re.match(r"T\d|20", text)]
    assert names == ["T1", "T2", "T3", "T4"] * 3 + ["2021", "2022", "2023"]


def test_where_months_are_too_many_only_years_are_named_and_the_last_value() -> None:
    written = texts(CASES["quota of sixty months"])
    assert [text for text in written if text.startswith("20")] == [
        "2020", "2021", "2022", "2023", "2024",
    ]  # fmt: skip
    assert "1 741" in written
    assert "janv." not in written
    assert "1 013" not in written


def test_school_years_bear_both_years() -> None:
    assert {"2020-2021", "2021-2022"} <= set(texts(CASES["quota of school years"]))


# --- Along time ------------------------------------------------------------------------------


def test_a_total_climbs_in_steps_at_the_end_of_each_period() -> None:
    assert values(CASES["total"], "running-sum") == [
        ("2020-01-01", 0),
        ("2021-01-01", 12),
        ("2022-01-01", 30),
        ("2023-01-01", 39),
    ]
    assert layers(CASES["total"])["running-sum"]["mark"]["interpolate"] == "step-after"


def test_a_total_that_lacks_a_period_says_at_least() -> None:
    assert "au moins 57" in texts(CASES["total with a hole"])
    assert "39" in texts(CASES["total"])


def test_a_level_runs_from_its_baseline_and_the_path_to_its_target() -> None:
    drawn = CASES["level"]
    assert values(drawn, "observed-line") == [
        ("2025-01-01", 2500),
        ("2026-01-01", 2700),
        ("2027-01-01", 3000),
    ]
    assert values(drawn, "path") == [("2025-01-01", 2500), ("2030-01-01", 5000)]
    assert values(drawn, "baseline") == [("2025-01-01", 2500)]
    assert values(drawn, "target") == [("2030-01-01", 5000)]
    assert [(at, round(value)) for at, value in values(drawn, "expected")] == [("2027-01-01", 3499)]
    assert {
        "3 000",
        "2 700",
        "attendu : 3 499",
        "valeur initiale : 2 500",
        "cible : 5 000 31 déc. 2029",
        "trajectoire prévue",
        "aujourd’hui",
    } <= set(texts(drawn))


def test_the_path_goes_through_the_checkpoints() -> None:
    assert values(CASES["level through checkpoints"], "path") == [
        ("2022-01-01", 10),
        ("2024-01-01", 30),
        ("2025-07-01", 80),
        ("2027-01-01", 100),
    ]


def test_a_value_at_the_end_of_a_year_stands_at_the_end_of_that_year() -> None:
    drawn = CASES["level"]
    scale = layers(drawn)["path"]["encoding"]["x"]["scale"]
    assert scale["domain"] == ["2025-01-01", "2030-01-01"]
    assert [row["text"] for row in rows(drawn, "time-axis")] == [
        "2025", "2026", "2027", "2028", "2029",
    ]  # fmt: skip


def test_the_line_is_broken_over_what_is_missing() -> None:
    runs = {
        row["at"]: row["run"] for row in rows(CASES["no target, sixty values"], "observed-line")
    }
    assert runs["2022-07-01"] == 0
    assert runs["2022-10-01"] == 1
    assert "2022-08-01" not in runs


def test_missing_periods_are_strips_under_the_plot_that_say_so() -> None:
    drawn = CASES["total, nothing published"]
    [strip] = rows(drawn, "missing")
    assert strip["y"] > spec_of(drawn)["height"]
    assert texts(drawn).count("non renseigné") == 1


def test_a_key_says_it_where_no_strip_has_room_for_words() -> None:
    drawn = CASES["no target, sixty values"]
    strip, swatch = rows(drawn, "missing")
    assert swatch["y"] > strip["y2"]
    assert texts(drawn).count("non renseigné") == 1


def test_a_strip_is_never_too_thin_to_be_seen() -> None:
    series = flow(observed("2020-01-01/2020-01-31", 1), frequency=Frequency.MONTH)
    drawn = chart(series, total(100, "2020-01-01", "2099-12-31"), "2020-03-10")
    strip = rows(drawn, "missing")[0]
    assert strip["x2"] - strip["x"] == pytest.approx(2)


def test_where_not_all_years_are_named_only_those_are_marked() -> None:
    drawn = chart(
        stock(observed("2020-12-31", 1)), level(9, "2019-12-31", "2069-12-31"), "2021-06-01"
    )
    named = [row["text"] for row in rows(drawn, "time-axis") if row["text"]]
    assert len(rows(drawn, "time-ticks")) == len(named) + 1


def test_a_value_that_tells_of_a_period_stands_in_its_middle_and_spans_it() -> None:
    drawn = CASES["threshold"]
    assert values(drawn, "observations") == [
        ("2020-07-02", 85),
        ("2021-07-02", 79),
        ("2023-07-02", 83),
    ]
    assert next((row["from"], row["to"]) for row in rows(drawn, "observed-periods")) == (
        "2020-01-01",
        "2021-01-01",
    )
    assert {"seuil : au moins 80 %", "85 %", "79 %", "83 %"} <= set(texts(drawn))


@pytest.mark.parametrize(("case", "is_high"), [("threshold", True), ("threshold, at most", False)])
def test_the_side_on_which_a_threshold_holds_is_tinted(case: str, is_high: bool) -> None:
    [zone] = rows(CASES[case], "respected")
    assert (zone["far"] > zone["value"]) is is_high


def test_a_target_without_due_date_runs_across() -> None:
    assert "cible : 18 sans échéance" in texts(CASES["level without due date"])
    assert "seuil : au plus 48" in texts(CASES["threshold, at most"])


def test_one_or_two_values_are_all_there_is() -> None:
    assert [text for text in texts(CASES["no target, one value"]) if "6" in text] == ["6", "6"]
    assert {"≈ 200", "≥ 300"} <= set(texts(CASES["no target, two values"]))


def test_a_zero_is_a_value() -> None:
    assert values(CASES["level, zero observed"], "observations") == [("2023-01-01", 0)]


def test_today_is_not_drawn_once_the_promise_is_over() -> None:
    series = flow(observed("2020", 60), observed("2021", 40), **YEARLY)
    target = total(100, "2020-01-01", "2021-12-31")
    assert "today" in layers(chart(series, target, "2021-12-31"))
    assert "today" not in layers(chart(series, target, "2025-06-01"))


# --- The vertical axis -----------------------------------------------------------------------


def axis(drawn: Chart) -> list[str]:
    return [plain(row["text"]) for row in rows(drawn, "value-axis")]


@pytest.mark.parametrize(
    ("case", "ticks"),
    [
        ("quota", ["0", "10", "20", "30", "40"]),
        ("level", ["0", "1 000", "2 000", "3 000", "4 000", "5 000"]),
        ("level below zero", ["−20", "−10", "0", "10"]),
        ("level of millions", ["0", "100 M", "200 M", "300 M", "400 M"]),
        ("total, nothing published", ["0", "1", "2", "3"]),
        ("threshold", ["76 %", "78 %", "80 %", "82 %", "84 %", "86 %"]),
    ],
)
def test_ticks_are_round_and_written_the_french_way(case: str, ticks: list[str]) -> None:
    assert axis(CASES[case]) == ticks


def test_decimals_have_a_comma() -> None:
    drawn = chart(stock(observed("2022-12-31", "2.5")), threshold(1), "2023-06-01", decimals=1)
    assert axis(drawn) == ["0", "0,5", "1", "1,5", "2", "2,5"]


def test_an_axis_that_does_not_start_from_zero_says_so() -> None:
    warning = "l’axe ne part pas de zéro"
    assert f"% – {warning}" in texts(CASES["threshold"])
    assert not any(warning in text for text in texts(CASES["level"]))


def test_the_axis_of_bars_always_starts_from_zero() -> None:
    series = flow(observed("2020", 1000), observed("2021", 1001))
    drawn = chart(series, yearly(999, 2020, 2021), "2022-01-01")
    assert axis(drawn)[0] == "0"


def test_values_all_equal_or_nothing_at_all_can_be_drawn() -> None:
    assert axis(chart(stock(observed("2022-12-31", 0)), None, "2023-06-01")) == ["0", "1"]
    assert axis(chart(stock(), None, "2023-06-01")) == ["0", "1"]


# --- Around the plot -------------------------------------------------------------------------


def test_the_unit_is_written_above() -> None:
    assert "entreprises" in texts(CASES["quota"])


def test_the_axis_of_a_running_sum_says_so() -> None:
    assert "entreprises, en cumul" in texts(CASES["total"])
    total_alone = chart(flow(), total(3, "2020-01-01", "2021-12-31"), "2021-01-01", unit="")
    assert "en cumul" in texts(total_alone)
    assert not any("cumul" in text for text in texts(CASES["level"]))


def test_an_image_that_leaves_the_page_has_title_context_and_day() -> None:
    drawn = chart(flow(observed("2020", 1)), None, "2021-03-01", context="Plan IA, Grand Est")
    titled = texts(drawn, titled=True)
    assert titled[:2] == [
        "Entreprises accompagnées",
        "Plan IA, Grand Est, situation au 1er mars 2021",
    ]
    assert "Entreprises accompagnées" not in texts(drawn)


def test_a_long_title_is_cut_into_lines() -> None:
    title = "Étudiants formés chaque année à l’intelligence artificielle"
    drawn = chart(flow(observed("2020", 1)), None, "2021-03-01", title=title)
    assert texts(drawn, NARROW, titled=True)[:2] == [
        "Étudiants formés chaque année à",
        "l’intelligence artificielle",
    ]


def test_what_must_not_be_missed_is_in_every_image() -> None:
    drawn = chart(flow(observed("2020", 1)), None, "2021-03-01", notice="Plan fictif")
    assert "Plan fictif" in texts(drawn)
    assert "Plan fictif" in texts(drawn, titled=True)


ENGLISH = re.compile(
    r"\b(target|today|value|expected|jan|feb|apr|aug|dec|year|quarter|missing|null|nan|undefined)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize("width", Width)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_written_in_english(case: str, width: Width) -> None:
    written = texts(CASES[case], width, titled=True)
    assert [text for text in written if ENGLISH.search(text)] == []
