"""A circuit breaker: a part that is down is asked again only now and then, so that nobody waits for it in vain."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["CircuitBreaker"]


class CircuitBreaker:
    """Opens after `failures` failures in a row; then lets one trial through after each pause.

    The pause starts at `first_pause_s` and doubles with each failed trial up to `longest_pause_s`.
    """

    def __init__(
        self,
        failures: int = 2,
        first_pause_s: float = 2.0,
        longest_pause_s: float = 15.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold, self._first, self._longest, self._clock = (
            failures,
            first_pause_s,
            longest_pause_s,
            clock,
        )
        self.reset()

    def reset(self) -> None:
        """Closes the circuit: the part is known to be well."""
        self._failed = 0
        self._pause = self._first
        self._until: float | None = None

    @property
    def open(self) -> bool:
        """Whether the part is held to be down at the moment."""
        return self._until is not None

    def allows(self) -> bool:
        """Whether to ask now. While open, true for a single trial after each pause."""
        if self._until is None:
            return True
        if self._clock() < self._until:
            return False
        self._until = self._clock() + self._pause  # the others keep off while this one tries
        return True

    def succeeded(self) -> None:
        self.reset()

    def failed(self) -> None:
        """Counts a failure; the pause doubles with each failed trial."""
        self._failed += 1
        if self._until is not None:
            self._pause = min(self._pause * 2, self._longest)
        if self._failed >= self._threshold:
            self._until = self._clock() + self._pause
