"""What has been entered in plans and is not public yet: counted, and read a few at a time.

A file of a partner may hand in thousands at once. The database counts and sorts them; only what is
shown is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from types import MappingProxyType
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import User
from agent.mixed import Place, in_order, in_places, rows_at
from indicators.models import Observation
from measures.models import MilestoneUpdate
from plans.four_eyes import hands_of
from plans.models import Contribution, Plan
from plans.permissions import Action, Rights

State = Contribution.State

FIRST = 10
"""How many of each pile the desk shows."""


class Pile(StrEnum):
    """What waits, by what is to be done with it; the word stands in the address."""

    RETURNED = "renvoyes"
    TO_REVIEW = "a-relire"
    """What the reader may publish."""
    DRAFTS = "brouillons"


ORDER: Mapping[Pile, tuple[str, ...]] = MappingProxyType(
    {
        Pile.RETURNED: ("-edited_at", "-recorded_at"),
        Pile.TO_REVIEW: ("submitted_at",),
        Pile.DRAFTS: ("-edited_at", "-recorded_at"),
    }
)
"""The latest edited first; of what is to review the longest waiting."""


class Work:
    """The piles of a reader, in the plans they work in."""

    def __init__(self, user: User, all_rights: Collection[Rights]) -> None:
        self.user = user
        self.hands = hands_of(user)
        self.plans = [rights.plan for rights in all_rights]
        self._reviews = [rights.plan for rights in all_rights if rights.may(Action.REVIEW)]

    def _is_in(self, pile: Pile, plan: str, *, mine: bool) -> Q:
        """Say in SQL what a pile is made of; `plan` is the path from a contribution to its plan.

        What waits for a review is always the person's: any of those who may publish it. It is what
        `agent.review.proposals.Reader.may_publish` says of a row.
        """
        if pile == Pile.TO_REVIEW:
            trusting = [one for one in self._reviews if one.allows_self_publication]
            return Q(state=State.SUBMITTED) & (
                Q(**{f"{plan}__in": trusting})
                | Q(**{f"{plan}__in": self._reviews}) & self.hands.written_by_others()
            )
        state = State.RETURNED if pile == Pile.RETURNED else State.DRAFT
        return Q(state=state, author=self.user) if mine else Q(state=state)

    def counts(self, *, mine: bool) -> dict[int, Counter[Pile]]:
        """Count each pile in each plan, by id. Two queries."""
        found: dict[int, Counter[Pile]] = {plan.pk: Counter() for plan in self.plans}
        for rows, path in self._open(self.plans):
            counted = {
                pile.name: Count("pk", filter=self._is_in(pile, path, mine=mine)) for pile in Pile
            }
            for line in rows.order_by().values(path).annotate(**counted):
                found[line[path]].update({pile: line[pile.name] for pile in Pile})
        return found

    def places(self, pile: Pile, plans: Collection[Plan], *, mine: bool) -> QuerySet[Any, Place]:
        """Return where the contributions of a pile are, in its order."""
        observations, updates = (
            rows.filter(self._is_in(pile, path, mine=mine)) for rows, path in self._open(plans)
        )
        return in_order(observations, updates, *ORDER[pile])

    def read(self, places: Sequence[Place]) -> list[Contribution]:
        """Return the contributions of these places, in that order. Two queries at most."""
        (observations, _of), (updates, _to) = self._open(self.plans)
        return in_places(places, rows_at(places, observations, updates))

    def begun(
        self, piles: Collection[Pile], plans: Collection[Plan], *, mine: bool
    ) -> dict[Pile, list[Contribution]]:
        """Return the first few of these piles. A query for each, and two."""
        places = {pile: list(self.places(pile, plans, mine=mine)[:FIRST]) for pile in piles}
        (observations, _of), (updates, _to) = self._open(self.plans)
        found = rows_at(chain.from_iterable(places.values()), observations, updates)
        return {pile: in_places(places.get(pile, ()), found) for pile in Pile}

    def _open(self, plans: Collection[Plan]) -> tuple[tuple[QuerySet[Any], str], ...]:
        """Return what is under way of each kind, with the path to its plan."""
        return (
            (Observation.objects.open().in_plans(plans), "indicator__plan"),
            (MilestoneUpdate.objects.open().in_plans(plans), "milestone__measure__plan"),
        )
