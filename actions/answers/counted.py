"""Choosing from a list by place: "cái thứ hai", "hai cái đầu không phải", "cái ở dưới", "không phải cái nào"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from actions.answers.words import data, fold

__all__ = ["Counted", "clauses", "counted", "refuses", "refuses_all", "without_places"]


@dataclass(frozen=True)
class Counted:
    """Places, 0-based: those meant and those said not to be meant."""

    meant: frozenset[int] = frozenset()
    refused: frozenset[int] = frozenset()


def counted(text: str, count: int) -> Counted:
    """Which of `count` offers `text` points at by their place. A place outside the list points at nothing."""
    meant: set[int] = set()
    refused: set[int] = set()
    for clause in clauses(text):
        places = _places(fold(clause), count)
        (refused if refuses(clause) else meant).update(places)
    return Counted(frozenset(meant - refused), frozenset(refused))


def clauses(text: str) -> list[str]:
    """The parts of `text` between commas and words like "mà", without empty ones."""
    return [part.strip() for part in re.split(data("choosing")["clauses"], text) if part and part.strip()]


def refuses(clause: str) -> bool:
    """Whether `clause` says what is not meant."""
    folded = fold(clause)
    return any(re.search(pattern, folded) for pattern in data("choosing")["refusing"])


def refuses_all(text: str) -> bool:
    """Whether `text` says that none of the offers is meant."""
    folded = fold(text)
    return any(re.search(pattern, folded) for pattern in data("choosing")["none"])


def without_places(text: str) -> str:
    """`text`, folded, without what points at places."""
    return _one().sub(" ", re.sub(data("choosing")["several"], " ", fold(text)))


def _places(folded: str, count: int) -> set[int]:
    found: set[int] = set()
    for match in re.finditer(data("choosing")["several"], folded):
        many = _number(match["many"])
        found.update(range(many) if _number(match["end"]) == 1 else range(count - many, count))
    left = re.sub(data("choosing")["several"], " ", folded)
    for match in _one().finditer(left):
        word = match["which"] or match["after"]
        if word in data("choosing")["between"]:
            found.update({count // 2} if count % 2 else set())
        else:
            number = _number(word)
            found.add(number - 1 if number > 0 else count + number)
    return {place for place in found if 0 <= place < count}


def _number(word: str) -> int:
    """The ordinal that `word` stands for; -1 counts from the end."""
    known = data("choosing")
    for table in (known["ordinals"], known["only_counted"]):
        for number, words in table.items():
            if word in words:
                return int(number)
    raise ValueError(f"{word!r} is no ordinal of choosing.yml")


@lru_cache(maxsize=1)
def _one() -> re.Pattern[str]:
    """One place: a counted thing and its ordinal."""
    known = data("choosing")
    plain = [word for words in known["ordinals"].values() for word in words]
    only = [word for words in known["only_counted"].values() for word in words]

    def either(words: list[str]) -> str:
        return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

    thing = known["counted"]
    return re.compile(
        rf"\b{thing} (?:thu |so )?(?:o |ben |phia )?(?P<which>{either(plain + known['between'])})\b"
        rf"|\b(?:{thing} )?(?:thu|so) (?P<after>{either(only)})\b"
    )
