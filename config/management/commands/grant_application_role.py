from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.database_roles import application_role, as_owner, protect, recorded_tables


class Command(BaseCommand):
    help = (
        "Grant the database account of the application what it needs and nothing else. `migrate` "
        "does it by itself; after a restore, or for an account made later, run it again."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", nargs="?", help="another account than that of DATABASE_URL")

    def handle(self, *_args: Any, **options: Any) -> None:
        role = options["role"] or application_role()
        if role is None:
            raise CommandError(
                "One account does everything here: MIGRATION_DATABASE_URL is not set, or has the "
                "same user as DATABASE_URL."
            )
        with as_owner() as connection:
            protect(connection, role)
        self.stdout.write(
            f"{role} reads and writes rows, owns nothing, and only reads "
            f"{len(recorded_tables())} tables of the audit trail."
        )
