"""Triggers that give each public plan an edition of its own, at the commit of what changes it.

They follow `indicators.0002_new_edition`, which gives everything together one edition, drafts
included. What is public is cached under these instead: a publication in one plan leaves the pages
of the others alone, and a draft leaves them all alone.

At commit, one transaction after the other (an advisory lock, held for the moment of the commit):
transactions that touch several plans never wait for one another in a circle. What a transaction
has already told is kept in a setting that ends with it, so that the hundred-thousandth row of an
import costs a comparison, not a write.
"""

from django.db import migrations, models

# How a changed row leads to its plan: the column to follow, and the query from its value.
OF_PLAN = "SELECT {row}.plan_id"
OF_NOTE = "SELECT plan_id FROM plans_note WHERE id = {row}.note_id"
OF_OBJECTIVE = "SELECT plan_id FROM objectives_objective WHERE id = {row}.objective_id"
OF_MEASURE = "SELECT plan_id FROM measures_measure WHERE id = {row}.measure_id"
OF_MILESTONE = (
    "SELECT plan_id FROM measures_measure WHERE id = "
    "(SELECT measure_id FROM measures_milestone WHERE id = {row}.milestone_id)"
)
OF_INDICATOR = "SELECT plan_id FROM indicators_indicator WHERE id = {row}.indicator_id"
OF_TARGET = (
    "SELECT plan_id FROM indicators_indicator WHERE id = "
    "(SELECT indicator_id FROM indicators_target WHERE id = {row}.target_id)"
)
PARTS = {
    "plans_plan_sectors": OF_PLAN,
    "plans_planorganisation": OF_PLAN,
    "plans_source": OF_PLAN,
    "plans_claim": OF_PLAN,
    "plans_note": OF_PLAN,
    "plans_notecitation": OF_NOTE,
    "objectives_objective": OF_PLAN,
    "objectives_objective_notes": OF_OBJECTIVE,
    "measures_measure": OF_PLAN,
    "measures_measure_sectors": OF_MEASURE,
    "measures_measure_notes": OF_MEASURE,
    "measures_measureorganisation": OF_MEASURE,
    "measures_milestone": OF_MEASURE,
    "measures_milestoneupdate": OF_MILESTONE,
    "indicators_indicator": OF_PLAN,
    "indicators_indicator_notes": OF_INDICATOR,
    "indicators_target": OF_INDICATOR,
    "indicators_targetperiod": OF_TARGET,
    "indicators_checkpoint": OF_TARGET,
    "indicators_observation": OF_INDICATOR,
}
# Only what was published counts: a draft is nobody's business yet.
CONTRIBUTIONS = ("measures_milestoneupdate", "indicators_observation")
SHARED = ("plans_region", "plans_organisation", "plans_sector", "indicators_unit")

TELL = """
CREATE FUNCTION dashboards_tell(told text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    before text := coalesce(current_setting('dashboards.told', true), '');
    this text := pg_current_xact_id()::text;
BEGIN
    IF split_part(before, '|', 1) <> this THEN
        before := this || '|';
        PERFORM pg_advisory_xact_lock(1684108393);
        INSERT INTO dashboards_publicedition AS held (part, edition, changed_at)
        VALUES ('*', gen_random_uuid(), clock_timestamp())
        ON CONFLICT (part) DO UPDATE
        SET edition = excluded.edition, changed_at = excluded.changed_at;
    END IF;
    IF strpos(before, '|' || told || '|') = 0 THEN
        INSERT INTO dashboards_publicedition AS held (part, edition, changed_at)
        VALUES (told, gen_random_uuid(), clock_timestamp())
        ON CONFLICT (part) DO UPDATE
        SET edition = excluded.edition, changed_at = excluded.changed_at;
        before := before || '|' || told || '|';
    END IF;
    PERFORM set_config('dashboards.told', before, true);
END
$$
"""

TELL_OF_PLAN = """
CREATE FUNCTION dashboards_tell_of_plan(changed bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    public_slug text;
BEGIN
    SELECT slug INTO public_slug FROM plans_plan WHERE id = changed AND is_public;
    IF public_slug IS NOT NULL THEN
        PERFORM dashboards_tell(public_slug);
    END IF;
END
$$
"""

TELL_FIXED = """
CREATE FUNCTION dashboards_tell_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM dashboards_tell(TG_ARGV[0]);
    RETURN NULL;
END
$$
"""

