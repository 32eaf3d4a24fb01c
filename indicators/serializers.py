"""Indicators, targets, observations and progress, as the API writes them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from indicators.evaluation import value_of
from indicators.models import (
    Freshness,
    Indicator,
    Measurement,
    Observation,
    ProgressRecord,
    Qualifier,
    Status,
    Target,
)
from plans.api_support.fields import (
    Address,
    Choice,
    Day,
    Flag,
    Moment,
    Number,
    Reasons,
    Text,
    Whole,
    address,
)
from plans.serializers import (
    PLAN,
    api_example,
    label,
    locator,
    note_codes,
    of_plan,
    page,
    plan_and_code,
    source_address,
    updated_at,
)

INDICATOR = "entreprises-pack-ia"


def indicator_address(indicator: Indicator, *words: str) -> str:
    return address("plans", indicator.plan.slug, "indicators", indicator.code, *words)


def indicator_example(*words: str) -> str:
    return api_example("/".join((f"plans/{PLAN}/indicators/{INDICATOR}", *words)))


def of_indicator() -> tuple[Text, Text, Address]:
    """Return the three fields that lead to the indicator of a row."""
    return (
        Text("The slug of the plan.", of=lambda row: row.indicator.plan.slug, example=PLAN),
        Text(
            "The code of the indicator in the plan.",
            of=lambda row: row.indicator.code,
            example=INDICATOR,
        ),
        Address(
            "The indicator.",
            of=lambda row: indicator_address(row.indicator),
            example=indicator_example(),
        ),
    )


def unit_of_indicator() -> Text:
    return Text(
        "The code of the unit that the figures are in.",
        of=lambda row: row.indicator.unit.code,
        example="entreprises",
    )


def source_of_indicator(row: Any) -> str | None:
    if row.source is None:
        return None
    return address("plans", row.indicator.plan.slug, "sources", row.source.code)


class UnitSerializer(serializers.Serializer[Any]):
    """What the values of public indicators are counted in."""

    code = Text("What identifies the unit.", example="entreprises")
    url = Address(
        "This resource.",
        of=lambda row: address("units", row.code),
        example=api_example("units/entreprises"),
    )
    name = Text("Its name in the singular.", example="entreprise")
    name_plural = Text("Its name in the plural.", example="entreprises")
    symbol = Text("Its symbol; empty when it has none.", example="%")
    decimals = Whole("How many decimals are shown.", example=0)
    ratio_scale = Number(
        "By what numerator / denominator is multiplied: 100 for a percentage.", example="1"
    )
    updated_at = updated_at()


class IndicatorSerializer(serializers.Serializer[Any]):
    """What is followed in a plan, an objective or a measure."""

    id = plan_and_code(INDICATOR)
    plan, plan_url = of_plan()
    code = Text("What identifies the indicator in its plan.", example=INDICATOR)
    url = Address("This resource.", of=indicator_address, example=indicator_example())
    page_url = page("indicator", f"/plans/{PLAN}/indicateurs/{INDICATOR}/")
    progress_url = Address(
        "Its progress today.",
        of=lambda row: f"{address('progress')}?plan={row.plan.slug}&indicator={row.code}",
        example=api_example("progress") + f"?plan={PLAN}&indicator={INDICATOR}",
    )
    observations_url = Address(
        "Its published values.",
        of=lambda row: f"{address('observations')}?plan={row.plan.slug}&indicator={row.code}",
        example=api_example("observations") + f"?plan={PLAN}&indicator={INDICATOR}",
    )
    objective = Text(
        "The code of the objective it hangs on; null when on the plan or a measure.",
        of=lambda row: row.objective.code if row.objective else None,
        allow_null=True,
        example="competitivite",
    )
    measure = Text(
        "The code of the measure it hangs on; null when on the plan or an objective.",
        of=lambda row: row.measure.code if row.measure else None,
        allow_null=True,
        example="pack-ia",
    )
    common_code = Text(
        "The same for indicators of several plans that count the same; empty for none.",
        example="entreprises-accompagnees",
    )
    position = Whole("Its rank.", example=1)
    title = Text("The title.", example="Entreprises accompagnées")
    definition = Text("What is counted.", example="Entreprises qui ont achevé le parcours.")
    method = Text("How it is counted.", example="Décompte des conventions signées.")
    kind = Choice("What kind of effect it tells.", Indicator.Kind)
    kind_label = label("kind", "The kind", "réalisation")
    measurement = Choice("How its values relate to time.", Measurement)
    measurement_label = label(
        "measurement", "The measurement", "flux (les périodes s’additionnent)"
    )
    unit = Text("The code of its unit.", of=lambda row: row.unit.code, example="entreprises")
    unit_url = Address(
        "Its unit.",
        of=lambda row: address("units", row.unit.code),
        example=api_example("units/entreprises"),
    )
    frequency = Choice("How often a value is due.", Indicator.Frequency, allow_null=True)
    frequency_label = label("frequency", "The frequency", "annuelle", allow_null=True)
    availability_lag_days = Whole(
        "Days between the end of a period and the day its value may be known.", example=90
    )
    baseline = Number("The value at the start, in the unit.", allow_null=True, example="2500")
    baseline_on = Day("The day of that value.", allow_null=True, example="2019-12-31")
    baseline_qualifier = Choice("How exactly its source states it.", Qualifier)
    baseline_source = source_address("baseline_source")
    missing_reason = Reasons(
        "frequency", "baseline", "baseline_on", example={"baseline": "not_stated"}
    )
    notes = note_codes()
    source = source_address()
    locator = locator()
    updated_at = updated_at()


class PeriodSerializer(serializers.Serializer[Any]):
    """The quota of one period."""

    starts_on = Day("Its first day.", example="2020-01-01")
    ends_on = Day("Its last day.", example="2020-12-31")
    value = Number("What is promised for it, in the unit.", example="35")


class CheckpointSerializer(serializers.Serializer[Any]):
    """A level expected on the way."""

    on = Day("The day.", example="2025-12-31")
    value = Number("The level expected, in the unit.", example="3500")


def missing_of_target(row: Target) -> dict[str, str]:
    missing = {name: "not_stated" for name in ("starts_on", "due_on") if not getattr(row, name)}
    return missing if row.value is not None else {"value": "quota_has_periods", **missing}


def target_id(row: Target) -> str:
    return f"{row.indicator.plan.slug}/{row.indicator.code}/{row.code}"


class TargetSerializer(serializers.Serializer[Any]):
    """A number promised for an indicator."""

    id = Text(
        "Plan, indicator and code; a superseded target shares that of the one in force.",
        of=target_id,
        example=f"{PLAN}/{INDICATOR}/cible",
    )
    plan, indicator, indicator_url = of_indicator()
    code = Text(
        "What identifies the target in force among those of the indicator.", example="cible"
    )
    url = Address(
        "The target in force under this code.",
        of=lambda row: indicator_address(row.indicator, "targets", row.code),
        example=indicator_example("targets", "cible"),
    )
    kind = Choice("What the number means.", Target.Kind)
    kind_label = label("kind", "The kind", "valeur à chaque période")
    operator = Choice("On which side of the number success is.", Target.Operator)
    value = Number("The number, in the unit; null for a quota.", allow_null=True, example="100")
    unit = unit_of_indicator()
    tolerance = Number("A fraction of the number that still counts as reached.", example="0.1")
    starts_on = Day("The first day that counts.", allow_null=True, example="2020-01-01")
    due_on = Day("The day it is due.", allow_null=True, example="2024-12-31")
    missing_reason = Reasons(of=missing_of_target, example={"value": "quota_has_periods"})
    periods = PeriodSerializer(
        many=True, read_only=True, help_text="The quotas; empty unless a quota."
    )
    checkpoints = CheckpointSerializer(
        many=True, read_only=True, help_text="Levels expected on the way."
    )
    wording = Text("How the source words it.", example="« 35 entreprises par an »")
    derivation = Text("What we infer that the source does not state.", example="")
    assumption = Text(
        "What had to be assumed.", example="Chaque année compte de janvier à décembre."
    )
    abandoned_on = Day(
        "Since when it is given up; null when it is not.", allow_null=True, example="2023-01-01"
    )
    abandonment_reason = Text("Why it was given up.", example="")
    superseded_on = Day(
        "Since when another target replaces it; null for the one in force.",
        allow_null=True,
        example="2023-01-01",
    )
    revision_reason = Text("Why it replaced the one before.", example="")
    source = Address(
        "Its source.",
        of=source_of_indicator,
        example=api_example(f"plans/{PLAN}/sources/deliberation"),
    )
    locator = locator()
    updated_at = updated_at()


def period_of(row: Observation) -> str:
    """Return the period as an address holds it: ISO 8601 allows two hyphens for the solidus."""
    return f"{row.period_start}--{row.period_end}"


class ObservationSerializer(serializers.Serializer[Any]):
    """A published value of an indicator for a period."""

    id = Text(
        "Plan, indicator and period.",
        of=lambda row: f"{row.indicator.plan.slug}/{row.indicator.code}/{period_of(row)}",
        example=f"{PLAN}/{INDICATOR}/2020-01-01--2020-12-31",
    )
    plan, indicator, indicator_url = of_indicator()
    url = Address(
        "The present version for this indicator and period.",
        of=lambda row: indicator_address(row.indicator, "observations", period_of(row)),
        example=indicator_example("observations", "2020-01-01--2020-12-31"),
    )
    period_start = Day("The first day of the period.", example="2020-01-01")
    period_end = Day("The last day of the period.", example="2020-12-31")
    value = Number(
        "The value in the unit; of a ratio, numerator / denominator in the unit.",
        of=lambda row: value_of(
            row.measurement,
            row.value,
            row.numerator,
            row.denominator,
            row.indicator.unit.ratio_scale,
        ),
        example="30",
    )
    numerator = Number("Of a ratio only.", allow_null=True, example="45")
    denominator = Number("Of a ratio only.", allow_null=True, example="60")
    missing_reason = Reasons(
        of=lambda row: (
            {}
            if row.numerator is not None
            else {"numerator": "not_a_ratio", "denominator": "not_a_ratio"}
        ),
        example={"numerator": "not_a_ratio"},
    )
    unit = unit_of_indicator()
    qualifier = Choice("How exactly the source states it.", Qualifier)
    qualifier_label = label("qualifier", "The precision", "valeur exacte")
    provisional = Flag("Whether the source calls it provisional.", example=False)
    date_inferred = Flag("Whether the period is inferred.", example=False)
    comment = Text("A public remark.", example="")
    evidence_url = Address(
        "A document that proves it; null for none.",
        of=lambda row: row.evidence_url or None,
        allow_null=True,
        example="https://example.org/convention.pdf",
    )
    source = Address(
        "Its source.", of=source_of_indicator, example=api_example(f"plans/{PLAN}/sources/bilan")
    )
    locator = locator()
    published_at = Moment("When it was published here.", example="2026-11-20T23:00:00Z")
    correction_reason = Text(
        "Why it replaced a value published before; empty when it did not.", example=""
    )


FIGURES = ("target_value", "rate", "expected", "expected_share", "pace")
NOT_OBSERVED = ("value", "value_qualifier", "satisfied", "reported_until")


def missing_of_progress(row: ProgressRecord) -> dict[str, str]:
    """Name what each missing figure lacks: the reason the rules give, else what they imply."""
    endless = "not_a_sum" if row.periods_ended is None else "due_unknown"
    reasons = {
        **dict.fromkeys(FIGURES, row.reason or "not_computable"),
        **dict.fromkeys(NOT_OBSERVED, "no_observation"),
        **dict.fromkeys(("periods_reported", "periods_ended"), "not_a_sum"),
        "periods_total": endless,
        "freshness": "frequency_or_date_unknown",
        "next_due_on": "nothing_awaited_or_date_unknown",
    }
    if row.target is None:
        reasons["satisfied"] = "no_target"
    return {name: reason for name, reason in reasons.items() if getattr(row, name) is None}


def progress_id(row: ProgressRecord) -> str:
    words = [row.indicator.plan.slug, row.indicator.code]
    return "/".join(words if row.target is None else [*words, row.target.code])


class ProgressSerializer(serializers.Serializer[Any]):
    """How far a target is on a day, or an indicator without target, and why."""

    id = Text("Plan, indicator and target.", of=progress_id, example=f"{PLAN}/{INDICATOR}/cible")
    plan, indicator, indicator_url = of_indicator()
    target = Text(
        "The code of the target; null where none is set.",
        of=lambda row: row.target.code if row.target else None,
        allow_null=True,
        example="cible",
    )
    page_url = Address(
        "The public page of the indicator.",
        of=lambda row: IndicatorSerializer().fields["page_url"].get_attribute(row.indicator),
        example=f"https://plans.example.org/plans/{PLAN}/indicateurs/{INDICATOR}/",
    )
    on = Day("The day of the evaluation.", of=lambda row: row.evaluated_on, example="2026-11-21")
    status = Choice("The status.", Status)
    status_label = label("status", "The status", "en bonne voie")
    explanation = Text(
        "Why, in one French sentence with its numbers.", example="71 entreprises publiées…"
    )
    unit = unit_of_indicator()
    value = Number("What is published, in the unit.", allow_null=True, example="71")
    value_qualifier = Choice(
        "How `value` is to be read, from how what it rests on is stated. A sum of values stated "
        "in unlike ways is `about`; one that lacks an ended period is `at_least`.",
        Qualifier,
        allow_null=True,
        example="at_least",
    )
    value_qualifier_label = Text(
        "The precision in French; null as the code is.",
        of=lambda row: row.value_qualifier and str(Qualifier(row.value_qualifier).label),
        allow_null=True,
        example="au moins",
    )
    target_value = Number("What is promised, in the unit.", allow_null=True, example="175")
    rate = Number(
        "Share of the way done: 0.4 is 40 %.", decimals=10, allow_null=True, example="0.4057142857"
    )
    expected = Number(
        "What was expected at `reported_until`, in the unit.", allow_null=True, example="70"
    )
    expected_share = Number(
        "The same as a share of the way.", decimals=10, allow_null=True, example="0.4"
    )
    pace = Number("Achieved over expected.", decimals=10, allow_null=True, example="1.0142857143")
    satisfied = Flag("Whether what is published meets the target.", allow_null=True, example=False)
    derived_total = Flag("Whether `target_value` is a sum that nobody stated.", example=True)
    from_zero = Flag("Whether a level is measured from zero, its baseline unknown.", example=False)
    ignored = Whole("Values left out because they straddle a border.", example=0)
    reported_until = Day(
        "The last day that published values cover.", allow_null=True, example="2021-12-31"
    )
    periods_reported = Whole("Ended periods wholly reported.", allow_null=True, example=2)
    periods_ended = Whole("Periods that have ended.", allow_null=True, example=3)
    periods_total = Whole("All periods.", allow_null=True, example=5)
    freshness = Choice("Whether the figures due are published.", Freshness, allow_null=True)
    freshness_label = label("freshness", "The freshness", "à jour", allow_null=True)
    next_due_on = Day(
        "The last day on which the next value is not late.", allow_null=True, example="2023-03-31"
    )
    missing_reason = Reasons(of=missing_of_progress, example={"rate": "no_observation"})
