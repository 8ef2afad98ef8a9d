"""The OpenID Connect client: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).

Authlib speaks to the provider and checks the ID token's claims, joserfc its signature. Every failure is one of two:
the provider can't be reached, or what it says can't be trusted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from common.settings import Settings

__all__ = ["Attested", "OpenIdClient", "Provider", "ProviderDown", "Untrusted"]

# Asymmetric ones alone: "none" and the HMAC family would let anybody, or any other client, sign.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_TIMEOUT_S = 10.0
_KEPT_S = 3600.0
_LEEWAY_S = 60


class ProviderDown(Exception):
    """The provider does not answer, or answers with a fault of its own."""


class Untrusted(Exception):
    """What the provider (or somebody in its place) said does not hold; the text names the check, no claim."""


@dataclass(frozen=True)
class Attested:
    """The claims of a checked login; `id_token` is for logging out at the provider."""

    claims: Mapping[str, Any]
    id_token: str


@dataclass(frozen=True)
class Provider:
    """Where to log in, and as which client. `levels` are the levels of assurance asked for, if any."""

    issuer: str
    client_id: str
    secret: str = ""
    scopes: str = "openid"
    discovery: str = ""
    levels: tuple[str, ...] = ()

    @classmethod
    def of_citizens(cls, settings: Settings) -> Provider:
        return cls(
            settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret.get_secret_value(),
            settings.oidc_scopes, settings.oidc_discovery_url, tuple(settings.oidc_acr_values.split()))


class OpenIdClient:
    """One provider. Safe for threads; its metadata and keys are kept for an hour."""

    def __init__(self, provider: Provider) -> None:
        self._issuer = provider.issuer
        self._discovery = provider.discovery
        self._client_id = provider.client_id
        self._secret = provider.secret
        self._scopes = provider.scopes
        self._levels = provider.levels
        self._lock = threading.Lock()
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def on(self) -> bool:
        """Whether a provider is configured."""
        return bool(self._issuer)

    def address(self, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to log in. Raises ProviderDown, Untrusted."""
        asked = {"acr_values": " ".join(self._levels)} if self._levels else {}
        with self._client(redirect_uri) as client:
            address, _state = client.create_authorization_url(
                self._endpoint("authorization_endpoint"), state=state, code_verifier=verifier, nonce=nonce, **asked)
        return str(address)

    def attested(self, redirect_uri: str, code: str, nonce: str, verifier: str) -> Attested:
        """The claims behind an authorization code. Raises ProviderDown, Untrusted."""
        with self._client(redirect_uri) as client:
            try:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"), grant_type="authorization_code", code=code,
                    redirect_uri=redirect_uri, code_verifier=verifier)
            except OAuthError as error:
                raise Untrusted(f"token: {error.error}") from error
            except (httpx2.HTTPError, ValueError) as error:
                raise ProviderDown("token") from error
            id_token = token.get("id_token")
            if not isinstance(id_token, str):
                raise Untrusted("no id_token")
            claims = self._checked(id_token, nonce, str(token.get("access_token", "")))
            return Attested({**self._userinfo(client, str(claims["sub"])), **claims}, id_token)

    def says(self, issuer: str) -> bool:
        """Whether the callback names our issuer, or none (RFC 9207)."""
        return issuer in ("", self._issuer)

    def logout_address(self, id_token: str, back: str) -> str:
        """Where the session at the provider is ended; "" where it has no such place (RP-Initiated Logout 1.0)."""
        try:
            end = self._about().get("end_session_endpoint", "")
        except (ProviderDown, Untrusted):
            return ""
        if not end or not _safe(end):
            return ""
        asked = {"id_token_hint": id_token, "post_logout_redirect_uri": back, "client_id": self._client_id}
        return f"{end}{'&' if '?' in end else '?'}{urlencode(asked)}"

    def _client(self, redirect_uri: str) -> OAuth2Client:
        methods = self._about().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        by_post = "client_secret_basic" not in methods and "client_secret_post" in methods
        method = ("client_secret_post" if by_post else "client_secret_basic") if self._secret else "none"
        return OAuth2Client(
            self._client_id, self._secret or None, scope=self._scopes, redirect_uri=redirect_uri,
            token_endpoint_auth_method=method, code_challenge_method="S256", timeout=_TIMEOUT_S)

    def _checked(self, id_token: str, nonce: str, access_token: str) -> CodeIDToken:
        try:
            try:
                token = jwt.decode(id_token, self._key_set(), algorithms=_ALGORITHMS)
            except ValueError:  # signed with a key that came after ours were fetched
                token = jwt.decode(id_token, self._key_set(fresh=True), algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                token.claims, token.header,
                {
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": self._client_id},
                },
                {"nonce": nonce, "client_id": self._client_id, "access_token": access_token})
            claims.validate(leeway=_LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Untrusted(f"id_token: {type(error).__name__}: {error}"[:200]) from error
        if self._levels and claims.get("acr") not in (None, *self._levels):
            raise Untrusted("acr")
        return claims

    def _userinfo(self, client: OAuth2Client, subject: str) -> dict[str, Any]:
        """Further claims; only of the same subject (OpenID Connect Core 5.3.2)."""
        address = self._about().get("userinfo_endpoint")
        if not address or not _safe(address):
            return {}
        try:
            answer = client.get(address)
            answer.raise_for_status()
            data = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderDown("userinfo") from error
        if not isinstance(data, dict) or data.get("sub") != subject:
            raise Untrusted("userinfo: another subject")
        return data

    def _endpoint(self, name: str) -> str:
        address = self._about().get(name)
        if not isinstance(address, str) or not _safe(address):
            raise Untrusted(f"metadata: {name}")
        return address

    def _about(self) -> dict[str, Any]:
        """The provider's metadata (OpenID Connect Discovery 1.0), which must be about our issuer."""
        with self._lock:
            if self._metadata and self._metadata[0] > time.monotonic():
                return self._metadata[1]
            address = self._discovery or self._issuer.rstrip("/") + "/.well-known/openid-configuration"
            data = _fetched(address)
            if data.get("issuer") != self._issuer:
                raise Untrusted("metadata: another issuer")
            self._metadata = (time.monotonic() + _KEPT_S, data)
            return data

    def _key_set(self, *, fresh: bool = False) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            if not fresh and self._keys and self._keys[0] > time.monotonic():
                return self._keys[1]
            keys = KeySet.import_key_set(_fetched(address))  # type: ignore[arg-type]
            self._keys = (time.monotonic() + _KEPT_S, keys)
            return keys


def _fetched(address: str) -> dict[str, Any]:
    if not _safe(address):
        raise Untrusted("metadata: no https")
    try:
        answer = httpx2.get(address, timeout=_TIMEOUT_S, follow_redirects=False)
        answer.raise_for_status()
        data = answer.json()
    except (httpx2.HTTPError, ValueError) as error:
        raise ProviderDown(urlsplit(address).path) from error
    if not isinstance(data, dict):
        raise ProviderDown(urlsplit(address).path)
    return data


def _safe(address: str) -> bool:
    """https, or plain http to this very machine (a provider for trying out)."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return True
    if parts.scheme != "http" or not parts.hostname:
        return False
    try:
        return ip_address(parts.hostname).is_loopback
    except ValueError:
        return parts.hostname == "localhost"
