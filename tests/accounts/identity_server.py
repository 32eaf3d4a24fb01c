"""A small OpenID Connect provider on the loopback, strict where a real one is.

It knows one person at a time, who agrees at once. Userinfo comes as JSON, or as a signed token in
the manner of ProConnect. What a test needs to break can be broken: see the attributes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

CLIENT_ID = "plans"
CLIENT_SECRET = "a secret shared with the provider"
KEY_ID = "one"


@cache
def published_key() -> RSAPrivateKey:
    """Make the provider's key once: it takes a second."""
    return generate_private_key(65537, 2048)


@dataclass
class IdentityServer:
    """What the provider says, and what it was asked."""

    url: str
    claims: dict[str, Any] = field(default_factory=dict)
    signed_userinfo: bool = False
    nonce: str | None = None  # given in place of the one that was sent
    userinfo_sub: str | None = None  # given in place of the person's
    refusal: str | None = None  # the error that the person is sent back with
    key: RSAPrivateKey = field(default_factory=published_key)
    signing_key: RSAPrivateKey | None = None  # signs userinfo in place of the published key
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KEY_ID, "alg": "RS256", "use": "sig"}]}

    def authorize(self, asked: dict[str, str]) -> str:
        """Return where the person goes back to."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        back: dict[str, str] = {"state": asked["state"]}
        if self.refusal:
            back["error"] = self.refusal
        else:
            back["code"] = secrets.token_urlsafe()
            self.codes[back["code"]] = asked
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, given: dict[str, str]) -> dict[str, Any] | None:
        """Return tokens for a code that was not used yet, to the client that it was given for."""
        asked = self.codes.pop(given.get("code", ""), None)
        if asked is None or given.get("client_secret") != CLIENT_SECRET:
            return None
        proof = hashlib.sha256(given["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        access = secrets.token_urlsafe()
        self.tokens.add(access)
        identity = {"sub": self.claims["sub"], "nonce": self.nonce or asked["nonce"]}
        return {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 60,
            "id_token": self.sign(identity),
        }

    def userinfo(self) -> dict[str, Any]:
        return {**self.claims, "sub": self.userinfo_sub or self.claims["sub"]}

    def sign(self, claims: dict[str, Any], *, key: RSAPrivateKey | None = None) -> str:
        now = int(time.time())
        whole = {**claims, "iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 60}
        return jwt.encode(whole, key or self.key, algorithm="RS256", headers={"kid": KEY_ID})


class Handler(BaseHTTPRequestHandler):
    """The provider's pages; each running one has a class of its own, that knows it."""

    identity: ClassVar[IdentityServer]

    def do_GET(self) -> None:
        there = urlsplit(self.path)
        if there.path == "/authorize":
            asked = {name: values[0] for name, values in parse_qs(there.query).items()}
            self.send_response(302)
            self.send_header("Location", self.identity.authorize(asked))
            self.end_headers()
        elif there.path == "/userinfo":
            self.give_userinfo()
        else:
            pages = {
                "/.well-known/openid-configuration": self.identity.configuration,
                "/jwks": self.identity.keys,
            }
            self.answer(pages[there.path]())

    def give_userinfo(self) -> None:
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        if token not in self.identity.tokens:
            self.answer({"error": "invalid_token"}, status=401)
        elif self.identity.signed_userinfo:
            signed = self.identity.sign(self.identity.userinfo(), key=self.identity.signing_key)
            self.answer(signed, kind="application/jwt")
        else:
            self.answer(self.identity.userinfo())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        tokens = self.identity.token(given)
        if tokens is None:
            self.answer({"error": "invalid_grant"}, status=400)
        else:
            self.answer(tokens)

    def answer(
        self,
        content: dict[str, Any] | str,
        *,
        status: int = 200,
        kind: str = "application/json",
    ) -> None:
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@contextmanager
def running() -> Iterator[IdentityServer]:
    """Run a provider for the time of a test."""
    server = IdentityServer(url="")
    handler = type("BoundHandler", (Handler,), {"identity": server})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as listener:
        server.url = f"http://127.0.0.1:{listener.server_address[1]}"
        thread = threading.Thread(target=listener.serve_forever, daemon=True)
        thread.start()
        yield server
        listener.shutdown()
        thread.join()
