"""The triggers that write down what partners are to be told, in the transaction of the change.

In the database, because no path can go round it: pages, the API, the administration site, a shell
and plan files (which write many rows at once, past every service and every signal of Django) all
end in these tables. A change that is rolled back takes its events with it.

The models here are proxies that exist to carry these triggers: their tables belong to the apps
below, which know nothing of partners.
"""

from __future__ import annotations

import pgtrigger

from indicators.models import Observation, Target
from measures.models import MilestoneUpdate

_WRITTEN = pgtrigger.Insert | pgtrigger.Update


def tells_partners(
    *, what: str, plan: str, subject: str, column: str, condition: pgtrigger.Condition
) -> pgtrigger.Trigger:
    """Return the trigger that writes the event of a changed row, and a delivery for whoever asked.

    `what` is an SQL expression: the kind of the event, or null for a change that is no event; it
    may read OLD, where `TG_OP` is 'UPDATE'. `plan` is a SELECT of the plan's id and whether it is
    public. `subject` is the table of what the row is about, which names the lane; it is locked,
    so that of two transactions the second to write also gets the second id. `column` refers to
    the row from the event.
    """
    lane = subject.partition("_")[2]
    return pgtrigger.Trigger(
        name="tells_partners",
        operation=_WRITTEN,
        when=pgtrigger.After,
        condition=condition,
        declare=[("what", "text"), ("told", "record"), ("told_event", "bigint")],
        func=f"""
            what := {what};
            IF what IS NULL THEN
                RETURN NULL;
            END IF;
            {plan};
            IF NOT told.is_public OR NOT EXISTS (
                SELECT FROM exchange_webhooksubscription subscription
                WHERE subscription.plan_id = told.id AND what = ANY(subscription.kinds)
            ) THEN
                RETURN NULL;
            END IF;
            PERFORM FROM {subject} WHERE id = NEW.{lane}_id FOR NO KEY UPDATE;
            INSERT INTO exchange_webhookevent
                (key, plan_id, kind, lane, {column}, occurred_at, body)
            VALUES (gen_random_uuid(), told.id, what, '{lane}:' || NEW.{lane}_id, NEW.id, now(), '')
            RETURNING id INTO told_event;
            INSERT INTO exchange_webhookdelivery
                (subscription_id, event_id, lane, on_request, state, attempts, created_at, due_at)
            SELECT subscription.id, told_event, '{lane}:' || NEW.{lane}_id, false, 'waiting', 0,
                now(), now()
            FROM exchange_webhooksubscription subscription
            WHERE subscription.plan_id = told.id AND what = ANY(subscription.kinds)
            ORDER BY subscription.id;
            RETURN NULL;
        """,  # noqa: S608 - the operands are written in this module
    )


def _of_contribution(noun: str) -> str:
    """Return what happened to a version: it was published, it corrects another, or it went."""
    return f"""
            CASE
                WHEN TG_OP = 'UPDATE' AND OLD.state = 'published' THEN CASE
                    WHEN OLD.superseded_at IS NULL AND NEW.superseded_at IS NOT NULL
                        AND NEW.withdrawal_reason <> '' THEN '{noun}.withdrawn'
                END
                WHEN NEW.superseded_at IS NOT NULL THEN NULL
                WHEN NEW.supersedes_id IS NULL THEN '{noun}.published'
                ELSE '{noun}.corrected'
            END"""


_PLAN_OF_INDICATOR = """
            SELECT plan.id, plan.is_public INTO told FROM plans_plan plan
            JOIN indicators_indicator indicator ON indicator.plan_id = plan.id
            WHERE indicator.id = NEW.indicator_id"""


class ObservationTold(Observation):
    """Carries the trigger of this app on observations."""

    class Meta:
        proxy = True
        triggers = (
            tells_partners(
                what=_of_contribution("observation"),
                plan=_PLAN_OF_INDICATOR,
                subject="indicators_indicator",
                column="observation_id",
                condition=pgtrigger.Q(new__state="published"),
            ),
        )


class MilestoneUpdateTold(MilestoneUpdate):
    """Carries the trigger of this app on the states of milestones."""

    class Meta:
        proxy = True
        triggers = (
            tells_partners(
                what=_of_contribution("milestone_update"),
                plan="""
            SELECT plan.id, plan.is_public INTO told FROM plans_plan plan
            JOIN measures_measure measure ON measure.plan_id = plan.id
            JOIN measures_milestone milestone ON milestone.measure_id = measure.id
            WHERE milestone.id = NEW.milestone_id""",
                subject="measures_milestone",
                column="update_id",
                condition=pgtrigger.Q(new__state="published"),
            ),
        )


class TargetTold(Target):
    """Carries the trigger of this app on targets."""

    class Meta:
        proxy = True
        triggers = (
            tells_partners(
                what="""
            CASE
                WHEN NEW.superseded_on IS NOT NULL THEN NULL
                WHEN TG_OP = 'UPDATE' THEN CASE
                    WHEN OLD.abandoned_on IS NULL AND NEW.abandoned_on IS NOT NULL
                        THEN 'target.abandoned'
                END
                WHEN NEW.supersedes_id IS NULL THEN 'target.published'
                ELSE 'target.revised'
            END""",
                plan=_PLAN_OF_INDICATOR,
                subject="indicators_indicator",
                column="target_id",
                condition=pgtrigger.Q(new__superseded_on__isnull=True),
            ),
        )
