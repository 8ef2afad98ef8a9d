"""How a draft lies in the database: rows to `Draft` and back, inside the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from actions.dossiers.eforms.eform import Choice, EField, EForm
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.values import Value
from actions.dossiers.tables import DossierFileRow, DraftRow, DraftValueRow
from common.clock import utc_now
from common.keyring import Keyring

__all__ = ["Draft", "DraftStore", "Stage"]

Stage = Literal["consent", "field", "review"]


@dataclass(frozen=True)
class Draft:
    """A draft as it stands. `values` holds answers of visible fields only, skipped ones with an empty value."""

    id: str
    conversation_id: str
    form: EForm
    state: str
    values: dict[str, Value]
    stage: Stage
    field: EField | None
    consented: bool
    notice: str = ""
    options: tuple[Choice, ...] = ()

    @property
    def visible(self) -> list[EField]:
        return self.form.visible({name: value.value for name, value in self.values.items()})

    @property
    def step(self) -> int:
        """1-based number of the question asked; the total on review."""
        names = [f.name for f in self.visible]
        return names.index(self.field.name) + 1 if self.field else len(names)

    @property
    def answered(self) -> list[tuple[EField, Value]]:
        """Visible fields with their answers, in order."""
        return [(f, self.values[f.name]) for f in self.visible if f.name in self.values]


class DraftStore:
    """Reads and writes drafts; never commits."""

    def __init__(self, keyring: Keyring, forms: FormLibrary) -> None:
        self._keyring = keyring
        self._forms = forms

    def open_row(self, session: Session, conversation_id: str, slug: str) -> DraftRow | None:
        """The open draft of a form, active or paused."""
        return session.scalars(
            select(DraftRow)
            .where(
                DraftRow.conversation_id == conversation_id,
                DraftRow.form_slug == slug,
                DraftRow.open_slot == 1,
            )
            .with_for_update()
        ).first()

    def active_row(self, session: Session, conversation_id: str, *, lock: bool = False) -> DraftRow | None:
        """The draft being filled in; `lock` keeps other replicas from changing it until the transaction ends."""
        query = (
            select(DraftRow)
            .where(DraftRow.conversation_id == conversation_id, DraftRow.open_slot == 1, DraftRow.state == "active")
            .order_by(DraftRow.updated_at.desc())
        )
        row = session.scalars(query.with_for_update() if lock else query).first()
        return row if row and self._forms.get(row.form_slug) else None

    def load(self, session: Session, row: DraftRow) -> Draft:
        form = self._forms.get(row.form_slug)
        if form is None:
            raise LookupError(f"draft {row.id} belongs to the form {row.form_slug}, which is gone")
        rows = session.scalars(select(DraftValueRow).where(DraftValueRow.draft_id == row.id))
        stored = {item.field: self._unseal(item.sealed) for item in rows}
        shown = form.visible({name: value.value for name, value in stored.items()})
        values = {f.name: stored[f.name] for f in shown if f.name in stored}
        stage, asked = _position(row, shown, values)
        note: dict[str, Any] = {"text": "", "options": []}
        if row.notice:
            note = json.loads(self._keyring.decrypt(row.notice))
        return Draft(
            id=row.id,
            conversation_id=row.conversation_id,
            form=form,
            state=row.state,
            values=values,
            stage=stage,
            field=asked,
            consented=row.consent_at is not None,
            notice=note["text"],
            options=tuple(Choice(**option) for option in note["options"]),
        )

    def set(self, session: Session, row: DraftRow, draft: Draft, value: Value) -> None:
        """Stores `value` for the field asked and drops the answers that this hides."""
        if draft.field is None:
            return
        row.cursor, row.notice = None, None
        session.merge(DraftValueRow(draft_id=row.id, field=draft.field.name, sealed=self.sealed(value)))
        values = {**{name: old.value for name, old in draft.values.items()}, draft.field.name: value.value}
        shown = {f.name for f in draft.form.visible(values)}
        session.flush()
        session.execute(
            delete(DraftValueRow).where(DraftValueRow.draft_id == row.id, DraftValueRow.field.not_in(shown))
        )
        self._release_files(session, row.id, keep=[v for name, v in values.items() if name in shown])

    def note(self, row: DraftRow, sentence: str, options: Sequence[Choice] = ()) -> None:
        """The sentence (and choices) to show with the next question."""
        data = {"text": sentence, "options": [{"value": o.value, "label": o.label} for o in options]}
        row.notice = self._keyring.encrypt(json.dumps(data))

    def sealed(self, value: Value) -> bytes:
        return self._keyring.encrypt(json.dumps({"value": value.value, "display": value.display, "source": value.source}))

    def close(self, session: Session, row: DraftRow, state: str) -> None:
        """Ends a draft; its answers are erased (a submitted dossier has its own copy)."""
        session.execute(delete(DraftValueRow).where(DraftValueRow.draft_id == row.id))
        row.state, row.open_slot, row.notice, row.cursor = state, None, None, None
        row.updated_at = utc_now()

    def _release_files(self, session: Session, draft_id: str, keep: list[str]) -> None:
        # Files that no answer names any more; `Uploads.purge` removes them from the disk after commit.
        session.execute(
            update(DossierFileRow)
            .where(DossierFileRow.draft_id == draft_id, DossierFileRow.id.not_in(keep))
            .values(draft_id=None)
        )

    def _unseal(self, sealed: bytes) -> Value:
        data = json.loads(self._keyring.decrypt(sealed))
        return Value(data["value"], data["display"], data.get("source", "typed"))


def _position(row: DraftRow, shown: list[EField], values: Mapping[str, Value]) -> tuple[Stage, EField | None]:
    if row.consent_at is None:
        return "consent", None
    asked = next((f for f in shown if f.name == row.cursor), None)
    asked = asked or next((f for f in shown if f.name not in values), None)
    return ("field", asked) if asked else ("review", None)
