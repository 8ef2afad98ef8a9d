"""The guide model as JSON Schema: `python -m knowledge_base.schema` writes docs/guide.schema.json."""

from __future__ import annotations

import json
from pathlib import Path

from knowledge_base.model import Guide

__all__ = ["SCHEMA_FILE", "render", "write"]

SCHEMA_FILE = Path(__file__).resolve().parent.parent / "docs" / "guide.schema.json"


def render() -> str:
    """The schema (JSON Schema 2020-12) as text, with stable order and a final newline."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Guide.model_json_schema()}
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def write() -> None:
    SCHEMA_FILE.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    write()
