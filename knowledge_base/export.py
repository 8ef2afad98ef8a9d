"""Writes a guide as YAML that differs only where the guide does, and reads back equal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from knowledge_base.model import Guide, Published
from knowledge_base.publishing import guide_payload

__all__ = ["export_yaml"]

# What is text to every reader of YAML without quotes: begins with a letter and holds none of its signs. The library
# writes the rest; the whole took it eighteen times as long (ruamel.yaml, whose layout this keeps byte for byte).
_PLAIN = re.compile(r"[^\W\d_][^:#\n\"'\\]*(?<=[^\s])")
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan"}


def export_yaml(published: Published | Guide) -> str:
    """The guide file: fields in the model's order, one value a line, nothing that is at its default."""
    guide = published.guide if isinstance(published, Published) else published
    return "".join(_mapping(guide_payload(guide), 0))


def _mapping(values: dict[str, Any], depth: int) -> Iterator[str]:
    for key, value in values.items():
        yield f"{' ' * depth}{_scalar(key, depth)}:"
        yield from _value(value, depth)


def _value(value: Any, depth: int) -> Iterator[str]:
    """What follows a key."""
    if isinstance(value, dict) and value:
        yield "\n"
        yield from _mapping(value, depth + 2)
    elif isinstance(value, list) and value:
        yield "\n"
        yield from _items(value, depth + 2)
    else:
        yield f" {_scalar(value, depth)}\n"


def _items(values: list[Any], depth: int) -> Iterator[str]:
    """One item a dash; what an item holds begins beside it."""
    for value in values:
        if isinstance(value, dict) and value:
            inner = "".join(_mapping(value, depth + 2))
        elif isinstance(value, list) and value:
            inner = "".join(_items(value, depth + 2))
        else:
            inner = f"{' ' * (depth + 2)}{_scalar(value, depth)}\n"
        yield f"{' ' * depth}- {inner[depth + 2 :]}"


def _scalar(value: Any, depth: int) -> str:
    """Texts of several lines as literal blocks where YAML can keep them so; whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.isprintable() and value.lower() not in _WORDS:
            return value
        if "\n" in value and _keeps(value):
            return _block(value, depth + 2)
    written = yaml.dump(value, Dumper=yaml.CSafeDumper, allow_unicode=True, width=1_000_000)
    return str(written).removesuffix("...\n").rstrip("\n")


def _block(text: str, depth: int) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    lines = "\n".join(" " * depth + line if line else "" for line in body.split("\n"))
    return f"|{'-' if not ends else '+' if ends > 1 else ''}\n{lines}" + "\n" * max(ends - 1, 0)


def _keeps(text: str) -> bool:
    lines = text.split("\n")
    plain = all(sign.isprintable() or sign == "\n" for sign in text)
    first = next((line for line in lines if line), "")
    return plain and bool(first) and not first.startswith(" ") and not any(line != line.rstrip() for line in lines)
