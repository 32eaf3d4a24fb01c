"""The API as its schema tells it: committed, complete, kept to by every answer, and documented."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from schemathesis.checks import CHECKS, load_all_checks

from indicators.services import refresh_all_progress
from tests.dashboards.test_queries import fill
from tests.factories import PlanFactory

ROOT = Path(__file__).resolve().parent.parent.parent
COMMITTED = ROOT / "docs/openapi.yaml"
GUIDE = (ROOT / "docs/api.md").read_text()
SCHEMA: dict[str, Any] = yaml.safe_load(COMMITTED.read_text())
KEPT_TO = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


def test_the_schema_changes_only_on_purpose() -> None:
    """`make schema` writes it anew, when a change is meant."""
    written = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=written)
    assert written.getvalue() == COMMITTED.read_text()


def test_it_is_openapi_3_1() -> None:
    assert SCHEMA["openapi"] == "3.1.0"


def test_every_field_is_described_with_an_example() -> None:
    bare = [
        f"{name}.{field}"
        for name, component in SCHEMA["components"]["schemas"].items()
        for field, described in component.get("properties", {}).items()
        if ("description" not in described and "$ref" not in described)
        or ("examples" not in described and not contains_rows(described))
    ]
    assert bare == []


def contains_rows(described: dict[str, Any]) -> bool:
    """Whether a field holds rows, whose own fields have the examples."""
    return "$ref" in str(described)


def test_every_parameter_is_described() -> None:
    bare = [
        f"{path} {parameter['name']}"
        for path, operations in SCHEMA["paths"].items()
        for parameter in operations["get"].get("parameters", [])
        if not parameter.get("description")
    ]
    assert bare == []


def test_every_error_is_listed_in_one_shape() -> None:
    errors = {"400", "404", "405", "406", "429", "500"}
    for path, operations in SCHEMA["paths"].items():
        answers = operations["get"]["responses"]
        assert set(answers) == errors | {"200", "304"}, path
        assert {tuple(answers[status]["content"]) for status in errors} == {
            ("application/problem+json",)
        }


@pytest.fixture
def site(live_server: LiveServer, settings: Settings) -> LiveServer:
    """The site with a public plan that has two of everything."""
    settings.BASE_URL = live_server.url
    settings.API_REQUESTS_PER_MINUTE = settings.API_EXPORTS_PER_MINUTE = 1_000_000
    with transaction.atomic():  # a quota and its periods
        fill(PlanFactory.create(slug="grand-est-2019"), 2)
    refresh_all_progress(on=date.today())  # noqa: DTZ011 - any day does
    return live_server


def test_no_answer_fails_or_is_undocumented(site: LiveServer) -> None:
    """Schemathesis asks each address for anything that the schema allows, and more."""
    load_all_checks()
    checks = CHECKS.get_by_names(KEPT_TO)
    schema = schemathesis.openapi.from_dict(SCHEMA)
    asked = 0
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr] # the schema is valid

        @settings(
            max_examples=12,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(base_url=site.url, checks=checks, timeout=20)

        ask()
        asked += 1
    assert asked == len(SCHEMA["paths"])


@pytest.mark.parametrize("address", ["/api/", "/api/redoc/"])
@pytest.mark.django_db
def test_the_documentation_asks_no_other_host(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.content.decode()) == []
    assert re.findall(r"<script(?! src)", answer.content.decode()) == []
    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; ")
    assert "unsafe" not in policy
    assert "http" not in policy


def examples(language: str) -> Iterator[str]:
    yield from re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("language", ["sh", "python"])
def test_the_examples_of_the_guide_run_as_they_stand(site: LiveServer, language: str) -> None:
    """Only the address of the site is another one."""
    program = ["sh", "-e"] if language == "sh" else [sys.executable, "-"]
    ran = 0
    for text in examples(language):
        done = subprocess.run(
            program,
            input=text.replace("http://127.0.0.1:8000", site.url),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={"PATH": os.environ["PATH"], "NO_PROXY": "*"},
        )
        assert (done.returncode, done.stderr) == (0, ""), f"{text}\n{done.stdout}{done.stderr}"
        assert done.stdout.strip(), text
        ran += 1
    assert ran >= 3
