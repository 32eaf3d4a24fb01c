"""An import of many rows, beside `COPY FROM` and django-import-export of the same rows.

Each step runs in a process of its own, as a worker does: `python -m tools.bench.imports STEP`. All
write into the same table of the same database, with its indexes, constraints and triggers; what is
compared with is rolled back.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from tools.bench.against import Say
from tools.bench.mass import fictitious_plan
from tools.bench.site import ROOT, Site

PLAN = "banc-d-import"
SOURCE = "rapport-du-banc"
MONTHS = 200
FIRST_MONTH = date(2010, 1, 1)
OTHERS = 5_000
"""Rows given to django-import-export, whose time is then taken as proportional."""
TITLES = (
    "Indicateur", "Début de période", "Fin de période", "Valeur", "Précision", "Source",
    "Endroit dans la source", "Commentaire public",
)  # fmt: skip


def imports(own: Site, rows: int, row: Say) -> None:
    """Measure an import of so many rows."""
    path = own.layout.data.with_name("import.csv")
    with psycopg.connect(own.owner, autocommit=True) as owner:
        prepare(owner, rows // MONTHS)
    write_file(path, rows // MONTHS)

    def step(name: str) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "tools.bench.imports", name, str(path)],
            cwd=ROOT, env=own.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{name} failed:\n{done.stdout}{done.stderr}")
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found

    step("receive")
    checked = step("check")
    copied = [step("copy")["seconds"]]
    other = step("import_export")
    copied.append(step("copy")["seconds"])
    written = step("write")
    copied.append(step("copy_again")["seconds"])
    mine = checked["seconds"] + written["seconds"]
    ratio = mine / median(copied)
    row(
        f"Import of {rows:,} rows with validation",
        f"{mine:.1f} s: {checked['seconds']:.1f} s to check, {written['seconds']:.1f} s to write",
        f"{median(copied):.1f} s (`COPY FROM`, same table, nothing checked)",
        f"{ratio:.2f}", "≤ 10", ratio <= 10,
    )  # fmt: skip
    theirs = other["seconds"] * rows / other["rows"]
    row(
        "The same file in django-import-export",
        f"{mine:.1f} s",
        f"{theirs:,.0f} s ({other['seconds']:.1f} s for {other['rows']:,.0f} rows, in proportion)",
        f"{theirs / mine:.1f}", "≥ 20", theirs / mine >= 20,
    )  # fmt: skip
    most = max(checked["most"], written["most"])
    row(
        "Memory of the worker that imports", f"{most / 1e6:.0f} MB",
        f"{checked['before'] / 1e6:.0f} MB before", f"{most / checked['before']:.2f}",
        "—", most < 200e6,
    )  # fmt: skip


def prepare(owner: psycopg.Connection[tuple[object, ...]], indicators: int) -> None:
    """Make a plan that is not public, with a source and monthly indicators without a target."""
    fictitious_plan(owner, PLAN, indicators, public=False, frequency="'month'")
    owner.execute(
        "INSERT INTO plans_source (plan_id, code, title, kind, publisher, url, "
        "published_precision, published_inferred, comment) "
        "SELECT plan.id, %s, 'Rapport', model.kind, '', '', model.published_precision, false, '' "
        "FROM plans_plan plan, (SELECT * FROM plans_source LIMIT 1) model WHERE slug = %s",
        [SOURCE, PLAN],
    )


def months() -> Iterator[tuple[date, date]]:
    first = FIRST_MONTH
    for _number in range(MONTHS):
        following = (first + timedelta(days=31)).replace(day=1)
        yield first, following - timedelta(days=1)
        first = following


def write_file(path: Path, indicators: int) -> None:
    """Write a file as a French spreadsheet saves it: semicolons, days first, decimal commas."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(TITLES)
        for indicator in range(1, indicators + 1):
            for number, (start, end) in enumerate(months()):
                writer.writerow(
                    (
                        f"banc-{indicator}", f"{start:%d/%m/%Y}", f"{end:%d/%m/%Y}",
                        f"{(indicator * 37 + number * 11) % 5000},{number % 10}", "valeur exacte",
                        SOURCE, f"p. {number % 90 + 1}", "" if number % 4 else "Série mensuelle",
                    )
                )  # fmt: skip


# --- In a process of its own ----------------------------------------------------------------------


def receive(path: Path) -> dict[str, float]:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from exchange.spreadsheets import jobs  # noqa: PLC0415
    from plans.models import Membership, Plan, Role  # noqa: PLC0415

    plan = Plan.objects.get(slug=PLAN)
    user = User.objects.create_user(email="importeuse@example.org")
    Membership.objects.create(plan=plan, user=user, role=Role.REVIEWER)
    upload = SimpleUploadedFile("saisie.csv", path.read_bytes())
    jobs.receive(plan, user, upload, at=timezone.now())
    return {}


def check(_path: Path) -> dict[str, float]:
    return _worked("checked")


def write(_path: Path) -> dict[str, float]:
    from django.utils import timezone  # noqa: PLC0415

    from exchange.models import ImportJob  # noqa: PLC0415
    from exchange.spreadsheets import jobs  # noqa: PLC0415

    jobs.confirm(ImportJob.objects.get(), submits=True, at=timezone.now())
    return _worked("written")


def _worked(state: str) -> dict[str, float]:
    """Do what a worker does with the job, and look at its time and memory."""
    from exchange.models import ImportJob  # noqa: PLC0415
    from exchange.tasks import work_on_import  # noqa: PLC0415

    job = ImportJob.objects.get()
    before = _most_memory()
    begun = time.perf_counter()
    work_on_import(job.pk)
    seconds = time.perf_counter() - begun
    job.refresh_from_db()
    assert job.state == state, (job.state, job.refusal, job.counts)
    return {"seconds": seconds, "before": before, "most": _most_memory()}


