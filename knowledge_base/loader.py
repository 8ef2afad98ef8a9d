"""Reads guide files: YAML in, `Guide` and every problem with its line out.

Scalars are kept as written and left to the model to read: YAML would turn the code `1.001190` into the number
1.00119 and the Vietnamese amount `8.000` into 8. Anchors, tags and duplicate keys are refused: a guide says
each thing once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml import CSafeLoader, MappingNode, MarkedYAMLError, Node, ScalarNode, SequenceNode, YAMLError
from yaml.reader import ReaderError

from common.errors import InvalidGuide
from knowledge_base.model import Guide

__all__ = ["GUIDES_DIR", "MAX_BYTES", "GuideFile", "dotted", "explain", "load_guide", "load_tree", "parse_guide"]

GUIDES_DIR = Path(__file__).resolve().parent / "guides"
MAX_BYTES = 256 * 1024
_MAX_DEPTH = 12
# libyaml reads a guide twelve times as fast as Python does; it recurses in C, so what is nested deeper than this is
# refused before it could exhaust the stack.
_MAX_NESTING = 100

Path_ = tuple[str | int, ...]
_NULL = "tag:yaml.org,2002:null"
_WHOLE = re.compile(r"^\d{1,12}$")
_ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_DATES = {"effective_from", "effective_to", "checked_on", "issued"}

_MESSAGES = {
    "missing": "thiếu mục bắt buộc này",
    "extra_forbidden": "không có mục tên này; xem lại chính tả hoặc bỏ đi",
    "list_type": "phải là danh sách (mỗi dòng bắt đầu bằng “- ”)",
    "model_type": "phải gồm các mục con dạng “tên: giá trị”",
    "model_attributes_type": "phải gồm các mục con dạng “tên: giá trị”",
    "string_type": "phải là chữ",
    "string_too_short": "đang để trống",
    "int_parsing": "phải là số nguyên, không có dấu chấm hay chữ",
    "int_type": "phải là số nguyên",
    "int_from_float": "phải là số nguyên",
    "float_parsing": "phải là số",
    "float_type": "phải là số",
    "greater_than": "phải lớn hơn {gt}",
    "greater_than_equal": "không được nhỏ hơn {ge}",
    "less_than_equal": "không được lớn hơn {le}",
    "date_from_datetime_parsing": "ngày không có thật; viết dạng 2026-07-01",
    "date_type": "phải là ngày, viết dạng 2026-07-01",
    "enum": "giá trị không được dùng; chọn một trong: {expected}",
    "literal_error": "giá trị không được dùng; chọn một trong: {expected}",
    "string_pattern_mismatch": "không đúng dạng {pattern}",
}


@dataclass
class GuideFile:
    """One guide file as read. `guide` is None if it could not be built; use it only without `errors`."""

    name: str
    path: Path | None = None
    guide: Guide | None = None
    lines: dict[Path_, int] = field(default_factory=dict)
    errors: list[InvalidGuide] = field(default_factory=list)

    def line(self, *path: str | int) -> int:
        """1-based line of the value at `path`, or of its nearest parent that exists."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, detail: str, *path: str | int) -> InvalidGuide:
        """An error about the value at `path`, ready to be collected."""
        return InvalidGuide(detail, file=self.name, line=self.line(*path), field=dotted(path))


