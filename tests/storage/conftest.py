"""The servers of the tests of storage: one speaks S3, one fails, one is not there."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from tests.storage.bucket import Bucket

_numbers = count(1)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that speaks S3."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """The folder of files, which a site with a bucket leaves alone."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def bucket(s3_server: str, settings: Settings, folder: Path) -> Iterator[Bucket]:
    """The site keeps its files in this bucket, which has nothing yet."""
    made = Bucket(s3_server, f"plans-{next(_numbers)}")
    made.client.create_bucket(
        Bucket=made.name, CreateBucketConfiguration={"LocationConstraint": "fr-par"}
    )
    settings.STORAGES = {**settings.STORAGES, "default": made.storage}
    yield made
    assert not folder.exists(), "a file was written beside the bucket"


class _Failing(BaseHTTPRequestHandler):
    """It takes what is sent, and says that it is broken."""

    def _fail(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _fail  # noqa: N815 - their names there

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        pass


@pytest.fixture(params=["refuses", "fails"])
def away(request: pytest.FixtureRequest, bucket: Bucket) -> Iterator[Bucket]:
    """The same bucket at a server that nobody runs, or that answers 500 to everything."""
    if request.param == "refuses":
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, and not listened on
            yield Bucket(f"http://127.0.0.1:{taken.getsockname()[1]}", bucket.name)
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), _Failing) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield Bucket(f"http://127.0.0.1:{server.server_address[1]}", bucket.name)
        server.shutdown()
        thread.join()
