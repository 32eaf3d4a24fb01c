"""Four eyes: who wrote a contribution does not sign it, by hand or through a program.

A partner's system writes with a token that a person made and may have kept. What it writes is
therefore that person's own as well: of whoever registered the system, and of whoever made any of
its tokens, those that have ended included. Which token wrote a row is not kept, so all count.
The database refuses an author who publishes; it does not know the rest of this rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from plans.models import Contribution, PartnerSystem

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Hands:
    """What a person writes with: their own account, and those of the systems they answer for."""

    person: int
    systems: frozenset[int]
    """Accounts of the systems that the person registered, or made a token for."""

    @property
    def accounts(self) -> frozenset[int]:
        """Every account whose work is the person's own."""
        return self.systems | {self.person}

    def wrote(self, row: Contribution) -> bool:
        """Whether the person is its author or rewrote it last, be it through a system."""
        return self.wrote_alone(row) or self.wrote_through_system(row)

    def wrote_alone(self, row: Contribution) -> bool:
        """Whether the person's own account wrote it, or rewrote it last."""
        return self.person in (row.author_id, row.edited_by_id)

    def wrote_through_system(self, row: Contribution) -> bool:
        """Whether a system that the person answers for wrote it, or rewrote it last."""
        return row.author_id in self.systems or row.edited_by_id in self.systems

    def refusal(self, row: Contribution) -> str:
        """Say, in French, why another person publishes it; empty where this one may."""
        if self.wrote_alone(row):
            return _("Une autre personne que l’auteur relit et publie cette contribution.")
        if self.wrote_through_system(row):
            return _(
                "Vous avez inscrit le système qui a saisi cette contribution, ou créé l’un de ses "
                "jetons : une autre personne la relit et la publie."
            )
        return ""

    def written_by_others(self) -> Q:
        """Keep the contributions that this person may sign: the same rule, in SQL."""
        return ~Q(author__in=self.accounts) & ~Q(edited_by__in=self.accounts)


def hands_of_each(people: Collection[User]) -> dict[int, Hands]:
    """Return what each person writes with, by the id of the person. One query."""
    keys = {person.pk for person in people}
    systems: dict[int, set[int]] = defaultdict(set)
    for account, *makers in (
        PartnerSystem.objects.filter(Q(created_by__in=keys) | Q(tokens__created_by__in=keys))
        .order_by()
        .values_list("user", "created_by", "tokens__created_by")
    ):
        for maker in makers:
            systems[maker].add(account)
    return {key: Hands(key, frozenset(systems[key])) for key in keys}


def hands_of(person: User) -> Hands:
    """Return what a person writes with. One query."""
    return hands_of_each([person])[person.pk]
