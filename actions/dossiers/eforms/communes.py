"""The 54 commune-level units as answers: by code, by name with or without diacritics, by former name.

The list is `actions/centres/data/communes.json` (units since 1 July 2025, Resolution 1679/NQ-UBTVQH15).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.identifier_patterns import folded

__all__ = ["Commune", "CommuneFinder"]

_FILE = Path(__file__).parents[2] / "centres" / "data" / "communes.json"
_PREFIX = re.compile(
    r"^(?:o |tai |em o |nha em o )?"
    r"(?:phuong|xa|dac khu|thi tran|thi xa|thanh pho|huyen|quan|tp|tx|tt|p|x|h|f)[. ]+(?=\S)"
)
_DISTRICT = re.compile(r"^(?:thanh pho|thi xa|huyen|tp|tx|h)[. ]")
_SUFFIX = re.compile(r"[, ]+(?:tinh )?(?:quang ninh|qn)$|[ ,.]+(?:a|nhe|day|em a)$")


@dataclass(frozen=True)
class Commune:
    """One present-day unit with the names (folded, without type) of the former units and districts it took in."""

    code: str
    name: str
    former: frozenset[str]
    districts: frozenset[str]

    @property
    def key(self) -> str:
        return _bare(self.name)


class CommuneFinder:
    """Finds the communes that a citizen's words may mean."""

    def __init__(self, communes: list[Commune]) -> None:
        self._communes = communes
        self._by_code = {commune.code: commune for commune in communes}

    @classmethod
    def load(cls, path: Path = _FILE) -> CommuneFinder:
        data = json.loads(path.read_text(encoding="utf-8"))
        rows = data["communes"] if isinstance(data, dict) else data
        return cls([_commune(row) for row in rows])

    def get(self, code: str) -> Commune | None:
        return self._by_code.get(code)

    def find(self, text: str) -> list[Commune]:
        """The present-day units meant by `text`: one when clear, several when a former name was divided.

        A full name ("phường Hạ Long") beats a bare one; present names beat former ones.
        """
        if text.strip() in self._by_code:
            return [self._by_code[text.strip()]]
        full, bare = _plain(text), _bare(text)
        if not bare:
            return []
        tests: tuple[Callable[[Commune], bool], ...] = (
            lambda c: _plain(c.name) == full,
            # "thành phố Hạ Long" is the former city, of which today's ward is one part of many.
            lambda c: bool(_DISTRICT.match(full)) and bare in c.districts,
            lambda c: c.key == bare,
            lambda c: bare in c.former,
            lambda c: bare in c.districts,
        )
        for test in tests:
            found = [commune for commune in self._communes if test(commune)]
            if found:
                return found
        # "thôn 3 xã Hải Hòa": a typed name at the end of a longer answer.
        return [commune for commune in self._communes if full.endswith(" " + _plain(commune.name))]


def _commune(row: dict[str, Any]) -> Commune:
    former, districts = set(), set()
    for unit in row.get("former_units", []):
        former.add(_bare(unit["name"]))
        if unit.get("district"):
            districts.add(_bare(unit["district"]))
    return Commune(str(row["code"]), row["name"], frozenset(former), frozenset(districts))


def _plain(text: str) -> str:
    plain = " ".join(re.sub(r"[^\w\s.,]", " ", folded(text)[0].lower()).split()).strip(" .,")
    while True:
        shorter = _SUFFIX.sub("", plain)
        if shorter == plain:
            return plain
        plain = shorter


def _bare(text: str) -> str:
    return _PREFIX.sub("", _plain(text)).strip(" .,")
