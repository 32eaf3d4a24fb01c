"""A part of `make smoke`: a release takes the place of another behind docker/Caddyfile.

Readers ask through the proxy all the while; none of them is to see anything but the site's answer.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tools.bench.site import ROOT, free_port
from tools.smoke.compose import Compose
from tools.smoke.looking import PATIENCE, need, until

READERS = 4
# The proxy of the smoke has no certificate: the site sends its readers to HTTPS.
ANSWER = http.client.MOVED_PERMANENTLY


class Readers:
    """Requests through the proxy, one after the other; what came back, and the longest wait."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read) for _ in range(READERS)]

    def ask(self) -> int:
        """Return the status of an answer, 0 without one."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/methodologie/", headers={"Host": "plans.example.org"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def _read(self) -> None:
        while not self._over.is_set():
            since = time.monotonic()
            self.answers[self.ask()] += 1
            self.slowest = max(self.slowest, time.monotonic() - since)
            time.sleep(0.02)

    @contextmanager
    def reading(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join(60)


@contextmanager
def proxy(site: Compose) -> Iterator[int]:
    """Run Caddy with the file of the compose file, before the site; give its port."""
    port = free_port()
    told = (ROOT / "docker/Caddyfile").read_text()
    here = {"{$PUBLIC_NAME:localhost}": f"http://:{port}", "web:8000": f"127.0.0.1:{site.port}"}
    for there, name in here.items():
        told = told.replace(there, name)
    folder = site.folder / "caddy"
    folder.mkdir()
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{told}")
    with (site.folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            ["caddy", "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"],
            env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield port
    finally:
        process.terminate()
        process.wait()


def release(site: Compose) -> str:
    """Stop the web server and start the next one, as an upgrade does, while people read."""
    if shutil.which("caddy") is None:
        return "not tried, Caddy is not here (apt-get install caddy)"
    with proxy(site) as port:
        readers = Readers(port)
        until(lambda: readers.ask() == ANSWER, "the proxy gives the site's answer")
        with readers.reading():
            time.sleep(1)
            former = site.processes["web"]
            os.kill(former.pid, signal.SIGTERM)
            need(former.wait(PATIENCE) == 0, "the former web server did not end well")
            site.start("web")
            until(lambda: site.answers("/readyz"), "/readyz of the next one")
            time.sleep(3)  # the proxy notices
    need(set(readers.answers) == {ANSWER}, f"readers got {dict(readers.answers)}")
    return f"{readers.answers.total()} requests, none failed, the slowest {readers.slowest:.1f} s"
