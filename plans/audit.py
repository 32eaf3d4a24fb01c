"""The audit trail: every insert, update and delete, written by database triggers.

Because triggers write it, no code path (page, API, admin, shell, plan file) can forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pghistory
from django.db import models

ModelT = TypeVar("ModelT", bound=type[models.Model])


def audited(*, but: Sequence[str] = ()) -> Callable[[ModelT], ModelT]:
    """Decorate a model so that each change of a row is kept, with who made it.

    The columns of `but` are left out: a change of theirs alone is no event.
    """
    track: Callable[[ModelT], ModelT] = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        exclude=list(but) or None,
    )
    return track
