from typing import Any

from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS

from config.database_roles import (
    application_role,
    as_owner,
    only_migration,
    protect,
    recording_as_owner,
)


class Command(migrate.Command):
    """Django's own, run as the owner of the tables, one at a time, the grants renewed after it."""

    def check(self, *args: Any, **options: Any) -> None:
        """Ask as the owner too: before the first migration the application's account is not there.

        The checks of the models want to know the version of the database.
        """
        with as_owner():
            super().check(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] != DEFAULT_DB_ALIAS:
            super().handle(*args, **options)
            return
        role = application_role()
        with as_owner() as connection:
            if options["plan"] or options["check_unapplied"]:
                super().handle(*args, **options)
                return
            with only_migration(connection, self.stdout.write):
                if role is None:
                    super().handle(*args, **options)
                    return
                with recording_as_owner(connection):
                    super().handle(*args, **options)
                protect(connection, role)
