"""Where messages may not go, in all the ways an address can be written."""

from __future__ import annotations

import socket
import threading
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from exchange.webhooks.destinations import (
    DestinationError,
    Rules,
    checked,
    is_allowed,
    resolve,
)
from exchange.webhooks.posting import post
from tests.receiver import Receiver

STRICT = Rules()
HERE = Rules(private_networks=[ip_network("127.0.0.0/8")], plain_http=True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8",  # loopback
        "10.0.0.1", "172.16.0.1", "172.31.255.254", "192.168.1.1",  # RFC 1918
        "169.254.169.254", "169.254.0.1",  # link-local, metadata of clouds
        "100.64.0.1", "100.127.255.254",  # carrier-grade NAT
        "0.0.0.0", "0.1.2.3",  # this network
        "192.0.0.8", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1",  # reserved, examples
        "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",  # multicast, future
        "::1", "::",
        "fe80::1", "fec0::1",  # link-local, site-local
        "fc00::1", "fd12:3456::1",  # unique local
        "ff02::1", "ff0e::1",  # multicast
        "2001:db8::1", "100::1",  # examples, discarded
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",  # IPv4 in IPv6
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1",
        "2002:7f00:1::", "2001:0:7f00:1::",  # 6to4, Teredo
    ],
)  # fmt: skip
def test_an_address_of_our_own_networks_is_refused(address: str) -> None:
    assert not is_allowed(ip_address(address), STRICT)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "9.9.9.9", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"],
)
def test_an_address_of_the_public_internet_is_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), STRICT)


def test_a_setting_allows_a_network_and_no_more() -> None:
    rules = Rules(private_networks=[ip_network("10.1.0.0/16"), ip_network("fd00:1::/32")])
    allowed = ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5", "1.1.1.1"]
    refused = ["10.2.0.1", "127.0.0.1", "fd00:2::5"]
    assert [is_allowed(ip_address(address), rules) for address in allowed] == [True] * 4
    assert [is_allowed(ip_address(address), rules) for address in refused] == [False] * 3


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/", "scheme"),
        ("ftp://example.org/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://127.0.0.1:6379/_FLUSHALL", "scheme"),
        ("https:///hooks", "host"),
        ("https://exa mple.org/", "host"),
        ("https://example.org\r\nX: y/", "host"),
        ("https://user:secret@example.org/", "credentials"),
        ("https://example.org@127.0.0.1/", "credentials"),
        ("https://example.org:0/", "port"),
        ("https://example.org:99999/", "port"),
        ("https://127.0.0.1/", "private"),
        ("https://[::1]/", "private"),
        ("https://[::ffff:127.0.0.1]/", "private"),
        ("https://127.1/", "private"),
        ("https://2130706433/", "private"),
        ("https://0x7f000001/", "private"),
        ("https://0177.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data/", "private"),
        ("https://[fe80::1%25eth0]/", "private"),
        ("https://１２７.0.0.1/", "private"),
        ("https://①②⑦.0.0.1/", "private"),
    ],
)
def test_an_address_that_is_refused_says_why(url: str, code: str) -> None:
    with pytest.raises(DestinationError) as refusal:
        checked(url, STRICT)
        resolve(url, STRICT, timeout=5)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:8099", "LOCALHOST", "localhost.", "partner.localhost",
        "imprimante.local", "si.region.internal", "routeur.home.arpa",
        "intranet", "intranet.", "intranet:8443",
    ],
)  # fmt: skip
def test_a_name_that_is_known_inside_only_is_refused_at_once(host: str) -> None:
    with pytest.raises(DestinationError) as refusal:
        checked(f"https://{host}/", STRICT)
    assert refusal.value.code == "inside"


@pytest.mark.parametrize("host", ["example.org", "local.example.org", "mylocalhost.fr", "é.fr"])
def test_a_public_name_is_not_judged_before_it_is_looked_up(host: str) -> None:
    assert checked(f"https://{host}/", STRICT).hostname == host


def test_where_a_private_network_is_allowed_its_names_are_judged_when_they_are_looked_up() -> None:
    elsewhere = Rules(private_networks=[ip_network("10.0.0.0/8")])
    checked("https://localhost/", elsewhere)
    with pytest.raises(DestinationError) as refusal:
        resolve("https://localhost/", elsewhere, timeout=5)
    assert refusal.value.code == "private"


class Names:
    """A resolver that answers what it is told, one answer after another, and counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: int, **_kwargs: Any) -> list[Any]:
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in addresses
        ]


def test_a_name_with_one_address_inside_is_refused_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["1.1.1.1", "10.0.0.1"]))
    with pytest.raises(DestinationError) as refusal:
        resolve("https://mixed.example.org/", STRICT, timeout=5)
    assert (refusal.value.code, refusal.value.detail) == ("private", "10.0.0.1")


def test_a_link_local_address_with_its_interface_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["fe80::1%eth0"]))
    with pytest.raises(DestinationError) as refusal:
        resolve("https://near.example.org/", STRICT, timeout=5)
    assert refusal.value.code == "private"


def test_a_resolver_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = threading.Event()

    def silent(*_args: Any, **_kwargs: Any) -> list[Any]:
        done.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    with pytest.raises(DestinationError) as refusal:
        resolve("https://slow.example.org/", STRICT, timeout=0.2)
    done.set()
    assert refusal.value.code == "dns"


class Connections:
    """Notes to which addresses connections are opened."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.opened: list[Any] = []
        noted = self.opened

        class Noting(socket.socket):
            def connect(self, address: Any) -> None:
                noted.append(address)
                super().connect(address)

        patch.setattr(socket, "socket", Noting)


def test_a_name_that_changes_its_mind_is_asked_once_and_the_judged_address_is_used(
    partner: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is allowed, any later one would lead elsewhere."""
    names = Names(["127.0.0.1"], ["10.9.8.7"])
    monkeypatch.setattr(socket, "getaddrinfo", names)
    connections = Connections(monkeypatch)
    url = f"http://rebinding.example.org:{partner.port}/recevoir?a=1"

    answer = post(url, b"{}", {}, rules=HERE, timeout=5)

    assert answer.status == 204
    assert connections.opened == [("127.0.0.1", partner.port)]
    assert names.asked == 1
    [message] = partner.messages
    assert message.path == "/recevoir?a=1"
    assert message.headers["host"] == f"rebinding.example.org:{partner.port}"


def test_a_name_that_leads_inside_is_never_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["169.254.169.254"]))
    connections = Connections(monkeypatch)
    answer = post("https://metadata.example.org/", b"{}", {}, rules=STRICT, timeout=5)
    assert (answer.error, connections.opened) == ("private: 169.254.169.254", [])


def test_the_next_address_of_a_name_is_tried(
    partner: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens on the first one."""
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.2", "127.0.0.1"]))
    answer = post(f"http://two.example.org:{partner.port}/", b"{}", {}, rules=HERE, timeout=5)
    assert (answer.status, len(partner.messages)) == (204, 1)


def test_a_name_and_a_path_with_accents_are_written_as_the_network_has_them(
    partner: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", Names(["127.0.0.1"]))
    url = f"http://région.example.org:{partner.port}/événements/a%20b?clé=é&x=[1]"
    answer = post(url, b"{}", {}, rules=HERE, timeout=5)
    assert answer.status == 204
    [message] = partner.messages
    assert message.headers["host"] == f"xn--rgion-bsa.example.org:{partner.port}"
    assert message.path == "/%C3%A9v%C3%A9nements/a%20b?cl%C3%A9=%C3%A9&x=%5B1%5D"
