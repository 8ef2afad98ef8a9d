"""In which language the citizen of the running turn is spoken to.

A context variable: it holds for the turn's own task and for the worker threads that it starts, and for nobody else.
Staff and everything that is said unasked are spoken to in Vietnamese, the default.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

__all__ = ["Language", "as_language", "asked_in", "in_english", "speak", "speaking"]

Language = Literal["vi", "en", "fr", "zh"]

_asked: ContextVar[Language] = ContextVar("asked_in", default="vi")


def as_language(code: str) -> Language:
    """`code` as one of ours; Vietnamese for any other."""
    return code if code in ("en", "fr", "zh") else "vi"  # type: ignore[return-value]


def asked_in() -> Language:
    """The language that the citizen uses."""
    return _asked.get()


def in_english() -> bool:
    """Whether answers are worded in English: for every language but Vietnamese."""
    return _asked.get() != "vi"


def speak(language: Language) -> None:
    """From here on in this context the citizen is taken to use `language`."""
    _asked.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """The same for a block, whatever `speak` changes inside it."""
    token = _asked.set(language)
    try:
        yield
    finally:
        _asked.reset(token)