def _most_memory() -> int:
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


class _RollBack(Exception):  # noqa: N818 - it is no error
    pass


def copy(path: Path) -> dict[str, float]:
    return _copied(path, date(1970, 1, 1))


def copy_again(path: Path) -> dict[str, float]:
    """The same after the writing: elsewhere in time, as one entry is open for a period at once."""
    return _copied(path, date(1930, 1, 1))


def _copied(path: Path, first: date) -> dict[str, float]:
    """Hand the rows of the file, understood beforehand, to the table as submissions."""
    from django.db import connection, transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from indicators.models import Indicator  # noqa: PLC0415
    from plans.models import Source  # noqa: PLC0415

    indicators = dict(Indicator.objects.filter(plan__slug=PLAN).values_list("code", "pk"))
    source = Source.objects.get(plan__slug=PLAN)
    user, at = User.objects.get(email="importeuse@example.org"), timezone.now()
    earlier = FIRST_MONTH - first
    rows = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for one in csv.DictReader(file, delimiter=";"):
            start, end = (
                date(*(int(part) for part in reversed(one[key].split("/")))) - earlier
                for key in ("Début de période", "Fin de période")
            )
            rows.append(
                (indicators[one["Indicateur"]], "", start, end, one["Valeur"].replace(",", "."),
                 "exact", "submitted", False, False, source.pk, one["Endroit dans la source"],
                 one["Commentaire public"], "", "", "", "", "", "", user.pk, user.pk, 1, at, at, at)
            )  # fmt: skip
    columns = (
        "indicator_id, measurement, period_start, period_end, value, qualifier, state, provisional,"
        " date_inferred, source_id, locator, comment, correction_reason, return_reason,"
        " withdrawal_reason, evidence_url, evidence_file, evidence_name, author_id, edited_by_id,"
        " revision, recorded_at, edited_at, submitted_at"
    )
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Else each audited row walks through the foreign keys kept for the end: an hour.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            begun = time.perf_counter()
            with cursor.copy(f"COPY indicators_observation ({columns}) FROM STDIN") as into:
                for row in rows:
                    into.write_row(row)
            seconds = time.perf_counter() - begun
            raise _RollBack
    except _RollBack:
        return {"seconds": seconds, "rows": len(rows)}


def import_export(path: Path) -> dict[str, float]:
    """Import the first rows as its documentation advises for many: in bulk, validation on.

    Codes are looked up in dictionaries, nothing is compared with what is stored and no difference
    is drawn: each would only make it slower.
    """
    import tablib  # noqa: PLC0415
    from django.db import connection, transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415
    from import_export import fields, resources, widgets  # noqa: PLC0415

    from accounts.models import User  # noqa: PLC0415
    from indicators.models import Indicator, Observation  # noqa: PLC0415
    from plans.models import Source  # noqa: PLC0415

    class Known(widgets.Widget):  # type: ignore[misc] # untyped package
        def __init__(self, rows: Any) -> None:
            super().__init__()
            self.by_code = {row.code: row for row in rows}

        def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
            return self.by_code[value]

    class French(widgets.Widget):  # type: ignore[misc] # untyped package
        def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
            return Decimal(value.replace(",", "."))

    class Word(widgets.Widget):  # type: ignore[misc] # untyped package
        def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
            return {"valeur exacte": "exact"}[value]

    known = Indicator.objects.filter(plan__slug=PLAN).select_related("plan", "unit")
    user, at = User.objects.get(email="importeuse@example.org"), timezone.now()
    day = widgets.DateWidget("%d/%m/%Y")
    widget_of = {
        "indicator": Known(known), "period_start": day, "period_end": day, "value": French(),
        "qualifier": Word(), "source": Known(Source.objects.filter(plan__slug=PLAN)),
        "locator": widgets.CharWidget(), "comment": widgets.CharWidget(),
    }  # fmt: skip

    class ObservationResource(resources.ModelResource):  # type: ignore[misc] # untyped package
        def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
            pass  # it would set the sequence of the table, which is its owner's to do

        def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
            instance.author = instance.edited_by = user
            instance.state = "submitted"
            instance.submitted_at = instance.recorded_at = instance.edited_at = at

        class Meta:
            model = Observation
            fields = tuple(widget_of)
            import_id_fields = ("indicator", "period_start", "period_end")
            clean_model_instances = True
            use_transactions = True
            use_bulk = True
            batch_size = 1000
            force_init_instance = True
            skip_diff = True
            skip_html_diff = True

    resource = ObservationResource()
    for name, title in zip(widget_of, TITLES, strict=True):
        resource.fields[name] = fields.Field(
            attribute=name, column_name=title, widget=widget_of[name]
        )
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = "".join(line for _number, line in zip(range(OTHERS + 1), file, strict=False))
    begun = time.perf_counter()
    dataset = tablib.Dataset().load(head, format="csv", delimiter=";")
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            result = resource.import_data(dataset, raise_errors=True)
            seconds = time.perf_counter() - begun
            assert result.totals["new"] == dataset.height, (result.totals, result.invalid_rows[:1])
            raise _RollBack
    except _RollBack:
        return {"seconds": seconds, "rows": dataset.height}


STEPS = {step.__name__: step for step in (receive, check, write, copy, copy_again, import_export)}


def main(step: str, path: str) -> None:
    import django  # noqa: PLC0415 - here only

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    django.setup()
    print(json.dumps(STEPS[step](Path(path))))


if __name__ == "__main__":
    main(*sys.argv[1:])
