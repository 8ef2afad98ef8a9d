"""Assisted mode: staff at a centre or postal point file for a citizen, and that they did is recorded."""

from actions.assisted.build import build_assisted
from actions.assisted.sessions import Assisted, AssistedSession

__all__ = ["Assisted", "AssistedSession", "build_assisted"]
