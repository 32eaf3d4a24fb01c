"""Triggers that give the public data another edition, at the commit of whatever changes them.

They are written here, above all the tables, because tables between two models have no model of
their own that could carry a trigger. At commit, not at the change: transactions that touch
several plans wait for one another for a moment only, and never in a circle.
"""

from django.db import migrations

TABLES = (
    "plans_region", "plans_organisation", "plans_sector", "plans_plan", "plans_plan_sectors",
    "plans_planorganisation", "plans_source", "plans_claim", "plans_note", "plans_notecitation",
    "objectives_objective", "objectives_objective_notes",
    "measures_measure", "measures_measure_sectors", "measures_measure_notes",
    "measures_measureorganisation", "measures_milestone", "measures_milestoneupdate",
    "indicators_unit", "indicators_indicator", "indicators_indicator_notes", "indicators_target",
    "indicators_targetperiod", "indicators_checkpoint", "indicators_observation",
)

FUNCTION = """
CREATE FUNCTION plans_new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO plans_revision AS held (id, edition, changed_at, transaction)
    VALUES (1, gen_random_uuid(), clock_timestamp(), pg_current_xact_id()::text)
    ON CONFLICT (id) DO UPDATE SET
        edition = excluded.edition,
        changed_at = excluded.changed_at,
        transaction = excluded.transaction
    WHERE held.transaction <> excluded.transaction;
    RETURN NULL;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("indicators", "0001_initial"),
        ("measures", "0001_initial"),
        ("objectives", "0001_initial"),
        ("plans", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION plans_new_edition()"),
        *(
            migrations.RunSQL(
                f"CREATE CONSTRAINT TRIGGER new_edition AFTER INSERT OR UPDATE OR DELETE "
                f"ON {table} DEFERRABLE INITIALLY DEFERRED "
                f"FOR EACH ROW EXECUTE FUNCTION plans_new_edition()",
                f"DROP TRIGGER new_edition ON {table}",
            )
            for table in TABLES
        ),
    ]
