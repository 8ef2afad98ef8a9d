"""The validator's sentences, written for people who edit YAML, in the words of the form."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from bot.console.guides.fields import all_fields
from knowledge_base.drafting.findings import Finding

__all__ = ["plainly", "where"]


def plainly(finding: Finding) -> str:
    """The sentence of a finding with the form's labels in place of the model's names."""
    names, words = _names()
    text = re.sub(r" \(([a-z_]+)\)", lambda found: "" if found[1] in names else found[0], finding.message)
    for plain, said in words.items():
        text = re.sub(rf"(?<![\w“]){re.escape(plain)}(?![\w”])", said, text)
    return re.sub(r"(?<![\w“])[a-z]+(?:_[a-z]+)*(?![\w”])", lambda found: names.get(found[0], found[0]), text)


def where(finding: Finding) -> str:
    """`Giấy tờ, dòng 2, Ghi chú`: the place of a finding for a list of all of them."""
    if not finding.path:
        return ""
    one = all_fields().get(finding.field)
    said = [one.label if one else finding.field]
    for part in finding.path[1:]:
        if isinstance(part, int):
            said.append(f"dòng {part + 1}")
        elif one:
            said.append(next((column.label for column in one.columns if column.name == part), part))
    return ", ".join(said)


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """English-looking names of fields, and the words of `fields.yml`. Names that are Vietnamese words too ("result"
    isn't, "places" isn't) don't exist in the model."""
    words: dict[str, str] = YAML(typ="safe").load(Path(__file__).with_name("fields.yml"))["words"]
    return {name: f"“{one.label}”" for name, one in all_fields().items() if name not in ("name", "time")}, words
