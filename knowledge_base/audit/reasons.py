"""Written reasons for what a guide says and its record doesn't: `audit.yml`, code → `[{field, value, why}]`.

`field` is written without numbers (`documents.note`), `value` as the audit prints it. Under `all` stand reasons that
hold for every guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from yaml import CSafeLoader

from common.errors import InvalidGuide

__all__ = ["EVERY", "REASONS_FILE", "Reason", "load_reasons"]

REASONS_FILE = Path(__file__).resolve().parents[1] / "audit.yml"
EVERY = "all"
_KEYS = {"field", "value", "why"}


@dataclass(frozen=True)
class Reason:
    """Why `value` may stand in `field` of the guide `code`."""

    code: str
    field: str
    value: str
    why: str
    line: int


def load_reasons(path: Path = REASONS_FILE) -> tuple[list[Reason], list[InvalidGuide]]:
    """The reasons, and each entry that is none. A file that isn't there holds no reasons."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=CSafeLoader) if path.is_file() else None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return [], [InvalidGuide(f"không đọc được: {str(error).splitlines()[0]}", file=path.name, line=1)]
    reasons: list[Reason] = []
    problems: list[InvalidGuide] = []
    for key, items in root.value if isinstance(root, yaml.MappingNode) else ():
        for item in items.value if isinstance(items, yaml.SequenceNode) else (items,):
            entry = _entry(item)
            line = item.start_mark.line + 1
            if entry.keys() == _KEYS and all(value.strip() for value in entry.values()):
                reasons.append(Reason(key.value, **{name: " ".join(entry[name].split()) for name in _KEYS}, line=line))
            else:
                detail = "mỗi lý do cần đúng ba mục có nội dung: field, value, why"
                problems.append(InvalidGuide(detail, file=path.name, line=line, field=str(key.value)))
    return reasons, problems


def _entry(node: yaml.Node) -> dict[str, str]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return {key.value: value.value for key, value in pairs if isinstance(value, yaml.ScalarNode)}
