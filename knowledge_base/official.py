"""One row of an official catalogue as a guide: the portal's own words, parsed only where that is exact.

Raises InvalidInput for a row that can't be taken, with the reason for the person who imports.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common.errors import InvalidInput
from knowledge_base.model import PROCEDURE_CODE, Guide
from knowledge_base.parsing import (
    CHANNELS,
    durations_in,
    is_zero_fee,
    parse_duration,
    parse_fee,
    parse_level,
    sentence_case,
    split_steps,
)
from knowledge_base.wording import sentence

__all__ = ["official_guide"]

_MAX_NAME = 2000
_MAX_TEXT = 400_000
_MAX_ITEMS = 1000
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# PostgreSQL refuses NUL in text, UTF-8 refuses lone surrogates; neither belongs in a procedure.
_BROKEN = re.compile("[\x00\ud800-\udfff]")


class _Row(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Method(_Row):
    channel: str = ""
    time: str = ""
    fee: str = ""
    note: str = ""


class _Document(_Row):
    group: str = ""
    name: str = ""
    originals: str = ""
    copies: str = ""
    form: str = ""


class _Basis(_Row):
    name: str = ""
    number: str = ""


class _Procedure(_Row):
    """What is used of a row. Missing values are empty, wrong types are errors."""

    code: str
    name: str
    field: str = ""
    levels: list[str] = []
    decision_no: str = ""
    subjects: list[str] = []
    agency: str = ""
    receiving_address: str = ""
    steps: str = ""
    methods: list[_Method] = Field([], max_length=_MAX_ITEMS)
    methods_text: str = ""
    time: list[str] = []
    fee: list[str] = []
    documents: list[_Document] = Field([], max_length=_MAX_ITEMS)
    documents_text: str = ""
    conditions: str = ""
    results: list[str] = []
    legal_basis: list[_Basis] = Field([], max_length=_MAX_ITEMS)
    legal_basis_text: str = ""
    description: str = ""
    url: str = ""
    province_specific: str = ""
    same_name_codes: list[str] = []


def official_guide(row: Any) -> Guide:
    """The guide of one row as the national portal's catalogue has it (`_Procedure`). Raises InvalidInput."""
    if not isinstance(row, dict):
        raise InvalidInput("dòng phải là một đối tượng JSON { … }")
    used = {key: value for key, value in row.items() if value is not None and key in _Procedure.model_fields}
    try:
        procedure = _Procedure.model_validate(_unmarked(used))
    except RecursionError:
        raise InvalidInput("JSON lồng quá sâu") from None
    except ValidationError as error:
        raise InvalidInput(_explain(error)) from None
    _check(procedure)
    try:
        return Guide.model_validate(_guide_data(procedure))
    except ValidationError as error:
        raise InvalidInput(_explain(error)) from None


def _unmarked(value: Any) -> Any:
    """The portal's line breaks (`<br>`) as line breaks; every other character stays."""
    if isinstance(value, str):
        return _BREAK.sub("\n", value)
    if isinstance(value, dict):
        return {key: _unmarked(child) for key, child in value.items()}
    return [_unmarked(child) for child in value] if isinstance(value, list) else value


def _explain(error: ValidationError) -> str:
    kinds = {
        "missing": "thiếu",
        "string_type": "phải là chữ",
        "list_type": "phải là danh sách",
        "model_type": "phải là đối tượng { … }",
        "too_long": "quá nhiều mục",
    }
    said = []
    for item in error.errors(include_url=False, include_input=False)[:3]:
        where = ".".join(str(part) for part in item["loc"])
        said.append(f"{where}: {kinds.get(item['type'], item['msg'])}")
    return "; ".join(said)


def _check(procedure: _Procedure) -> None:
    if not re.match(PROCEDURE_CODE, procedure.code.strip()):
        raise InvalidInput(f"code: “{procedure.code[:40]}” không phải mã thủ tục (dạng 1.001193)")
    if not procedure.name.strip():
        raise InvalidInput("name: đang để trống")
    if len(procedure.name) > _MAX_NAME:
        raise InvalidInput(f"name: dài hơn {_MAX_NAME} ký tự")
    for text in _strings(procedure.model_dump()):
        if len(text) > _MAX_TEXT:
            raise InvalidInput(f"có mục dài hơn {_MAX_TEXT} ký tự")
        if _BROKEN.search(text):
            raise InvalidInput("có ký tự hỏng (NUL hoặc nửa cặp UTF-16)")


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)


