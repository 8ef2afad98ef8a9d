"""How the phone words and groups what a chat holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.zalo_sim.world import Bubble

__all__ = ["REACTIONS", "Group", "clock", "grouped", "spoken"]

_LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
_TOGETHER_MS = 5 * 60_000
REACTIONS = {"/-strong": "👍", "/-heart": "❤️", ":>": "😄"}
_KINDS = {
    "image": "[Hình ảnh]", "gif": "[Ảnh động]", "file": "[Tệp]", "location": "[Vị trí]", "sticker": "[Nhãn dán]",
    "audio": "[Tin thoại]", "video": "[Video]", "link": "[Liên kết]", "business_card": "[Danh thiếp]",
    "info": "[Yêu cầu thông tin]", "template": "[Thông báo]",
}


@dataclass(frozen=True)
class Group:
    """Messages of one author that stand together; `day` is said where a new one begins."""

    author: str
    day: str
    bubbles: Sequence[Bubble]


def clock(at_ms: int) -> str:
    return _at(at_ms).strftime("%H:%M")


def _day(at_ms: int) -> str:
    return _at(at_ms).strftime("%d/%m/%Y")


def spoken(bubble: Bubble | None) -> str:
    """A message as a list of chats shows it."""
    if bubble is None:
        return "Chưa có tin nhắn"
    text = _KINDS.get(bubble.kind, "") or bubble.text
    return f"{'Bạn: ' if bubble.author == 'user' else ''}{' '.join(text.split())[:60]}"


def grouped(bubbles: Sequence[Bubble]) -> list[Group]:
    """What is shown (not the hidden queries), by author and time."""
    groups: list[Group] = []
    said = ""
    for one in (bubble for bubble in bubbles if not bubble.hidden):
        today = _day(one.at_ms)
        last = groups[-1] if groups else None
        near = last is not None and one.at_ms - last.bubbles[-1].at_ms < _TOGETHER_MS
        if last is not None and near and last.author == one.author and today == said:
            groups[-1] = Group(last.author, last.day, [*last.bubbles, one])
        else:
            groups.append(Group(one.author, today if today != said else "", [one]))
            said = today
    return groups


def _at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, _LOCAL)
