"""The NLU examples as data: enough for each intent, no line twice, no templates, annotations of the domain."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import pytest
import yaml

from bot.evaluation.nlu_examples import Example, read_examples
from indexer.text import strip_diacritics

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
LEAST = 40
ANNOTATION = re.compile(r"\[([^\]]+)\](?:\((?P<plain>\w+)\)|\{\"entity\": \"(?P<full>\w+)\"[^}]*\})")
# A "no" makes the opposite of the same words.
NEGATIONS = {"khong", "ko", "k", "chua", "dung", "nhung", "chu", "ma"}


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read_examples(ROOT / "nlu_data" / "nlu")


def words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9•]+", strip_diacritics(text).lower())) or (text,)


def test_every_intent_of_the_domain_has_enough_examples(examples: list[Example]) -> None:
    counts = Counter(intent for _, intent in examples)
    assert set(counts) == set(DOMAIN["intents"])
    assert not {intent: count for intent, count in counts.items() if count < LEAST}


def test_no_line_stands_twice_not_even_without_diacritics(examples: list[Example]) -> None:
    seen: dict[tuple[str, ...], Example] = {}
    twice = []
    for example in examples:
        if (folded := words(example[0])) in seen:
            twice.append((example, seen[folded]))
        seen[folded] = example
    assert not twice


def test_near_duplicates_are_few_and_never_in_two_intents(examples: list[Example]) -> None:
    rows = [(text, intent, frozenset(words(text))) for text, intent in examples]
    rows = [row for row in rows if len(row[2]) >= 4]
    alike = [(one, other) for one, other in combinations(rows, 2) if _shared(one[2], other[2]) >= 0.8]
    across = [
        (one[:2], other[:2]) for one, other in alike if one[1] != other[1] and not (one[2] ^ other[2]) & NEGATIONS
    ]
    assert not across
    assert len(alike) <= 0.01 * len(rows), [(one[0], other[0]) for one, other in alike]


def test_no_template_fills_an_intent(examples: list[Example]) -> None:
    by_intent: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for text, intent in examples:
        by_intent[intent].append(words(text))
    for intent, lines in by_intent.items():
        openings = Counter(line[:3] for line in lines if len(line) > 3)
        opening, count = openings.most_common(1)[0] if openings else ((), 0)
        assert count <= 0.15 * len(lines), f"{intent}: {count} lines begin with {' '.join(opening)!r}"


def test_each_intent_is_also_said_without_diacritics(examples: list[Example]) -> None:
    bare = Counter(intent for text, intent in examples if strip_diacritics(text) == text and len(text) > 3)
    assert not set(DOMAIN["intents"]) - set(bare)


def test_annotations_name_entities_of_the_domain() -> None:
    for path in sorted((ROOT / "nlu_data" / "nlu").glob("*.yml")):
        for match in ANNOTATION.finditer(path.read_text("utf-8")):
            assert (match["plain"] or match["full"]) in DOMAIN["entities"], match[0]


def test_nonsense_is_no_training_line(examples: list[Example]) -> None:
    known = {words(text) for text, _ in examples if words(text)}
    lines = (ROOT / "tests" / "engine" / "nonsense.txt").read_text("utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith("#")]
    assert len(lines) >= 100
    assert not [line for line in lines if words(line) in known]


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
