"""How a package is presented: the same words in the archive, its descriptor and the catalogues.

Apart from the archive, because who only presents packages has no need of what reads plans.
"""

from __future__ import annotations

from django.conf import settings

from plans.models import Plan

LICENCE = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte 2.0",
    "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
}
FICTITIOUS = "Plan fictif, démonstration : la région n’existe pas et aucun chiffre n’est réel."


CONTENTS = (
    "Objectifs, mesures, livrables, indicateurs, cibles, valeurs publiées et avancement, avec la "
    "source de chaque chiffre. Une case vide est une donnée que personne n’a publiée, jamais un "
    "zéro."
)


def title_of(plan: Plan) -> str:
    """Return the name of the package; what is fictitious says so first."""
    title = f"{plan.title}, {plan.region.name}"
    return f"[Plan fictif] {title}" if plan.region.fictitious else title


def description_of(plan: Plan) -> str:
    """Return what the package holds, in a few sentences."""
    sentences = [
        FICTITIOUS if plan.region.fictitious else "",
        plan.summary,
        CONTENTS,
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def publisher() -> str:
    """Return who publishes the data: whoever runs the site, or the site's name."""
    return settings.SITE["publisher"] or settings.SITE["name"]


def keywords_of(plan: Plan) -> tuple[str, ...]:
    """Return what a plan is searched by."""
    return ("intelligence artificielle", "politique publique", "région", plan.region.name)
