"""OpenID Connect providers over real HTTP: an honest one (oidc-provider-mock), and one that lies as it is told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import oidc_provider_mock
from joserfc import jwt
from joserfc.jwk import RSAKey

__all__ = ["CLAIMS", "Liar", "honest", "liar", "query_of", "signs_in"]

CLAIMS = {"SoDinhDanh": "022190001234", "HoVaTen": "Nguyễn Thị Lan", "NgayThangNamSinh": "19900305"}


@contextmanager
def honest(claims: dict[str, str] | None = None) -> Iterator[str]:
    """The issuer; its user `lan` has `claims`."""
    with oidc_provider_mock.run_server_in_thread(require_nonce=True) as server:
        issuer = f"http://localhost:{server.server_port}"
        httpx.put(f"{issuer}/users/lan", json=CLAIMS if claims is None else claims, timeout=30).raise_for_status()
        yield issuer


def signs_in(address: str, *, deny: bool = False) -> str:
    """What the browser does at the honest provider; returns where it is sent back to."""
    answer = httpx.post(address, data={"action": "deny"} if deny else {"sub": "lan"}, timeout=30)
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def query_of(address: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query, keep_blank_values=True).items()}


class Liar:
    """`token` makes the answer of the token endpoint from the honest claims; `about` changes the metadata."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = RSAKey.generate_key(2048, parameters={"kid": "k1", "alg": "RS256", "use": "sig"})
        self.nonce = ""
        self.about: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.token: Callable[[dict[str, Any]], str] = self.signed

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        times = {"iat": now, "exp": now + 300}
        return {"iss": self.issuer, "aud": "isee", "sub": "lan", "nonce": self.nonce, **times, **CLAIMS}

    def signed(self, claims: dict[str, Any], key: RSAKey | None = None, **header: str) -> str:
        return jwt.encode({"alg": "RS256", "kid": "k1", **header}, claims, key or self.key)

    def answer(self, path: str) -> dict[str, Any] | None:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
                **({"userinfo_endpoint": f"{self.issuer}/userinfo"} if self.userinfo is not None else {}), **self.about}
        if path == "/jwks":
            return {"keys": [self.key.as_dict(private=False)]}
        if path == "/token":
            return {"access_token": "t", "token_type": "Bearer", "id_token": self.token(self.claims())}
        return self.userinfo if path == "/userinfo" else None


@contextmanager
def liar() -> Iterator[Liar]:
    made: list[Liar] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = made[0].answer(urlsplit(self.path).path)
            body = json.dumps(said).encode()
            self.send_response(200 if said is not None else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.append(Liar(f"http://127.0.0.1:{server.server_address[1]}"))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield made[0]
    finally:
        server.shutdown()
        server.server_close()
