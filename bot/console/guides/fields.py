"""The editor's form as data (`fields.yml`): what is asked, how it is called, and how what was typed becomes a guide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from actions.messages import vnd
from knowledge_base.drafting.diff import said
from knowledge_base.model import Guide

__all__ = ["CODE", "Field", "Section", "Typed", "all_fields", "label", "read", "sections", "spoken"]

CODE = "Mã thủ tục"
_ITEM = re.compile(r"^([a-z_]+)\.(\d{1,4})(?:\.([a-z_]+))?$")
_MOST_ROWS = 1000
_GROUPED = re.compile(r"^\d{1,3}(?:\.\d{3})+$")
_DECIMAL = re.compile(r"^\d+,\d+$")
_ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_LOCAL_DATE = re.compile(r"^(\d{1,2})/(\d{1,2})/(\d{4})$")

Typed = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Field:
    """One question of the form; `columns` are those of each row."""

    name: str
    label: str
    kind: str
    help: str = ""
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[Field, ...] = ()
    default: str = ""
    add: str = ""
    rows: int = 4

    @property
    def listed(self) -> bool:
        return self.kind in ("rows", "items")


@dataclass(frozen=True)
class Section:
    title: str
    fields: tuple[Field, ...]


@lru_cache(maxsize=1)
def sections() -> tuple[Section, ...]:
    """The form. Raises ValueError where it leaves out a field of the model or has one too many."""
    data = YAML(typ="safe").load(Path(__file__).with_name("fields.yml"))
    made = tuple(Section(one["title"], tuple(map(_field, one["fields"]))) for one in data["sections"])
    names = [one.name for section in made for one in section.fields]
    if sorted([*names, "code"]) != sorted(Guide.model_fields):
        raise ValueError("fields.yml: the form and the guide model differ")
    return made


def _field(data: Mapping[str, Any]) -> Field:
    columns = tuple(map(_field, data.get("columns", ())))
    return Field(**{**data, "columns": columns})


def all_fields() -> dict[str, Field]:
    """Fields by name."""
    return {one.name: one for section in sections() for one in section.fields}


def label(name: str, part: str = "") -> str:
    """What a field, or a part of its rows, is called."""
    found = all_fields().get(name)
    if found is None:
        return CODE if name == "code" else name
    if not part:
        return found.label
    return next((column.label for column in found.columns if column.name == part), part)


def spoken(name: str, part: str, value: Any) -> str:
    """A stored value as people read it: `working_day`, 8000 and 2026-07-01 become words, an amount and a date."""
    if isinstance(value, list):
        return ", ".join(spoken(name, part, item) for item in value)
    one = _column(name, part)
    if one is None or value is None:
        return said(name, part, value)
    if one.kind == "yes":
        return "có" if value else "không"
    if one.kind == "date" and _ISO_DATE.match(str(value)):
        return "/".join(reversed(str(value).split("-")))
    if (name, part) == ("fee", "amount") and isinstance(value, int):
        return f"{vnd(value)}"
    return one.choices.get(str(value), said(name, part, value))


def _column(name: str, part: str) -> Field | None:
    one = all_fields().get(name)
    return next((column for column in one.columns if column.name == part), None) if one and part else one


def read(typed: Iterable[tuple[str, str]], code: str) -> dict[str, Any]:
    """What a form holds, as a draft: empty values left out, numbers and dates as the model wants them where they can
    be read, as typed where not."""
    single: dict[str, list[str]] = {}
    rows: dict[str, dict[int, dict[str, list[str]]]] = {}
    for name, value in typed:
        value = value.replace("\r\n", "\n")
        found = _ITEM.match(name)
        if found:
            rows.setdefault(found[1], {}).setdefault(int(found[2]), {}).setdefault(found[3] or "", []).append(value)
        else:
            single.setdefault(name, []).append(value)
    payload: dict[str, Any] = {"code": code}
    for one in all_fields().values():
        given = _rows(one, rows.get(one.name, {})) if one.listed else _value(one, single.get(one.name, []))
        if not _blank(given):
            payload[one.name] = given
    return payload


def _rows(one: Field, given: Mapping[int, Mapping[str, list[str]]]) -> list[Any]:
    ordered = [given[index] for index in sorted(given)][:_MOST_ROWS]
    if one.kind == "items":
        return ["".join(values.get("", [])).strip() for values in ordered]
    made = []
    for values in ordered:
        row = {column.name: _value(column, values.get(column.name, [])) for column in one.columns}
        default = {column.name: column.default for column in one.columns if column.default}
        made.append({
            name: value for name, value in row.items()
            if not _blank(value) and str(value) != default.get(name)
        })
    return made


def _blank(value: Any) -> bool:
    return value is None or value is False or value == "" or value == []  # 0 is an amount: free of charge


def _value(one: Field, given: Sequence[str]) -> Any:
    text = given[-1].strip() if given else ""
    match one.kind:
        case "lines":
            return [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        case "checks" | "cases":
            return [value for value in given if value]
        case "yes":
            return bool(text)
        case "number":
            return _number(text)
        case "date":
            return _date(text)
    return text


def _number(text: str) -> int | float | str:
    """`8.000` and `8000` are eight thousand, `1,5` is one and a half; anything else stays for the model to refuse."""
    bare = text.removesuffix("đồng").removesuffix("đ").strip()
    if _GROUPED.match(bare):
        bare = bare.replace(".", "")
    if re.fullmatch(r"\d{1,12}", bare):
        return int(bare)
    return float(bare.replace(",", ".")) if _DECIMAL.match(bare) else text


def _date(text: str) -> str:
    found = _LOCAL_DATE.match(text)
    return f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}" if found else text
