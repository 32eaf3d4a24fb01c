"""What makes stored progress out of date, whoever changes it and by whatever path.

Each trigger locks the indicators concerned, then drops their stored progress: readers evaluate
anew until it is stored again. The lock is the one `services.refresh_progress` takes, so a refresh
that runs at the same time cannot store what it read before the change.
"""

from __future__ import annotations

import pgtrigger


def outdates_progress(
    indicators: str,
    operation: pgtrigger.Operation,
    condition: pgtrigger.Condition | None = None,
) -> pgtrigger.Trigger:
    """Return the trigger that drops the stored progress of the indicators a SELECT names.

    In the SELECT, `changed` is the row after an insert or update, before a delete.
    """
    return pgtrigger.Trigger(
        name="outdates_progress",
        operation=operation,
        when=pgtrigger.After,
        condition=condition,
        declare=[("changed", "record")],
        func=f"""
            IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
            PERFORM FROM indicators_indicator WHERE id IN ({indicators})
                ORDER BY id FOR NO KEY UPDATE;
            DELETE FROM indicators_progressrecord WHERE indicator_id IN ({indicators});
            RETURN NULL;
        """,  # noqa: S608 - the operand is written in this app
    )
