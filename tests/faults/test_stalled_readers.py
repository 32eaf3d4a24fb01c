"""Readers who ask for a file, take its beginning and nothing more: the others are served."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from config.slots import FILES_OF_A_SLOT
from tests.faults.own_site import PLAN, UNLIMITED, OwnSite
from tools.bench.site import Web

SIZE = 9_000_000
EVIDENCE = f"""
import os
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from indicators.models import Indicator
from tests.factories import ObservationFactory
path = default_storage.save("evidence/stalled.pdf", ContentFile(b"%PDF-1.7" + bytes({SIZE} - 8)))
row = ObservationFactory.create(
    indicator=Indicator.objects.get(code="valeurs-3"), evidence_file=path, evidence_name="bilan.pdf"
)
print(row.pk)
"""


@pytest.fixture
def web(own: OwnSite) -> Iterator[Web]:
    """One process that works on two requests at once."""
    settings = {**UNLIMITED, "WEB_THREADS": "2"}
    with own.site.web(workers=1, threads=2, settings=settings) as started:
        yield started


def stalled(web: Web, path: str, **headers: str) -> tuple[socket.socket, bytes]:
    """Ask for a file, take the first line of the answer and nothing more."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    reader.settimeout(10)
    reader.connect(("127.0.0.1", web.port))
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{web.port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    reader.sendall("\r\n".join([*lines, "", ""]).encode())
    return reader, reader.recv(12)


def test_who_stops_reading_a_file_keeps_nobody_waiting(own: OwnSite, web: Web) -> None:
    number = own.run(EVIDENCE).splitlines()[-1]
    path = f"/agent/plans/pannes/contributions/observations/{number}/piece/"
    staff = {"Cookie": f"sessionid={own.written.session}"}
    room = 2 * FILES_OF_A_SLOT
    with ExitStack() as stack:
        said = []
        for _ in range(room + 4):
            reader, line = stalled(web, path, **staff)
            stack.enter_context(reader)
            said.append(line)
        assert said == [b"HTTP/1.1 200"] * room + [b"HTTP/1.1 503"] * 4
        time.sleep(1)
        # Staff and the public go on: pages that nobody kept, a draft's page, what is asked of it.
        for asked, shown in ((f"{PLAN}?n=1", {}), ("/agent/", staff), ("/readyz", {})):
            begun = time.monotonic()
            assert web.get(asked, shown)[0] == 200
            assert time.monotonic() - begun < 5
        status, headers, body = web.get(path, staff)
        assert (status, headers["Retry-After"]) == (503, "30")
        assert body.decode().startswith("Trop de fichiers sont envoyés")
    # They are gone: the next one has all of it.
    end = time.monotonic() + 20
    while (answer := web.get(path, staff))[0] == 503 and time.monotonic() < end:
        time.sleep(0.1)
    assert (answer[0], len(answer[2])) == (200, SIZE)
    own.ask("DELETE FROM indicators_observation WHERE id = %s RETURNING id", number)
    (own.site.layout.data / "media" / "evidence" / "stalled.pdf").unlink()