def _guide_data(row: _Procedure) -> dict[str, Any]:
    channels = (CHANNELS[method.channel] for method in row.methods if method.channel in CHANNELS)
    levels = (level for text in row.levels if (level := parse_level(text)))
    conditions = [sentence("other_province", province=row.province_specific)] if row.province_specific.strip() else []
    return {
        "code": row.code.strip(),
        "name": sentence_case(" ".join(row.name.split())),
        "field": row.field.strip() or "Khác",
        "levels": list(dict.fromkeys(levels)),
        "agency": row.agency.strip() or None,
        "audience": _texts(row.subjects),
        "summary": row.description.strip() or None,
        "documents": _documents(row),
        "fee": _fees(row),
        "time": _times(row),
        "channels": list(dict.fromkeys(channels)),
        "places": _texts([row.receiving_address]),
        "steps": split_steps(row.steps),
        "conditions": conditions + _texts([row.conditions]),
        "result": _texts(row.results),
        "legal_basis": _legal_basis(row),
        "related": [
            {"code": code, "why": sentence("same_name")}
            for code in dict.fromkeys(row.same_name_codes)
            if re.match(PROCEDURE_CODE, code) and code != row.code
        ],
        "decision_no": row.decision_no.strip() or None,
        "sources": _sources(row.url.strip()),
    }


def _texts(values: Iterable[str]) -> list[str]:
    return [text for value in values if (text := value.strip())]


def _sources(url: str) -> list[dict[str, str]]:
    found = re.match(r"^https?://\S+$", url)
    return [{"title": sentence("portal_source"), "url": url}] if found else []


def _documents(row: _Procedure) -> list[dict[str, Any]]:
    named = [_document(item) for item in row.documents if item.name.strip()]
    if named or not row.documents_text.strip():
        return named
    return [{"name": row.documents_text, "kind": "original", "copies": 0}]


def _document(item: _Document) -> dict[str, Any]:
    """Originals win over copies; the portal's own "Bản chính: 1 - Bản sao: 1" stays when both are asked for."""
    originals, copies = (_count(text) for text in (item.originals, item.copies))
    notes = [item.group]
    if originals and copies:
        notes.append(f"Bản chính: {originals} - Bản sao: {copies}")
    kind = "original" if originals or not copies else "copy"
    return {
        "name": item.name,
        "kind": kind,
        "copies": originals or copies,
        "note": "\n".join(_texts(notes)) or None,
    }


def _count(text: str) -> int:
    """A number of sheets, 0 when it isn't one from 0 to 20."""
    number = int(text) if re.fullmatch(r"\d{1,2}", text.strip(), re.ASCII) else 0
    return number if number <= 20 else 0


def _fees(row: _Procedure) -> list[dict[str, Any]]:
    """One settled amount, or the portal's words with nothing settled: a shown zero never proves "free"."""
    texts = list(dict.fromkeys(_texts([*row.fee, *([] if row.fee else [method.fee for method in row.methods])])))
    texts = [text for text in texts if not text.startswith("Không có thông tin")]
    amounts = {parse_fee(text) for text in texts}
    if len(amounts) == 1 and (amount := amounts.pop()):
        return [{"amount": amount, "verbatim": "\n".join(texts)}]
    return [
        {"verbatim": text, "note": sentence("fee_unconfirmed" if is_zero_fee(text) else "fee_not_exact")}
        for text in texts
    ]


def _times(row: _Procedure) -> list[dict[str, Any]]:
    """The one duration that holds for every channel, or each channel's own words."""
    stated = _texts([*row.time, *(method.time for method in row.methods)])
    stated = list(dict.fromkeys(text for text in stated if text.upper() != "N/A"))
    parsed = {parse_duration(text) for text in stated}
    noted = {number for method in row.methods for number in durations_in(method.note)}
    notes = list(dict.fromkeys(_texts(method.note for method in row.methods)))
    if len(parsed) == 1 and (only := parsed.pop()) and not noted - {only[0]}:
        return [{"amount": only[0], "unit": only[1], "verbatim": "\n".join(notes) or None}]
    if not row.methods:
        return [{"verbatim": text} for text in stated or _texts([row.methods_text])]
    return [{"verbatim": text} for text in dict.fromkeys(map(_method_words, row.methods)) if text]


def _method_words(method: _Method) -> str:
    """`Trực tiếp: 2 Ngày làm việc. <note>`, all in the portal's words; empty when no time is told."""
    time = "" if method.time.strip().upper() == "N/A" else method.time.strip()
    told = ". ".join(_texts([time, method.note]))
    return f"{method.channel.strip()}: {told}" if told and method.channel.strip() else told


def _legal_basis(row: _Procedure) -> list[dict[str, Any]]:
    found = []
    for basis in row.legal_basis:
        number, name = basis.number.strip(), basis.name.strip()
        if number or name:
            found.append({"number": number or name, "title": (name or None) if number else None})
    if not found and row.legal_basis_text.strip():
        found.append({"number": row.legal_basis_text, "title": None})
    return found
