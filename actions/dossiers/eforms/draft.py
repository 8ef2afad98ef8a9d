"""A draft as it stands: the answers so far and what comes next. No database in here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from actions.dossiers.eforms.eform import Choice, EField, EForm
from actions.dossiers.eforms.values import Value

__all__ = ["Draft", "Stage"]

Stage = Literal["consent", "field", "review"]


@dataclass(frozen=True)
class Draft:
    """One form being filled in.

    values: answers of visible fields only, skipped ones with an empty value.
    cursor: the field asked again although it has an answer.
    notice: the sentence (with `options`) to show with the next question.
    doubtful: a typed name that the citizen is asked to confirm.
    elsewhere: answers came in on the page since the chat last asked, so the next words there answer nothing.
    practice: a trial: nothing of it is stored or sent.
    """

    id: str
    conversation_id: str
    form: EForm
    state: str
    values: dict[str, Value]
    consented: bool
    cursor: str | None = None
    notice: str = ""
    options: tuple[Choice, ...] = ()
    doubtful: str = ""
    elsewhere: bool = False
    practice: bool = False

    @property
    def plain_values(self) -> dict[str, str]:
        """The canonical values, as conditions compare them."""
        return {name: value.value for name, value in self.values.items()}

    @cached_property
    def visible(self) -> list[EField]:
        return self.form.visible(self.plain_values)

    @property
    def stage(self) -> Stage:
        if not self.consented:
            return "consent"
        return "field" if self.field else "review"

    @cached_property
    def field(self) -> EField | None:
        """The question asked now: the one called up again, else the first without a (sufficient) answer."""
        if not self.consented:
            return None
        asked = next((f for f in self.visible if f.name == self.cursor), None)
        return asked or next((f for f in self.visible if self._open(f)), None)

    @property
    def step(self) -> int:
        """1-based number of the question asked; the total on review."""
        names = [f.name for f in self.visible]
        return names.index(self.field.name) + 1 if self.field else len(names)

    @property
    def answered(self) -> list[tuple[EField, Value]]:
        """Visible fields with their answers, in order. Of the questions whether there is one more item only a "no" to
        the first stands: there is none at all."""
        return [
            (f, self.values[f.name]) for f in self.visible
            if f.name in self.values
            and (not f.asks_for_more or (f.index == 1 and self.values[f.name].value == "no"))
        ]

    def items(self, group: str) -> int:
        """How many items `group` has."""
        return self.form.count(group, self.plain_values)

    def _open(self, field: EField) -> bool:
        # An answer left out may have become required by another answer (`required_when`).
        value = self.values.get(field.name)
        return value is None or (field.required and not value.value)
