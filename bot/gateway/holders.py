"""Who holds a lease in the database: a process, named so that the next one in its stead knows what it left."""

from __future__ import annotations

import hashlib
import socket
import uuid

__all__ = ["new_holder", "place"]


def place(port: int) -> str:
    """What names of holders at this host and port begin with: only one process at a time listens there."""
    return hashlib.sha256(f"{socket.gethostname()}:{port}".encode()).hexdigest()[:12] + "-"


def new_holder(place: str = "") -> str:
    """A name that no other process has, 36 characters at most."""
    return f"{place}{uuid.uuid4().hex}"[:36]
