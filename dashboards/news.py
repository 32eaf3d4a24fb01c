"""What changed lately in the public plans: publications, corrections, withdrawals, new targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import TypeVar

from django.db import connections, router
from django.db.models import (
    BooleanField,
    Count,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Window,
)  # fmt: skip
from django.db.models.functions import Coalesce, RowNumber, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from dashboards import wording
from indicators.models import Observation, Target
from measures.models import MilestoneUpdate
from plans.models import Contribution, Plan

AT_MOST = 12
SEPARATELY = 3
"""More publications of one kind in one plan on one day are told in one line."""

ContributionT = TypeVar("ContributionT", bound=Contribution)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that changed: when, in what plan, where to read it, and in words."""

    at: date
    plan: Plan
    title: str
    url: str
    text: str


def values_of(plans: QuerySet[Plan]) -> QuerySet[Observation]:
    return Observation.objects.filter(indicator__plan__in=plans).select_related(
        "indicator__plan__region", "indicator__unit", "supersedes"
    )


def states_of(plans: QuerySet[Plan]) -> QuerySet[MilestoneUpdate]:
    return MilestoneUpdate.objects.filter(milestone__measure__plan__in=plans).select_related(
        "milestone__measure__plan__region", "supersedes"
    )


def latest_changes(plans: QuerySet[Plan]) -> tuple[Change, ...]:
    """Return the latest changes in these plans, newest first, never more than a page holds.

    Eight queries: values published (three) and withdrawn, states of deliverables likewise, targets.
    """
    values, states = values_of(plans), states_of(plans)
    changes = [
        *_together(
            _published(_of_latest_days(plans), values, "indicator__plan"),
            value_published,
            _many_values,
        ),
        *map(value_withdrawn, _withdrawn(values)),
        *_together(
            _published(
                MilestoneUpdate.objects.filter(milestone__measure__plan__in=plans),
                states,
                "milestone__measure__plan",
            ),
            state_published,
            _many_states,
        ),
        *map(state_withdrawn, _withdrawn(states)),
        *map(target_changed, changed_targets(plans)[:AT_MOST]),
    ]
    changes.sort(key=attrgetter("at"), reverse=True)
    return tuple(changes[:AT_MOST])


# Walks back from day to day, each found by the index: a day of publications tells one change at
# least, so no older day is shown, however many values there are.
OLDEST_SHOWN = """
SELECT date_trunc('day', min(day), %s) FROM (WITH RECURSIVE shown (day, number) AS (
    SELECT max(published_at), 1 FROM indicators_observation
    WHERE state = 'published' AND superseded_at IS NULL
    UNION ALL
    SELECT older.published_at, number + 1 FROM shown CROSS JOIN LATERAL (
        SELECT observation.published_at FROM indicators_observation observation
        JOIN indicators_indicator indicator ON indicator.id = observation.indicator_id
        JOIN plans_plan plan ON plan.id = indicator.plan_id AND plan.is_public
        WHERE observation.state = 'published' AND observation.superseded_at IS NULL
        AND observation.published_at < date_trunc('day', shown.day, %s)
        ORDER BY observation.published_at DESC LIMIT 1
    ) AS older
    WHERE number <= %s
) SELECT day FROM shown) AS days
"""


def _of_latest_days(plans: QuerySet[Plan]) -> QuerySet[Observation]:
    """Keep the values of the latest days of publication in public plans, enough for a page.

    The day is asked for first, by itself: knowing it, PostgreSQL sees how few values are left.
    """
    values = Observation.objects.filter(indicator__plan__in=plans)
    zone = timezone.get_current_timezone_name()
    with connections[router.db_for_read(Observation)].cursor() as cursor:
        cursor.execute(OLDEST_SHOWN, [zone, zone, AT_MOST])
        (oldest,) = cursor.fetchone()
    return values.filter(published_at__gte=oldest) if oldest else values.none()


def _published(
    rows: QuerySet[ContributionT], shown: QuerySet[ContributionT], plan: str
) -> Iterator[tuple[ContributionT, int]]:
    """Return the latest current versions, a few of each plan, day, kind and origin.

    Each comes with how many there are of the same plan, day, kind and origin. They are counted and
    chosen by a few narrow columns, and only the chosen ones are read whole: two queries.
    """
    group = [F(plan), F("day"), F("is_correction"), F("came_with_file")]
    alike = dict(
        rows.filter(state=Contribution.State.PUBLISHED, superseded_at=None)
        .annotate(
            day=TruncDate("published_at"),
            is_correction=ExpressionWrapper(
                Q(supersedes__isnull=False), output_field=BooleanField()
            ),
            came_with_file=ExpressionWrapper(Q(author__isnull=True), output_field=BooleanField()),
            alike=Window(Count("pk"), partition_by=group),
            rank=Window(
                RowNumber(), partition_by=group, order_by=(F("published_at").desc(), F("pk").desc())
            ),
        )
        .filter(rank__lte=SEPARATELY)
        .order_by("-published_at", "-pk")
        .values_list("pk", "alike")[: AT_MOST * SEPARATELY]
    )
    found = shown.in_bulk(list(alike))
    return ((found[pk], number) for pk, number in alike.items())


def _withdrawn(rows: QuerySet[ContributionT]) -> QuerySet[ContributionT]:
    return rows.exclude(withdrawal_reason="").order_by("-superseded_at", "-pk")[:AT_MOST]


