"""Writes a guide as YAML that differs only where the guide does, and reads back equal."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from knowledge_base.model import Guide, Published
from knowledge_base.publishing import guide_payload

__all__ = ["export_yaml"]


def export_yaml(published: Published | Guide) -> str:
    """The guide file: fields in the model's order, one value a line, nothing that is at its default."""
    guide = published.guide if isinstance(published, Published) else published
    yaml = YAML(typ="rt", pure=True)
    yaml.indent(mapping=2, sequence=4, offset=2)
    # No re-wrapping: a change of one word stays a change of one line.
    yaml.width = 1_000_000
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(_blocks(guide_payload(guide)), stream)
    return stream.getvalue()


def _blocks(value: Any) -> Any:
    """Texts of several lines as literal blocks where YAML can keep them so; whole numbers without a point."""
    if isinstance(value, dict):
        return {key: _blocks(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_blocks(child) for child in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and "\n" in value and _keeps(value):
        return LiteralScalarString(value)
    return value


def _keeps(text: str) -> bool:
    lines = text.split("\n")
    plain = all(sign.isprintable() or sign == "\n" for sign in text)
    return plain and not any(line != line.rstrip() for line in lines) and not lines[0].startswith(" ")
