"""The lines of the workbooks of these tests, and what is stored after them."""

from datetime import date
from decimal import Decimal
from typing import Any

from indicators.models import Observation

YEAR_2024 = (date(2024, 1, 1), date(2024, 12, 31))


def line(code: Any, value: Any, year: int = 2024, *, source: str = "bilan") -> list[Any]:
    return [code, date(year, 1, 1), date(year, 12, 31), value, source, None]


def values() -> dict[tuple[str, int], Decimal | None]:
    return {
        (one.indicator.code, one.period_start.year): one.value
        for one in Observation.objects.select_related("indicator")
    }
