"""The latest withdrawals, found without reading every value: the home page tells of a few of them.

Built beside the writers, which a table of a million values would otherwise keep waiting.
"""

from django.db import migrations


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("dashboards", "0002_indexes_of_pages")]
    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY dashboards_observation_withdrawn "
            "ON indicators_observation (superseded_at, id) WHERE withdrawal_reason <> ''",
            "DROP INDEX CONCURRENTLY dashboards_observation_withdrawn",
        ),
    ]
