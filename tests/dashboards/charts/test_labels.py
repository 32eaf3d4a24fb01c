"""Labels go where nothing else is."""

from __future__ import annotations

from itertools import combinations

import pytest

from dashboards.charts.axes import LINE_HEIGHT, SIZE
from dashboards.charts.labels import Box, Placing, Wanted, text_width


def placing(**more: float) -> Placing:
    bounds = Box(0, 0, more.get("width", 300), more.get("height", 200))
    return Placing(bounds=bounds, size=SIZE, line_height=LINE_HEIGHT)


def at(x: float, y: float, text: str = "1 234", **more: object) -> Wanted:
    return Wanted(lines=(text,), x=x, y=y, role="ink", **more)  # type: ignore[arg-type]


def test_a_label_takes_the_preferred_side_where_nothing_is() -> None:
    placed = placing().place(at(150, 100))
    assert placed is not None
    assert (placed.align, placed.x, placed.box.bottom) == ("center", 150, 92)


def test_a_label_moves_away_from_a_bar_above_its_point() -> None:
    place = placing()
    place.avoid([Box(100, 0, 200, 96)])
    placed = place.place(at(150, 100))
    assert placed is not None
    assert placed.y >= 100


def test_a_label_moves_away_from_a_line() -> None:
    place = placing()
    place.avoid_line([(0, 85), (300, 85)])
    placed = place.place(at(150, 100))
    assert placed is not None
    assert placed.y >= 100


def test_a_label_stays_in_the_image_and_ends_at_its_border() -> None:
    placed = placing().place(at(299, 100, "cible : 5 000", sides=("n",)))
    assert placed is not None
    assert (placed.align, placed.x) == ("right", 300)
    assert placed.box.right == 300


def test_labels_of_one_point_do_not_cover_each_other() -> None:
    place = placing()
    placed = [place.place(at(150, 100, text)) for text in ("1 234", "attendu : 9", "cible : 8")]
    boxes = [one.box for one in placed if one is not None]
    assert len(boxes) == 3
    assert [one.overlap(other) for one, other in combinations(boxes, 2)] == [0, 0, 0]


def test_a_label_with_a_limit_is_left_out_where_there_is_no_room() -> None:
    place = placing()
    place.avoid([Box(0, 0, 300, 200)])
    assert place.place(at(150, 100, limit=40)) is None
    assert place.placed == []


def test_another_point_is_taken_where_the_first_is_covered() -> None:
    place = placing()
    place.avoid([Box(0, 0, 150, 200)])
    placed = place.place(at(50, 100, sides=("n",)), at(250, 100, sides=("n",)))
    assert placed is not None
    assert placed.x == 250


@pytest.mark.parametrize(
    ("text", "pixels"), [("2020", 30), ("non renseigné", 84), ("31 déc. 2028", 75), ("", 0)]
)
def test_the_width_of_a_text_is_about_that_of_arial(text: str, pixels: int) -> None:
    """A little more than what Liberation Sans, of the same metrics, takes at 13 pixels."""
    assert pixels * 0.95 <= text_width(text, SIZE) <= pixels * 1.1
