"""Hours in which nobody is written to, as the setting says: "21:00-07:00" in Vietnam's time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from common.clock import to_local
from common.errors import InvalidInput

__all__ = ["QuietHours"]

_SPAN = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


@dataclass(frozen=True)
class QuietHours:
    """From `begins` (inclusive) to `ends` (exclusive), over midnight where it begins later than it ends.

    Equal ends mean that there are none.
    """

    begins: time
    ends: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Reads the setting; empty text means no quiet hours. Raises InvalidInput naming the setting."""
        if not text.strip():
            return cls(time(), time())
        match = _SPAN.match(text.strip())
        if match is None:
            raise InvalidInput(f"ISEE_QUIET_HOURS: không đọc được “{text}”; viết như “21:00-07:00”.")
        hours = [int(number) for number in match.groups()]
        return cls(time(hours[0], hours[1]), time(hours[2], hours[3]))

    def until(self, moment: datetime) -> datetime | None:
        """When the quiet that holds at `moment` ends; None when there is no quiet then."""
        local = to_local(moment)
        clock = local.time()
        if self.begins <= self.ends:
            quiet, tomorrow = self.begins <= clock < self.ends, False
        else:
            quiet, tomorrow = clock >= self.begins or clock < self.ends, clock >= self.begins
        if not quiet:
            return None
        return datetime.combine(local.date() + timedelta(days=int(tomorrow)), self.ends, local.tzinfo)

    def next_allowed(self, moment: datetime) -> datetime:
        """`moment`, or the end of the quiet that it falls into."""
        return self.until(moment) or moment
