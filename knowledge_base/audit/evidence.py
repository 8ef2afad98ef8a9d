"""What an official record can vouch for: its facts, its rows of papers, the passages that name papers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.errors import InvalidInput
from knowledge_base.audit.facts import Fact, amount_fact, facts_in, implied
from knowledge_base.audit.legal import normal_number
from knowledge_base.audit.syllables import pack, unpack

__all__ = ["Evidence", "Passage", "evidence_of"]


@dataclass(frozen=True)
class Passage:
    """A row of the record's papers or a sentence. `originals`, `copies`: as the row counts them, None in a sentence.

    `text` is for people who judge a finding; evidence that came from fingerprints has none.
    """

    packed: str
    originals: int | None = None
    copies: int | None = None
    text: str = ""

    @property
    def syllables(self) -> frozenset[str]:
        return unpack(self.packed)

    @property
    def is_row(self) -> bool:
        return self.originals is not None


@dataclass(frozen=True)
class Evidence:
    """One record. `stated` are facts of its methods (channel, time, fee), `facts` those of the whole record.

    `free`: words other than the portal's "Miễn phí" settle that something costs nothing.
    """

    code: str
    facts: frozenset[Fact]
    stated: frozenset[Fact]
    passages: tuple[Passage, ...]
    free: bool = False
    known: frozenset[Fact] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        everything = self.facts | self.stated
        object.__setattr__(self, "known", everything | {more for fact in everything for more in implied(fact)})


# A sentence without any of these words names no paper.
_PAPER = re.compile(
    r"bản|giấy|tờ|đơn|hộ chiếu|thẻ|hồ sơ|quyết định|hợp đồng|chứng|xác nhận|phiếu|danh sách|ảnh|sổ|báo cáo|hóa đơn"
    r"|hoá đơn|bảng|bằng|căn cước|mẫu|thông tin|điều lệ|phương án|sơ yếu|lý lịch|di chúc|trích lục|cam kết|cam đoan"
    r"|công văn|học bạ|vé|tài liệu|dữ liệu|ý kiến",
    re.IGNORECASE,
)
_FREE = re.compile(r"miễn|không (?:phải )?(?:thu|nộp|mất)[^.;]{0,20}(?:phí|tiền)|không thu", re.IGNORECASE)
_SHOWN_ZERO = re.compile(r"^\W*(?:(?:phí|lệ phí)\s*:?\s*)?(?:miễn phí|0\s*(?:việt nam )?đồng)\W*$", re.IGNORECASE)


def evidence_of(record: Mapping[str, Any]) -> Evidence:
    """The evidence of one catalogue record (the shape that `isee kb import` reads); what is missing is empty.

    Raises InvalidInput when a part of the record isn't of its type.
    """
    try:
        return _evidence({**_BLANK, **record})
    except (AttributeError, KeyError, TypeError) as error:
        raise InvalidInput(f"bản ghi {str(record.get('code'))[:40]} không đúng dạng danh mục: {error}") from error


def _evidence(record: Mapping[str, Any]) -> Evidence:
    stated = [*record["time"], *record["fee"]]
    stated += [method.get(key, "") for method in record["methods"] for key in _METHOD]
    counts = {_count(row.get(key, "")) for row in record["documents"] for key in ("originals", "copies")}
    texts = [text for name, value in record.items() if name not in _NOT_READ for text in _strings(value)]
    return Evidence(
        code=record["code"],
        facts=frozenset(fact for text in texts for fact, _ in facts_in(text))
        | {amount_fact("count_bản", count) for count in counts if count}
        | {Fact("law", normal_number(record["decision_no"]))},
        stated=frozenset(fact for text in stated for fact, _ in facts_in(text)),
        passages=tuple(_passages(record, texts)),
        free=any(_FREE.search(text) and not _SHOWN_ZERO.match(text) for text in texts),
    )


_BLANK: dict[str, Any] = {"code": "", "decision_no": "", "methods": [], "time": [], "fee": [], "documents": []}
_METHOD = ("time", "fee", "note")
_NOT_READ = {"code", "url", "life_events", "same_name_codes", "fee_status", "province_specific"}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)


def _passages(record: Mapping[str, Any], texts: list[str]) -> Iterator[Passage]:
    """Rows first, then each different sentence or line that may name a paper."""
    seen: set[str] = set()
    for row in record["documents"]:
        text = " ".join(row.get(key, "") for key in ("group", "name", "form"))
        packed = pack(text)
        seen.add(packed)
        yield Passage(packed, _count(row.get("originals", "")), _count(row.get("copies", "")), " ".join(text.split()))
    for text in texts:
        for sentence in re.split(r"\n+|<br\s*/?>|(?<=[.;])\s+", text):
            packed = pack(sentence)
            if len(packed) >= 4 and packed not in seen and _PAPER.search(sentence):
                seen.add(packed)
                yield Passage(packed, text=" ".join(sentence.split()))


def _count(text: str) -> int:
    found = re.search(r"\d+", text)
    return int(found[0]) if found else 0
