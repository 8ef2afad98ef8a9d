"""How citizens say it: `phrasings/*.yml`, each a map of code to sentences.

They make a procedure findable and are never said back. Where a curated guide has `questions` of its own, both count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from yaml import CSafeLoader

from common.errors import InvalidGuide
from knowledge_base.model import Guide

__all__ = ["ENGLISH_DIR", "PHRASINGS_DIR", "check_phrasings", "load_phrasings", "with_phrasings"]

PHRASINGS_DIR = Path(__file__).parent / "phrasings"
# How people ask in English; searched for questions in other languages only.
ENGLISH_DIR = PHRASINGS_DIR / "en"
LONGEST = 200


@lru_cache(maxsize=4)
def load_phrasings(folder: Path = PHRASINGS_DIR) -> dict[str, tuple[str, ...]]:
    """Code to its distinct phrasings; what `check_phrasings` complains about is left out."""
    found: dict[str, dict[str, str]] = {}
    for _, _, code, sentence in _sentences(folder):
        if isinstance(sentence, str) and 0 < len(sentence.strip()) <= LONGEST:
            found.setdefault(code, {}).setdefault(sentence.strip().casefold(), sentence.strip())
    return {code: tuple(sentences.values()) for code, sentences in found.items()}


def with_phrasings(guide: Guide) -> Guide:
    """`guide` with the shipped phrasings of its code added to its questions."""
    known = {question.casefold() for question in guide.questions}
    more = [sentence for sentence in load_phrasings().get(guide.code, ()) if sentence.casefold() not in known]
    return guide.model_copy(update={"questions": [*guide.questions, *more]}) if more else guide


def check_phrasings(
    known_codes: Collection[str], folder: Path = PHRASINGS_DIR, guides: Iterable[Guide] = ()
) -> list[InvalidGuide]:
    """Every problem with file, line and code: broken YAML, unknown codes, wrong types, one sentence for two codes.

    The questions of `guides` count as sentences of their codes.
    """
    problems = [error for path in sorted(folder.glob("*.yml")) if (error := _broken(path))]
    seen = {question.strip().casefold(): guide.code for guide in guides for question in guide.questions}
    for path, line, code, sentence in _sentences(folder):
        place: dict[str, Any] = {"file": path.name, "line": line, "field": code}
        if code not in known_codes:
            problems.append(InvalidGuide("không có thủ tục mang mã này trong danh mục", **place))
        elif not isinstance(sentence, str) or not sentence.strip():
            problems.append(InvalidGuide("mỗi mục phải là một câu", **place))
        elif len(sentence) > LONGEST:
            problems.append(InvalidGuide(f"câu dài {len(sentence)} ký tự, tối đa {LONGEST}", **place))
        elif (other := seen.setdefault(sentence.strip().casefold(), code)) != code:
            problems.append(InvalidGuide(f"câu «{sentence.strip()}» đã dùng cho {other}", **place))
    return problems


def _sentences(folder: Path) -> Iterator[tuple[Path, int, str, object]]:
    """(file, line, code, value) of every item that can be read."""
    for path in sorted(folder.glob("*.yml")):
        root = _root(path)
        if not isinstance(root, yaml.MappingNode):
            continue
        for key, value in root.value:
            items = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for item in items:
                sentence = item.value if isinstance(item, yaml.ScalarNode) else None
                yield path, item.start_mark.line + 1, str(key.value), sentence


def _root(path: Path) -> yaml.Node | None:
    try:
        return yaml.compose(path.read_text(encoding="utf-8"), Loader=CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None


def _broken(path: Path) -> InvalidGuide | None:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=CSafeLoader)
    except UnicodeDecodeError as error:
        return InvalidGuide(f"không phải UTF-8 (byte thứ {error.start})", file=path.name)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return InvalidGuide(
            "YAML hỏng: " + str(error).splitlines()[0], file=path.name, line=mark.line + 1 if mark else 0
        )
    if root is not None and not isinstance(root, yaml.MappingNode):
        return InvalidGuide("tệp phải là bảng mã thủ tục → danh sách câu", file=path.name, line=1)
    return None
