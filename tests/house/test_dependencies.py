"""The lock files match pyproject.toml, hold a hash for everything, and name no download address."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def pins(name: str) -> set[tuple[str, str, str]]:
    """(package, version, where it applies) of each line."""
    return set(PIN.findall(lock(name)))


def wanted(*groups: list[str]) -> set[str]:
    names = {re.split(r"[^A-Za-z0-9._-]", line)[0] for group in groups for line in group}
    return {name.lower().replace("_", "-") for name in names}


def test_everything_declared_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    base, dev = project["project"]["dependencies"], project["dependency-groups"]["dev"]
    extras = project["project"]["optional-dependencies"].values()
    assert wanted(base) - {package for package, *_ in pins("base")} == set()
    assert wanted(base, *extras) - {package for package, *_ in pins("production")} == set()
    assert wanted(base, *extras, dev) - {package for package, *_ in pins("dev")} == set()


@pytest.mark.parametrize("name", ["base", "production"])
def test_development_runs_on_the_versions_of_production(name: str) -> None:
    versions = {(package, version) for package, version, _ in pins(name)}
    assert versions - {(package, version) for package, version, _ in pins("dev")} == set()


@pytest.mark.parametrize("name", ["base", "production", "dev"])
def test_every_pin_has_a_hash_and_nothing_says_where_from(name: str) -> None:
    text = lock(name)
    entries = re.findall(r"^\S+==.*(?:\n    --hash=.*)*", text, re.MULTILINE)
    assert len(entries) == len(pins(name))
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"https?://|file:|--(?:extra-)?index-url|--find-links", text) == []
