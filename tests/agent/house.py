"""The addresses of the staff pages, and a plan with one of everything that they name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from django.utils import timezone

from exchange.models import ImportJob
from exchange.webhooks import services as webhooks
from indicators.models import Observation, Target
from measures.models import Milestone
from plans import workflow
from plans.models import Invitation, Membership, Plan, Role
from tests.agent.staff import member
from tests.factories import (
    IndicatorFactory,
    MembershipFactory,
    MilestoneFactory,
    ObservationFactory,
    PlanFactory,
    SourceFactory,
    TargetFactory,
)
from tests.partner import Partner


def addresses() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Name each address of the staff pages, with what it takes."""

    def walk(
        patterns: list[URLPattern | URLResolver], taken: tuple[str, ...]
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        for one in patterns:
            pattern = one.pattern
            groups = pattern.regex.groupindex if isinstance(pattern, RegexPattern) else ()
            names = (*taken, *pattern.converters, *groups)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, names)
            else:
                yield str(one.name), names

    for top in get_resolver().url_patterns:
        if isinstance(top, URLResolver) and top.namespace == "agent":
            yield from walk(top.url_patterns, ())


ADDRESSES = dict(addresses())


class House:
    """A plan with one of everything that an address can name."""

    def __init__(self, **plan: Any) -> None:
        self.plan: Plan = PlanFactory.create(**plan)
        self.indicator = IndicatorFactory.create(plan=self.plan)
        source = SourceFactory.create(plan=self.plan)
        self.target: Target = TargetFactory.create(indicator=self.indicator)
        self.milestone: Milestone = MilestoneFactory.create(measure=self.indicator.measure)
        author = member(self.plan, Role.CONTRIBUTOR)
        self.observation: Observation = workflow.submit(
            ObservationFactory.create(indicator=self.indicator, source=source, author=author),
            at=timezone.now(),
        )
        self.job = ImportJob.objects.create(
            plan=self.plan,
            user=author,
            name="saisie.csv",
            size=1,
            state=ImportJob.State.CHECKED,
        )
        self.member: Membership = MembershipFactory.create(plan=self.plan)
        self.partner = Partner(self.plan)
        self.invitation = Invitation.objects.create(
            plan=self.plan,
            email=f"invite-{self.plan.slug}@example.org",
            role=Role.VIEWER,
            token_hash=self.plan.slug,
            invited_by=author,
            expires_at=timezone.now() + timedelta(days=14),
        )
        self.subscription, _secret = webhooks.subscribe(
            self.plan,
            name="Observatoire",
            url="https://partner.example.org/",
            kinds=["observation.published"],
            by=author,
            at=timezone.now(),
        )
        self.delivery = webhooks.send_test(self.subscription, at=timezone.now())

    def arguments(self, address: str) -> dict[str, Any]:
        """Return what the address of this plan's objects takes."""
        measure = self.milestone.measure
        every = {
            "plan": self.plan.slug,
            "code": self.indicator.code,
            "measure": measure.code,
            "milestone": self.milestone.code,
            "indicator": self.indicator.code,
            "noun": "observations",
            "number": self.observation.pk,
            "job": self.job.pk,
            "member": self.member.pk,
            "invitation": self.invitation.pk,
            "image_format": "svg",
            "system": self.partner.system.pk,
            "token": self.partner.token.pk,
            "subscription": self.subscription.pk,
            "delivery": self.delivery.pk,
        }
        named = {
            "editing_add": {"noun": "objectifs"},
            "shared_add": {"noun": "unites"},
            "editing_edit": {"noun": "indicateurs"},
            "editing_delete": {"noun": "indicateurs"},
            "measure_abandon": {"code": measure.code},
            "preview_objective": {"code": measure.objective.code},
            "preview_measure": {"code": measure.code},
            "milestone_edit": {"code": self.milestone.code},
            "milestone_delete": {"code": self.milestone.code},
            "target_edit": {"code": self.target.code},
            "target_revise": {"code": self.target.code},
            "target_abandon": {"code": self.target.code},
            "target_delete": {"code": self.target.code},
        }
        return {name: (every | named.get(address, {}))[name] for name in ADDRESSES[address]}
