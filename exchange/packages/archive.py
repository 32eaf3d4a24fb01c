"""The archive itself: the same data give the same bytes, whenever and wherever it is made."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO
from typing import Any

from django.urls import reverse

from exchange.packages.fields import Row, Table, Variant, written
from exchange.packages.rows import rows_of
from exchange.packages.tables import PROGRESS, TABLES
from exchange.packages.wording import (
    FICTITIOUS,
    LICENCE,
    description_of,
    keywords_of,
    publisher,
    title_of,
)
from exchange.plan_files.stored import StoredPlan
from plans.addresses import absolute
from plans.models import Plan

# The earliest moment a zip can tell: the real one would change the bytes of the same data.
NO_MOMENT = (1980, 1, 1, 0, 0, 0)
READABLE_BY_ALL = 0o100644 << 16
UNIX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A package ready to be kept.

    `content_digest` tells whether anything but the day of the evaluation changed.
    """

    content: bytes
    content_digest: str
    sizes: Mapping[str, int]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def archive_of(plan: Plan, *, on: date) -> Archive:
    """Return a plan's package, its progress evaluated for a day.

    Raises PlanFileError when a part of the plan cites the source of another plan.
    """
    stored = StoredPlan(plan)
    rows = rows_of(stored, on=on)
    files = {
        table.path(variant): table_file(table, rows[table.name], plan, variant)
        for variant in Variant
        for table in TABLES
    }
    described = json.dumps(descriptor(stored, files), ensure_ascii=False, indent=2) + "\n"
    everything = {
        "datapackage.json": described.encode(),
        "LISEZMOI.txt": read_me(plan).encode("utf-8-sig"),
        **files,
    }
    undated = [{**row, "evaluated_on": None} for row in rows[PROGRESS.name]]
    lasting = {
        **files,
        PROGRESS.path(Variant.MACHINE): table_file(PROGRESS, undated, plan, Variant.MACHINE),
    }
    del lasting[PROGRESS.path(Variant.SPREADSHEET)]
    return Archive(
        content=zipped(everything),
        content_digest=_digest(lasting.values()),
        sizes={path: len(content) for path, content in files.items()},
    )


def _digest(contents: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for content in contents:
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def table_file(table: Table, rows: Iterable[Row], plan: Plan, variant: Variant) -> bytes:
    """Return a table in one of its variants."""
    text = StringIO()
    writer = csv.writer(text, delimiter=variant.delimiter, lineterminator="\r\n")
    writer.writerow([field.name for field in table.fields])
    opening = [written(plan.slug, variant), written(plan.region.fictitious, variant)]
    for row in rows:
        writer.writerow([*opening, *(written(row[field.name], variant) for field in table.columns)])
    return text.getvalue().encode(variant.encoding)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return files as a zip, without anything that tells when or by whom it was made."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, data in files.items():
            entry = zipfile.ZipInfo(path, NO_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = READABLE_BY_ALL
            entry.create_system = UNIX
            archive.writestr(entry, data)
    return content.getvalue()


def descriptor(stored: StoredPlan, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the datapackage.json (Data Package v1)."""
    plan = stored.row
    sources = [
        {"title": held.entry.title, **({"path": held.entry.url} if held.entry.url else {})}
        for held in stored.sources.values()
    ]
    return {
        "profile": "data-package",
        "name": plan.slug,
        "id": absolute(reverse("exchange:package", args=[plan.slug])),
        "title": title_of(plan),
        "description": description_of(plan),
        "homepage": absolute(plan.get_absolute_url()),
        "keywords": list(keywords_of(plan)),
        "licenses": [LICENCE],
        "contributors": [{"title": publisher(), "role": "publisher"}],
        **({"sources": sources} if sources else {}),
        "resources": [
            _resource(table, variant, files[table.path(variant)], plan)
            for variant in Variant
            for table in TABLES
        ],
    }


def _resource(table: Table, variant: Variant, content: bytes, plan: Plan) -> dict[str, Any]:
    usage = "" if variant is Variant.MACHINE else " (pour un tableur français)"
    return {
        "profile": "tabular-data-resource",
        "name": table.resource_name(variant),
        "title": f"{'[Plan fictif] ' if plan.region.fictitious else ''}{table.title}{usage}",
        "path": table.path(variant),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": variant.encoding,
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "dialect": {"delimiter": variant.delimiter, "lineTerminator": "\r\n", "header": True},
        "schema": table.schema(variant),
    }


def read_me(plan: Plan) -> str:
    """Return the note for whoever opens the archive."""
    lines = [
        title_of(plan),
        "",
        *([FICTITIOUS, ""] if plan.region.fictitious else []),
        f"Page du plan : {absolute(plan.get_absolute_url())}",
        f"Explications : {absolute(reverse('dashboards:open_data'))}",
        f"Licence : {LICENCE['title']} ({LICENCE['path']})",
        "",
        "csv/     virgules, point décimal, sans marque d’ordre des octets : pour les programmes.",
        "csv-fr/  points-virgules, virgule décimale, UTF-8 avec marque : pour un tableur français.",
        "datapackage.json décrit chaque table et chaque colonne (Data Package, Table Schema).",
        "",
        "Une case vide est une donnée que personne n’a publiée, jamais un zéro.",
        "Un texte qui commencerait comme une formule est précédé d’une apostrophe.",
        "",
        "Tables :",
        *(f"- {table.name} : {table.title}" for table in TABLES),
    ]
    return "\r\n".join(lines) + "\r\n"
