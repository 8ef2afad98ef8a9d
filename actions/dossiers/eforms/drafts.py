"""E-forms being filled in. All state is in the database, so a reload or a restart loses nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.dossiers.eforms.draft_store import Draft, DraftStore
from actions.dossiers.eforms.eform import EField, EForm
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.values import Ambiguous, Source, Texts, Value, ValueReader, plain
from actions.dossiers.tables import DossierFileRow, DraftRow, PendingInputRow, PinRequestRow
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.keyring import Keyring

__all__ = ["Draft", "DraftService", "named_field", "only_names_a_field"]

# What surrounds a label in "cho em sửa lại phần số điện thoại".
_EDIT_WORDS = frozenset(
    ("sua", "chinh", "lai", "doi", "phan", "muc", "cho", "em", "toi", "minh", "a", "so", "cua", "giup")
)
_Open = tuple[Session, DraftRow, Draft]


class DraftService:
    """Start, fill in, correct, pause and drop drafts.

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
        self._database = database
        self._keyring = keyring
        self._texts = texts

    def start(self, conversation_id: str, slug: str) -> Draft:
        """The open draft of this form in the conversation, a new one if there is none; others pause.

        Raises NotFound for an unknown form.
        """
        form = self.forms.get(slug)
        if form is None:
            raise NotFound(self._texts.render("eform.unknown_form"))
        try:
            return self._started(conversation_id, form)
        except IntegrityError:
            # Another replica opened the same draft in this moment: take that one.
            return self._started(conversation_id, form)

    def active(self, conversation_id: str) -> Draft | None:
        """The draft that is being filled in now."""
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

    def consent(self, conversation_id: str, given: bool) -> Draft | None:
        """Notes consent to the text shown; a refusal closes and erases the draft and returns None."""
        if not given:
            self.cancel(conversation_id)
            return None
        with self._changing(conversation_id) as (session, row, draft):
            if not draft.consented:
                row.consent_version, row.consent_at, row.notice = draft.form.consent.version, utc_now(), None
            return self.store.load(session, row)

    def apply(self, conversation_id: str, text: str) -> Draft:
        """Reads `text` as the answer to the question asked.

        A refused answer leaves the values as they are and stands in `notice` (with `options` to choose from).
        """
        with self._changing(conversation_id) as (session, row, draft):
            if draft.field is None:
                return draft
            row.notice = None
            try:
                value = self.reader.read(draft.field, text, self.today(), draft.options)
            except InvalidInput as problem:
                self.store.note(row, problem.detail, problem.options if isinstance(problem, Ambiguous) else [])
            else:
                self.store.set(session, row, draft, value)
            return self.store.load(session, row)

    def attach(self, conversation_id: str, file_id: str) -> Draft:
        """Takes a checked upload as the answer to the file question asked. Raises Conflict when none is asked."""
        with self._changing(conversation_id) as (session, row, draft):
            upload = session.get(DossierFileRow, file_id)
            asked = draft.field is not None and draft.field.type == "file"
            if not asked or upload is None or upload.conversation_id != conversation_id:
                raise Conflict(self._texts.render("eform.upload.not_asked"))
            upload.draft_id = row.id
            name = self._keyring.decrypt(upload.sealed_name).decode()
            self.store.set(session, row, draft, Value(file_id, name))
            return self.store.load(session, row)

    def fill(self, conversation_id: str, draft_id: str, answers: Mapping[str, str], source: Source) -> list[EField]:
        """Puts answers known from elsewhere into an open, consented draft; returns the fields that took one.

        A field that is hidden, or refuses its answer, is left for the citizen. Raises NotFound, Conflict.
        """
        filled = []
        with self._database.session() as session:
            row = session.get(DraftRow, draft_id, with_for_update=True)
            if row is None or row.open_slot is None or row.conversation_id != conversation_id:
                raise NotFound(self._texts.render("eform.none_open"))
            draft = self.store.load(session, row)
            if not draft.consented:
                raise Conflict(self._texts.render("eform.consent_first"))
            row.updated_at = utc_now()
            for field in draft.form.fields:
                if field.name not in answers or field not in draft.visible:
                    continue
                try:
                    value = self.reader.read(field, answers[field.name], self.today())
                except InvalidInput:
                    continue
                self.store.set(session, row, replace(draft, field=field), replace(value, source=source))
                draft = self.store.load(session, row)
                filled.append(field)
        return filled

    def note(self, conversation_id: str, sentence: str) -> Draft:
        """Puts `sentence` before the next question."""
        with self._changing(conversation_id) as (session, row, _draft):
            self.store.note(row, sentence)
            return self.store.load(session, row)

    def back(self, conversation_id: str) -> Draft:
        """To the question before the one asked; on the first one, says that it is the first."""
        with self._changing(conversation_id) as (session, row, draft):
            row.notice = None
            names = [f.name for f in draft.visible]
            here = names.index(draft.field.name) if draft.field else len(names)
            if draft.stage == "consent" or here == 0:
                self.store.note(row, self._texts.render("eform.first_question"))
            else:
                row.cursor = names[here - 1]
            return self.store.load(session, row)

    def edit(self, conversation_id: str, name: str) -> Draft:
        """Asks one answered field again: its name, or words of its label."""
        with self._changing(conversation_id) as (session, row, draft):
            row.notice = None
            found = named_field(draft, name)
            if found is None or not draft.consented:
                self.store.note(row, self._texts.render("eform.edit_which"))
            else:
                row.cursor = found.name
            return self.store.load(session, row)

    def skip(self, conversation_id: str) -> Draft:
        """Leaves out the optional question asked; a required one is explained."""
        with self._changing(conversation_id) as (session, row, draft):
            row.notice = None
            if draft.field is not None and draft.field.required:
                self.store.note(row, self._texts.render("eform.required", label=draft.field.label))
            elif draft.field is not None:
                self.store.set(session, row, draft, Value("", ""))
            return self.store.load(session, row)

    def pause(self, conversation_id: str) -> Draft | None:
        """Sets the active draft aside; None when there was none."""
        with self._database.session() as session:
            row = self.store.active_row(session, conversation_id, lock=True)
            if row is None:
                return None
            row.state, row.updated_at = "paused", utc_now()
            return self.store.load(session, row)

    def cancel(self, conversation_id: str) -> Draft | None:
        """Closes the active draft and erases its answers and files; None when there was none."""
        with self._database.session() as session:
            row = self.store.active_row(session, conversation_id, lock=True)
            if row is None:
                return None
            draft = self.store.load(session, row)
            self._erase(session, row)
            return draft

    def erase(self, conversation_id: str) -> int:
        """Erases every open draft and pending input of a conversation; returns how many drafts there were."""
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

    def _erase(self, session: Session, row: DraftRow) -> None:
        session.execute(update(DossierFileRow).where(DossierFileRow.draft_id == row.id).values(draft_id=None))
        self.store.close(session, row, "cancelled")

    @contextmanager
    def _changing(self, conversation_id: str) -> Iterator[_Open]:
        with self._database.session() as session:
            row = self.store.active_row(session, conversation_id, lock=True)
            if row is None:
                raise NotFound(self._texts.render("eform.none_open"))
            row.updated_at = utc_now()
            yield session, row, self.store.load(session, row)


def named_field(draft: Draft, name: str) -> EField | None:
    """The visible field called `name`, or the only answered one whose label has all the words of `name`."""
    exact = next((f for f in draft.visible if f.name == name), None)
    if exact:
        return exact
    words = set(plain(name).split()) - _EDIT_WORDS
    found = [f for f, _value in draft.answered if words and words <= set(plain(f.label).split())]
    return found[0] if len(found) == 1 else None


def only_names_a_field(draft: Draft, text: str) -> bool:
    """Whether `text` asks to change something and has no words but those of one label: no value came with it."""
    words = set(plain(text).split()) - _EDIT_WORDS
    return any(words <= set(plain(f.label).split()) for f in draft.visible)
