"""Records that one fact tells apart: the fact that was said decides, else it is asked (`data/told_apart.yml`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actions.answers.words import data, fold, has_phrase

__all__ = ["Fact", "fact_about"]


@dataclass(frozen=True)
class Fact:
    """The question that parts records of one matter, and the answer to offer for each code, in order."""

    question: str
    labels: dict[str, str]
    _words: dict[str, tuple[str, ...]]

    def said(self, text: str) -> str | None:
        """The code whose fact `text` says in the most words; None where it says none, or two alike."""
        folded = fold(text)
        found = {
            code: max((len(fold(word)) for word in words if has_phrase(folded, word)), default=0)
            for code, words in self._words.items()
        }
        best = max(found.values())
        codes = [code for code, length in found.items() if length == best]
        return codes[0] if best and len(codes) == 1 else None


def fact_about(code: str) -> Fact | None:
    """The fact that tells `code` from records asked for in the same words; None where there is none."""
    entry: dict[str, Any] | None = next((known for known in data("told_apart") if code in known["codes"]), None)
    if entry is None:
        return None
    codes = entry["codes"]
    return Fact(
        question=entry["question"],
        labels={each: known["label"] for each, known in codes.items()},
        _words={each: tuple(known["words"]) for each, known in codes.items()},
    )
