"""What a citizen types about their personal checklist: "xong 1 3", "chưa 2", "danh sách"."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

__all__ = ["Command", "read_command"]

Kind = Literal["have", "lack", "list"]
_HAVE = ("xong", "da xong", "da co", "co roi", "co du")
_LACK = ("chua", "chua co", "bo", "bo dau")
_LIST = ("danh sach", "danh sach giay to", "danh sach cua toi", "danh sach giay to cua toi", "xem danh sach",
         "xem lai danh sach", "checklist")
_ALL = r"(?:het|tat ca|du)"
_NUMBERS = r"(?:so )?[0-9]{1,3}(?:(?: ?, ?| va | )[0-9]{1,3})*"
_WORDS = re.compile(rf"(?P<verb>[a-z ]+?)(?: (?P<items>{_ALL}|{_NUMBERS}))?")
_LONGEST = 60


@dataclass(frozen=True)
class Command:
    """`numbers` as shown in the list; empty with `have` or `lack`: all."""

    kind: Kind
    numbers: tuple[int, ...] = ()


def read_command(text: str) -> Command | None:
    """The command that `text` is as a whole, with or without diacritics; None for anything else."""
    bare = _bare(text)
    found = _WORDS.fullmatch(bare) if len(bare) <= _LONGEST else None
    if found is None:
        return None
    verb, items = found["verb"].strip(), (found["items"] or "").strip()
    if verb in _LIST and not items:
        return Command("list")
    kind: Kind | None = "have" if verb in _HAVE else "lack" if verb in _LACK else None
    if kind is None or not items:
        return None
    return Command(kind, tuple(dict.fromkeys(int(number) for number in re.findall(r"[0-9]+", items))))


def _bare(text: str) -> str:
    """Small letters without diacritics and closing marks; digits other than ASCII stay and match nothing."""
    spread = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    letters = "".join(char for char in spread if not unicodedata.combining(char))
    return " ".join(letters.split()).rstrip(".!")
