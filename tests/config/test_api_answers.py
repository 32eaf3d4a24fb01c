"""Schemathesis asks each address for anything that the schema allows, and more.

With a token and without, address by address and along the links of the answers: nothing fails
(5xx), and every answer is one that the schema tells.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import CHECKS, load_all_checks

from measures.models import MilestoneUpdate
from plans.models import Role
from tests.config.site import name_as_the_examples, partner, site
from tests.factories import PlanFactory
from tests.partner import Partner

__all__ = ["partner", "site"]

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA: dict[str, Any] = yaml.safe_load((ROOT / "docs/openapi.yaml").read_text())
KEPT_TO = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# What the words of addresses name, so that more is tried than what nothing has.
KNOWN = {
    "plan": "grand-est-2019",
    "indicator": "entreprises-pack-ia",
    "measure": "pack-ia",
    "milestone": "appel",
}


def checks() -> Any:
    load_all_checks()
    return CHECKS.get_by_names(KEPT_TO)


def asked(examples: int, **more: Any) -> Any:
    """Return how hypothesis asks: the same each time, and never the same for long."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        **{"phases": [Phase.explicit, Phase.generate], **more},
    )


def ask_everything(site: LiveServer, headers: dict[str, str], *, reads: int, writes: int) -> int:
    """Ask each operation; return how many there were."""
    count = 0
    kept_to = checks()
    for found in schemathesis.openapi.from_dict(SCHEMA).get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr] # the schema is valid
        is_public = "security" not in operation.definition.raw

        @asked(reads if is_public else writes)  # type: ignore[untyped-decorator] # any settings
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            if headers and "security" in case.operation.definition.raw:
                # As it comes it names another plan: that is tried without a token.
                case.path_parameters |= {
                    name: value for name, value in KNOWN.items() if name in case.path_parameters
                }
            case.call_and_validate(base_url=site.url, headers=headers, checks=kept_to, timeout=20)

        ask()
        count += 1
    return count


def operations() -> int:
    return sum(len(operations) for operations in SCHEMA["paths"].values())


def test_no_answer_fails_or_is_undocumented_without_a_token(site: LiveServer) -> None:
    assert ask_everything(site, {}, reads=8, writes=3) == operations()
    assert not MilestoneUpdate.objects.filter(author__isnull=False).exists()


def test_no_answer_fails_or_is_undocumented_with_a_token(
    site: LiveServer, partner: Partner
) -> None:
    headers = {"Authorization": f"Bearer {partner.text}"}
    assert ask_everything(site, headers, reads=2, writes=10) == operations()


CREATED: dict[str, dict[str, Any]] = {
    "observation_drafts_create": {"value": "30", "source": "deliberation"},
    "milestone_drafts_create": {"advancement": "done", "source": "deliberation"},
}


@pytest.mark.parametrize("kind", ["observation", "milestone"])
def test_no_answer_fails_or_is_undocumented_along_the_links(site: LiveServer, kind: str) -> None:
    """A draft that is made leads to what may be done with it: read, changed, handed in, published.

    What is generated is seldom a value that the plan takes: what makes a draft is given one.
    """
    kept_to = checks()
    answers: Counter[tuple[str, int]] = Counter()
    schema = schemathesis.openapi.from_dict(SCHEMA).include(
        operation_id_regex=f"^{kind}_drafts_(?!list)"
    )
    schema.config.update(base_url=site.url)

    class Machine(schema.as_state_machine()):  # type: ignore[misc] # made at run time
        def setup(self) -> None:
            """Begin each story with a plan of its own, so that none depends on another."""
            plan = PlanFactory.create(allows_self_publication=True)
            name_as_the_examples(plan)
            self.words = KNOWN | {"plan": plan.slug}
            self.partner = Partner(plan, Role.REVIEWER)
            self.years = iter(range(1990, 2020))

        def before_call(self, case: Any) -> None:
            name = case.operation.definition.raw["operationId"]
            words = case.path_parameters or {}
            case.path_parameters = words | {
                key: value for key, value in self.words.items() if key in words
            }
            if name in CREATED:
                year = next(self.years)
                about = (
                    {"period_start": f"{year}-01-01", "period_end": f"{year}-12-31"}
                    if name.startswith("observation")
                    else {"as_of": f"{year}-12-31"}
                )
                case.body = {**CREATED[name], **about}
                case.media_type = "application/json"
            elif name.endswith("_replace"):
                case.body = CREATED[name.replace("_replace", "_create")]
                case.media_type = "application/json"

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {self.partner.text}"}, "timeout": 20}

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            name = case.operation.definition.raw["operationId"]
            answers[name, response.status_code] += 1
            case.validate_response(response, checks=kept_to)

    Machine.run(settings=asked(8, phases=[Phase.generate], stateful_step_count=8))

    done = {name for name, status in answers if status < 300}
    assert len(done) > 1, answers  # one made, and something done with it


