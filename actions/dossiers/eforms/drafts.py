"""E-forms being filled in. All state is in the database, so a reload or a restart loses nothing; practice alone is kept
in memory (`practice.py`), and every method that fills in goes to it while a trial is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.open_drafts import OpenDrafts
from actions.dossiers.eforms.values import Source, Value
from actions.dossiers.tables import DossierFileRow, DraftRow
from common.clock import utc_now
from common.errors import Conflict, InvalidInput, NotFound

__all__ = ["Draft", "DraftService", "Written"]

_Open = tuple[Session, DraftRow, Draft]
_Move = Callable[[Draft], Draft]


@dataclass(frozen=True)
class Written:
    """A draft after many answers at once, and what was wrong with those refused, by field."""

    draft: Draft
    problems: dict[str, InvalidInput]


class DraftService(OpenDrafts):
    """Fills in and corrects the open draft, besides what begins and ends it."""

    def practise(self, conversation_id: str, slug: str) -> Draft:
        """A trial of the form: kept in memory, never stored. A draft being filled in is set aside.

        Raises NotFound for an unknown form.
        """
        form = self._form(slug)
        self.practice.end(conversation_id)
        paused = self.pause(conversation_id)
        draft = self.practice.start(conversation_id, form)
        sentence = self._texts.render("eform.practice.start", title=form.title)
        if paused:
            sentence += " " + self._texts.render("eform.practice.paused_other")
        return self.practice.change(conversation_id, lambda trial: self.moves.note(trial, sentence)) or draft

    def consent(self, conversation_id: str, given: bool, *, elsewhere: bool = False) -> Draft | None:
        """Notes consent to the text shown; a refusal closes and erases the draft and returns None.

        `elsewhere`: said on the page, so the chat still shows the question.
        """
        if not given:
            self.cancel(conversation_id)
            return None
        return self._change(
            conversation_id, lambda draft: replace(draft, consented=True, notice="", elsewhere=elsewhere))

    def apply(self, conversation_id: str, text: str) -> Draft:
        """Reads `text` as the answer to the question asked.

        A refused answer leaves the values as they are and stands in `notice` (with `options` to choose from).
        """
        return self._change(conversation_id, lambda draft: self.moves.answer(draft, text))

    def sample(self, conversation_id: str) -> Draft:
        """Answers with the form's example; in practice only."""
        return self._change(
            conversation_id, lambda draft: self.moves.sample(draft) if draft.practice else draft)

    def attach(
        self, conversation_id: str, file_id: str, field_name: str = "", source: Source = "typed",
    ) -> Draft:
        """Takes a checked upload as the answer to the file question asked, or to `field_name` (on the page).

        Raises Conflict when no such file is asked for.
        """
        with self._changing(conversation_id) as (session, row, draft):
            field = next((f for f in draft.visible if f.name == field_name), None) if field_name else draft.field
            upload = session.get(DossierFileRow, file_id)
            if field is None or field.type != "file" or upload is None or upload.conversation_id != conversation_id:
                raise Conflict(self._texts.render("eform.upload.not_asked"))
            upload.draft_id = row.id
            name = self._keyring.decrypt(upload.sealed_name).decode()
            after = self.moves.put(draft, field.name, Value(file_id, name, source))
            self.store.save(session, row, draft, after)
            return after

    def attach_sample(self, conversation_id: str, name: str) -> Draft:
        """In practice: a file that was checked and thrown away stands as its name."""
        return self._change(conversation_id, lambda draft: self.moves.put(
            draft, draft.field.name, Value("sample", name)) if draft.practice and draft.field else draft)

    def fill(
        self, conversation_id: str, draft_id: str, answers: Mapping[str, str], source: Source, *,
        elsewhere: bool = False,
    ) -> list[EField]:
        """Puts answers known from elsewhere into an open, consented draft; returns the fields that took one.

        A field that is hidden, or refuses its answer, is left for the citizen. `elsewhere`: it happens on a page, so
        the chat still shows the question. Raises NotFound, Conflict.
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
            after = draft
            for field in draft.form.fields:
                if field.name not in answers or field not in after.visible:
                    continue
                try:
                    # Nobody doubts a name that a card or a login states.
                    value = self.reader.read(field, answers[field.name], self.today(), sure=True)
                except InvalidInput:
                    continue
                after = self.moves.put(after, field.name, replace(value, source=source))
                filled.append(field)
            if filled and elsewhere:
                after = replace(after, elsewhere=True)
            self.store.save(session, row, draft, after)
        return filled

    def write(
        self, conversation_id: str, typed: Mapping[str, str], *, complete: bool, sure: frozenset[str] = frozenset(),
        then: _Move = lambda draft: draft,
    ) -> Written:
        """Many answers at once, as the page sends them (`Moves.fill`), and what the page does `then`.

        The chat is told that answers came in elsewhere. Raises NotFound when nothing is being filled in.
        """
        problems: dict[str, InvalidInput] = {}

        def fill(draft: Draft) -> Draft:
            filled, found = self.moves.fill(draft, typed, complete=complete, sure=sure)
            problems.update(found)
            filled = then(filled)
            return filled if filled == draft else replace(filled, cursor=None, options=(), doubtful="", elsewhere=True)

        return Written(self._change(conversation_id, fill), problems)

    def here(self, conversation_id: str) -> Draft:
        """The chat has shown where the form stands after answers on the page: words are answers again."""
        return self._change(conversation_id, lambda draft: replace(draft, elsewhere=False))

    def note(self, conversation_id: str, sentence: str) -> Draft:
        """Puts `sentence` before the next question."""
        return self._change(conversation_id, lambda draft: self.moves.note(draft, sentence))

    def back(self, conversation_id: str) -> Draft:
        """To the question before the one asked; on the first one, says that it is the first."""
        return self._change(conversation_id, self.moves.back)

    def edit(self, conversation_id: str, name: str) -> Draft:
        """Asks one answered field again, adds or removes an item (`Moves.edit`)."""
        return self._change(conversation_id, lambda draft: self.moves.edit(draft, name))

    def skip(self, conversation_id: str) -> Draft:
        """Leaves out the optional question asked; a required one is explained."""
        return self._change(conversation_id, self.moves.skip)

    def _change(self, conversation_id: str, move: _Move) -> Draft:
        trial = self.practice.change(conversation_id, move)
        if trial:
            return trial
        with self._changing(conversation_id) as (session, row, draft):
            after = move(draft)
            self.store.save(session, row, draft, after)
            return after

    @contextmanager
    def _changing(self, conversation_id: str) -> Iterator[_Open]:
        with self._database.session() as session:
            row = self.store.active_row(session, conversation_id, lock=True)
            if row is None:
                raise NotFound(self._texts.render("eform.none_open"))
            row.updated_at = utc_now()
            yield session, row, self.store.load(session, row)
