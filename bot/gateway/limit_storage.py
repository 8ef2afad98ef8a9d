"""Where `limits` keeps its counts inside one process.

The library's own memory looks through all keys at each event and, in its asynchronous form, through a thread for each
key: under a flood from many addresses that costs more than the flood. This one looks at one key, and forgets the keys
that were longest unused, so that its size has a bound.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque

from limits.aio.storage import MovingWindowSupport, Storage

__all__ = ["BoundedMemory"]


class BoundedMemory(Storage, MovingWindowSupport):
    """Moving windows of at most `keys` keys; no call gives way to another, so no lock is needed."""

    STORAGE_SCHEME = None

    def __init__(self, keys: int = 20_000) -> None:
        super().__init__()
        self._keys = keys
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Counts `amount` events of `key`, unless more than `limit` would then lie in the last `expiry` seconds."""
        now = time.time()
        times = self._within(key, now - expiry)
        if len(times) + amount > limit:
            return False
        times.extend([now] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """The moment of the oldest event in the last `expiry` seconds (now, if there is none), and their number."""
        now = time.time()
        times = self._within(key, now - expiry)
        return (times[0] if times else now), len(times)

    def give_back(self, key: str) -> None:
        """Forgets the latest event of `key`, if there is one."""
        if times := self._seen.get(key):
            times.pop()

    def _within(self, key: str, since: float) -> deque[float]:
        times = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while len(self._seen) > self._keys:
            self._seen.popitem(last=False)
        while times and times[0] <= since:
            times.popleft()
        # A clock that was set back must not hold anybody for as long as it was ahead.
        while times and times[-1] > time.time():
            times.pop()
        return times

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def get(self, key: str) -> int:
        return len(self._seen.get(key, ()))

    async def get_expiry(self, key: str) -> float:
        return time.time()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("only moving windows are counted here")

    async def check(self) -> bool:
        return True

    async def reset(self) -> int:
        forgotten = len(self._seen)
        self._seen.clear()
        return forgotten

    async def clear(self, key: str) -> None:
        self._seen.pop(key, None)
