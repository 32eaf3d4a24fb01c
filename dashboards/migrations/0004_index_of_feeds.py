"""The latest publications, also those that were superseded since: feeds tell of a few of them.

It does what the index of the publications that stand did, which goes: few values are superseded.
Built beside the writers, which a table of a million values would otherwise keep waiting.
"""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("dashboards", "0003_index_of_withdrawals")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY dashboards_observation_ever_published "
            "ON indicators_observation (published_at, id) WHERE state = 'published'",
            "DROP INDEX CONCURRENTLY dashboards_observation_ever_published",
        ),
        migrations.RunSQL(
            "DROP INDEX CONCURRENTLY dashboards_observation_published",
            "CREATE INDEX CONCURRENTLY dashboards_observation_published "
            "ON indicators_observation (published_at) "
            "WHERE state = 'published' AND superseded_at IS NULL",
        ),
    ]
