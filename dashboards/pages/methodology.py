"""The methodology page: the limits of each plan, and examples computed by the rules themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from indicators import progress
from indicators.evaluation import Evaluation
from indicators.explanations import explain
from indicators.models import Indicator, Target, Unit
from plans.alphabet import alphabetical
from plans.models import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A made-up promise, what was observed, and what the rules say of it."""

    promise: str
    observed: str
    on: date
    result: progress.Progress
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodologyPage:
    """Everything the methodology page shows that is not plain text."""

    as_of: date
    plans: tuple[Plan, ...]
    examples: tuple[Example, ...]


def methodology_page(*, on: date) -> MethodologyPage:
    """Load the limits of the public plans and reckon the examples."""
    return MethodologyPage(
        as_of=on,
        plans=tuple(Plan.objects.public().select_related("region").order_by(alphabetical("title"))),
        examples=(_quota(), _level(), _decreasing_level()),
    )


def _year(year: int) -> tuple[date, date]:
    return date(year, 1, 1), date(year, 12, 31)


def _quota() -> Example:
    years = [_year(year) for year in range(2020, 2025)]
    return _example(
        promise=_("Accompagner 35 entreprises par an, de 2020 à 2024."),
        observed=_("30 en 2020, 41 en 2021, rien de publié ensuite."),
        on=date(2023, 3, 1),
        unit=Unit(name=_("entreprise"), name_plural=_("entreprises")),
        series=progress.Series(
            measurement=progress.Measurement.FLOW,
            frequency=progress.Frequency.YEAR,
            observations=tuple(
                progress.Observed(start=start, end=end, value=Decimal(value), sequence=start.year)
                for (start, end), value in zip(years, (30, 41), strict=False)
            ),
        ),
        terms=progress.Target(
            kind=progress.TargetKind.QUOTA,
            periods=tuple(
                progress.PeriodQuota(start=start, end=end, value=Decimal(35))
                for start, end in years
            ),
        ),
    )


def _level() -> Example:
    return _example(
        promise=_("Passer de 2 500 étudiants par an fin 2024 à 5 000 fin 2029."),
        observed=_("3 000 fin 2026."),
        on=date(2027, 3, 1),
        unit=Unit(name=_("étudiant"), name_plural=_("étudiants")),
        series=progress.Series(
            measurement=progress.Measurement.STOCK,
            baseline=Decimal(2500),
            baseline_on=date(2024, 12, 31),
            observations=(_at(date(2026, 12, 31), 3000),),
        ),
        terms=progress.Target(
            kind=progress.TargetKind.LEVEL,
            value=Decimal(5000),
            start=date(2024, 12, 31),
            due=date(2029, 12, 31),
        ),
    )


def _decreasing_level() -> Example:
    return _example(
        promise=_("Descendre de 100 jours d’instruction fin 2022 à 80 au plus fin 2025."),
        observed=_("110 fin 2024."),
        on=date(2025, 3, 1),
        unit=Unit(name=_("jour"), name_plural=_("jours")),
        series=progress.Series(
            measurement=progress.Measurement.STOCK,
            baseline=Decimal(100),
            baseline_on=date(2022, 12, 31),
            observations=(_at(date(2024, 12, 31), 110),),
        ),
        terms=progress.Target(
            kind=progress.TargetKind.LEVEL,
            operator=progress.Operator.AT_MOST,
            value=Decimal(80),
            start=date(2022, 12, 31),
            due=date(2025, 12, 31),
        ),
    )


def _at(on: date, value: int) -> progress.Observed:
    return progress.Observed(start=on, end=on, value=Decimal(value))


def _example(
    *,
    promise: str,
    observed: str,
    on: date,
    unit: Unit,
    series: progress.Series,
    terms: progress.Target,
) -> Example:
    result = progress.evaluate(series, terms, on=on)
    evaluation = Evaluation(
        indicator=Indicator(plan=Plan(), unit=unit, measurement=series.measurement),
        target=Target(kind=terms.kind, operator=terms.operator),
        series=series,
        terms=terms,
        result=result,
        observations={},
    )
    return Example(
        promise=promise,
        observed=observed,
        on=on,
        result=result,
        explanation=explain(evaluation),
    )
