"""How a draft lies in the database: rows to `Draft` and back, inside the caller's transaction."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from actions.dossiers.eforms.draft import Draft, Stage
from actions.dossiers.eforms.eform import Choice
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.values import Value
from actions.dossiers.tables import DossierFileRow, DraftRow, DraftValueRow
from common.clock import utc_now
from common.keyring import Keyring

__all__ = ["Draft", "DraftStore", "Stage"]


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
        note: dict[str, Any] = json.loads(self._keyring.decrypt(row.notice)) if row.notice else {}
        return Draft(
            id=row.id,
            conversation_id=row.conversation_id,
            form=form,
            state=row.state,
            values={f.name: stored[f.name] for f in shown if f.name in stored},
            # Consent is to a text: where the text has changed since, it is asked again.
            consented=row.consent_at is not None and row.consent_version == form.consent.version,
            cursor=row.cursor,
            notice=note.get("text", ""),
            options=tuple(Choice(**option) for option in note.get("options", ())),
            doubtful=note.get("doubtful", ""),
            elsewhere=note.get("elsewhere", False),
        )

    def save(self, session: Session, row: DraftRow, before: Draft, after: Draft) -> None:
        """Writes what a move changed: answers, position, notice and consent."""
        for name, value in after.values.items():
            if before.values.get(name) != value:
                session.merge(DraftValueRow(draft_id=row.id, field=name, sealed=self.sealed(value)))
        session.flush()
        kept = list(after.values)
        session.execute(
            delete(DraftValueRow).where(DraftValueRow.draft_id == row.id, DraftValueRow.field.not_in(kept))
        )
        if before.values != after.values:
            self._release_files(session, row.id, keep=[value.value for value in after.values.values()])
        row.cursor = after.cursor
        row.notice = self._note(after)
        if after.consented and not before.consented:
            row.consent_version, row.consent_at = after.form.consent.version, utc_now()

    def sealed(self, value: Value) -> bytes:
        data = {"value": value.value, "display": value.display, "source": value.source}
        return self._keyring.encrypt(json.dumps(data))

    def close(self, session: Session, row: DraftRow, state: str) -> None:
        """Ends a draft; its answers are erased (a submitted dossier has its own copy)."""
        session.execute(delete(DraftValueRow).where(DraftValueRow.draft_id == row.id))
        row.state, row.open_slot, row.notice, row.cursor = state, None, None, None
        row.updated_at = utc_now()

    def _note(self, draft: Draft) -> bytes | None:
        if not (draft.notice or draft.options or draft.doubtful or draft.elsewhere):
            return None
        data = {
            "text": draft.notice, "options": [{"value": o.value, "label": o.label} for o in draft.options],
            "doubtful": draft.doubtful, "elsewhere": draft.elsewhere,
        }
        return self._keyring.encrypt(json.dumps(data))

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
