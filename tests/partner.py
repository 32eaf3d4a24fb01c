"""A partner's system, as the tests of the API act for it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from measures.models import Measure, MeasureAssignment
from plans import tokens
from plans.models import ApiToken, Membership, PartnerSystem, Plan, Role, Scope
from plans.permissions import rights_in
from tests.factories import MembershipFactory


class Partner:
    """A system with a token, and what it asks of the API."""

    def __init__(
        self,
        plan: Plan,
        role: Role = Role.REVIEWER,
        *,
        scope: Scope = Scope.CONTRIBUTE,
        assigned_to: Measure | None = None,
        name: str = "Agence régionale, tableau de bord",
    ) -> None:
        self.manager: User = MembershipFactory.create(plan=plan, role=Role.MANAGER).user
        now = timezone.now()
        self.plan = plan
        self.system: PartnerSystem = tokens.register(
            plan, name, role, rights=rights_in(self.manager, plan), at=now
        )
        self.token: ApiToken
        self.token, self.text = tokens.issue(
            self.system, scope, by=self.manager, lifetime=timedelta(days=90), at=now
        )
        if assigned_to is not None:
            MeasureAssignment.objects.create(measure=assigned_to, user=self.user)
        self.client = Client()

    @property
    def user(self) -> User:
        """The account of the system."""
        return self.system.user

    @property
    def membership(self) -> Membership:
        """Its part in the plan."""
        return Membership.objects.get(user=self.user)

    def ask(self, method: str, address: str, body: Any = None, **headers: str) -> HttpResponse:
        """Ask the API, with the token and a body of JSON."""
        answer: Any = self.client.generic(
            method,
            address if address.startswith(("/", "http")) else self.address(address),
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {self.text}",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        found: HttpResponse = answer
        return found

    def address(self, words: str) -> str:
        """Return the address of something of the plan."""
        return f"/api/v1/plans/{self.plan.slug}/{words}"

    def get(self, address: str, **headers: str) -> HttpResponse:
        """Read."""
        return self.ask("GET", address, **headers)

    def post(self, address: str, body: Any = None, **headers: str) -> HttpResponse:
        """Write."""
        return self.ask("POST", address, body, **headers)

    def put(self, address: str, body: Any, **headers: str) -> HttpResponse:
        """Replace."""
        return self.ask("PUT", address, body, **headers)

    def delete(self, address: str, **headers: str) -> HttpResponse:
        """Discard."""
        return self.ask("DELETE", address, **headers)
