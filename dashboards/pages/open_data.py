"""The open-data page: what can be taken away, in what form, with examples that work as written."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F
from django.urls import reverse

from plans.addresses import absolute
from plans.alphabet import alphabetical
from plans.models import Plan

FRAME_HEIGHT = 420
"""Pixels of the frame of the example: the card of each real plan fits, from 320 pixels wide on. A
longer card scrolls, its day and its link in sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFiles:
    """A plan and where its data are."""

    plan: Plan
    package: str
    observations: str
    observations_fr: str
    progress_fr: str
    feed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What a person copies: complete addresses, of a plan that is there."""

    plan: Plan
    curl: str
    python: str
    r: str
    spreadsheet: str
    frame: str
    badge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDataPage:
    """Everything the page shows."""

    plans: tuple[PlanFiles, ...]
    examples: Examples | None
    base_url: str


def open_data_page() -> OpenDataPage:
    """Load the page. What is fictitious is not offered here: its own page leads to its data."""
    plans = list(
        Plan.objects.public()
        .filter(region__fictitious=False)
        .select_related("region")
        .order_by(
            alphabetical("region__name"),
            F("related_to").asc(nulls_first=True),
            "-adopted_on",
            "slug",
        )
    )
    return OpenDataPage(
        plans=tuple(_files(plan) for plan in plans),
        examples=_examples(plans[0]) if plans else None,
        base_url=absolute("/"),
    )


def _table(plan: Plan, variant: str, table: str) -> str:
    return reverse("exchange:table", args=[plan.slug, variant, table])


def _files(plan: Plan) -> PlanFiles:
    return PlanFiles(
        plan=plan,
        package=reverse("exchange:package", args=[plan.slug]),
        observations=_table(plan, "csv", "observations"),
        observations_fr=_table(plan, "csv-fr", "observations"),
        progress_fr=_table(plan, "csv-fr", "progress"),
        feed=reverse("dashboards:plan_feed", args=[plan.slug]),
    )


def _examples(plan: Plan) -> Examples:
    package = absolute(reverse("exchange:package", args=[plan.slug]))
    progress = absolute(_table(plan, "csv", "progress"))
    card = absolute(reverse("dashboards:plan_card", args=[plan.slug]))
    badge = absolute(reverse("dashboards:plan_badge", args=[plan.slug]))
    page = absolute(plan.get_absolute_url())
    return Examples(
        plan=plan,
        curl=f"curl --fail --location --output {plan.slug}.zip {package}",
        python=(
            "import pandas\n\n"
            f'avancement = pandas.read_csv("{progress}")\n'
            'print(avancement[["indicator", "status", "rate"]])'
        ),
        r=(
            f'avancement <- read.csv("{progress}", encoding = "UTF-8")\n'
            'print(avancement[, c("indicator", "status", "rate")])'
        ),
        spreadsheet=absolute(_table(plan, "csv-fr", "progress")),
        frame=(
            f'<iframe src="{card}?theme=clair" title="Avancement du plan" '
            f'width="100%" height="{FRAME_HEIGHT}" loading="lazy"></iframe>'
        ),
        badge=f'<a href="{page}"><img src="{badge}" alt="Avancement du plan"></a>',
    )
