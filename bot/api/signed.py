"""What signed callbacks share."""

from __future__ import annotations

from starlette.requests import Request

__all__ = ["raw_target"]


def raw_target(request: Request) -> str:
    """Path and query as they stood in the request line: what the sender signed."""
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string") or b""
    return (path.split(b"?")[0] + (b"?" + query if query else b"")).decode("latin-1")
