"""Parsers of the identifiers that citizens give; every refusal is a sentence with an example.

The sentences stand in `common/data/identifier_errors.yml`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from common.clock import local_date
from common.errors import InvalidInput

__all__ = ["DossierCode", "PersonalId", "parse_dossier_code", "parse_personal_id", "parse_phone", "province_of"]

_DOSSIER = re.compile(
    r"(?P<agency>\d{3}\.\d{2}\.\d{2}\.[A-Z]\d{2,3}|[A-Z]\d{2,3}(?:\.\d{1,3}){0,3})-?(?P<day>\d{6})-?(?P<number>\d{4,6})"
)


@dataclass(frozen=True, slots=True)
class PersonalId:
    """A 12-digit personal id and what its digits say (VIETNAM.md 11.4). There is no check digit."""

    value: str
    birth_year: int
    sex: Literal["male", "female"]
    province_code: str

    @property
    def pin(self) -> str:
        """The last four digits, asked when a dossier is looked up."""
        return self.value[-4:]


@dataclass(frozen=True, slots=True)
class DossierCode:
    """A dossier code `<agency>-<YYMMDD>-<number>`; `local` tells whether the agency is Quảng Ninh's (H49)."""

    value: str
    agency: str
    day: date
    number: str

    @property
    def province(self) -> str:
        """The level-1 part of the agency code, e.g. H49 of `000.00.19.H49` and of `H49.22`."""
        return province_of(self.agency)

    @property
    def local(self) -> bool:
        return self.province == "H49"


def province_of(agency: str) -> str:
    """The level-1 code within an agency code; the agency itself when it has none."""
    found = re.search(r"(?:^|\.)([A-Z]\d{2,3})(?:\.|$)", agency.upper())
    return found[1] if found else agency


def parse_personal_id(text: str) -> PersonalId:
    """The personal id written in `text` (separators allowed). Raises InvalidInput."""
    digits = _digits(text)
    if re.search(r"[^\W\d_]", text):
        raise _problem("personal_id_letters", "personal_id")
    if not digits:
        raise _problem("personal_id_empty", "personal_id")
    if len(digits) == 9:
        raise _problem("personal_id_old", "personal_id")
    if len(digits) != 12:
        raise _problem("personal_id_length", "personal_id", count=len(digits))
    century = int(digits[3])
    birth_year = 1900 + 100 * (century // 2) + int(digits[4:6])
    if birth_year > local_date().year:
        raise _problem("personal_id_year", "personal_id", year=birth_year)
    return PersonalId(
        value=digits,
        birth_year=birth_year,
        sex="female" if century % 2 else "male",
        province_code=digits[:3],
    )


def parse_phone(text: str) -> str:
    """The phone number in `text` as `0…` digits; +84, 84 and 0084 are folded. Raises InvalidInput."""
    if re.search(r"[^\W\d_]", text):
        raise _problem("phone_letters", "phone")
    digits = re.sub(r"^(?:00)?84(?=0?\d{9,10}$)0?", "0", _digits(text))
    if not digits:
        raise _problem("phone_empty", "phone")
    if re.fullmatch(r"0[35789]\d{8}|02\d{9}", digits):
        return digits
    if digits.startswith("0") and len(digits) not in (10, 11):
        raise _problem("phone_length", "phone", count=len(digits))
    raise _problem("phone_prefix", "phone")


def parse_dossier_code(text: str) -> DossierCode:
    """The dossier code in `text`. Raises InvalidInput; a code of another province is accepted (`local` False)."""
    compact = re.sub(r"[–—−]", "-", re.sub(r"\s", "", unicodedata.normalize("NFKC", text))).upper()
    if not compact:
        raise _problem("dossier_empty", "dossier_code")
    match = _DOSSIER.fullmatch(compact)
    if match is None:
        raise _problem("dossier_format", "dossier_code")
    stamp = match["day"]
    try:
        day = date(2000 + int(stamp[:2]), int(stamp[2:4]), int(stamp[4:]))
    except ValueError:
        raise _problem("dossier_date", "dossier_code", stamp=stamp) from None
    return DossierCode(f"{match['agency']}-{stamp}-{match['number']}", match["agency"], day, match["number"])


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(char)) for char in text if char.isdigit())


@lru_cache(maxsize=1)
def _sentences() -> dict[str, str]:
    path = Path(__file__).parent / "data" / "identifier_errors.yml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def _problem(key: str, field: str, **values: object) -> InvalidInput:
    return InvalidInput(_sentences()[key].strip().format(**values), field=field)
