"""Write a plan as a plan file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from exchange.plan_files.exporting import export_plan
from exchange.plan_files.problems import PlanFileError, guess
from plans.models import Plan


class Command(BaseCommand):
    help = "Écrit un plan dans un fichier de plan (YAML), ou sur la sortie."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--output", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        slug: str = options["slug"]
        plan = Plan.objects.known_as(slug).select_related("region", "related_to").first()
        if plan is None:
            slugs = list(Plan.objects.order_by("slug").values_list("slug", flat=True))
            raise CommandError(
                _("Le plan « %(slug)s » n’existe pas%(guess)s. Plans : %(slugs)s.")
                % {
                    "slug": slug,
                    "guess": guess(slug, slugs),
                    "slugs": ", ".join(slugs) or _("aucun"),
                }
            )
        try:
            text = export_plan(plan)
        except PlanFileError as error:
            raise CommandError(str(error)) from error
        output: Path | None = options["output"]
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(
                _("%(file)s : écriture impossible (%(reason)s).")
                % {"file": output, "reason": error.strerror}
            ) from error
