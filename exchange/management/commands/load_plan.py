"""Load plan files."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.plan_files.loading import load_files
from exchange.plan_files.problems import PlanFileError


class Command(BaseCommand):
    help = "Charge des fichiers de plan (YAML) : tous, ou aucun si l’un d’eux est refusé."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--dry-run", action="store_true", help="dit ce qui changerait, sans rien changer"
        )
        parser.add_argument(
            "--only-new",
            action="store_true",
            help="passe les plans déjà enregistrés, tels qu’ils sont devenus sur le site",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            reports = load_files(
                options["files"],
                at=timezone.now(),
                dry_run=options["dry_run"],
                only_new=options["only_new"],
            )
        except PlanFileError as error:
            for line in error.lines:
                self.stderr.write(line)
            count = len(error.lines)
            raise CommandError(
                ngettext(
                    "%(count)d problème ; rien n’a été chargé.",
                    "%(count)d problèmes ; rien n’a été chargé.",
                    count,
                )
                % {"count": count}
            ) from error
        for report in reports:
            for line in report.lines() if options["verbosity"] else (report.brief(),):
                self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write(_("Essai : rien n’a été enregistré."))
