from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from config.backup import restore, rows_of
from config.health import migrations_missing
from plans.files import files


class Command(BaseCommand):
    help = (
        "Make the database and the evidence files what a backup holds, and check that they are. "
        "Stop the site first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="even where the database holds something"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        manifest = restore(options["file"], replace=options["replace"])
        self.stdout.write(
            "Restored as it was at {made_at}: {rows} rows of {tables} tables, {files} evidence "
            "files in {where}, each counted and compared with what was saved.".format(
                made_at=manifest.made_at, where=files().where(), **rows_of(manifest)
            )
        )
        if migrations_missing():
            self.stdout.write("It is of an earlier release: now run `manage.py migrate`.")
