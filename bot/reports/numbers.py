"""Numbers as Vietnamese offices write them: 1.234,5."""

from __future__ import annotations

from datetime import date

__all__ = ["number", "percent", "short_day"]

_SWAP = str.maketrans(",.", ".,")


def number(value: float, places: int = 0) -> str:
    """1234.5 → "1.234,5" with one place; a half is rounded as Python does."""
    return f"{value:,.{places}f}".translate(_SWAP)


def percent(share: float, places: int = 1) -> str:
    """0.125 → "12,5 %"."""
    return f"{number(share * 100, places)} %"


def short_day(day: date) -> str:
    """For the axis of a chart: 5/11."""
    return f"{day.day}/{day.month}"
