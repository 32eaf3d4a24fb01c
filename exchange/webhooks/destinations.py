"""Where a message may go: nowhere inside our own networks (server-side request forgery).

An address is judged by what its name resolves to, once, and the connection is made to the very
address that was judged: a name that answers otherwise the second time (DNS rebinding) changes
nothing. Standard library only.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import SplitResult, quote, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# What stands in an address for itself (RFC 3986), what is quoted already included.
_AS_WRITTEN = "/?:@!$&'()*+,;=%~"
_SCHEMES = {"https": 443, "http": 80}

# What Python's own table leaves open, in one version or another: protocol assignments (RFC 6890);
# prefixes under which an IPv6 address leads to an IPv4 one, which may be anything (RFC 6052, RFC
# 8215, RFC 3056, RFC 4380, RFC 7526); the deprecated site-local addresses (RFC 3879).
_REFUSED = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2002::/16",
            "2001::/32",
            "fec0::/10",
        ),
    )
)


# Names that no public directory knows (RFC 6761, RFC 6762, RFC 8375; ICANN board resolution
# 2024.07.29.06 for "internal").
_INSIDE = ("localhost", "local", "internal", "home.arpa")


class DestinationError(Exception):
    """An address that is not written to; `code` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What this installation allows."""

    private_networks: Sequence[Network] = ()
    plain_http: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where to connect, and under which name to ask."""

    addresses: tuple[Address, ...]
    """Every address of the name, all of them allowed."""
    host: str
    port: int
    encrypted: bool
    path: str
    """Path and query."""

    @property
    def host_header(self) -> str:
        """The host as the request names it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == _SCHEMES["https" if self.encrypted else "http"]
        return name if usual else f"{name}:{self.port}"


def is_allowed(address: Address, rules: Rules) -> bool:
    """Whether an IP address is on the public internet, or in a network that a setting allows.

    An IPv4 address written as IPv6 (::ffff:127.0.0.1) is judged as what it is.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in rules.private_networks):
        return True
    if any(address in network for network in _REFUSED):
        return False
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
    )


def checked(url: str, rules: Rules) -> SplitResult:
    """Return an address taken apart, as far as it can be judged without asking the DNS.

    Raises DestinationError: `scheme`, `host`, `credentials`, `port`, `private` for an IP address
    or `inside` for a name that can only be inside. Where a setting allows a private network, a
    name may lead there: it is judged when it is looked up.
    """
    if any(character.isspace() or not character.isprintable() for character in url):
        raise DestinationError("host")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DestinationError("port", str(error)) from error
    if parts.scheme not in _SCHEMES or (parts.scheme == "http" and not rules.plain_http):
        raise DestinationError("scheme", parts.scheme)
    if not parts.hostname:
        raise DestinationError("host")
    if parts.username is not None or parts.password is not None:
        raise DestinationError("credentials")
    if port == 0:
        raise DestinationError("port", "0")
    literal = _literal(parts.hostname)
    if literal is not None and not is_allowed(literal, rules):
        raise DestinationError("private", str(literal))
    if literal is None and not rules.private_networks and _is_inside(parts.hostname):
        raise DestinationError("inside", parts.hostname)
    return parts


def _is_inside(host: str) -> bool:
    """Whether a name can only be known inside: it has no dot, or an ending kept for that."""
    name = _in_ascii(host).lower().rstrip(".")
    return "." not in name or name.endswith(tuple(f".{ending}" for ending in _INSIDE))


def resolve(url: str, rules: Rules, *, timeout: float) -> Destination:
    """Return where an address leads now. The DNS is asked once, for `timeout` seconds at most.

    Raises DestinationError: those of `checked`, `dns` when the name has no address, `private`
    when any of its addresses is not allowed: a name that mixes both is not to be trusted.
    """
    parts = checked(url, rules)
    host = _in_ascii(parts.hostname or "")
    encrypted = parts.scheme == "https"
    port = parts.port or _SCHEMES[parts.scheme]
    addresses = _looked_up(host, port, timeout)
    for address in addresses:
        if not is_allowed(address, rules):
            raise DestinationError("private", str(address))
    path = quote(parts.path or "/", safe=_AS_WRITTEN)
    query = quote(parts.query, safe=_AS_WRITTEN)
    return Destination(
        addresses=addresses,
        host=host,
        port=port,
        encrypted=encrypted,
        path=f"{path}?{query}" if query else path,
    )


def _in_ascii(host: str) -> str:
    """Return a name as the DNS knows it (RFC 3490). Raises DestinationError: `host`."""
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError as error:
        raise DestinationError("host", str(error)) from error


def _literal(host: str) -> Address | None:
    """Return the IP address that a host is, in whichever way the system would read it.

    127.1, 0x7f000001 and 2130706433 are all 127.0.0.1 to a resolver.
    """
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return ip_address(socket.inet_aton(host))
    except (OSError, UnicodeEncodeError):
        return None


def _looked_up(host: str, port: int, timeout: float) -> tuple[Address, ...]:
    """Ask the DNS in a thread of its own: the system's resolver keeps no deadline."""
    asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dns")
    try:
        found = asking.submit(
            socket.getaddrinfo, host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        ).result(timeout)
    except TimeoutError as error:
        raise DestinationError("dns", f"no answer in {timeout:.0f} s") from error
    except (OSError, UnicodeError) as error:
        raise DestinationError("dns", str(error)) from error
    finally:
        asking.shutdown(wait=False)
    # The part after % names an interface, for link-local addresses: refused, but readable.
    addresses = dict.fromkeys(ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
    if not addresses:
        raise DestinationError("dns", "no address")
    return tuple(addresses)
