"""The order in which rows are locked, so that of those who act at once nobody waits in a ring.

The plan, where something is added to it (a document that is cited, a code, a place in an order);
then the subjects of what is published, in the order of their ids; then the contributions. Whoever
needs no lock of a kind passes it over, and never comes back to it.
"""

from __future__ import annotations

from plans.models import Plan


def lock_plan(plan: Plan) -> None:
    """Lock a plan until the end of the transaction; nobody waits who only refers to it."""
    Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
