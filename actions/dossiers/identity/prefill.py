"""From facts about a person to answers of a form, by the table `fields.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from actions.dossiers.eforms.eform import EField, EForm
from actions.dossiers.identity.person import Person

__all__ = ["Filling", "answers", "fillings", "is_filled_by_identity"]

_TABLE = Path(__file__).with_name("fields.yml")


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    types: list[str]
    fields: list[str]
    words: dict[str, str] = {}


@dataclass(frozen=True)
class Filling:
    """One fact as it would stand in one field."""

    field: EField
    text: str


@lru_cache(maxsize=1)
def _facts() -> dict[str, _Fact]:
    data = yaml.safe_load(_TABLE.read_text(encoding="utf-8"))
    return {name: _Fact.model_validate(row) for name, row in data["facts"].items()}


def fillings(form: EForm, person: Person) -> list[Filling]:
    """What `person` would fill in `form`, in the order of the form."""
    known = _texts(person)
    found = {}
    for name, fact in _facts().items():
        text = known.get(name, "")
        for wanted in fact.fields if text else ():
            field = form.field(wanted)
            if field is not None and field.type in fact.types:
                found[field.name] = Filling(field, fact.words.get(text, text))
    return [found[field.name] for field in form.fields if field.name in found]


def answers(form: EForm, person: Person) -> dict[str, str]:
    """The same as texts by field, as a citizen would type them."""
    return {filling.field.name: filling.text for filling in fillings(form, person)}


def is_filled_by_identity(field: EField) -> bool:
    """Whether an identity card or a login can answer this field."""
    return any(field.name in fact.fields and field.type in fact.types for fact in _facts().values())


def _texts(person: Person) -> dict[str, str]:
    birth = f"{person.birth:%d/%m/%Y}" if person.birth else ""
    return {
        "personal_id": person.personal_id, "name": person.name, "birth_date": birth, "sex": person.sex or "",
        "address": person.address,
    }
