"""Reads the short texts of the official catalogue: durations, fees, codes, levels, numbered steps, names.

Everything here is exact or nothing: a text that says more than its amount is left to be shown as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from knowledge_base.model import Channel, Level

__all__ = [
    "CHANNELS", "PORTAL_PAGE", "Unit", "durations_in", "is_zero_fee", "parse_duration", "parse_fee",
    "parse_level", "sentence_case", "split_steps",
]

Unit = Literal["working_day", "day", "hour"]

PORTAL_PAGE = "https://dichvucong.gov.vn/thu-tuc-hanh-chinh/"
CHANNELS = {
    "Trực tiếp": Channel.DIRECT,
    "Trực tuyến": Channel.ONLINE,
    "Dịch vụ bưu chính": Channel.POST,
}

_NUMBER = r"\d{1,3}(?:[.,]\d)?"
_DURATION = re.compile(rf"^({_NUMBER})\s*(ngày làm việc|ngày|giờ làm việc|giờ)\.?$", re.IGNORECASE)
_ANY_DURATION = re.compile(
    rf"\b({_NUMBER})\s*(?:\([^)]{{0,30}}\)\s*)?(?:ngày|giờ|tháng|phút|tuần)\b", re.IGNORECASE
)
_UNITS: dict[str, Unit] = {
    "ngày làm việc": "working_day", "ngày": "day", "giờ": "hour", "giờ làm việc": "hour",
}


def parse_duration(text: str) -> tuple[float, Unit] | None:
    """`"05 Ngày làm việc"` → `(5.0, "working_day")`; None when the text is anything else."""
    found = _DURATION.match(_clean(text))
    if not found:
        return None
    amount = float(found[1].replace(",", "."))
    return (amount, _UNITS[found[2].lower()]) if amount > 0 else None


def durations_in(text: str) -> set[float]:
    """Every duration's number in a text, whatever its unit: to see whether a note says more than the amount."""
    return {float(number.replace(",", ".")) for number in _ANY_DURATION.findall(_clean(text))}


_FEE = re.compile(
    r"^(?:(?:Phí|Lệ phí)\s*:\s*)?(\d{1,3}(?:[.,]\d{3})+|\d+)\s*(?:Việt Nam Đồng|đồng|VNĐ|VND|đ)\s*(?:\((.*)\))?$",
    re.IGNORECASE | re.DOTALL,
)
_MONEY = re.compile(r"(\d{1,3}(?:[.,]\d{3})+|\d{4,})\s*(?:đồng|đ\b|VNĐ|VND|/)", re.IGNORECASE)
# Words after which an amount holds only sometimes; the reduction of Circular 64/2025/TT-BTC is one of them.
_CONDITIONAL = re.compile(
    r"áp dụng|hoặc|miễn|giảm|trường hợp|đối với|nếu|riêng|kể từ|đến hết|từ ngày|\d\s*%|usd|hội đồng nhân dân"
    r"|thông tư số 64",
    re.IGNORECASE,
)
_ZERO = re.compile(
    r"^(?:(?:Phí|Lệ phí)\s*:?\s*)?(?:Miễn phí|(?:0+|Không)\s*(?:đồng|Việt Nam Đồng)?)\b", re.IGNORECASE
)
_SMALLEST_FEE = 1000
_LONGEST_NOTE = 120


def is_zero_fee(text: str) -> bool:
    """Whether the portal shows zero. That never proves "free": it is printed for unset fees too."""
    return bool(_ZERO.match(_clean(text)))


def parse_fee(text: str) -> int | None:
    """The amount in đồng when the text settles exactly one, else None.

    A note in brackets may repeat the amount or name its unit, but not add a condition or another amount.
    Amounts under 1,000 đồng are slips of the source ("40 Việt Nam Đồng" for 40.000) and aren't taken.
    """
    found = _FEE.match(_clean(text))
    if not found:
        return None
    amount = int(re.sub(r"[.,]", "", found[1]))
    note = found[2] or ""
    others = {int(re.sub(r"[.,]", "", number)) for number in _MONEY.findall(note)} - {amount}
    if amount < _SMALLEST_FEE or others or len(note) > _LONGEST_NOTE or _CONDITIONAL.search(note):
        return None
    return amount


def parse_level(text: str) -> Level | None:
    """`"Cấp xã"` → `Level.COMMUNE`; None for a level that no longer exists or isn't known."""
    name = _clean(text).lower()
    for start, level in (("cấp tỉnh", Level.PROVINCE), ("cấp xã", Level.COMMUNE), ("cấp bộ", Level.MINISTRY)):
        if name.startswith(start):
            return level
    return Level.OTHER if name == "cơ quan khác" else None


_STEP = re.compile(
    r"^[ \t]*(?:[-+*•][ \t]*)?(?:(bước)[ \t]*(\d{1,2})\b|(\d{1,2})[.)](?=\s|\D))", re.IGNORECASE | re.MULTILINE
)


def split_steps(text: str) -> list[str]:
    """The steps of a text whose lines are numbered 1, 2, 3, … once; else the whole text as one step.

    Nothing is lost or changed but the white space between steps.
    """
    whole = [text.strip()] if text.strip() else []
    found = list(_STEP.finditer(text))
    marks = [mark for mark in found if mark[1]] or found
    numbers = [int(mark[2] or mark[3]) for mark in marks]
    if len(numbers) < 2 or numbers != list(range(1, len(numbers) + 1)):
        return whole
    cuts = [0, *(mark.start() for mark in marks), len(text)]
    return [part for start, end in zip(cuts, cuts[1:], strict=False) if (part := text[start:end].strip())]


_PROPER = (
    "Việt Nam", "Quảng Ninh", "Hà Nội", "Hồ Chí Minh", "Quốc hội", "Chính phủ", "Hội đồng nhân dân",
    "Ủy ban nhân dân", "Cộng hòa xã hội chủ nghĩa",
)
_ACRONYM = re.compile(r"\b(ubnd|bhxh|bhyt|bhtn|htx|bnn|cccd|cmnd|hđnd)\b")
_ROMAN = re.compile(r"\b(?:hạng|cấp|loại|nhóm|phụ lục) (i{1,3}|iv|vi{0,3})\b")


def sentence_case(name: str) -> str:
    """A name in CAPITALS as people write it, proper nouns kept; any other name unchanged."""
    letters = [letter for letter in name if letter.isalpha()]
    if len(letters) < 8 or sum(letter.isupper() for letter in letters) < 0.9 * len(letters):
        return name
    lowered = unicodedata.normalize("NFC", name).lower()
    lowered = _ACRONYM.sub(lambda found: found[0].upper(), lowered)
    lowered = _ROMAN.sub(lambda found: found[0][: -len(found[1])] + found[1].upper(), lowered)
    for noun in _PROPER:
        lowered = re.sub(rf"\b{re.escape(noun.lower())}\b", noun, lowered)
    return lowered[0].upper() + lowered[1:]


def _clean(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
