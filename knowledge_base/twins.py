"""Near-duplicate procedures: `twins.yml`, groups of records that are one matter, and which one to prefer here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml import CSafeLoader

from common.errors import InvalidGuide
from knowledge_base.catalogue import foreign_province

__all__ = ["TWINS_FILE", "Asks", "Group", "Kind", "Twins", "check_twins", "twins"]

TWINS_FILE = Path(__file__).with_name("twins.yml")
LONGEST_LABEL = 80  # what a button of the clarifying question shows


class Kind(StrEnum):
    """Why a matter has several records; the head of `twins.yml` explains each."""

    LEVEL = "level"
    SUPERSEDED = "superseded"
    PROVINCE = "province"
    AUTHORITY = "authority"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Asks:
    """The one fact that tells the records of a group apart: Vietnamese question, and its answer for each code."""

    question: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one matter. Without `asks` the preferred one answers for all; with `asks` it is the usual case."""

    kind: Kind
    preferred: str
    codes: tuple[str, ...]
    note: str = ""
    asks: Asks | None = None


@dataclass(frozen=True)
class Twins:
    """All groups; a code is in one at most."""

    groups: tuple[Group, ...] = ()
    _by_code: Mapping[str, Group] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {code: group for group in self.groups for code in group.codes})

    def group_of(self, code: str) -> Group | None:
        return self._by_code.get(code)

    def preferred(self, code: str) -> str:
        """The code to prefer for `code`: itself when it has no twin."""
        group = self._by_code.get(code)
        return group.preferred if group else code

    def is_preferred(self, code: str) -> bool:
        """Whether no twin is to be preferred to `code`; true for a code without twins."""
        return self.preferred(code) == code

    def kind(self, code: str) -> Kind | None:
        group = self._by_code.get(code)
        return group.kind if group else None


@lru_cache(maxsize=4)
def twins(path: Path = TWINS_FILE) -> Twins:
    """The groups of `path`. What `check_twins` complains about is left out, whole groups at a time."""
    root, _ = _read(path)
    taken: set[str] = set()
    sound = []
    for entry in root.groups:
        if not any(_faults(entry, root.questions, None)) and taken.isdisjoint(entry.answers):
            taken.update(entry.answers)
            sound.append(_group(entry, root.questions))
    return Twins(tuple(sound))


def check_twins(
    known_codes: Collection[str], in_demand: Collection[str] = (), path: Path = TWINS_FILE
) -> list[InvalidGuide]:
    """Every problem with line and code: broken YAML, unknown codes, a code in two groups, missing answers.

    `in_demand` are the codes that citizens ask about most: one of them can't stand back for a twin that isn't.
    """
    root, problems = _read(path)
    seen: dict[str, int] = {}
    for entry in root.groups:
        found = [*_faults(entry, root.questions, known_codes), *_against_demand(entry, in_demand)]
        for code in entry.answers:
            if (earlier := seen.setdefault(code, entry.line)) != entry.line:
                found.append((code, f"mã đã có ở nhóm dòng {earlier}"))
        problems.extend(InvalidGuide(detail, file=path.name, line=entry.line, field=name) for name, detail in found)
    asked = {entry.asks for entry in root.groups}
    for name, question in root.questions.items():
        problems.extend(
            InvalidGuide(detail, file=path.name, line=question.line, field=name)
            for detail in _question_faults(question, used=name in asked)
        )
    return problems


@dataclass(frozen=True)
class _Question:
    line: int
    text: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class _Entry:
    """One group as written; `answers` maps each code to its answer's name, empty where none is given."""

    line: int
    kind: str
    preferred: str
    asks: str
    note: str
    answers: Mapping[str, str]
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class _Root:
    questions: Mapping[str, _Question] = field(default_factory=dict)
    groups: tuple[_Entry, ...] = ()


def _read(path: Path) -> tuple[_Root, list[InvalidGuide]]:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        return _Root(), [InvalidGuide(f"không đọc được: {str(error).splitlines()[0]}", file=path.name)]
    parts = {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}
    questions, groups = parts.get("questions"), parts.get("groups")
    if not isinstance(groups, yaml.SequenceNode) or not isinstance(questions, yaml.MappingNode | None):
        return _Root(), [InvalidGuide("tệp phải có mục questions (bảng) và groups (danh sách)", file=path.name, line=1)]
    pairs = questions.value if questions else ()
    return _Root(
        {key.value: _question(key.start_mark.line + 1, _plain(value)) for key, value in pairs},
        tuple(_entry(item.start_mark.line + 1, _plain(item)) for item in groups.value),
    ), []


def _plain(node: yaml.Node) -> dict[str, Any]:
    value = yaml.constructor.SafeConstructor().construct_document(node)
    return value if isinstance(value, dict) else {}


