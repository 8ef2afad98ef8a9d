"""The citizen's side of the desk: the turns that hand over, and the buttons and questions about waiting.

The gateway calls in at four places of a turn (`bot.gateway.turn.AtDesk`); everything else of a turn is none of its
business.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from actions.handoff.tickets import opened
from actions.messages import Messages
from bot.desk.callbacks import Callbacks
from bot.desk.cases import Request, add_note, closed, open_case, queued, request_of, urgent
from bot.desk.fence import Fence, pass_to
from bot.desk.files import DeskFiles
from bot.desk.score import SCORE, ask_score, keep_score, keep_word, to_be_asked
from bot.desk.tables import DeskAskRow, DeskCaseRow, DeskWordsRow
from bot.desk.waits import Waits, choices
from bot.gateway.store import as_conversation
from bot.gateway.tables import ConversationRow, TurnRow
from bot.gateway.turn import Turn
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput
from common.identifiers import mask
from common.keyring import Keyring
from common.messages import Reply, Status

__all__ = ["DeskTalk"]

_PREFIX = "/desk_"
_ASK_LIFE = timedelta(hours=1)
_GOODBYE = "bye"
# So many turns in a row without the dialogue engine, and people are told.
FAILURES = 3


class DeskTalk:
    """What the gateway asks of the desk (`bot.gateway.turn.AtDesk`)."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        texts: Messages,
        fence: Fence,
        waits: Waits,
        callbacks: Callbacks,
        files: DeskFiles,
        field: Callable[[str], str],
    ) -> None:
        self._database, self._keyring, self._texts, self._fence = database, keyring, texts, fence
        self._waits, self._callbacks, self._files, self._field = waits, callbacks, files, field
        self._choices: dict[str, Callable[[Turn], Reply]] = {
            "wait": lambda turn: self._reply("chosen.wait"), "standing": self._standing, "ticket": self._ticket,
            "bot": self._to_bot, "callback": self._offer_call, "agree": self._ask_phone, "decline": self._decline,
            "word": self._ask_word,
        }

    def receive(self, turn: Turn) -> None:
        """Before masking: a file for the person who has the conversation, or an answer that the desk waits for.

        Raises what the file's check raises.
        """
        inbound = turn.inbound
        if inbound.upload and turn.conversation.owner == "agent":
            turn.attachments = [self._files.receive(turn.conversation.id, inbound.upload)]
            name = mask(turn.attachments[0].name)
            turn.captured, turn.transcript = True, self._texts.render("file.transcript", name=name)
        elif turn.text and turn.conversation.owner != "agent":
            self._take_answer(turn)

    def answer(self, turn: Turn) -> list[Reply] | None:
        """The replies to a button of the desk, or to an answer that `receive` took; None for anything else."""
        if turn.replies:
            return turn.replies
        payload = turn.inbound.payload or ""
        if not payload.startswith(_PREFIX):
            return None
        if payload.startswith(SCORE):
            return [self._score(turn, payload)]
        act = self._choices.get(payload.removeprefix(_PREFIX))
        return [act(turn)] if act else None

    def recorded(self, session: Session, row: ConversationRow, message_id: str, turn: Turn) -> None:
        """Keeps the words as typed, sealed, where masking hid a number from the person who answers."""
        text = turn.inbound.text
        if row.owner == "agent" and text and not turn.captured and turn.transcript != text:
            session.add(DeskWordsRow(
                conversation_id=row.id, message_id=message_id, sealed=self._keyring.encrypt(text)))

    def settled(self, session: Session, row: ConversationRow, turn: Turn) -> list[Reply]:
        """After the bot's replies are stored: opens the case of a hand-off, and of an engine that fails again and
        again, and asks how it was after a goodbye; returns what the system adds."""
        case = open_case(session, row.id)
        if row.owner == "waiting" and case is None:
            request = request_of(session, row.id, "asked")
            return [self._queue(session, row, request)]
        if case is not None and case.agent is None and turn.inbound.text:
            urgent(case, turn.transcript)
        if row.owner == "bot" and turn.unaided and self._failing(session, row.id, turn):
            need = mask(turn.question or turn.transcript)
            ticket = opened(session, row.id, "failure", need, row.last_procedure)
            pass_to(row, "waiting")
            request = Request("failure", need, row.last_procedure, ticket.number)
            add_note(session, row.id, "system", "system", self._texts.render("note.failure", count=FAILURES))
            told = self._texts.render("queue.failure", number=ticket.number)
            return [Reply(text=told, status=Status.HANDED_OFF), self._queue(session, row, request)]
        said_goodbye = turn.intent == _GOODBYE and turn.status is Status.SMALLTALK
        if row.owner == "bot" and said_goodbye and to_be_asked(session, self._texts, row.id):
            return [ask_score(self._texts, None)]
        return []

    def _queue(self, session: Session, row: ConversationRow, request: Request) -> Reply:
        case = queued(session, row, request, self._field(request.procedure or ""))
        return self._waits.welcome(session, case)

    def _failing(self, session: Session, conversation_id: str, turn: Turn) -> bool:
        """Whether the turns before this one failed, too."""
        query = (
            select(TurnRow.result)
            .where(
                TurnRow.conversation_id == conversation_id, TurnRow.client_id != turn.inbound.client_id,
                TurnRow.state == "done")
            .order_by(TurnRow.started_at.desc()).limit(FAILURES - 1))
        earlier = [bool((result or {}).get("unaided")) for result in session.scalars(query)]
        return len(earlier) == FAILURES - 1 and all(earlier)

    # Choices while waiting

    def _standing(self, turn: Turn) -> Reply:
        with self._database.session() as session:
            case = self._waiting(session, turn)
            if case is None:
                return self._reply("chosen.late")
            return self._waits.welcome(session, case).model_copy(update={"status": Status.CONTROL})

    def _ticket(self, turn: Turn) -> Reply:
        with self._database.session() as session:
            case = self._waiting(session, turn)
            if case is None:
                return self._reply("chosen.late")
            case.kind = "ticket"
            add_note(session, turn.conversation.id, "system", "system", self._texts.render("note.ticket"))
        return self._reply("chosen.ticket", "callback", "bot")

    def _to_bot(self, turn: Turn) -> Reply:
        with self._database.session() as session:
            row = self._fence.row(session, turn.conversation.id)
            case = open_case(session, row.id)
            if row.owner != "waiting" or case is None:
                return self._reply("chosen.late")
            pass_to(row, "bot")
            closed(session, case, "withdrawn")
            add_note(session, row.id, "system", "system", self._texts.render("note.withdrawn"))
            # This very turn changed the owner: what it answers is not stale.
            turn.conversation = as_conversation(row)
        return self._reply("chosen.bot")

    def _waiting(self, session: Session, turn: Turn) -> DeskCaseRow | None:
        row = self._fence.row(session, turn.conversation.id)
        return open_case(session, row.id) if row.owner == "waiting" else None

    # A call back

    def _offer_call(self, turn: Turn) -> Reply:
        return self._reply("callback.consent", "agree", "decline")

    def _ask_phone(self, turn: Turn) -> Reply:
        self._ask(turn.conversation.id, "phone")
        return self._reply("callback.ask", "decline")

    def _decline(self, turn: Turn) -> Reply:
        with self._database.session() as session:
            _forget(session, turn.conversation.id)
        return self._reply("callback.declined")

    def _phone(self, turn: Turn, text: str) -> Reply | None:
        if not any(mark.isdigit() for mark in text):
            return None  # a question, another wish
        try:
            shown = self._callbacks.keep(turn.conversation.id, text)
        except InvalidInput as error:
            decline = self._texts.render("button.decline")
            said = self._texts.render("callback.wrong", problem=error.detail, decline=decline)
            return Reply(text=said, status=Status.FORM, buttons=choices(self._texts, "decline"))
        with self._database.session() as session:
            _forget(session, turn.conversation.id)
        state = self._waits.opening()
        opens = {"opens": None, "opens_time": ""} if state.is_open or not state.opens else {
            "opens": state.opens.date(), "opens_time": f"{state.opens:%H:%M}"}
        return Reply(text=self._texts.render("callback.kept", shown=shown, **opens), status=Status.CONTROL)

    # How it was

    def _score(self, turn: Turn, payload: str) -> Reply:
        try:
            given = json.loads(payload.removeprefix(SCORE))
            case_id = None if given["case"] is None else int(given["case"])
            score = int(given["score"])
        except (ValueError, KeyError, TypeError):
            return self._reply("chosen.late")
        with self._database.session() as session:
            kept = keep_score(session, turn.conversation.id, case_id, score)
            if kept is None:
                return self._reply("chosen.late")
            session.merge(DeskAskRow(
                conversation_id=turn.conversation.id, what="score", subject=kept, expires_at=utc_now() + _ASK_LIFE))
        return self._reply("score.kept", "word")

    def _ask_word(self, turn: Turn) -> Reply:
        with self._database.session() as session:
            row = session.get(DeskAskRow, turn.conversation.id)
            if row is None or row.what not in ("score", "word"):
                return self._reply("chosen.late")
            row.what, row.expires_at = "word", utc_now() + _ASK_LIFE
        return self._reply("score.word")

    # Questions that the desk asked

    def _ask(self, conversation_id: str, what: str) -> None:
        with self._database.session() as session:
            session.merge(DeskAskRow(
                conversation_id=conversation_id, what=what, subject=0, expires_at=utc_now() + _ASK_LIFE))

    def _take_answer(self, turn: Turn) -> None:
        with self._database.session(write=False) as session:
            asked = session.get(DeskAskRow, turn.conversation.id)
            if asked is None or asked.expires_at < utc_now() or asked.what not in ("phone", "word"):
                return
            what, subject = asked.what, asked.subject
        text = turn.text or ""
        if what == "phone":
            reply = self._phone(turn, text)
            if reply is None:
                return
            turn.captured, turn.transcript = True, self._texts.render("callback.transcript")
        else:
            with self._database.session() as session:
                keep_word(session, subject, text)
                _forget(session, turn.conversation.id)
            reply = self._reply("score.noted")
            turn.captured, turn.transcript = True, mask(text)
        turn.replies = [reply]

    def _reply(self, key: str, *buttons: str, **values: Any) -> Reply:
        return Reply(
            text=self._texts.render(key, **values), status=Status.CONTROL, buttons=choices(self._texts, *buttons))


def _forget(session: Session, conversation_id: str) -> None:
    session.execute(delete(DeskAskRow).where(DeskAskRow.conversation_id == conversation_id))
