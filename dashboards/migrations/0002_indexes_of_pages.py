"""Indexes that only the public pages ask for: with them their cost does not grow with the values.

The pages live above the models whose rows they read, and so do these: the latest publications of
all plans (what changed lately), and the few values that their source states inexactly.
"""

from django.db import migrations

CURRENT = "state = 'published' AND superseded_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("dashboards", "0001_public_editions")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX dashboards_observation_published "
            f"ON indicators_observation (published_at) WHERE {CURRENT}",
            "DROP INDEX dashboards_observation_published",
        ),
        migrations.RunSQL(
            "CREATE INDEX dashboards_observation_inexact "
            f"ON indicators_observation (indicator_id, period_end) WHERE {CURRENT} "
            "AND qualifier <> 'exact'",
            "DROP INDEX dashboards_observation_inexact",
        ),
    ]