# What the pages of other plans show of a plan is shared; the rest is its own.
PLAN_CHANGED = """
CREATE FUNCTION dashboards_plan_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NOT OLD.is_public AND NOT NEW.is_public THEN RETURN NULL; END IF;
        IF (OLD.slug, OLD.former_slugs, OLD.title, OLD.kind, OLD.region_id, OLD.related_to_id,
            OLD.adopted_on, OLD.is_public)
            IS DISTINCT FROM
           (NEW.slug, NEW.former_slugs, NEW.title, NEW.kind, NEW.region_id, NEW.related_to_id,
            NEW.adopted_on, NEW.is_public)
        THEN
            PERFORM dashboards_tell('');
        END IF;
    ELSIF TG_OP = 'INSERT' THEN
        IF NOT NEW.is_public THEN RETURN NULL; END IF;
        PERFORM dashboards_tell('');
    ELSE
        IF NOT OLD.is_public THEN RETURN NULL; END IF;
        PERFORM dashboards_tell('');
    END IF;
    -- A slug that no public plan has any more has no edition of its own either.
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM dashboards_publicedition
        WHERE part = OLD.slug
        AND NOT EXISTS (SELECT FROM plans_plan WHERE slug = OLD.slug AND is_public);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM dashboards_tell_of_plan(NEW.id);
    END IF;
    RETURN NULL;
END
$$
"""


def of_part(table: str, query: str) -> str:
    new, old = query.format(row="NEW"), query.format(row="OLD")
    return f"""
CREATE FUNCTION dashboards_{table}_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'DELETE' THEN
        PERFORM dashboards_tell_of_plan(({new}));
    END IF;
    -- A part that leaves a plan changes the one it leaves, too.
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND ({new}) IS DISTINCT FROM ({old}) THEN
        PERFORM dashboards_tell_of_plan(({old}));
    END IF;
    RETURN NULL;
END
$$
"""


def trigger(table: str, function: str) -> list[migrations.RunSQL]:
    """The three triggers of a table: a condition may name only the rows that an event has."""
    made = []
    for event in ("INSERT", "UPDATE", "DELETE"):
        name = f"public_{event.lower()}"
        condition = ""
        if table in CONTRIBUTIONS:
            rows = {"INSERT": ["NEW"], "UPDATE": ["OLD", "NEW"], "DELETE": ["OLD"]}[event]
            condition = f"WHEN ({' OR '.join(f'''{row}.state = 'published' ''' for row in rows)})"
        made.append(
            migrations.RunSQL(
                f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON {table} "
                f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW {condition} "
                f"EXECUTE FUNCTION {function}",
                f"DROP TRIGGER {name} ON {table}",
            )
        )
    return made


class Migration(migrations.Migration):
    dependencies = [
        ("exchange", "0001_initial"),
        ("indicators", "0002_new_edition"),
    ]
    operations = [
        migrations.CreateModel(
            name="PublicEdition",
            fields=[
                ("part", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("edition", models.UUIDField()),
                ("changed_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "édition des données publiques",
                "verbose_name_plural": "éditions des données publiques",
            },
        ),
        migrations.RunSQL(
            "INSERT INTO dashboards_publicedition (part, edition, changed_at) "
            "SELECT part, gen_random_uuid(), clock_timestamp() FROM ("
            "SELECT slug FROM plans_plan WHERE is_public "
            "UNION ALL VALUES ('*'), (''), ('#packages')) AS parts (part)",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(TELL, "DROP FUNCTION dashboards_tell(text)"),
        migrations.RunSQL(TELL_OF_PLAN, "DROP FUNCTION dashboards_tell_of_plan(bigint)"),
        migrations.RunSQL(TELL_FIXED, "DROP FUNCTION dashboards_tell_fixed()"),
        migrations.RunSQL(PLAN_CHANGED, "DROP FUNCTION dashboards_plan_changed()"),
        *(
            migrations.RunSQL(of_part(table, query), f"DROP FUNCTION dashboards_{table}_changed()")
            for table, query in PARTS.items()
        ),
        *(
            one
            for table in PARTS
            for one in trigger(table, f"dashboards_{table}_changed()")
        ),
        *trigger("plans_plan", "dashboards_plan_changed()"),
        *(one for table in SHARED for one in trigger(table, "dashboards_tell_fixed('')")),
        *trigger("exchange_planpackage", "dashboards_tell_fixed('#packages')"),
    ]
