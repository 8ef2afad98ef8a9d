"""Which case is served first: the longest waiting, some of them with a head start (`priority.yml`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

__all__ = ["is_urgent", "order_at", "repeated_within"]

_WORD = re.compile(r"\w+")


@cache
def _rules() -> dict[str, Any]:
    rules: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("priority.yml").read_text("utf-8"))
    return rules


def order_at(since: datetime, marks: Iterable[str]) -> datetime:
    """The moment that stands for the case in the queue: when it began to wait, less the head start of its marks."""
    minutes = _rules()["head_start_minutes"]
    return since - timedelta(minutes=sum(minutes.get(mark, 0) for mark in set(marks)))


def repeated_within() -> tuple[int, timedelta]:
    """(how many earlier cases, within what time) make a case a repeated one."""
    rule = _rules()["repeated"]
    return int(rule["times"]), timedelta(days=rule["days"])


def is_urgent(text: str) -> bool:
    """Whether `text` holds a word of danger. Words typed without diacritics count only where they are unmistakable."""
    words = f" {' '.join(_WORD.findall(unicodedata.normalize('NFC', text).lower()))} "
    return any(f" {phrase} " in words for phrase in (*_rules()["urgent"], *_rules()["urgent_bare"]))
