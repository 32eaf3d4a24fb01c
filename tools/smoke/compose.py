"""The services of docker-compose.yml as processes of this machine."""

from __future__ import annotations

import http.client
import json
import os
import re
import secrets
import shlex
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tools.bench.site import ROOT, free_port
from tools.smoke.looking import PATIENCE, need
from tools.smoke.stock import Stock

ENTRY_POINT = ROOT / "docker/entrypoint.sh"
SITE_ACCOUNT = 10001


class Compose:
    """The services of docker-compose.yml, as processes of this machine."""

    def __init__(self, folder: Path, stock: Stock) -> None:
        self.folder = folder
        self.stock = stock
        self.told = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        self.port = free_port()
        self.data = folder / "data"
        self.values = {
            "secret_key": secrets.token_urlsafe(64),
            "database_password": secrets.token_urlsafe(32),
            "owner_password": stock.owner_password,
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.account: dict[str, Any] = (
            {"user": SITE_ACCOUNT, "group": SITE_ACCOUNT, "extra_groups": []}
            if os.geteuid() == 0
            else {}
        )
        for volume in ("beat", "media", "metrics", "tmp"):
            (self.data / volume).mkdir(parents=True)
            if self.account:
                os.chown(self.data / volume, SITE_ACCOUNT, SITE_ACCOUNT)

    def environment(self, service: str) -> dict[str, str]:
        """Give what the container of a service would have in its environment."""
        told = self.told["services"][service]
        given = {
            **image_environment(),
            **{k: v for f in told.get("env_file", []) for k, v in settings_of(ROOT / f).items()},
            **told["environment"],
        }
        here = {
            "@postgres:5432": f"@127.0.0.1:{self.stock.postgres_port}",
            "redis:6379": f"127.0.0.1:{self.stock.redis_port}",
        }
        for name, value in given.items():
            # Nothing is set here: what is left to whoever installs has its default.
            value = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)  # noqa: PLW2901
            for there, address in here.items():
                value = value.replace(there, address)  # noqa: PLW2901
            given[name] = value
        return {
            **given,
            "PATH": f"{sys.prefix}/bin:{os.environ.get('PATH', os.defpath)}",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self.data),
            "TMPDIR": str(self.data / "tmp"),
            "PROMETHEUS_MULTIPROC_DIR": str(self.data / "metrics/counts"),
            "SECRETS_FOLDER": str(self._secrets(service)),
        }

    def _secrets(self, service: str) -> Path:
        folder = self.folder / "secrets" / service
        folder.mkdir(parents=True, exist_ok=True)
        for secret in self.told["services"][service]["secrets"]:
            (folder / secret["target"]).write_text(self.values[secret["source"]])
        return folder

    def start(self, service: str) -> None:
        with (self.folder / f"{service}.log").open("ab") as log:
            self.processes[service] = subprocess.Popen(
                [ENTRY_POINT, *self.told["services"][service]["command"]],
                cwd=ROOT, env=self.environment(service), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, **self.account,
            )  # fmt: skip

    def run(self, service: str, *words: str) -> str:
        """Run a command in the environment of a service; raises SmokeError unless it gives 0."""
        done = subprocess.run(
            [ENTRY_POINT, *(words or self.told["services"][service]["command"])],
            cwd=ROOT, env=self.environment(service), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, **self.account,
        )  # fmt: skip
        need(done.returncode == 0, f"{words or service} fails:\n{done.stdout}{done.stderr}")
        return str(done.stdout)

    def logs(self) -> str:
        found = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in found)

    def stop(self) -> None:
        """End whatever still runs, its children too."""
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def get(
        self, path: str, *, secure: bool = True, host: str = "plans.example.org"
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Ask as the proxy asks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            scheme = "https" if secure else "http"
            connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": scheme})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def answers(self, path: str) -> bool:
        """Whether the web server, which must be running, gives this page."""
        code = self.processes["web"].poll()
        need(code is None, f"web ended with {code}")
        try:
            return self.get(path)[0] == http.client.OK
        except OSError:
            return False

    def done_tasks(self, name: str) -> dict[str, int]:
        """Give how often a worker took each task."""
        said = self.run(
            "worker", "celery", "--app", "config.celery", "--quiet", "inspect", "stats", "--json",
            "--timeout", "5",
        )  # fmt: skip
        stats = json.loads(said[said.index("{") :])
        return next(
            (one["total"] for node, one in stats.items() if node.startswith(f"{name}@")), {}
        )


def image_environment() -> dict[str, str]:
    """Give the ENV of the last stage of the Dockerfile."""
    last = (ROOT / "Dockerfile").read_text().split("\nFROM ")[-1].replace("\\\n", " ")
    lines = [line[4:] for line in last.splitlines() if line.startswith("ENV ")]
    return dict(word.split("=", 1) for line in lines for word in shlex.split(line))


def settings_of(env_file: Path) -> dict[str, str]:
    """Read the example that an installation's own docker/site.env is copied from."""
    lines = env_file.with_name("site.env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
