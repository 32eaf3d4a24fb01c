"""The API as its schema tells it: committed, complete, kept to by every answer, and documented."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client
from jsonschema import Draft202012Validator
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.config.site import partner, site
from tests.partner import Partner

__all__ = ["partner", "site"]

ROOT = Path(__file__).resolve().parent.parent.parent
COMMITTED = ROOT / "docs/openapi.yaml"
GUIDE = (ROOT / "docs/api.md").read_text()
SCHEMA: dict[str, Any] = yaml.safe_load(COMMITTED.read_text())


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


OPERATIONS = [
    (path, method, operation)
    for path, operations in SCHEMA["paths"].items()
    for method, operation in operations.items()
]


def test_every_parameter_is_described() -> None:
    bare = [
        f"{method} {path} {parameter['name']}"
        for path, method, operation in OPERATIONS
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    ]
    assert bare == []


def test_every_error_is_listed_in_one_shape() -> None:
    common = {"400", "401", "404", "405", "406", "429", "500", "503"}
    for path, method, operation in OPERATIONS:
        answers = operation["responses"]
        errors = {status for status in answers if status >= "400"}
        asks_for_a_token = "security" in operation
        assert common <= errors, path
        assert ("403" in errors) == asks_for_a_token, path
        assert ("308" in answers) == ("{plan}" in path), path
        if not asks_for_a_token:
            assert (errors, method) == (common, "get"), path
            assert {"200", "304"} <= set(answers), path
        if method != "get" and "requestBody" in operation:
            assert {"409", "413", "415", "422"} <= errors, path
        conditional = "If-Match" in {one["name"] for one in operation.get("parameters", [])}
        assert ({"412", "428"} <= errors) == conditional, path
        assert {tuple(answers[status]["content"]) for status in errors} == {
            ("application/problem+json",)
        }


def test_who_reads_is_asked_for_no_token() -> None:
    """A padlock stands at what needs one, and nowhere else."""
    locked = {path for path, _method, operation in OPERATIONS if "security" in operation}
    assert {path for path, method, _operation in OPERATIONS if method != "get"} <= locked
    assert {path for path in locked if "draft" not in path} == {
        "/api/v1/plans/{plan}/observations/bulk/"
    }
    asked = [operation["security"] for *_, operation in OPERATIONS if "security" in operation]
    assert asked == [[{"token": []}]] * len(asked)


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


@pytest.mark.parametrize("address", ["/api/", "/api/redoc/"])
@pytest.mark.django_db
def test_the_documentation_leads_on_without_javascript(client: Client, address: str) -> None:
    page = client.get(address).content.decode()
    header = page.partition('<header class="way-back">')[2].partition("</header>")[0]
    assert re.findall(r'href="([^"]+)"', header) == ["/"]
    assert "Les plans IA des régions" in header
    instead = page.partition("<noscript>")[2].partition("</noscript>")[0]
    leads = re.findall(r'href="([^"]+)"', instead)
    assert leads == ["/api/v1/openapi.yaml", "/api/v1/", "/donnees/", "/"]
    for lead in leads:
        assert client.get(lead).status_code == 200, lead
    assert "style=" not in page


def examples(language: str) -> Iterator[str]:
    yield from re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("language", ["sh", "python"])
def test_the_examples_of_the_guide_run_as_they_stand(
    site: LiveServer, partner: Partner, language: str
) -> None:
    """Only the address of the site is another one, and the token."""
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
            env={"PATH": os.environ["PATH"], "NO_PROXY": "*", "TOKEN": partner.text},
        )
        assert (done.returncode, done.stderr) == (0, ""), f"{text}\n{done.stdout}{done.stderr}"
        assert done.stdout.strip(), text
        ran += 1
    assert ran >= 3


def described(path: str, answer: Any) -> dict[str, Any]:
    """Return what the schema tells of an answer, having held its body and its headers to it."""
    said: dict[str, Any] = SCHEMA["paths"][path]["get"]["responses"][str(answer.status_code)]
    content = said["content"][answer["Content-Type"]]["schema"]
    body = Draft202012Validator({**content, "components": SCHEMA["components"]})
    assert list(body.iter_errors(answer.json())) == []
    missing = [name for name in said.get("headers", {}) if name not in answer.headers]
    assert missing == []
    return said


EXPORT = "/api/v1/observations/export.csv"


@pytest.mark.django_db
def test_an_export_that_must_wait_answers_as_the_schema_tells(
    client: Client, settings: Settings
) -> None:
    settings.API_EXPORTS_AT_ONCE = 0
    answer = client.get(EXPORT)
    said = described(EXPORT, answer)
    assert (answer.status_code, answer["Retry-After"], set(said["headers"])) == (
        503, "30", {"Retry-After"},
    )  # fmt: skip
    settings.API_EXPORTS_PER_MINUTE = 1
    client.get(EXPORT)
    again = client.get(EXPORT)
    described(EXPORT, again)
    assert (again.status_code, 0 < int(again["Retry-After"]) <= 60) == (429, True)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/plans/", EXPORT])
def test_without_the_database_the_api_answers_as_its_schema_tells(
    client: Client, path: str
) -> None:
    def away(*_: Any) -> Any:
        raise OperationalError

    client.raise_request_exception = False
    with connection.execute_wrapper(away):
        answer = client.get(path)
    described(path, answer)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
