"""The one-stop system over HTTP: signed, idempotent, patient for a moment, and quick to leave a dead system alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from pydantic import BaseModel, ValidationError
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from actions.dossiers.adapters.contract import (
    OutsideDossier,
    OutsideDown,
    OutsideRefused,
    OutsideWrong,
    Submission,
    Supplement,
    Withdrawal,
)
from common.breaker import CircuitBreaker
from common.errors import SetupProblem
from common.settings import Settings
from common.signatures import Signer

__all__ = ["HttpOneStop"]

_ATTEMPTS = 3
# Busy or restarting; everything else below 500 is the system's considered answer.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LARGEST = 2_000_000


class HttpOneStop:
    """`OneStop` over `docs/openapi/onestop.yml`. One instance a process; safe between threads."""

    def __init__(
        self, base_url: str, signer: Signer, timeout_s: float, *, breaker: CircuitBreaker | None = None,
        transport: httpx.BaseTransport | None = None, first_wait_s: float = 0.3, longest_wait_s: float = 4.0,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._signer = signer
        # While open, callers hear "down" at once; their work waits in the outbox, not here.
        self._breaker = breaker or CircuitBreaker(failures=5, first_pause_s=5, longest_pause_s=120)
        self._client = httpx.Client(timeout=timeout_s, transport=transport, follow_redirects=False)
        self._wait = wait_exponential_jitter(multiplier=first_wait_s, max=longest_wait_s, jitter=first_wait_s)

    @classmethod
    def from_settings(cls, settings: Settings) -> HttpOneStop | None:
        """The client of the configured system; None when none is. Raises SetupProblem for settings that do not fit."""
        if not settings.onestop_url:
            return None
        address = urlsplit(settings.onestop_url)
        local = address.hostname in ("127.0.0.1", "localhost", "::1")
        if address.scheme != "https" and not (local and address.scheme == "http"):
            raise SetupProblem("ISEE_ONESTOP_URL cần bắt đầu bằng https:// (http:// chỉ dùng trên cùng máy).")
        secret = settings.onestop_secret.get_secret_value()
        if len(secret) < 32:
            raise SetupProblem("ISEE_ONESTOP_SECRET cần ít nhất 32 ký tự khi ISEE_ONESTOP_URL được đặt.")
        return cls(settings.onestop_url, Signer(settings.onestop_key, secret.encode()), settings.onestop_timeout_s)

    def submit(self, submission: Submission, key: str) -> OutsideDossier:
        made = self._dossier("POST", "/dossiers", submission, key)
        if made.reference != submission.reference:
            raise OutsideWrong(f"answered with the receipt of {made.reference}")
        return made

    def status(self, code: str) -> OutsideDossier:
        return self._dossier("GET", f"/dossiers/{quote(code, safe='')}")

    def find(self, reference: str) -> OutsideDossier | None:
        listed = self._call("GET", f"/dossiers?reference={quote(reference, safe='')}")
        try:
            found = [OutsideDossier.model_validate(item) for item in listed["dossiers"]]
        except (TypeError, KeyError, ValidationError) as error:
            raise OutsideWrong(_wrong(error)) from error
        return next((item for item in found if item.reference == reference), None)

    def supplement(self, code: str, supplement: Supplement, key: str) -> OutsideDossier:
        return self._dossier("POST", f"/dossiers/{quote(code, safe='')}/supplements", supplement, key)

    def withdraw(self, code: str, withdrawal: Withdrawal, key: str) -> OutsideDossier:
        return self._dossier("POST", f"/dossiers/{quote(code, safe='')}/withdrawal", withdrawal, key)

    def close(self) -> None:
        self._client.close()

    def _dossier(self, method: str, path: str, body: BaseModel | None = None, key: str = "") -> OutsideDossier:
        try:
            return OutsideDossier.model_validate(self._call(method, path, body, key))
        except ValidationError as error:
            raise OutsideWrong(_wrong(error)) from error

    def _call(self, method: str, path: str, body: BaseModel | None = None, key: str = "") -> Any:
        """The JSON answer. A passing failure is tried again twice here; then the outbox takes over."""
        content = body.model_dump_json(exclude_none=True).encode() if body else b""
        retrying = Retrying(
            retry=retry_if_exception_type(_Passing), stop=stop_after_attempt(_ATTEMPTS), wait=self._wait, reraise=True)
        try:
            return retrying(self._once, method, path, content, key)
        except _Passing as error:
            raise OutsideDown(str(error)) from error

    def _once(self, method: str, path: str, content: bytes, key: str) -> Any:
        if not self._breaker.allows():
            raise OutsideDown("the outside system is held to be down")
        request = self._client.build_request(method, self._base + path, content=content or None)
        target = request.url.raw_path.decode("ascii")
        request.headers.update(self._signer.headers(method, target, content, key))
        if content:
            request.headers["Content-Type"] = "application/json"
        if key:
            request.headers["Idempotency-Key"] = key
        try:
            answer = self._client.send(request)
        except httpx.HTTPError as error:
            self._breaker.failed()
            raise _Passing(type(error).__name__) from error
        if answer.status_code in _PASSING:
            self._breaker.failed()
            raise _Passing(f"HTTP {answer.status_code}")
        self._breaker.succeeded()
        return _read(answer)


class _Passing(Exception):
    """Worth another try in a moment."""


def _read(answer: httpx.Response) -> Any:
    try:
        if len(answer.content) > _LARGEST:
            raise OutsideWrong(f"answered {len(answer.content)} bytes")
        body = answer.json()
    except ValueError as error:
        body = None
        if answer.is_success:
            raise OutsideWrong("answered no JSON") from error
    if answer.is_success:
        return body
    # The detail may repeat what was sent, so only title and status are kept.
    title = str(body.get("title", ""))[:120] if isinstance(body, dict) else ""
    raise OutsideRefused(f"HTTP {answer.status_code} {title}".strip(), answer.status_code)


def _wrong(error: Exception) -> str:
    """What is wrong with an answer, without its content."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['type']}" for e in error.errors()[:3])
    return type(error).__name__
