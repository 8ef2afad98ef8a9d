"""Content syllables of a text, hashed: whether a paper is named somewhere without keeping the sentence.

A set of 12-bit hashes can't be turned back into its sentence, and takes two characters a syllable.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

__all__ = ["content", "coverage", "hashed", "pack", "unpack"]

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_TONES = "\u0300\u0301\u0303\u0309\u0323"
# Syllables that papers' names share with any sentence; the last line is what people call land papers.
_EMPTY = frozenset(re.findall(r"\S+", """
    ai anh bằng bị bởi các cái cần chị chỉ cho có con còn của cùng cả do dùng đang đã đây để đến đi đó được gì gồm hay
    hoặc hơn khi không kèm là lại làm loại mà mình mỗi một nào này nên nếu nêu ngay như nhưng những nơi nữa phải ra rồi
    sau sẽ tại theo thêm thì trên trong trước trừ từ vào và về vẫn vì với ví dụ việc xem đều riêng mục ở dạng số mẫu
    đỏ hồng
"""))
_LONG = {
    "bhxh": "bảo hiểm xã hội", "bhyt": "bảo hiểm y tế", "bhtn": "bảo hiểm thất nghiệp", "ubnd": "ủy ban nhân dân",
    "cccd": "căn cước công dân", "cmnd": "chứng minh nhân dân", "gplx": "giấy phép lái xe",
    "đkkd": "đăng ký kinh doanh",
}
_SHORT = re.compile(rf"\b(?:{'|'.join(_LONG)})\b")


def content(text: str) -> dict[str, str]:
    """The syllables of `text` that carry meaning, each once, in order: spelt one way, to as written."""
    plain = _SHORT.sub(lambda found: _LONG[found[0]], unicodedata.normalize("NFC", text).lower())
    words = re.findall(r"[^\W\d_]+", plain)
    return {_spelt(word): word for word in words if word not in _EMPTY}


def coverage(name: Collection[str], passage: Collection[str]) -> float:
    """Share of the syllables of `name` that `passage` holds, 0 to 1; both hashed. 1 for an empty name."""
    return sum(syllable in passage for syllable in name) / len(name) if name else 1.0


@lru_cache(maxsize=65536)
def hashed(syllable: str) -> str:
    """Two characters for a syllable: 12 bits of its BLAKE2 digest."""
    digest = int.from_bytes(hashlib.blake2b(syllable.encode(), digest_size=2).digest(), "big") & 0xFFF
    return _ALPHABET[digest >> 6] + _ALPHABET[digest & 63]


def pack(text: str) -> str:
    """The hashed content of `text` in one string, sorted, so that the order of words is gone."""
    return "".join(sorted({hashed(syllable) for syllable in content(text)}))


@lru_cache(maxsize=16384)
def unpack(packed: str) -> frozenset[str]:
    """The hashes in a packed string."""
    return frozenset(packed[place : place + 2] for place in range(0, len(packed), 2))


@lru_cache(maxsize=65536)
def _spelt(word: str) -> str:
    """One spelling for `hòa`/`hoà` and `lý`/`lí`: the tone goes to the end, a final y after a consonant is i."""
    marks = unicodedata.normalize("NFD", word)
    tone = "".join(mark for mark in marks if mark in _TONES)
    bare = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES))
    return re.sub(r"(?<=[hklmst])y$", "i", bare) + tone
