"""Many observations, of plans that say that they are fictitious, and stored progress to match.

Written past the triggers, which is what a restore does: a bench need not wait for a million of
them. The editions are told by hand at the end.
"""

from __future__ import annotations

import psycopg

INDICATORS = 200
FIRST_DAY = "1990-01-01"

REGION = """
INSERT INTO plans_region (insee_code, slug, name, fictitious)
    VALUES ('X99', 'banc-d-essai', 'Banc d’essai', true) ON CONFLICT DO NOTHING
"""
PLAN = """
INSERT INTO plans_plan (region_id, slug, former_slugs, kind, title, summary, ambition,
        on_track_from, watch_from, early_below, is_public, allows_self_publication,
        requires_two_factor, created_at, updated_at)
    SELECT id, %(plan)s, '{{}}', 'regional_plan', 'Banc d’essai', '', '', 0.95, 0.85, 0.1,
        {public}, false, false, now(), now() FROM plans_region WHERE slug = 'banc-d-essai'
"""
INDICATORS_OF = """
INSERT INTO indicators_indicator ({columns})
    SELECT {values} FROM indicators_indicator model
    CROSS JOIN generate_series(1, %(count)s) AS number
    WHERE model.id = (SELECT min(id) FROM indicators_indicator)
"""
OBSERVATIONS = """
INSERT INTO indicators_observation ({columns})
    SELECT {values} FROM (
        SELECT * FROM indicators_observation WHERE state = 'published' ORDER BY id LIMIT 1
    ) model
    CROSS JOIN LATERAL (
        SELECT id, number FROM (
            SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM indicators_indicator
            WHERE plan_id = (SELECT id FROM plans_plan WHERE slug = 'banc-d-essai')
        ) AS listed
        CROSS JOIN generate_series(%(first)s::int, %(last)s::int) AS number
    ) AS made
"""


def _copied(
    connection: psycopg.Connection[tuple[object, ...]], table: str, other: dict[str, str]
) -> tuple[str, str]:
    """Write the columns of a table, and what a copy of a model row has in each."""
    names = [
        str(name)
        for (name,) in connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
            "AND NOT attisdropped AND attname <> 'id' ORDER BY attnum",
            [table],
        )
    ]
    return ", ".join(names), ", ".join(other.get(name, f"model.{name}") for name in names)


def fictitious_plan(
    connection: psycopg.Connection[tuple[object, ...]],
    slug: str,
    indicators: int,
    *,
    public: bool,
    **columns: str,
) -> None:
    """Make a plan that says that it is fictitious, and its indicators: copies of the first one.

    `columns` have SQL of their own. The caller is the owner of the tables.
    """
    connection.execute(REGION)
    connection.execute(PLAN.format(public=public).encode(), {"plan": slug})
    names, values = _copied(
        connection,
        "indicators_indicator",
        {
            "plan_id": "(SELECT id FROM plans_plan WHERE slug = %(plan)s)",
            "measure_id": "NULL",
            "objective_id": "NULL",
            "code": "'banc-' || number",
            "title": "'Indicateur ' || number",
            "measurement": "'stock'",
            "position": "number",
            "former_codes": "'{}'",
            **columns,
        },
    )
    connection.execute(
        INDICATORS_OF.format(columns=names, values=values).encode(),
        {"count": indicators, "plan": slug},
    )


class Mass:
    """The fictitious plan of a bench, whose observations grow."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self.connection = connection
        self.periods = 0
        connection.execute("SET session_replication_role = replica")
        fictitious_plan(connection, "banc-d-essai", INDICATORS, public=True)

    def grow(self, observations: int) -> None:
        """Bring the plan to so many observations in all."""
        periods = observations // INDICATORS
        columns, values = _copied(
            self.connection,
            "indicators_observation",
            {
                "indicator_id": "made.id",
                "measurement": "'stock'",
                "value": "made.number * 1.25",
                "numerator": "NULL",
                "denominator": "NULL",
                "qualifier": "'exact'",
                "period_start": f"date '{FIRST_DAY}' + made.number",
                "period_end": f"date '{FIRST_DAY}' + made.number",
                "supersedes_id": "NULL",
                "published_at": "timestamptz '2026-01-01' - made.number * interval '1 day'",
                "recorded_at": "timestamptz '2026-01-01' - made.number * interval '1 day'",
            },
        )
        self.connection.execute(
            OBSERVATIONS.format(columns=columns, values=values).encode(),
            {"first": self.periods, "last": periods - 1},
        )
        self.periods = periods
        # What autovacuum does of its own within a minute.
        self.connection.execute("ANALYZE indicators_observation, indicators_indicator, plans_plan")
        self.connection.execute("UPDATE dashboards_publicedition SET edition = gen_random_uuid()")
        self.connection.execute("UPDATE plans_revision SET edition = gen_random_uuid()")