EXPRESSION = re.compile(r"\$response\.(?:body#/(\w+)|header\.([\w-]+))")


@pytest.mark.parametrize("kind", ["observation", "milestone"])
def test_every_link_of_a_draft_leads_where_it_says(
    site: LiveServer, partner: Partner, kind: str
) -> None:
    """The whole life of a draft, followed by the links that the schema declares and no other."""
    schema = schemathesis.openapi.from_dict(SCHEMA)
    by_name: dict[str, Any] = {}
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr] # the schema is valid
        by_name[operation.definition.raw["operationId"]] = operation
    kept_to = checks()

    def ask(step: str, words: dict[str, str], body: Any = None, **headers: str) -> Any:
        case = by_name[f"{kind}_drafts_{step}"].Case(
            path_parameters=words,
            headers=headers,
            **({} if body is None else {"body": body, "media_type": "application/json"}),
        )
        bearer = {"Authorization": f"Bearer {partner.text}"}
        return case.call_and_validate(base_url=site.url, headers=bearer, checks=kept_to, timeout=20)

    def follow(answer: Any, came_by: str, step: str, body: Any = None) -> Any:
        answers = by_name[f"{kind}_drafts_{came_by}"].definition.raw["responses"]
        links = answers[str(answer.status_code)]["links"]
        words: dict[str, str] = {}
        headers: dict[str, str] = {}
        for name, expression in links[f"{kind}_drafts_{step}"]["parameters"].items():
            place, _dot, word = name.partition(".")
            named = EXPRESSION.fullmatch(expression)
            assert named is not None
            value = answer.json()[named[1]] if named[1] else answer.headers[named[2].lower()]
            if isinstance(value, list):
                [value] = value
            (words if place == "path" else headers)[word] = value
        return ask(step, words, body, **headers)

    about = (
        {"period_start": "2001-01-01", "period_end": "2001-12-31"}
        if kind == "observation"
        else {"as_of": "2001-12-31"}
    )
    content = CREATED[f"{kind}_drafts_create"]
    subject = {name: KNOWN[name] for name in KNOWN if name in by_name_words(by_name, kind)}

    made = ask("create", subject, {**content, **about})
    assert follow(made, "create", "discard").status_code == 204
    made = ask("create", subject, {**content, **about})
    read = follow(made, "create", "read")
    changed = follow(read, "read", "replace", {**content, "comment": "Vu."})
    submitted = follow(changed, "replace", "submit", {})
    published = follow(submitted, "submit", "publish")
    assert [one.status_code for one in (made, read, changed, submitted, published)] == [
        201,
        200,
        200,
        200,
        200,
    ]
    assert published.json()["state"] == "published"


def by_name_words(operations: dict[str, Any], kind: str) -> set[str]:
    """Return the words that the address of a new draft takes."""
    described = operations[f"{kind}_drafts_create"].definition.raw["parameters"]
    return {one["name"] for one in described if one["in"] == "path"}
