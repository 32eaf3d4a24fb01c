"""A partner's system in the test: a real HTTP server that keeps what it is sent, and misbehaves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Message:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> dict[str, Any]:
        """What the body says."""
        said: dict[str, Any] = json.loads(self.body)
        return said

    @property
    def type(self) -> str:
        """What kind of event it tells of."""
        return str(self.data["type"])

    @property
    def id(self) -> str:
        """Under which id."""
        return self.headers["webhook-id"]

    def is_signed_with(self, secret: str) -> bool:
        """Check the signature from the words of the standard, with none of the product's code."""
        key = base64.b64decode(secret.split("_", 1)[1], validate=True)
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        offered = self.headers["webhook-signature"].split(" ")
        return any(hmac.compare_digest(one, f"v1,{wanted}") for one in offered)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the partner answers."""

    status: int = 204
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Receiver:
    """What a partner was sent, in order, and how it answers."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.answer: Callable[[Message], Reply] = lambda _message: Reply()
        """Called once the message is kept, in a thread of its own."""
        self.port = 0
        self.scheme = "http"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}/recevoir"

    @property
    def types(self) -> list[str]:
        """The types of what came."""
        return [message.type for message in self.messages]

    def wait_for(self, count: int) -> None:
        """Wait until so many messages came."""
        end = time.monotonic() + PATIENCE
        while len(self.messages) < count:
            assert time.monotonic() < end, f"{len(self.messages)} messages of {count} came"
            time.sleep(0.02)


@contextmanager
def partner_system(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a partner's system on a free port; with a context, it speaks TLS."""
    partner = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            message = Message(self.path, named, body)
            partner.messages.append(message)
            reply = partner.answer(message)
            try:
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # the sender is gone

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of connections that break: tests break them."""

    with Server(("127.0.0.1", 0), Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
            partner.scheme = "https"
        partner.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield partner
        finally:
            server.shutdown()
            thread.join()
