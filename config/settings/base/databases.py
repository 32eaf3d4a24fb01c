"""The writer, the replica that follows it, the owner of the tables."""

from typing import Any

from config.environment import env
from config.replicas import REPLICA
from config.settings.base.folders import layout

DATABASE_URL: str = env.str("DATABASE_URL", default="")
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **(
            env.database(DATABASE_URL, env.str("DATABASE_PASSWORD", default=""))
            if DATABASE_URL
            else layout.database
        ),
    }
}

# Answers to the public are made on a server that follows the writer, where there is one.
DATABASE_REPLICA_URL: str = env.str("DATABASE_REPLICA_URL", default="")
READS_REPLICA = bool(DATABASE_REPLICA_URL)
if READS_REPLICA:
    DATABASES[REPLICA] = {
        "CONN_MAX_AGE": 60,
        # Each answer begins with a question to it, and has another server to be asked of.
        "CONN_HEALTH_CHECKS": False,
        **env.replica(DATABASE_REPLICA_URL, DATABASES["default"].get("PASSWORD", "")),
    }
DATABASE_ROUTERS = ["config.replicas.router.Router"]

# Migrations and what must get past the application's own limits run as the owner of the tables;
# without an address of its own the application's account is both, where the servers are yours.
MIGRATION_DATABASE_URL: str = env.str("MIGRATION_DATABASE_URL", default="")
MIGRATION_DATABASE: dict[str, Any] = {} if DATABASE_URL else {**layout.owner_database}
if MIGRATION_DATABASE_URL:
    MIGRATION_DATABASE = env.database(
        MIGRATION_DATABASE_URL, env.str("MIGRATION_DATABASE_PASSWORD", default="")
    )

# The audit trail is only ever added to.
PGHISTORY_APPEND_ONLY = True
