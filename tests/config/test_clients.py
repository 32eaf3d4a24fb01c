"""Programs that know the schema only: the client of the documentation, and a generated one."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from pytest_django.live_server_helper import LiveServer

from indicators.models import Observation
from plans.models import Plan
from tests.config.site import partner, site
from tests.partner import Partner

__all__ = ["partner", "site"]

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "docs/examples/client.py"
SCHEMA = ROOT / "docs/openapi.yaml"
ALONE = {"PATH": os.environ["PATH"], "NO_PROXY": "*", "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("client_example", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["client_example"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def row(**content: str) -> dict[str, str]:
    return {
        "indicator": "entreprises-pack-ia",
        "period_start": "2020-01-01",
        "period_end": "2020-12-31",
        "value": "30",
        "source": "deliberation",
        **content,
    }


def test_the_example_prints_the_progress_of_a_plan(site: LiveServer) -> None:
    """As its first lines say to run it, without anything of ours to import."""
    done = subprocess.run(
        [sys.executable, "-I", str(EXAMPLE), site.url, "grand-est-2019"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=ALONE,
    )
    lines = done.stdout.splitlines()
    assert "entreprises-pack-ia: no_target (no_target)" in lines
    assert any("%" in line for line in lines)


def test_the_example_reads_and_writes(
    site: LiveServer, partner: Partner, example: ModuleType
) -> None:
    client = example.Client(site.url, partner.text)
    assert "grand-est-2019" in [plan["slug"] for plan in client.plans()]
    assert len(list(client.plans())) == Plan.objects.public().count()

    rehearsed = client.send("grand-est-2019", [row()], dry_run=True)
    assert (rehearsed["created"], Observation.objects.filter(author=partner.user).count()) == (1, 0)
    with pytest.raises(example.ApiError) as refusal:
        client.send("grand-est-2019", [row(value="x")])
    assert refusal.value.status == 422
    assert refusal.value.errors[0]["pointer"] == "/rows/0/value"
    report = client.send("grand-est-2019", [row()], then="draft")
    url = report["results"][0]["url"]
    content = {"value": "31", "source": "deliberation"}
    changed = client.replace(url, content)
    assert (changed.body["value"], changed.body["state"]) == ("31", "draft")
    answer = client.send("grand-est-2019", [row(value="31")])
    assert answer["results"][0]["state"] == "submitted"


GENERATED = """
import sys
from plans_client import AuthenticatedClient, Client
from plans_client.api.drafts import observation_drafts_list
from plans_client.api.plans import plans_list

site, token = sys.argv[1:]
with Client(base_url=site, raise_on_unexpected_status=True) as client:
    page = plans_list.sync(client=client)
    for plan in page.results:
        print(plan.slug)
    print(page.count)
with AuthenticatedClient(base_url=site, token=token, raise_on_unexpected_status=True) as client:
    drafts = observation_drafts_list.sync("grand-est-2019", client=client)
    print("drafts", drafts.count)
"""


def test_a_client_generated_from_the_schema_lists_plans(
    site: LiveServer, partner: Partner, tmp_path: Path
) -> None:
    """openapi-python-client, which knows nothing of us."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(
        "package_name_override: plans_client\nproject_name_override: plans-client\npost_hooks: []\n"
    )
    program = [sys.executable, "-m", "openapi_python_client"]
    made = subprocess.run(
        [*program, "generate", "--path", SCHEMA, "--config", settings, "--meta", "none",
         "--output-path", tmp_path / "plans_client", "--fail-on-warning"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=ALONE | {"HOME": str(tmp_path)},
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    asked = subprocess.run(
        [sys.executable, "-c", GENERATED, site.url, partner.text],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=tmp_path,
        env=ALONE,
    )
    assert asked.returncode == 0, asked.stderr
    lines = asked.stdout.splitlines()
    assert "grand-est-2019" in lines
    assert str(Plan.objects.public().count()) in lines
    assert lines[-1].startswith("drafts ")
