"""How citizens found it: asked once after a person has answered, kept for the reports."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.messages import Messages
from bot.desk.tables import DeskCaseRow, SatisfactionRow
from common.clock import utc_now
from common.identifiers import mask
from common.messages import Button, Reply, Status

__all__ = ["SCORE", "ask_score", "keep_score", "keep_word"]

SCORE = "/desk_score"
_SCORES = range(1, 6)
_LONGEST_WORD = 1000


def ask_score(texts: Messages, case_id: int) -> Reply:
    """The question, with a button for each score."""
    buttons = [
        Button(title=texts.render(f"score.s{score}"), payload=SCORE + json.dumps({"case": case_id, "score": score}))
        for score in _SCORES
    ]
    return Reply(text=texts.render("score.ask"), status=Status.CONTROL, buttons=buttons)


def keep_score(session: Session, conversation_id: str, case_id: int, score: int) -> int | None:
    """Keeps the score of one of this conversation's cases; a later one replaces it. None for any other case."""
    case = session.get(DeskCaseRow, case_id)
    if case is None or case.conversation_id != conversation_id or score not in _SCORES:
        return None
    row = session.scalars(select(SatisfactionRow).where(SatisfactionRow.case_id == case_id)).first()
    if row is None:
        row = SatisfactionRow(
            conversation_id=conversation_id, case_id=case_id, procedure=case.procedure, centre=case.unit, note="")
        session.add(row)
    row.score, row.at = score, utc_now()
    session.flush()
    return row.id


def keep_word(session: Session, satisfaction_id: int, text: str) -> None:
    """Adds the citizen's words, masked, to their score."""
    row = session.get(SatisfactionRow, satisfaction_id)
    if row:
        row.note = mask(text.strip()[:_LONGEST_WORD])
