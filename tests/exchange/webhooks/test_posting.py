"""One request: within its time, to the right certificate, with little read of the answer."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from exchange.webhooks import posting
from exchange.webhooks.destinations import Rules
from exchange.webhooks.posting import EXCERPT_BYTES, Answer, post
from tests.mail_server import free_port
from tests.receiver import Receiver, Reply, partner_system

HERE = Rules(private_networks=[ip_network("127.0.0.0/8")], plain_http=True)


def sent_to(url: str, timeout: float = 5) -> Answer:
    return post(url, b"{}", {"webhook-id": "msg_1"}, rules=HERE, timeout=timeout)


@pytest.mark.parametrize(
    ("status", "accepted"), [(200, True), (204, True), (299, True), (300, False), (302, False),
                             (400, False), (404, False), (500, False)]
)  # fmt: skip
def test_only_a_2xx_is_an_acceptance(partner: Receiver, status: int, accepted: bool) -> None:
    partner.answer = lambda _message: Reply(status)
    answer = sent_to(partner.url)
    assert (answer.status, answer.accepted, answer.error) == (status, accepted, "")


def test_the_beginning_of_an_answer_is_kept_and_no_more(partner: Receiver) -> None:
    partner.answer = lambda _message: Reply(500, "é".encode() * 100_000)
    answer = sent_to(partner.url)
    assert answer.excerpt == "é" * (EXCERPT_BYTES // 2)


def test_an_answer_that_is_no_text_can_still_be_stored(partner: Receiver) -> None:
    partner.answer = lambda _message: Reply(500, b"a\x00b\xff")
    assert sent_to(partner.url).excerpt == "a\ufffdb\ufffd"


def test_nobody_there_is_said(partner: Receiver) -> None:
    answer = sent_to(f"http://127.0.0.1:{free_port()}/")
    assert answer.status is None
    assert answer.error == "connection: Connection refused"


def test_an_unknown_name_is_said() -> None:
    answer = sent_to("https://partner.invalid/")
    assert answer.status is None
    assert answer.error.startswith("dns: ")


def test_a_proxy_of_the_environment_is_not_used(
    partner: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert sent_to(partner.url).accepted


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with its connection what the test says."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def run() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(65536)
                with contextlib.suppress(OSError):  # the sender hung up
                    talk(connection)

        thread = threading.Thread(target=run)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join()


def drip(text: bytes) -> Callable[[socket.socket], None]:
    """Send a byte every tenth of a second, for as long as somebody listens."""

    def talk(connection: socket.socket) -> None:
        for byte in text:
            connection.sendall(bytes([byte]))
            time.sleep(0.1)

    return talk


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200, b"HTTP/1.1 200 OK\r\n"],
    ids=["nothing", "a header that never ends", "headers that never end"],
)
def test_an_answer_that_comes_byte_by_byte_has_the_time_of_the_whole(beginning: bytes) -> None:
    with raw_server(drip(beginning or b" " * 60)) as url:
        started = time.monotonic()
        answer = sent_to(url, timeout=1)
        assert time.monotonic() - started < 2.5
    assert (answer.status, answer.accepted) == (None, False)


def test_a_body_that_does_not_come_does_not_undo_the_status() -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        drip(b"x" * 60)(connection)

    with raw_server(talk) as url:
        started = time.monotonic()
        answer = sent_to(url, timeout=1)
        assert time.monotonic() - started < 2.5
    assert (answer.status, answer.accepted, answer.error) == (200, True, "")


def test_what_is_no_http_is_said() -> None:
    with raw_server(lambda connection: connection.sendall(b"220 mail.example.org\r\n")) as url:
        answer = sent_to(url)
    assert (answer.status, answer.error) == (None, "protocol: BadStatusLine")


def test_a_connection_that_is_cut_is_said() -> None:
    with raw_server(lambda _connection: None) as url:
        answer = sent_to(url)
    assert answer.status is None
    assert answer.error in {"connection: Remote end closed connection without response",
                            "connection: Connection reset by peer"}  # fmt: skip


def certificate_for(name: str, folder: Path) -> ssl.SSLContext:
    """Make a certificate of a name, signed by itself, and a server's context with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = folder / "certificate.pem"
    private = folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context


@pytest.fixture
def secure_partner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A partner with a certificate for hooks.example.org, and names that all lead to it."""
    context = certificate_for("hooks.example.org", tmp_path)

    def names(_host: str, port: int, **_kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (str(ip_address("127.0.0.1")), port))]

    monkeypatch.setattr(socket, "getaddrinfo", names)
    posting._trust.cache_clear()
    with partner_system(context) as running:
        yield running
    posting._trust.cache_clear()


def test_the_certificate_is_that_of_the_name_although_the_address_is_pinned(
    secure_partner: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    right = sent_to(f"https://hooks.example.org:{secure_partner.port}/")
    wrong = sent_to(f"https://other.example.org:{secure_partner.port}/")
    assert (right.status, right.error) == (204, "")
    assert wrong.status is None
    assert wrong.error.startswith("tls: Hostname mismatch")
    assert len(secure_partner.messages) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_partner: Receiver) -> None:
    answer = sent_to(f"https://hooks.example.org:{secure_partner.port}/")
    assert answer.status is None
    assert answer.error == "tls: self-signed certificate"
    assert secure_partner.messages == []
