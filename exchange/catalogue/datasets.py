"""What there is to list: one data set for each real public plan.

What is fictitious is for whoever tries the site, not for whoever harvests it: portals would pass
it on without what marks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse

from exchange.models import PlanPackage
from exchange.packages.fields import Variant
from exchange.packages.tables import OBSERVATIONS, PROGRESS
from exchange.packages.wording import description_of, keywords_of, title_of
from plans.addresses import absolute
from plans.models import Plan

CSV = "text/csv"
ZIP = "application/zip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A file of a data set; its size is None until it has been built."""

    name: str
    title: str
    url: str
    media_type: str
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A plan as a portal describes it."""

    identifier: str
    title: str
    description: str
    keywords: tuple[str, ...]
    page: str
    region_code: str
    region_name: str
    starts_on: date | None
    ends_on: date | None
    issued: datetime
    modified: datetime
    distributions: tuple[Distribution, ...]


def datasets() -> list[Dataset]:
    """Return every data set, in the order of the identifiers. Two queries."""
    packages = {
        package.plan_id: package for package in PlanPackage.objects.defer("content").order_by("pk")
    }
    plans = (
        Plan.objects.public()
        .filter(region__fictitious=False)
        .select_related("region")
        .order_by("slug")
    )
    return [_dataset(plan, packages.get(plan.pk)) for plan in plans]


def _dataset(plan: Plan, package: PlanPackage | None) -> Dataset:
    tables = tuple(
        Distribution(
            name=table.resource_name(variant),
            title=f"{table.title} (CSV{usage})",
            url=absolute(reverse("exchange:table", args=[plan.slug, variant.value, table.name])),
            media_type=CSV,
            size=package.table_sizes.get(table.path(variant)) if package else None,
        )
        for table in (PROGRESS, OBSERVATIONS)
        for variant, usage in ((Variant.MACHINE, ""), (Variant.SPREADSHEET, " pour tableur"))
    )
    return Dataset(
        identifier=plan.slug,
        title=title_of(plan),
        description=description_of(plan),
        keywords=keywords_of(plan),
        page=absolute(plan.get_absolute_url()),
        region_code=plan.region.insee_code,
        region_name=plan.region.name,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        issued=plan.created_at,
        modified=package.modified_at if package else plan.updated_at,
        distributions=(
            Distribution(
                name="package",
                title="Toutes les tables (Data Package)",
                url=absolute(reverse("exchange:package", args=[plan.slug])),
                media_type=ZIP,
                size=package.size if package else None,
            ),
            *tables,
        ),
    )
