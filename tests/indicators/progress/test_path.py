"""The path that a target expects."""

from typing import Any

import pytest

from indicators.progress import Checkpoint, Series, Target, expected_at, expected_path
from tests.indicators.builders import (
    AT_MOST,
    BY_2026,
    FROM_2024,
    day,
    flow,
    level,
    quota,
    stock,
    threshold,
    total,
)


def corners(path: tuple[Checkpoint, ...]) -> list[tuple[str, Any]]:
    return [(corner.on.isoformat(), corner.value) for corner in path]


def test_the_path_of_a_level() -> None:
    target = level(200, *FROM_2024, through={"2026-07-02": 190, "2025-12-31": 110})
    assert corners(expected_path(stock(baseline=100), target)) == [
        ("2024-12-31", 100),
        ("2025-12-31", 110),
        ("2026-07-02", 190),
        ("2026-12-31", 200),
    ]
    assert corners(expected_path(stock(), BY_2026)) == [("2024-12-31", 0), ("2026-12-31", 200)]


def test_the_path_of_a_total_starts_from_zero_on_the_eve() -> None:
    path = expected_path(flow(), total(100, "2025-01-01", "2025-12-31"))
    assert corners(path) == [("2024-12-31", 0), ("2025-12-31", 100)]


def test_the_path_of_a_quota_is_flat_across_a_hole() -> None:
    path = expected_path(flow(), quota({"2023": 10, "2020": 5, "2021": 5}))
    assert corners(path) == [
        ("2019-12-31", 0),
        ("2020-12-31", 5),
        ("2021-12-31", 10),
        ("2022-12-31", 10),
        ("2023-12-31", 20),
    ]


@pytest.mark.parametrize(
    ("series", "target"),
    [
        (stock(baseline=100), threshold(80, *FROM_2024)),
        (stock(), level(80, *FROM_2024, **AT_MOST)),
        (stock(baseline=100), level(200, "2024-12-31", None)),
        (stock(baseline=100), level(200, None, "2026-12-31")),
        (stock(baseline=100), level(200, "2026-12-31", "2026-12-31")),
        (flow(), total(100, None, "2026-12-31")),
    ],
)
def test_no_path_where_none_can_be_drawn(series: Series, target: Target) -> None:
    assert expected_path(series, target) == ()
    assert expected_at((), day("2026-01-01")) is None


def test_the_height_of_a_path_on_any_day() -> None:
    path = expected_path(stock(baseline=100), BY_2026)
    heights = [
        expected_at(path, day(on))
        for on in ("2020-01-01", "2024-12-31", "2025-12-31", "2026-12-31", "2030-01-01")
    ]
    assert heights == [100, 100, 150, 200, 200]
