"""The shipped plans and the demonstration, and addresses of pages on them."""

from __future__ import annotations

from pathlib import Path

from django.core.management import call_command

REFERENCE = Path(__file__).resolve().parent.parent.parent / "reference"

PLAN = "/plans/grand-est-2019/"
INDICATOR = f"{PLAN}indicateurs/entreprises/"

DEMONSTRATION = "/plans/demonstration/"

# One of each type of page.
PAGES = (
    "/",
    "/plans/grand-est-2019/",
    "/plans/auvergne-rhone-alpes-2022/",
    "/plans/enact-2024/",
    "/plans/miai-2019/",
    DEMONSTRATION,
    f"{DEMONSTRATION}?statut=behind&statut=livrable-done&objectif=entreprises",
    f"{DEMONSTRATION}?statut=unknown",
    f"{DEMONSTRATION}objectifs/entreprises/",
    f"{DEMONSTRATION}mesures/diagnostics/",
    f"{DEMONSTRATION}indicateurs/entreprises-diagnostiquees/",
    f"{DEMONSTRATION}indicateurs/prets-accordes/",
    f"{DEMONSTRATION}indicateurs/emplois-ia/",
    f"{DEMONSTRATION}indicateurs/part-femmes/",
    f"{DEMONSTRATION}indicateurs/delai-instruction/",
    "/plans/grand-est-2019/indicateurs/entreprises-pack-ia/",
    "/plans/grand-est-2019/sources/",
    "/changements/",
    f"{DEMONSTRATION}changements/",
    f"{DEMONSTRATION}changements/?avant=1950-01-01",
    "/methodologie/",
    "/donnees/",
    "/recherche/",
    "/recherche/?q=formation",
    "/recherche/?q=licorne",
    "/accessibilite/",
    "/mentions-legales/",
    "/donnees-personnelles/",
    "/plans/grand-est/",
)


def load_plans() -> None:
    """Load every plan file of the project."""
    call_command("load_plan", *sorted(REFERENCE.rglob("*.yaml")), verbosity=0)
