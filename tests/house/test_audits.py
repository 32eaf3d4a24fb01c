"""The two audits say what they found, and never take silence for an answer."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tools import audit, static_security

Answer = dict[str, Any]
GOOD = {"name": "django", "version": "5.2", "vulns": []}
BAD = {"name": "pyyaml", "version": "5.3", "vulns": [{"id": "CVE-2020-14343"}]}
UNKNOWN = {"name": "django", "skip_reason": "Dependency not found on PyPI"}


def answering(monkeypatch: pytest.MonkeyPatch, **services: Any) -> None:
    """Let pip-audit print, for each service, an answer on the canary and one on the rest."""

    def run(words: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        said = services.get(words[words.index("--vulnerability-service") + 1])
        asked_of_canary = "canary" in words[words.index("--requirement") + 1]
        text = "" if said is None else json.dumps({"dependencies": [said[not asked_of_canary]]})
        return subprocess.CompletedProcess(words, 0 if said else 1, text, "ConnectionError")

    monkeypatch.setattr(audit.subprocess, "run", run)
    monkeypatch.delenv("AUDIT", raising=False)


@pytest.mark.parametrize(
    ("services", "code", "said"),
    [
        ({"pypi": (BAD, GOOD)}, 0, "Nothing is known against the locked packages (pypi)."),
        ({"osv": (BAD, GOOD)}, 0, "Nothing is known against the locked packages (osv)."),
        ({"pypi": (BAD, BAD)}, 1, "pyyaml 5.3: CVE-2020-14343"),
        ({}, 2, "NOT LOOKED UP"),
        # A mirror of packages: it answers, and knows of nothing.
        ({"pypi": (GOOD, GOOD)}, 2, "NOT LOOKED UP"),
        ({"pypi": (UNKNOWN, UNKNOWN)}, 2, "NOT LOOKED UP"),
        # It knows, but not of every package.
        ({"pypi": (BAD, UNKNOWN)}, 2, "NOT LOOKED UP"),
    ],
)
def test_the_verdict_on_the_locked_packages(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    services: dict[str, tuple[Answer, Answer]],
    code: int,
    said: str,
) -> None:
    answering(monkeypatch, **services)
    assert audit.main() == code
    assert said in capsys.readouterr().out


def test_a_required_look_up_fails_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch)
    monkeypatch.setenv("AUDIT", "required")
    assert audit.main() == 1


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("import pickle\npickle.loads(b'')\n", 1),
        ("import pickle\npickle.loads(b'')  # noqa: S301 - a test\n", 1),
        ("import yaml\nyaml.load('', yaml.Loader)\n", 1),
        ("import yaml\nyaml.load('', yaml.Loader)  # noqa: S506 - a test\n", 0),
        ("import yaml\nyaml.load('', yaml.Loader)  # noqa: S608 - another rule\n", 1),
        ("x = 1\n", 0),
    ],
)
def test_bandit_speaks_up_unless_the_line_says_it_is_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, source: str, code: int
) -> None:
    (tmp_path / "one.py").write_text(source)
    monkeypatch.setattr(static_security, "FOLDERS", (str(tmp_path),))
    assert static_security.main() == code
