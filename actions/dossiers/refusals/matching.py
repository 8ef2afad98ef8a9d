"""What a point of a notice is about: a document or a condition of the guide, or nothing that the guide says.

Lexical on purpose, like `actions.answers.passages`: a document is named only when the point holds its name, or one of
the names that it goes by, in so many words. Pairs of syllables count besides single ones, because most Vietnamese words
are pairs ("chứng sinh", "chứng thực"). Thresholds were set on one half of `tests/…/refusals/notices.yml`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from actions.dossiers.refusals.notice import Point, plain_words, without_empty, words
from knowledge_base.model import Document, Guide

__all__ = ["Match", "Matcher"]

# Share of the weight of a document's name that a point must hold, and of the point that the name must explain.
_NAME, _POINT = 0.5, 0.3
# A name that is wholly there may be a smaller part of the point: the rest says what is wrong with the paper.
_WHOLLY, _POINT_NAMED = 0.95, 0.15
_DOCUMENT = 0.56
_CONDITION = 0.62
_FORM = 0.5
_PAIR = 1.5
# A condition shares more than one word with the point, or it is about something else.
_PAIRS = 2
_ALTERNATIVE = re.compile(
    r"\s*(?:\(|\)|;|,|\bhoặc\b|\bhay\b|\bvà\b)\s*|\s+(?=(?:theo|do|kèm|nếu|để|ghi)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Match:
    """`document` or `condition`, or neither. `score` is 0 to 1."""

    point: Point
    document: Document | None = None
    condition: str = ""
    score: float = 0.0

    @property
    def found(self) -> bool:
        return self.document is not None or bool(self.condition)


class Matcher:
    """Matches against one guide. `guides` teach how common words are among the names of documents."""

    def __init__(self, guides: Iterable[Guide]) -> None:
        self._counts: Counter[str] = Counter()
        self._total = 1
        for guide in guides:
            for document in guide.documents:
                self._counts.update(set(_grams(document.name)))
                self._total += 1

    def match(self, point: Point, guide: Guide) -> Match:
        """The best of the guide for `point`, or an empty match: never a guess below the threshold."""
        said = _grams(point.text)
        about_form = _about_form(point)
        documents = [(self._document(said, document), -order, document)
                     for order, document in enumerate(guide.documents) if _may_be(document, point, about_form)]
        best = max(documents, default=None, key=lambda item: item[:2])
        condition, text = max(((self._condition(said, text), text) for text in guide.conditions), default=(0.0, ""))
        if best and best[0] >= _DOCUMENT and best[0] >= condition:
            return Match(point, document=best[2], score=best[0])
        if condition >= _CONDITION:
            return Match(point, condition=text, score=condition)
        form = _form(point, guide) if about_form else None
        return Match(point, document=form, score=_FORM) if form else Match(point, score=condition)

    def all(self, points: Iterable[Point], guide: Guide) -> list[Match]:
        return [self.match(point, guide) for point in points]

    def _document(self, said: frozenset[str], document: Document) -> float:
        """How much of one of the document's names the point holds, and how much of the point the document explains."""
        whole = _grams(document.name)
        shared = self._weight(said & whole)
        if not shared:
            return 0.0
        explained = shared / self._weight(said)
        named = max(self._weight(said & name) / self._weight(name) for name in map(_grams, _names(document.name)))
        least = _POINT_NAMED if named >= _WHOLLY else _POINT
        return 0.75 * named + 0.25 * explained if named >= _NAME and explained >= least else 0.0

    def _condition(self, said: frozenset[str], text: str) -> float:
        """How much of the point stands in the condition."""
        shared = said & _grams(text)
        pairs = sum(" " in gram for gram in shared)
        return self._weight(shared) / self._weight(said) if pairs >= _PAIRS else 0.0

    def _weight(self, grams: Iterable[str]) -> float:
        return sum(
            math.log(1 + self._total / (1 + self._counts[gram])) * (_PAIR if " " in gram else 1.0) for gram in grams)


def _about_form(point: Point) -> bool:
    """Whether the point speaks of "tờ khai", "đơn đề nghị", "mẫu số …"."""
    plain = plain_words(point.text)
    return any(re.search(rf"\b{word}\b", plain) for word in words()["form"])


def _may_be(document: Document, point: Point, about_form: bool) -> bool:
    """Forms are meant by words for forms, or by the word that their name begins with; other papers by neither."""
    if document.kind != "form":
        return not about_form
    head = " ".join(plain_words(document.name).split()[:2])
    return about_form or re.search(rf"\b{head}\b", plain_words(point.text)) is not None


def _form(point: Point, guide: Guide) -> Document | None:
    """The form that the point numbers ("CT01") or shares most with, else the only one of the guide."""
    plain = plain_words(point.text)
    forms = [document for document in guide.documents if document.kind == "form"]
    numbered = [form for form in forms if _form_code(form.name) and _form_code(form.name) in plain]
    shared = {form.name: len(_grams(point.text) & _grams(form.name)) for form in numbered or forms}
    ranked = sorted(shared.values(), reverse=True)
    if not ranked or (len(ranked) > 1 and ranked[0] == ranked[1]):
        return None
    return max(numbered or forms, key=lambda form: shared[form.name])


def _form_code(name: str) -> str:
    """What a form is numbered: "ct01", "tk1 ts", "mau so 18"."""
    match = re.search(r"\b(ct\d+|tk\d ts|tt\d+|mau so \d+)\b", plain_words(name))
    return match[1] if match else ""


@lru_cache(maxsize=4096)
def _names(name: str) -> tuple[str, ...]:
    """The whole name and its alternatives ("A hoặc B", "A (B, C)"), without parts that only describe."""
    describing = tuple(words()["describing"])
    parts = [part for part in _ALTERNATIVE.split(name)
             if part and part.split()[0].lower() not in describing and any(" " in gram for gram in _grams(part))]
    return tuple(dict.fromkeys([*([name] if _grams(name) else []), *parts]))


@lru_cache(maxsize=8192)
def _grams(text: str) -> frozenset[str]:
    """Single syllables and pairs of neighbours that carry content."""
    left = without_empty(text).split()
    return frozenset(left) | {f"{first} {second}" for first, second in zip(left, left[1:], strict=False)}
