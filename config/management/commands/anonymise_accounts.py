from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import User
from config import retention
from config.database_roles import as_owner


class Command(BaseCommand):
    help = (
        "Make anonymous the accounts that nobody has used for RETENTION_MONTHS, or one account, "
        "and take their addresses out of the audit trail. Run it as the owner of the tables "
        "(MIGRATION_DATABASE_URL): the nightly task does the rest and cannot change the trail."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="EMAIL", help="this one, now: a person asks")
        parser.add_argument("--dry-run", action="store_true", help="only say which")

    def handle(self, *_args: Any, **options: Any) -> None:
        with as_owner():
            if options["dry_run"]:
                self._say_which()
                return
            if options["account"]:
                self._one(options["account"])
            else:
                done = retention.forget(at=timezone.now())
                self.stdout.write(", ".join(f"{name}: {count}" for name, count in done.items()))
            try:
                changed = retention.forget_in_trail()
            except retention.RetentionError as reason:
                raise CommandError(str(reason)) from reason
            self.stdout.write(f"Lines of the audit trail that named an address: {changed}")

    def _one(self, email: str) -> None:
        try:
            user = User.objects.get(email__iexact=email)
            retention.anonymise(user)
        except User.DoesNotExist:
            raise CommandError("No account has this address.") from None
        except retention.RetentionError as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(f"Account {user.pk} is anonymous.")

    def _say_which(self) -> None:
        if not settings.RETENTION_MONTHS:
            self.stdout.write("RETENTION_MONTHS is 0: no account is made anonymous.")
            return
        before = timezone.now() - retention.months(settings.RETENTION_MONTHS)
        numbers = list(retention.unused_accounts(before=before).values_list("pk", flat=True))
        self.stdout.write(f"Not used since {before:%Y-%m-%d}: accounts {numbers or 'none'}")
