"""Whether a typed text is a person's name: surely, or only if the citizen says so. None is refused outright, because
names are as many as people; a doubtful one is asked back."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from common.identifier_patterns import folded

__all__ = ["NameJudge"]

_FILE = Path(__file__).parent / "names.yml"
_MOST_WORDS = 6


class NameJudge:
    """Compares with the family names and phrase words of `names.yml`."""

    def __init__(self, path: Path = _FILE) -> None:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._families = {name.lower() for name in data["family_names"].split()}
        self._families_plain = {_plain(name) for name in self._families}
        self._phrase = set(data["phrase"].split())
        self._phrase_plain = set(data["phrase_plain"].split())

    def is_surely_a_name(self, typed: str) -> bool:
        """A known family name first, two to six words, and no word of a phrase unless all are capitalised."""
        words = re.findall(r"[^\s.-]+", typed)
        if not 2 <= len(words) <= _MOST_WORDS:
            return False
        accented = not typed.isascii()
        lowered = [word.lower() for word in words]
        families = self._families if accented else self._families_plain
        if lowered[0] not in families and not lowered[0].startswith(("h'", "h’")):
            return False
        if typed.isupper() or all(word.istitle() for word in words):
            return True
        return not set(lowered) & (self._phrase if accented else self._phrase_plain)


def _plain(word: str) -> str:
    return folded(word)[0].lower()
