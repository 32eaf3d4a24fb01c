from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from config.static_files import collect_if_changed
from indicators.services import refresh_missing_progress


class Command(BaseCommand):
    help = (
        "Bring everything that a start needs up to date: static files, database, "
        "reference plans. Each step does nothing when there is nothing to do."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--demo", action="store_true", help="load the fictitious plans as well")

    def handle(self, *_args: Any, **options: Any) -> None:
        collect_if_changed()
        self.stdout.write("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        files = plan_files(settings.BASE_DIR / "reference", demo=options["demo"])
        # A plan that is there already is left alone: what its region changed on the site stays.
        call_command(
            "load_plan",
            *map(str, files),
            only_new=True,
            verbosity=0,
            stdout=self.stdout,
            stderr=self.stderr,
        )
        # A site that was off since yesterday, or has new rules, is as quick as any other.
        refresh_missing_progress(on=timezone.localdate())


def plan_files(reference: Path, *, demo: bool) -> list[Path]:
    """The plans that the project ships, in the order of their names."""
    files = sorted(reference.glob("*.yaml"))
    return [*files, *sorted((reference / "demo").glob("*.yaml"))] if demo else files