def _together(
    rows: Iterable[tuple[ContributionT, int]],
    one: Callable[[ContributionT], Change],
    many: Callable[[ContributionT, int], Change],
) -> Iterator[Change]:
    """Tell each row, or once for all what was published together."""
    told = set()
    for row, alike in rows:
        if alike <= SEPARATELY:
            yield one(row)
            continue
        change = many(row, alike)
        group = (change.plan.pk, change.at, row.supersedes is None, _came_with_file(row))
        if group not in told:
            told.add(group)
            yield change


def _day(moment: datetime | None) -> date:
    assert moment is not None, "a published version has its moment of publication"
    return timezone.localdate(moment)


def _value(observation: Observation) -> str:
    return wording.stated(observation, observation.indicator.unit)


def _came_with_file(contribution: Contribution) -> bool:
    """Whether it was loaded with a plan file: the day of its publication is that of the loading."""
    return contribution.author_id is None


def _value_change(observation: Observation, at: date, text: str) -> Change:
    indicator = observation.indicator
    return Change(
        at=at,
        plan=indicator.plan,
        title=indicator.title,
        url=indicator.get_absolute_url(),
        text=text,
    )


def value_published(observation: Observation) -> Change:
    period = wording.told_period(observation)
    corrected = observation.supersedes
    if not isinstance(corrected, Observation):
        said = (
            _("valeur reprise du fichier du plan : %(value)s %(period)s")
            if _came_with_file(observation)
            else _("valeur publiée : %(value)s %(period)s")
        )
        text = said % {"value": _value(observation), "period": period}
    else:
        before = wording.stated(corrected, observation.indicator.unit)
        text = _("valeur corrigée : %(value)s au lieu de %(before)s %(period)s. %(reason)s") % {
            "value": _value(observation),
            "before": before,
            "period": period,
            "reason": observation.correction_reason,
        }
    return _value_change(observation, _day(observation.published_at), text)


def value_withdrawn(observation: Observation) -> Change:
    text = _("valeur retirée : %(value)s %(period)s. %(reason)s") % {
        "value": _value(observation),
        "period": wording.told_period(observation),
        "reason": observation.withdrawal_reason,
    }
    return _value_change(observation, _day(observation.superseded_at), text)


def _many(plan: Plan, at: date, text: str) -> Change:
    return Change(at=at, plan=plan, title=plan.title, url=plan.get_absolute_url(), text=text)


def _many_values(observation: Observation, count: int) -> Change:
    if observation.supersedes_id is not None:
        said = _("%(count)s valeurs corrigées")
    elif _came_with_file(observation):
        said = _("%(count)s valeurs reprises du fichier du plan")
    else:
        said = _("%(count)s valeurs publiées")
    plan = observation.indicator.plan
    return _many(plan, _day(observation.published_at), said % {"count": count})


def _state_change(update: MilestoneUpdate, at: date, text: str) -> Change:
    measure = update.milestone.measure
    return Change(
        at=at, plan=measure.plan, title=measure.title, url=measure.get_absolute_url(), text=text
    )


def _state_words(update: MilestoneUpdate) -> dict[str, str]:
    return {
        "milestone": update.milestone.title,
        "state": update.get_advancement_display(),
        "date": wording.told_day(update),
    }


def state_published(update: MilestoneUpdate) -> Change:
    text = _("livrable « %(milestone)s » : %(state)s au %(date)s") % _state_words(update)
    if update.supersedes_id is not None:
        text = _("%(text)s (état corrigé). %(reason)s") % {
            "text": text,
            "reason": update.correction_reason,
        }
    return _state_change(update, _day(update.published_at), text)


def state_withdrawn(update: MilestoneUpdate) -> Change:
    text = _("livrable « %(milestone)s » : état « %(state)s » retiré. %(reason)s") % {
        **_state_words(update),
        "reason": update.withdrawal_reason,
    }
    return _state_change(update, _day(update.superseded_at), text)


def _many_states(update: MilestoneUpdate, count: int) -> Change:
    if update.supersedes_id is not None:
        said = _("état corrigé pour %(count)s livrables")
    elif _came_with_file(update):
        said = _("état de %(count)s livrables repris du fichier du plan")
    else:
        said = _("état publié pour %(count)s livrables")
    plan = update.milestone.measure.plan
    return _many(plan, _day(update.published_at), said % {"count": count})


def changed_targets(plans: QuerySet[Plan]) -> QuerySet[Target]:
    """Return the targets revised (by the day the former one was replaced) and abandoned.

    The latest come first; each knows its day, `changed_on`.
    """
    return (
        Target.objects.in_force()
        .filter(
            Q(supersedes__superseded_on__isnull=False) | Q(abandoned_on__isnull=False),
            indicator__plan__in=plans,
        )
        .select_related("indicator__plan__region", "indicator__unit", "supersedes")
        .prefetch_related("periods")
        .annotate(changed_on=Coalesce("abandoned_on", "supersedes__superseded_on"))
        .order_by("-changed_on", "-pk")
    )


def target_changed(target: Target) -> Change:
    """Tell a target of `changed_targets`."""
    indicator = target.indicator
    if target.abandoned_on is not None:
        text = _("cible abandonnée. %(reason)s") % {"reason": target.abandonment_reason}
    else:
        text = _("cible révisée : %(promise)s. %(reason)s") % {
            "promise": wording.promise(target, indicator.unit),
            "reason": target.revision_reason,
        }
    return Change(
        at=target.changed_on,  # type: ignore[attr-defined] # annotated by `changed_targets`
        plan=indicator.plan,
        title=indicator.title,
        url=indicator.get_absolute_url(),
        text=text,
    )
