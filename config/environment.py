"""How settings are read from the environment: with an error that names the variable."""

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

CONNECT_SECONDS = 5
# A server whose machine is gone says nothing, not even goodbye: after 20 s it is taken for gone.
NOTICED = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
WRITER = "config.replicas.writer"
READER = "config.replicas.reader"


class Environment(environ.Env):  # type: ignore[misc] # the package has no types
    """The environment, where a variable that is set to nothing counts as not set."""

    ENVIRON = {name: value for name, value in os.environ.items() if value}

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except (ValueError, TypeError) as error:
            raise ImproperlyConfigured(f"{var}={self.ENVIRON.get(var)}: {error}.") from error

    def whole(self, var: str, *, default: int, least: int, most: int) -> int:
        """A whole number between two bounds, both allowed."""
        text = self.str(var, default=str(default))
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ImproperlyConfigured(f"{var}={text}: expected a number from {least} to {most}.")
        return int(text)

    def choice(self, var: str, *, default: str, allowed: tuple[str, ...]) -> str:
        """One of the allowed words, in capitals or not."""
        word: str = self.str(var, default=default).upper()
        if word not in allowed:
            raise ImproperlyConfigured(f"{var}={word}: expected one of {', '.join(allowed)}.")
        return word

    def networks(self, var: str) -> list[IPv4Network | IPv6Network]:
        """Networks as 192.0.2.0/24, separated by commas; none when not set."""
        try:
            return [ip_network(word.strip()) for word in self.list(var, default=[])]
        except ValueError as error:
            raise ImproperlyConfigured(f"{var}={self.str(var)}: {error}.") from error

    def database(self, address: str, password: str) -> dict[str, Any]:
        """An entry of DATABASES, with the password that the address leaves out.

        A secret is easier kept in a file, or in a vault, when it is a value of its own.
        """
        entry: dict[str, Any] = self.db_url_config(address)
        # A machine that is gone does not even refuse: nobody waits minutes for its answer.
        options: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, **NOTICED}
        if "," in entry["HOST"]:
            # Several servers: the one that takes writes, whichever that is when it is asked.
            entry["ENGINE"] = WRITER
            options |= {"target_session_attrs": "read-write"}
        options |= entry.get("OPTIONS", {})
        return {**entry, "PASSWORD": entry.get("PASSWORD") or password, "OPTIONS": options}

    def replica(self, address: str, password: str) -> dict[str, Any]:
        """An entry of DATABASES for a server that follows another, the first that answers.

        It may be one of the servers that `database` is given: whichever writes is passed over.
        """
        entry = self.database(address, password)
        asked: dict[str, Any] = self.db_url_config(address).get("OPTIONS", {})
        # Two seconds are the least that libpq takes.
        options = {"connect_timeout": 2, "target_session_attrs": "standby", **asked}
        return {**entry, "ENGINE": READER, "OPTIONS": {**entry["OPTIONS"], **options}}


env = Environment()


def local_address(host: str, port: int) -> str:
    """Where a browser on this machine finds a server that listens there."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


EXAMPLES = frozenset(
    {"admin", "changeit", "changeme", "default", "example", "motdepasse", "password", "plans",
     "postgres", "redis", "secret", "test", "token"}
)  # fmt: skip


def is_example(secret: str) -> bool:
    """Whether a secret is one of those that stand in examples and in first attempts."""
    word = "".join(sign for sign in secret.lower() if sign.isalnum())
    return word.rstrip("0123456789") in EXAMPLES or "insecure" in word or "changeme" in word
