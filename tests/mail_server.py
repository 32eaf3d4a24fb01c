"""A real SMTP server in the test: it keeps what it accepts, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import email
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

PATIENCE = 60.0


class MailServer:
    """What the server was given, in order, and how it answers."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        """Recipient → the answer to it instead of 250."""
        self.before: Callable[[int], None] = lambda _number: None
        """Called as each mail arrives, with its number from 1, before it is accepted."""
        self.after: Callable[[int], None] = lambda _number: None
        """Called once it is accepted, before the client is told so."""
        self.arrived = 0
        self._dropped: set[int] = set()
        self.port = 0

    @property
    def message_ids(self) -> list[str]:
        """The Message-ID of each accepted mail."""
        return [mail["Message-ID"] for mail in self.accepted]

    def wait_for(self, count: int) -> None:
        """Wait until so many mails are accepted."""
        end = time.monotonic() + PATIENCE
        while len(self.accepted) < count:
            assert time.monotonic() < end, f"{len(self.accepted)} mails of {count} came"
            time.sleep(0.02)

    def drop(self, number: int) -> None:
        """Do not accept that mail, counted as `before` is: its sender is gone."""
        self._dropped.add(number)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.arrived += 1
        number = self.arrived
        # In a thread: what waits here must not stop the server.
        await asyncio.to_thread(self.before, number)
        if number in self._dropped:
            return "451 The sender is gone"
        content = envelope.content
        assert isinstance(content, bytes)
        self.accepted.append(email.message_from_bytes(content, policy=policy.default))
        await asyncio.to_thread(self.after, number)
        return "250 OK"


@contextmanager
def mail_server(port: int | None = None) -> Iterator[MailServer]:
    """Run a server on this port, or on a free one."""
    server = MailServer()
    server.port = free_port() if port is None else port
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Gate:
    """Holds whoever comes to it until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._opened = threading.Event()

    def hold(self) -> None:
        """Say that somebody is here, and keep them."""
        self.reached.set()
        self._opened.wait(PATIENCE)

    def open(self) -> None:
        """Let everybody through."""
        self._opened.set()
