"""The open drafts of a conversation: begun, found, set aside, taken up again, closed and erased."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.draft_store import DraftStore
from actions.dossiers.eforms.eform import EForm
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.moves import Moves
from actions.dossiers.eforms.practice import Practice
from actions.dossiers.eforms.values import Texts, ValueReader
from actions.dossiers.tables import DossierFileRow, DraftRow, PendingInputRow, PinRequestRow
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring

__all__ = ["OpenDrafts"]


class OpenDrafts:
    """Which drafts a conversation has, and which of them is being filled in; at most one is.

    Methods that need an active draft raise NotFound with a sentence when the conversation has none.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        forms: FormLibrary,
        reader: ValueReader,
        texts: Texts,
        today: Callable[[], date] = local_date,
    ) -> None:
        self.forms = forms
        self.reader = reader
        self.store = DraftStore(keyring, forms)
        self.today = today
        self.practice = Practice()
        self.moves = Moves(reader, texts, today)
        self._database = database
        self._keyring = keyring
        self._texts = texts

    def start(self, conversation_id: str, slug: str) -> Draft:
        """The open draft of this form in the conversation, a new one if there is none; others pause.

        Raises NotFound for an unknown form.
        """
        form = self._form(slug)
        self.practice.end(conversation_id)
        try:
            return self._started(conversation_id, form)
        except IntegrityError:
            # Another replica opened the same draft in this moment: take that one.
            return self._started(conversation_id, form)

    def is_open(self, conversation_id: str) -> bool:
        """Whether there is a draft (or a trial) to ask about, without opening its values."""
        if self.practice.get(conversation_id):
            return True
        with self._database.session(write=False) as session:
            return self.store.active_row(session, conversation_id) is not None

    def active(self, conversation_id: str) -> Draft | None:
        """The draft that is being filled in now; a trial while one is on."""
        trial = self.practice.get(conversation_id)
        if trial:
            return trial
        with self._database.session(write=False) as session:
            row = self.store.active_row(session, conversation_id)
            return self.store.load(session, row) if row else None

    def resumable(self, conversation_id: str) -> list[Draft]:
        """Open drafts, paused ones included, the latest first."""
        with self._database.session(write=False) as session:
            rows = session.scalars(
                select(DraftRow)
                .where(
                    DraftRow.conversation_id == conversation_id,
                    DraftRow.open_slot == 1,
                )
                .order_by(DraftRow.updated_at.desc())
            )
            return [self.store.load(session, row) for row in rows if self.forms.get(row.form_slug)]

    def one(self, conversation_id: str, draft_id: str) -> Draft:
        """An open draft, active or paused, as its page shows it. Raises NotFound once it was submitted or erased."""
        found = next((draft for draft in self.resumable(conversation_id) if draft.id == draft_id), None)
        if found is None:
            raise NotFound(self._texts.render("eform.gone"))
        return found

    def resume(self, conversation_id: str, slug: str | None = None) -> Draft | None:
        """Takes up the open draft (of `slug`, or the latest) again; None when there is none."""
        drafts = [draft for draft in self.resumable(conversation_id) if slug in (None, draft.form.slug)]
        return self.start(conversation_id, drafts[0].form.slug) if drafts else None

    def prompt(self, conversation_id: str) -> Draft:
        """What is to be asked now."""
        draft = self.active(conversation_id)
        if draft is None:
            raise NotFound(self._texts.render("eform.none_open"))
        return draft

    def pause(self, conversation_id: str) -> Draft | None:
        """Sets the active draft aside; None when there was none. A trial can't be kept: it ends."""
        return self._leave(conversation_id, self._set_aside)

    def cancel(self, conversation_id: str) -> Draft | None:
        """Closes the active draft and erases its answers and files; None when there was none."""
        return self._leave(conversation_id, self._erase)

    def erase(self, conversation_id: str) -> int:
        """Erases every open draft and pending input of a conversation; returns how many drafts there were."""
        self.practice.end(conversation_id)
        with self._database.session() as session:
            rows = list(
                session.scalars(
                    select(DraftRow).where(DraftRow.conversation_id == conversation_id, DraftRow.open_slot == 1)
                )
            )
            for row in rows:
                self._erase(session, row)
            for table in (PendingInputRow, PinRequestRow):
                session.execute(delete(table).where(table.conversation_id == conversation_id))
            return len(rows)

    def expire(self, before: datetime) -> int:
        """Erases open drafts untouched since `before`; returns how many."""
        with self._database.session() as session:
            rows = list(session.scalars(select(DraftRow).where(DraftRow.open_slot == 1, DraftRow.updated_at < before)))
            for row in rows:
                self._erase(session, row)
            return len(rows)

    def _form(self, slug: str) -> EForm:
        form = self.forms.get(slug)
        if form is None:
            raise NotFound(self._texts.render("eform.unknown_form"))
        return form

    def _started(self, conversation_id: str, form: EForm) -> Draft:
        with self._database.session() as session:
            row = self.store.open_row(session, conversation_id, form.slug)
            now = utc_now()
            if row is None:
                row = DraftRow(
                    id=secrets.token_hex(16),
                    conversation_id=conversation_id,
                    form_slug=form.slug,
                    open_slot=1,
                    form_version=form.version,
                    state="active",
                    created_at=now,
                    updated_at=now,
                )
                session.add(row)
            session.execute(
                update(DraftRow)
                .where(
                    DraftRow.conversation_id == conversation_id,
                    DraftRow.open_slot == 1,
                    DraftRow.form_slug != form.slug,
                )
                .values(state="paused")
            )
            row.state, row.updated_at = "active", now
            session.flush()
            return self.store.load(session, row)

    def _leave(self, conversation_id: str, end: Callable[[Session, DraftRow], None]) -> Draft | None:
        trial = self.practice.end(conversation_id)
        if trial:
            return trial
        with self._database.session() as session:
            row = self.store.active_row(session, conversation_id, lock=True)
            if row is None:
                return None
            draft = self.store.load(session, row)
            end(session, row)
            return replace(draft, state=row.state)

    def _set_aside(self, _session: Session, row: DraftRow) -> None:
        row.state, row.updated_at = "paused", utc_now()

    def _erase(self, session: Session, row: DraftRow) -> None:
        session.execute(update(DossierFileRow).where(DossierFileRow.draft_id == row.id).values(draft_id=None))
        self.store.close(session, row, "cancelled")
