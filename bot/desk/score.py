"""How citizens found it: asked once, after a person has answered or when a conversation with the bot alone ends; kept
for the reports."""

from __future__ import annotations

import json

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.tables import DeskCaseRow, SatisfactionRow
from bot.gateway.tables import ConversationRow, MessageRow, TurnRow
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput
from common.identifiers import mask
from common.messages import Button, Reply, Status

__all__ = ["SCORE", "BotScores", "ask_score", "keep_score", "keep_word", "to_be_asked"]

SCORE = "/desk_score"
_SCORES = range(1, 6)
_LONGEST_WORD = 1000


def ask_score(texts: Messages, case_id: int | None) -> Reply:
    """The question, with a button for each score; about the person of a case, or (None) about the bot."""
    buttons = [
        Button(title=texts.render(f"score.s{score}"), payload=SCORE + json.dumps({"case": case_id, "score": score}))
        for score in _SCORES
    ]
    text = texts.render("score.ask" if case_id is not None else "score.ask_bot")
    return Reply(text=text, status=Status.CONTROL, buttons=buttons)


def to_be_asked(session: Session, texts: Messages, conversation_id: str) -> bool:
    """Whether a conversation that ends is asked how it was: the bot answered something in it, no person had it (they
    ask themselves), and it was never asked."""
    row = MessageRow
    answered = exists().where(TurnRow.conversation_id == conversation_id, TurnRow.status == Status.ANSWERED.value)
    had_person = exists().where(DeskCaseRow.conversation_id == conversation_id)
    scored = exists().where(SatisfactionRow.conversation_id == conversation_id)
    asked = exists().where(
        row.conversation_id == conversation_id, row.author == "system", row.text == texts.render("score.ask_bot"))
    return bool(session.scalar(select(answered & ~had_person & ~scored & ~asked)))


def keep_score(session: Session, conversation_id: str, case_id: int | None, score: int) -> int | None:
    """Keeps the score of one of this conversation's cases, or (None) of the bot; a later one replaces it. None for any
    other case."""
    case = session.get(DeskCaseRow, case_id) if case_id is not None else None
    foreign = case_id is not None and (case is None or case.conversation_id != conversation_id)
    if foreign or score not in _SCORES:
        return None
    row = session.scalars(select(SatisfactionRow).where(
        SatisfactionRow.conversation_id == conversation_id, SatisfactionRow.case_id == case_id)).first()
    if row is None:
        conversation = session.get(ConversationRow, conversation_id)
        procedure = case.procedure if case else conversation.last_procedure if conversation else None
        row = SatisfactionRow(
            conversation_id=conversation_id, case_id=case_id, procedure=procedure, centre=case.unit if case else "",
            note="")
        session.add(row)
    row.score, row.at = score, utc_now()
    session.flush()
    return row.id


def keep_word(session: Session, satisfaction_id: int, text: str) -> None:
    """Adds the citizen's words, masked, to their score."""
    row = session.get(SatisfactionRow, satisfaction_id)
    if row:
        row.note = mask(text.strip()[:_LONGEST_WORD])


class BotScores:
    """Scores that a citizen gives outside the chat itself: when they end it in the widget or on the plain page."""

    def __init__(self, database: Database, texts: Messages) -> None:
        self._database, self._texts = database, texts

    def open(self, conversation_id: str) -> bool:
        """Whether the question is still to be asked."""
        with self._database.session(write=False) as session:
            return to_be_asked(session, self._texts, conversation_id)

    def keep(self, conversation_id: str, score: int, note: str = "") -> None:
        """Keeps score and word. Raises InvalidInput for a score outside 1 to 5."""
        with self._database.session() as session:
            kept = keep_score(session, conversation_id, None, score)
            if kept is None:
                raise InvalidInput(self._texts.render("problem.score"), field="score")
            if note.strip():
                keep_word(session, kept, note)
