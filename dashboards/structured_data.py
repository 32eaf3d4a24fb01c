"""What a page holds, for search engines and catalogues: a schema.org Dataset in JSON-LD."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from indicators.models import Indicator
from plans.addresses import absolute
from plans.models import Plan

LICENCE_URL = "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
# What could end the element, or begin another inside it: JSON has an escape for each.
ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&\u2028\u2029"}


def plan_dataset(plan: Plan) -> dict[str, Any]:
    """Return a plan as a data set."""
    page = absolute(plan.get_absolute_url())
    described = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{page}#donnees",
        "name": _named(plan, f"{plan.title}, {plan.region.name}"),
        "description": _described(
            plan,
            plan.summary,
            "Objectifs, mesures, indicateurs, cibles et valeurs publiées, avec leurs sources.",
        ),
        "url": page,
        "identifier": plan.slug,
        **_common(plan),
        "dateModified": plan.updated_at.isoformat(timespec="seconds"),
    }
    if plan.starts_on:
        end = plan.ends_on.isoformat() if plan.ends_on else ".."
        described["temporalCoverage"] = f"{plan.starts_on.isoformat()}/{end}"
    return described


def indicator_dataset(indicator: Indicator) -> dict[str, Any]:
    """Return an indicator as a data set, part of its plan's."""
    plan = indicator.plan
    page = absolute(indicator.get_absolute_url())
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": f"{page}#donnees",
        "name": _named(plan, f"{indicator.title}, {plan.title}"),
        "description": _described(
            plan, indicator.definition, "Cible, valeurs publiées et statut, avec leurs sources."
        ),
        "url": page,
        "identifier": f"{plan.slug}/{indicator.code}",
        "isPartOf": f"{absolute(plan.get_absolute_url())}#donnees",
        **_common(plan),
        "variableMeasured": {
            "@type": "PropertyValue",
            "name": indicator.title,
            "unitText": indicator.unit.name_plural,
        },
        **({"measurementTechnique": indicator.method} if indicator.method else {}),
    }


def in_page(described: dict[str, Any]) -> SafeString:
    """Return JSON that can stand in a script element: nothing in it ends the element."""
    text = json.dumps(described, ensure_ascii=False)
    return mark_safe(text.translate(ESCAPES))  # noqa: S308 - escaped on this very line


def _named(plan: Plan, name: str) -> str:
    return f"[Plan fictif] {name}" if plan.region.fictitious else name


def _described(plan: Plan, *sentences: str) -> str:
    """The description of what is fictitious says so first."""
    warning = "Plan fictif, démonstration : aucun chiffre n’est réel."
    return " ".join(one for one in (warning if plan.region.fictitious else "", *sentences) if one)


def _common(plan: Plan) -> dict[str, Any]:
    place = {"@type": "AdministrativeArea", "name": plan.region.name}
    if not plan.region.fictitious:
        place["identifier"] = f"INSEE {plan.region.insee_code}"
    return {
        "inLanguage": "fr",
        "isAccessibleForFree": True,
        "license": LICENCE_URL,
        "keywords": ["intelligence artificielle", "politique publique", plan.region.name],
        "spatialCoverage": place,
        "creator": {
            "@type": "Organization",
            "name": settings.SITE["publisher"] or settings.SITE["name"],
            "url": absolute(reverse("dashboards:home")),
        },
        "includedInDataCatalog": {
            "@type": "DataCatalog",
            "name": settings.SITE["name"],
            "url": absolute(reverse("dashboards:open_data")),
        },
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": "application/zip",
                "contentUrl": absolute(reverse("exchange:package", args=[plan.slug])),
            },
            {
                "@type": "DataDownload",
                "encodingFormat": "text/csv",
                "contentUrl": absolute(
                    reverse("exchange:table", args=[plan.slug, "csv", "observations"])
                ),
            },
        ],
    }
