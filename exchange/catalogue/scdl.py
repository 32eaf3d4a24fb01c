"""The catalogue of the "socle commun des données locales", schema scdl/catalogue 0.1.3.

What nobody told us stays empty: the schema asks for a SIRET number and for two dates, and a
validator says so where the site was not told the one, or a plan has not the others.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable
from io import StringIO

from django.conf import settings
from django.utils import timezone

from exchange.catalogue.datasets import CSV, ZIP, Dataset
from exchange.packages.wording import publisher
from plans.formulas import harmless

COLUMNS = (
    "COLL_NOM", "COLL_SIRET", "ID", "TITRE", "DESCRIPTION", "THEME", "PRODUCTEUR_NOM",
    "PRODUCTEUR_SIRET", "COUV_SPAT_MAILLE", "COUV_SPAT_NOM", "COUV_TEMP_DEBUT", "COUV_TEMP_FIN",
    "DATE_PUBL", "FREQ_MAJ", "DATE_MAJ", "MOTS_CLES", "LICENCE", "NOMBRE_RESSOURCES",
    "FORMAT_RESSOURCES", "URL",
)  # fmt: skip
EXTENSIONS = {CSV: "csv", ZIP: "zip"}


def scdl(datasets: Iterable[Dataset]) -> bytes:
    """Return the catalogue as a CSV file: commas, UTF-8."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for dataset in datasets:
        writer.writerow({name: harmless(cell) for name, cell in _row(dataset).items()})
    return text.getvalue().encode()


def _row(dataset: Dataset) -> dict[str, str]:
    siret = settings.SITE["publisher_siret"]
    return {
        "COLL_NOM": publisher(),
        "COLL_SIRET": siret,
        "ID": dataset.identifier,
        "TITRE": dataset.title,
        "DESCRIPTION": dataset.description,
        "THEME": "Administration locale",
        "PRODUCTEUR_NOM": publisher(),
        "PRODUCTEUR_SIRET": siret,
        "COUV_SPAT_MAILLE": "Régionale",
        "COUV_SPAT_NOM": dataset.region_name,
        "COUV_TEMP_DEBUT": "" if dataset.starts_on is None else dataset.starts_on.isoformat(),
        "COUV_TEMP_FIN": "" if dataset.ends_on is None else dataset.ends_on.isoformat(),
        "DATE_PUBL": timezone.localdate(dataset.issued).isoformat(),
        "FREQ_MAJ": "Irrégulière",
        "DATE_MAJ": timezone.localdate(dataset.modified).isoformat(),
        "MOTS_CLES": ";".join(_unaccented(keyword) for keyword in dataset.keywords),
        "LICENCE": "Licence Ouverte-LO",
        "NOMBRE_RESSOURCES": str(len(dataset.distributions)),
        "FORMAT_RESSOURCES": ";".join(
            dict.fromkeys(EXTENSIONS[one.media_type] for one in dataset.distributions)
        ),
        "URL": dataset.page,
    }


def _unaccented(text: str) -> str:
    """Lower case without accents, as the schema asks of keywords."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
