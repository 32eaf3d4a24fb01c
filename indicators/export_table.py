"""The table of a selection of observations, written by the database and handed over as it comes.

One `COPY` reads, joins, makes harmless, quotes and numbers; what passes through here is lines of
text. Nothing of a selection is held, whatever its size: PostgreSQL sends as fast as the reader
takes. What belongs to an indicator or a source is written once for each, then joined.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import Any

from django.db import connections
from django.db.models import QuerySet

from indicators.evaluation import value_of
from indicators.models import Observation
from plans.api_support.fields import plain
from plans.api_support.renderers import Dialect
from plans.formulas import FORMULA_STARTS, SPACES

LINES = 250
"""Lines of a block: some tens of kilobytes, so that the database goes on while one is packed."""
RATIO = b"/"
"""Before the scale of a ratio, where its value is to be reckoned: no figure begins so."""

# A minus sign stands last in brackets, where it means itself.
_FORMULA = f"^[{SPACES}]*[" + "".join(sorted(FORMULA_STARTS, key=lambda sign: sign == "-")) + "]"


def _text(column: str) -> str:
    """Write a text as `plans.formulas.harmless` does; nothing where it is empty."""
    return f"CASE WHEN {column} ~ '{_FORMULA}' THEN '''' || {column} ELSE nullif({column}, '') END"


def _number(column: str) -> str:
    """Write a decimal as `plans.api_support.fields.plain` does, with the dialect's mark."""
    return f"replace(trim_scale({column})::text, '.', '{{point}}')"


# Column of the table → where it comes from. The header and the statement follow from these.
OF_INDICATOR = {
    "region": "region.slug",
    "plan": "plan.slug",
    "indicator": "indicator.code",
    "title": "indicator.title",
    "common_code": "indicator.common_code",
    "unit": "unit.code",
    "measurement": "indicator.measurement",
}
OF_VALUE = {
    "period_start": "chosen.period_start::text",
    "period_end": "chosen.period_end::text",
    "qualifier": "chosen.qualifier",
    "provisional": "chosen.provisional::text",
    "source": "cited.code",
    "locator": _text("chosen.locator"),
    "comment": _text("chosen.comment"),
    # ISO 8601, in UTC; a fraction of a second only where there is one.
    "published_at": (
        "replace(to_char(chosen.published_at AT TIME ZONE 'UTC', "
        "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), '.000000Z', 'Z')"
    ),
    "value": (
        f"CASE WHEN chosen.numerator IS NULL THEN {_number('chosen.value')} "
        f"ELSE '{RATIO.decode()}' || known.ratio_scale::text END"
    ),
    "numerator": _number("chosen.numerator"),
    "denominator": _number("chosen.denominator"),
}
NAMES = (*OF_INDICATOR, *OF_VALUE)
CHOSEN = (
    "pk", "indicator_id", "source_id", "period_start", "period_end", "qualifier", "provisional",
    "locator", "comment", "published_at", "value", "numerator", "denominator",
)  # fmt: skip

_COPY = """
    COPY (
        WITH known AS MATERIALIZED (
            SELECT indicator.id, unit.ratio_scale, {of_indicator}
            FROM indicators_indicator indicator
            JOIN plans_plan plan ON plan.id = indicator.plan_id
            JOIN plans_region region ON region.id = plan.region_id
            JOIN indicators_unit unit ON unit.id = indicator.unit_id
        ), cited AS MATERIALIZED (SELECT id, {source} AS code FROM plans_source)
        SELECT {columns} FROM ({selection}) AS chosen
        JOIN known ON known.id = chosen.indicator_id
        LEFT JOIN cited ON cited.id = chosen.source_id
    ) TO STDOUT (FORMAT csv, DELIMITER '{separator}')
"""


def table(rows: QuerySet[Observation], dialect: Dialect) -> Generator[bytes]:
    """Yield the blocks of the table; the connection of the selection is taken until the last.

    In no order: sorting a selection would hold it, and each line is whole by itself.
    """
    yield f"{dialect.mark}{dialect.separator.join(NAMES)}\r\n".encode()
    database = connections[rows.db]
    operations: Any = database.ops
    selection, parameters = rows.order_by().values(*CHOSEN).query.sql_with_params()
    statement = operations.compose_sql(_statement(selection, dialect), parameters)
    with (
        database.wrap_database_errors,
        database.cursor() as cursor,
        cursor.copy(statement) as copied,
    ):
        lines = iter(copied)
        while batch := block(islice(lines, LINES), dialect):
            yield batch


def _statement(selection: str, dialect: Dialect) -> str:
    known = ", ".join(f"{_text(column)} AS {name}" for name, column in OF_INDICATOR.items())
    columns = [*(f"known.{name}" for name in OF_INDICATOR), *OF_VALUE.values()]
    return _COPY.format(
        of_indicator=known,
        source=_text("code"),
        columns=", ".join(columns).replace("{point}", dialect.decimal_point),
        selection=selection,
        separator=dialect.separator,
    )


def block(lines: Iterable[memoryview | bytes], dialect: Dialect) -> bytes:
    r"""Join lines as `COPY` gives them, each in one piece: ended by `\r\n`, ratios reckoned."""
    written = [bytes(line[:-1]) for line in lines]
    if not written:
        return b""
    mark = dialect.separator.encode()
    joined = b"\r\n".join(written)
    # A comment may hold the same signs: only a look at the lines tells.
    if mark + RATIO in joined:
        joined = b"\r\n".join([_reckoned(line, mark, dialect.decimal_point) for line in written])
    return joined + b"\r\n"


def _reckoned(line: bytes, mark: bytes, point: str) -> bytes:
    """Put the value of a ratio in its place; the last three columns are figures, never quoted."""
    before, value, numerator, denominator = line.rsplit(mark, 3)
    if not value.startswith(RATIO):
        return line
    value = _ratio(value[len(RATIO) :], numerator, denominator, point)
    return mark.join((before, value, numerator, denominator))


@lru_cache(maxsize=4096)
def _ratio(scale: bytes, numerator: bytes, denominator: bytes, point: str) -> bytes:
    """Return the value as the rules reckon it: with their digits, not the database's."""
    over, under = (Decimal(part.decode().replace(point, ".")) for part in (numerator, denominator))
    value = plain(value_of("ratio", None, over, under, Decimal(scale.decode())))
    return (value or "").replace(".", point).encode()
