"""Answers that are made once and asked for often: compressed beforehand, with an ETag, never sent twice in vain."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, field

import brotli
from starlette.requests import Request
from starlette.responses import Response

__all__ = ["Asset"]

# The address in a host page has no version, so a browser asks again after ten minutes; meanwhile, and while it asks,
# the copy it has serves. With the version in the address (our own pages) a copy is good for ever.
_BRIEF = "public, max-age=600, stale-while-revalidate=604800"
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One text as bytes in three encodings."""

    text: str
    media_type: str
    version: str = field(init=False)
    bodies: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        plain = self.text.encode()
        object.__setattr__(self, "version", hashlib.sha256(plain).hexdigest()[:12])
        object.__setattr__(self, "bodies", {
            "br": brotli.compress(plain), "gzip": gzip.compress(plain, 9, mtime=0), "": plain})

    def answer(self, request: Request) -> Response:
        """200 in the best encoding that the caller takes, or 304."""
        taken = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").lower().split(",")}
        encoding = next((one for one in ("br", "gzip") if one in taken), "")
        versioned = request.query_params.get("v") == self.version
        headers = {
            "ETag": f'W/"{self.version}"',
            "Cache-Control": _FOR_EVER if versioned else _BRIEF,
            "Vary": "Accept-Encoding",
        }
        if self.version in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if encoding:
            headers["Content-Encoding"] = encoding
        return Response(self.bodies[encoding], media_type=self.media_type, headers=headers)
