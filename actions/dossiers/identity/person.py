"""The facts about a person that cards and logins give, checked against each other."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from common.errors import InvalidInput
from common.identifiers import parse_personal_id
from common.keyring import Keyring

__all__ = ["Person", "checked", "person_digest"]

Sex = Literal["male", "female"]
_OLDEST = 130


@dataclass(frozen=True)
class Person:
    """What is known; empty or None is unknown. Nothing of it belongs into a log."""

    personal_id: str
    name: str = ""
    birth: date | None = None
    sex: Sex | None = None
    address: str = ""


def person_digest(keyring: Keyring, personal_id: str) -> str:
    """What dossiers of one person are found by; the number itself is stored nowhere in the clear."""
    return keyring.digest("person", personal_id)


def checked(person: Person, today: date) -> Person:
    """The same, in NFC without odd characters. Raises InvalidInput (a reason, no sentence) where facts disagree.

    The id says century, year and sex (Circular 59/2021/TT-BCA Art. 5 and 7, VIETNAM.md 11.4).
    """
    known = parse_personal_id(person.personal_id)
    name, address = _clean(person.name, 100), _clean(person.address, 300)
    if name and not all(part.isalpha() for part in name.replace("'", " ").replace("-", " ").replace(".", " ").split()):
        raise InvalidInput("name")
    if person.birth is not None:
        age = today.year - person.birth.year
        if person.birth > today or age > _OLDEST or person.birth.year != known.birth_year:
            raise InvalidInput("birth")
    if person.sex is not None and person.sex != known.sex:
        raise InvalidInput("sex")
    return Person(known.value, name, person.birth, person.sex, address)


def _clean(text: str, longest: int) -> str:
    composed = unicodedata.normalize("NFC", text)
    shown = " ".join("".join(c if c.isprintable() or c.isspace() else " " for c in composed).split())
    if len(shown) > longest:
        raise InvalidInput("long")
    return shown
