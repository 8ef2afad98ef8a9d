"""Rate limits in memory: at most `limit` events in any window of `window_s` seconds for each key."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque

__all__ = ["RateLimiter"]


class RateLimiter:
    """A sliding window for each key. The oldest keys are forgotten beyond `keys`, so memory stays bounded."""

    def __init__(self, limit: int, window_s: float = 60.0, keys: int = 20_000) -> None:
        if limit < 1:
            raise ValueError(f"limit must be at least 1. Currently, it is {limit}")
        self._limit, self._window, self._keys = limit, window_s, keys
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Counts one event; 0 when it is within the limit, else the seconds until the next may come (not counted)."""
        seconds = self.left(key)
        if not seconds:
            self._seen[key].append(time.monotonic())
        return seconds

    def left(self, key: str) -> float:
        """Seconds until an event of `key` may come, without counting one."""
        now = time.monotonic()
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while len(self._seen) > self._keys:
            self._seen.popitem(last=False)
        while times and times[0] <= now - self._window:
            times.popleft()
        if len(times) >= self._limit:
            return math.ceil(times[0] + self._window - now)
        return 0.0
