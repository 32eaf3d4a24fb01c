from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config.backup import back_up, rows_of
from plans.files import files


class Command(BaseCommand):
    help = "Save the database and the evidence files to one file, while the site runs or not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="default: in the data folder")

    def handle(self, *_args: Any, **options: Any) -> None:
        name = f"plans-ia-{datetime.now(UTC):%Y%m%d-%H%M%S}.tar"
        target: Path = options["file"] or settings.DATA_DIR / "backups" / name
        manifest = back_up(target)
        self.stdout.write(
            "{target}: {rows} rows of {tables} tables, {files} evidence files of {where}, "
            "{size:.1f} MB.".format(
                target=target,
                where=files().where(),
                size=target.stat().st_size / 1_000_000,
                **rows_of(manifest),
            )
        )
