"""Makes `facts.jsonl` from an official catalogue: `python -m knowledge_base.catalogue.extract IN OUT`.

Facts only (codes, names, numbers, labels), no sentences: the catalogue's texts stay with the portal. The
shape of the input is that of `isee kb import`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from knowledge_base.parsing import (
    CHANNELS,
    PORTAL_PAGE,
    durations_in,
    parse_duration,
    parse_fee,
    parse_level,
    sentence_case,
)

__all__ = ["extract", "facts_of"]

# "66.7/2025/NQ-CP", "15/2019/QĐ-TTg", also inside "Thông tư số …"; "02076/2025/QH15" is a serial of the portal.
_NUMBER = re.compile(
    r"(?<![\d./])(?!0\d{3})\d{1,4}(?:\.\d{1,2})?/(?:(?:19|20)\d\d/)?[A-ZĐ][A-ZĐ0-9]+(?:[-/&][A-ZĐ][A-ZĐa-z0-9]+)*"
)
_DECISION = re.compile(r"(\d{1,5}/\.?QĐ[-_][A-ZĐ]+)")
_AGENCY = re.compile(
    r"^(?:Sở|Ủy ban nhân dân|Chủ tịch (?:ủy ban nhân dân|UBND)|UBND|Công an|Bảo hiểm xã hội|Chi cục|Cục|Thuế|Văn phòng"
    r"|Kho bạc|Ngân hàng Nhà nước|Ban chỉ huy|Ban quản lý|Bộ|Phòng|Thi hành án|Tòa án|Cơ sở giáo dục|Điện lực)\b"
)
# Offices of another province, of levels and ministries that ended in 2025, or several in one line.
_NOT_PLAIN = re.compile(
    r"[,;:\n()]|\s-\s|cấp huyện|\bhuyện\b|\bquận\b|thị trấn|các tỉnh"
    r"|Hà Nội|TP|Hồ Chí Minh|Đà Nẵng|Hải Phòng|Cần Thơ|Huế|tỉnh [A-ZĐ]|[Tt]hành phố [A-ZĐ]"
    r"|Kế hoạch và Đầu tư|Giao thông vận tải|Tài nguyên và Môi trường|Phát triển nông thôn|Lao động|Truyền thông"
    r"|Phòng Tư [Pp]háp|Phòng Giáo dục|giáo dục Phòng|Đào tạo (?:Cơ sở|Ủy ban)|^Ban quản lý$",
)


def facts_of(row: dict[str, Any]) -> dict[str, Any]:
    """The facts of one catalogue row; what isn't certain or plain is left out."""
    url = str(row.get("url") or "")
    facts = {
        "code": row["code"],
        "name": sentence_case(" ".join(row["name"].split())),
        "field": row["field"][:1].upper() + row["field"][1:],
        "levels": list(dict.fromkeys(level for text in row["levels"] if (level := parse_level(text)))),
        "agency": _agency(row["agency"]),
        "time": _time(row),
        "fee": _fee(row),
        "decision": _decision(row["decision_no"]),
        "legal": list(dict.fromkeys(_legal_numbers(row))),
        "channels": list(dict.fromkeys(
            CHANNELS[method["channel"]] for method in row["methods"] if method["channel"] in CHANNELS
        )),
        "page": url.removeprefix(PORTAL_PAGE) if url.startswith(PORTAL_PAGE) else "",
        "same_name": row["same_name_codes"],
        "province": row["province_specific"],
        "life_events": row["life_events"],
    }
    return {key: value for key, value in facts.items() if value}


def _agency(text: str) -> str:
    name = " ".join(text.split()).rstrip(".")
    return name if len(name) <= 60 and _AGENCY.match(name) and not _NOT_PLAIN.search(name) else ""


def _time(row: dict[str, Any]) -> list[Any]:
    """`[amount, unit]` when every channel states the same and no note speaks of another duration."""
    stated = {parse_duration(text) for text in row["time"]}
    only = stated.pop() if len(stated) == 1 else None
    if only is None:
        return []
    noted = {number for method in row["methods"] for number in durations_in(method["note"])}
    if noted - {only[0]}:
        return []
    return [int(only[0]) if only[0].is_integer() else only[0], only[1]]


def _fee(row: dict[str, Any]) -> int:
    """The amount when exactly one is settled; 0 (left out) otherwise, since a shown zero proves nothing."""
    if row["fee_status"] != "amount_listed":
        return 0
    amounts = {parse_fee(text) for text in row["fee"]}
    only = amounts.pop() if len(amounts) == 1 else None
    return only or 0


def _decision(text: str) -> str:
    found = _DECISION.search(text)
    return found[1].replace("/.", "/").replace("_", "-") if found else ""


def _legal_numbers(row: dict[str, Any]) -> list[str]:
    found = (_NUMBER.search(basis["number"]) for basis in row["legal_basis"])
    return [number[0] for number in found if number]


def extract(source: Path, target: Path) -> int:
    """Writes one line of facts a procedure, sorted by code; returns how many."""
    with source.open(encoding="utf-8") as lines:
        facts = sorted((facts_of(json.loads(line)) for line in lines if line.strip()), key=lambda row: row["code"])
    text = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in facts)
    target.write_text(text, encoding="utf-8")
    return len(facts)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python -m knowledge_base.catalogue.extract IN.jsonl OUT.jsonl")
    sys.stdout.write(f"{extract(Path(sys.argv[1]), Path(sys.argv[2]))} procedures\n")