def dotted(path: Path_) -> str:
    """`("documents", 2, "when")` as people write it: `documents[2].when`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def load_tree(root: Path) -> list[GuideFile]:
    """Every guide file under `root` (`*.yml`, `*.yaml`), in the order of their names."""
    found = sorted(path for path in root.rglob("*") if path.suffix in {".yml", ".yaml"} and path.is_file())
    return [load_guide(path, root) for path in found]


def load_guide(path: Path, root: Path | None = None) -> GuideFile:
    """Reads one file; never raises for what is in it. Its name in messages is relative to `root`'s parent."""
    name = str(path.relative_to(root.parent)) if root and path.is_relative_to(root.parent) else str(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        problem = InvalidGuide(f"không đọc được tệp: {error.strerror}", file=name)
        return GuideFile(name, path, errors=[problem])
    loaded = parse_guide(data, name)
    loaded.path = path
    return loaded


def parse_guide(data: bytes | str, name: str = "guide.yml") -> GuideFile:
    """A guide from YAML text. All problems found are in `errors`; nothing is raised."""
    file = GuideFile(name)
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    root, anchored = _compose(raw, file)
    if root is None:
        return file
    values = _plain(root, (), file, anchored)
    _check_written_forms(values, file)
    file.guide = _build(values, file)
    return file


def _compose(raw: bytes, file: GuideFile) -> tuple[MappingNode | None, frozenset[int]]:
    """The YAML node tree (None with the reason in `file.errors`) and where in the text nodes with anchors start."""
    anchored: frozenset[int] = frozenset()

    def refuse(detail: str, line: int = 1) -> tuple[None, frozenset[int]]:
        file.errors.append(InvalidGuide(detail, file=file.name, line=line))
        return None, anchored

    if len(raw) > MAX_BYTES:
        return refuse(f"tệp lớn hơn {MAX_BYTES // 1024} KB, không phải một hướng dẫn")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return refuse("tệp không phải văn bản UTF-8", raw[: error.start].count(b"\n") + 1)
    try:
        anchored = _anchors(text)
        root = yaml.compose(text, Loader=CSafeLoader)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = len(text.splitlines())
        return refuse(f"sai cú pháp YAML: {error.problem or error.context}", min(mark.line + 1, last) if mark else 1)
    except ReaderError as error:
        read = text.encode()[: error.position]
        return refuse("tệp có ký tự điều khiển không được phép", read.count(b"\n") + 1)
    except (YAMLError, RecursionError, ValueError) as error:
        return refuse(f"không đọc được YAML: {type(error).__name__}")
    if root is None:
        return refuse("tệp trống")
    if not isinstance(root, MappingNode):
        return refuse("tệp phải gồm các mục dạng “tên: giá trị” ở ngoài cùng", root.start_mark.line + 1)
    return root, anchored


def _anchors(text: str) -> frozenset[int]:
    """Where nodes with an anchor start; the tree itself no longer tells. Raises RecursionError for endless nesting."""
    depth, found = 0, set()
    for event in yaml.parse(text, Loader=CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_NESTING:
            raise RecursionError
        named = isinstance(event, yaml.NodeEvent) and event.anchor and not isinstance(event, yaml.AliasEvent)
        if named and event.start_mark:
            found.add(event.start_mark.index)
    return frozenset(found)


def _plain(node: Node, path: Path_, file: GuideFile, anchored: frozenset[int]) -> Any:
    """Strings, lists and dicts of `node`; notes lines, refuses anchors, custom tags and duplicate keys."""
    file.lines.setdefault(path, node.start_mark.line + 1)
    if node.start_mark.index in anchored:
        file.errors.append(file.problem("không dùng neo và tham chiếu YAML (& và *) trong hướng dẫn", *path))
        return None
    if not node.tag.startswith("tag:yaml.org,2002:"):
        file.errors.append(file.problem(f"không dùng nhãn YAML riêng ({node.tag})", *path))
        return None
    if len(path) > _MAX_DEPTH:
        file.errors.append(file.problem("lồng quá sâu", *path))
        return None
    if isinstance(node, ScalarNode):
        return None if node.tag == _NULL else str(node.value)
    if isinstance(node, SequenceNode):
        return [_plain(child, (*path, index), file, anchored) for index, child in enumerate(node.value)]
    return _mapping(node, path, file, anchored)


def _mapping(node: Node, path: Path_, file: GuideFile, anchored: frozenset[int]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            problem = InvalidGuide("tên mục phải là chữ", file=file.name, line=line, field=dotted(path))
            file.errors.append(problem)
            continue
        key = str(key_node.value)
        if key in values:
            where = (*path, key)
            detail = f"mục này viết hai lần (lần đầu ở dòng {file.line(*where)})"
            file.errors.append(InvalidGuide(detail, file=file.name, line=line, field=dotted(where)))
            continue
        file.lines[(*path, key)] = line
        values[key] = _plain(value_node, (*path, key), file, anchored)
    return values


def _walk(value: Any, path: Path_ = ()) -> Iterator[tuple[Path_, str]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _walk(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _walk(child, (*path, index))
    elif isinstance(value, str):
        yield path, value


def _check_written_forms(values: dict[str, Any], file: GuideFile) -> None:
    """Refuses numbers and dates that the model would read, but not as they were meant."""
    for path, value in _walk(values):
        last = path[-1]
        if (last == "copies" or (path[0], last) == ("fee", "amount")) and not _WHOLE.match(value):
            detail = f"“{value}” phải là số nguyên viết liền, ví dụ 8000 (không phải 8.000)"
            file.errors.append(file.problem(detail, *path))
        elif last in _DATES and not _ISO_DATE.match(value):
            file.errors.append(file.problem(f"“{value}” phải là ngày viết dạng 2026-07-01", *path))


def _build(values: dict[str, Any], file: GuideFile) -> Guide | None:
    try:
        return Guide.model_validate(values)
    except ValidationError as error:
        seen = {(problem.field, problem.line) for problem in file.errors}
        for item in error.errors(include_url=False):
            problem = file.problem(explain(item), *item["loc"])
            if (problem.field, problem.line) not in seen:
                file.errors.append(problem)
        return None


def explain(item: Any) -> str:
    """A pydantic error in Vietnamese."""
    template = _MESSAGES.get(item["type"])
    if template is None:
        return str(item["msg"])
    context = {key: str(value) for key, value in (item.get("ctx") or {}).items()}
    if "code" in item["loc"] and item["type"] == "string_pattern_mismatch":
        return f"“{item['input']}” không phải mã thủ tục (dạng 1.001193)"
    return template.format(**context)