def _question(line: int, data: Mapping[str, Any]) -> _Question:
    answers = data.get("answers")
    return _Question(
        line,
        str(data.get("text") or ""),
        {str(key): str(value) for key, value in answers.items()} if isinstance(answers, dict) else {},
    )


def _entry(line: int, data: Mapping[str, Any]) -> _Entry:
    codes = data.get("codes")
    if isinstance(codes, dict):
        answers = {str(code): str(answer or "") for code, answer in codes.items()}
    else:
        answers = dict.fromkeys(map(str, codes), "") if isinstance(codes, list) else {}
    known = {"kind", "preferred", "asks", "note", "codes"}
    return _Entry(
        line,
        kind=str(data.get("kind") or ""),
        preferred=str(data.get("preferred") or ""),
        asks=str(data.get("asks") or ""),
        note=str(data.get("note") or ""),
        answers=answers,
        unknown=tuple(str(key) for key in data if key not in known),
    )


def _group(entry: _Entry, questions: Mapping[str, _Question]) -> Group:
    asks = None
    if entry.asks:
        question = questions[entry.asks]
        labels = {code: question.answers[answer] for code, answer in entry.answers.items() if answer}
        asks = Asks(question.text, labels)
    return Group(Kind(entry.kind), entry.preferred, tuple(entry.answers), entry.note, asks)


def _faults(
    entry: _Entry, questions: Mapping[str, _Question], known_codes: Collection[str] | None
) -> Iterator[tuple[str, str]]:
    """(field or code, what is wrong) of one group by itself. `known_codes` None: codes aren't looked up."""
    for name in entry.unknown:
        yield name, "mục lạ; chỉ dùng kind, preferred, codes, asks, note"
    if entry.kind not in list(Kind):
        yield "kind", f"phải là một trong: {', '.join(Kind)}"
    if len(entry.answers) < 2:
        yield "codes", "một nhóm phải có ít nhất hai mã"
    for code in entry.answers:
        if known_codes is not None and code not in known_codes:
            yield code, "không có thủ tục mang mã này trong danh mục"
    if entry.preferred not in entry.answers:
        yield "preferred", f"mã ưu tiên {entry.preferred or '(trống)'} phải là một mã của nhóm"
    elif foreign_province(entry.preferred):
        yield "preferred", f"mã ưu tiên {entry.preferred} là thủ tục riêng của {foreign_province(entry.preferred)}"
    yield from _answer_faults(entry, questions)


def _answer_faults(entry: _Entry, questions: Mapping[str, _Question]) -> Iterator[tuple[str, str]]:
    if not entry.asks:
        yield from ((code, "có câu trả lời nhưng nhóm thiếu asks") for code, answer in entry.answers.items() if answer)
        return
    question = questions.get(entry.asks)
    if question is None:
        yield "asks", f"không có câu hỏi {entry.asks} ở mục questions"
        return
    for code, answer in entry.answers.items():
        if not answer and not foreign_province(code):
            yield code, "thiếu câu trả lời cho câu hỏi của nhóm"
        elif answer and answer not in question.answers:
            yield code, f"câu hỏi {entry.asks} không có câu trả lời {answer}"
    yield from _repeated(entry.answers)


def _repeated(answers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """An answer that stands for two codes doesn't tell them apart."""
    first: dict[str, str] = {}
    for code, answer in answers.items():
        if answer and (other := first.setdefault(answer, code)) != code:
            yield code, f"câu trả lời {answer} đã dùng cho {other}"


def _against_demand(entry: _Entry, in_demand: Collection[str]) -> Iterator[tuple[str, str]]:
    if not entry.asks and entry.preferred not in in_demand:
        for code in entry.answers:
            if code in in_demand:
                yield code, f"mã này ở danh mục hay hỏi (demand.yml), {entry.preferred} thì không: chọn lại mã ưu tiên"


def _question_faults(question: _Question, *, used: bool) -> Iterable[str]:
    if not question.text.endswith("?"):
        yield "câu hỏi phải kết thúc bằng dấu hỏi"
    if len(question.answers) < 2:
        yield "câu hỏi phải có ít nhất hai câu trả lời (answers)"
    for answer, label in question.answers.items():
        if not label.strip() or len(label) > LONGEST_LABEL:
            yield f"nhãn của {answer} phải có từ 1 đến {LONGEST_LABEL} ký tự"
    if any(re.search(r"[!*#]", text) for text in (question.text, *question.answers.values())):
        yield "không dùng dấu chấm than hay ký hiệu định dạng"
    if not used:
        yield "không nhóm nào dùng câu hỏi này"
