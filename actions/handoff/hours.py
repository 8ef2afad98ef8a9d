"""Working hours, as written in the setting: "Mon-Fri 07:30-11:30,13:30-17:00; Sat 07:30-11:30"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from common.errors import InvalidInput

__all__ = ["DAYS", "OfficeHours"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = {name[:3]: number for number, name in enumerate(DAYS)}
_RULE = re.compile(r"^(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))? (?P<spans>\S+)$")
_SPAN = re.compile(r"^(\d{2}):(\d{2})-(\d{2}):(\d{2})$")


@dataclass(frozen=True)
class Rule:
    """The spans of the days `first` to `last` (Monday is 0)."""

    first: int
    last: int
    spans: tuple[tuple[time, time], ...]


@dataclass(frozen=True)
class OfficeHours:
    """When people are at work, in Vietnam's time."""

    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, text: str) -> OfficeHours:
        """Reads the setting. Raises InvalidInput naming the part that can't be read."""
        return cls(tuple(_rule(part.strip()) for part in text.split(";") if part.strip()))

    def spans(self, weekday: int) -> list[tuple[time, time]]:
        """Opening and closing times of a weekday, in order."""
        return sorted(span for rule in self.rules if rule.first <= weekday <= rule.last for span in rule.spans)


def _rule(part: str) -> Rule:
    match = _RULE.match(part.lower())
    if match is None or match["first"] not in _SHORT or (match["last"] or match["first"]) not in _SHORT:
        raise InvalidInput(f"ISEE_OFFICE_HOURS: không đọc được “{part}”; viết như “Mon-Fri 07:30-11:30,13:30-17:00”.")
    spans = []
    for text in match["spans"].split(","):
        span = _SPAN.match(text)
        try:
            hours = [int(number) for number in span.groups()] if span else []
            opens, closes = time(hours[0], hours[1]), time(hours[2], hours[3])
        except (IndexError, ValueError):
            raise InvalidInput(f"ISEE_OFFICE_HOURS: không đọc được giờ “{text}”; viết như “07:30-11:30”.") from None
        if opens >= closes:
            raise InvalidInput(f"ISEE_OFFICE_HOURS: “{text}” đóng cửa trước khi mở.")
        spans.append((opens, closes))
    return Rule(_SHORT[match["first"]], _SHORT[match["last"] or match["first"]], tuple(spans))
