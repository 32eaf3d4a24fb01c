"""What a measure is held against: a server of its own, loaded in turns with the site."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from tools.bench.load import Loaded, load
from tools.bench.site import Site, Web

API = "/api/v1/observations/?page_size=100"
UNCOUNTED = {
    "API_REQUESTS_PER_MINUTE": "1000000",
    "API_TOKEN_REQUESTS_PER_MINUTE": "1000000",
    "API_EXPORTS_PER_MINUTE": "1000000",
}
Say = Callable[..., None]


@contextmanager
def baseline(own: Site, content: bytes, headers: Sequence[tuple[str, str]] = ()) -> Iterator[Web]:
    held = own.layout.data.with_name("bytes")
    held.write_bytes(content)
    with own.web(
        "tools.bench.baseline:application",
        settings={
            "BENCH_BYTES": str(held),
            "BENCH_HEADERS": json.dumps(list(headers)),
            "BENCH_DATABASE": own.application,
        },
    ) as web:
        yield web


def in_turns(
    *asked: tuple[Web | int, bytes], rounds: int = 3, seconds: float = 3.0
) -> list[Loaded]:
    """Load each server in turn, several times; return the median round of each."""
    found: list[list[Loaded]] = [[] for _ in asked]
    for _ in range(rounds):
        for (server, request), held in zip(asked, found, strict=True):
            port = server if isinstance(server, int) else server.port
            before = 0.0 if isinstance(server, int) else server.cpu()
            loaded = load(port, [request], seconds=seconds, least=20)
            spent = 0.0 if isinstance(server, int) else server.cpu() - before
            loaded.cpu = spent / max(1, len(loaded.latencies))
            assert set(loaded.statuses) == {200}, (request, loaded.statuses, loaded.errors)
            held.append(loaded)
    return [sorted(held, key=lambda one: one.rate)[len(held) // 2] for held in found]
