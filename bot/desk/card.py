"""The hand-off card: what a person needs to know before the first word. Nothing is guessed; numbers are masked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from actions.centres import Centres
from actions.handoff.tickets import HandoffTicket
from bot.desk.answers import Guides
from bot.desk.tables import DeskCaseRow, DeskNoteRow
from bot.gateway.tables import ConversationRow, MessageRow
from common.database import Database
from common.identifiers import find

__all__ = ["Card", "Cards", "Note", "Said"]

_SAID, _LONGEST_SAID = 6, 160
_MOST_CANDIDATES = 5


@dataclass(frozen=True)
class Said:
    author: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Note:
    author: str
    kind: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Card:
    """`considered`: procedures that the assistant answered about or offered, the latest first; `also`: further needs
    that the citizen told while waiting."""

    need: str
    reason: str
    procedure: str
    case: str
    also: tuple[str, ...]
    considered: tuple[str, ...]
    communes: tuple[str, ...]
    dossiers: tuple[str, ...]
    said: tuple[Said, ...]
    notes: tuple[Note, ...]
    channel: str
    language: str
    waiting_since: datetime | None
    ticket: str


class Cards:
    """Makes cards from what is stored."""

    def __init__(self, database: Database, guides: Guides, centres: Centres, name: Callable[[str], str]) -> None:
        self._database, self._guides, self._centres, self._name = database, guides, centres, name

    def of(self, conversation_id: str) -> Card | None:
        """The card of a conversation; None where it is gone."""
        with self._database.session(write=False) as session:
            row = session.get(ConversationRow, conversation_id)
            if row is None:
                return None
            case = session.scalars(
                select(DeskCaseRow).where(DeskCaseRow.conversation_id == conversation_id)
                .order_by(DeskCaseRow.id.desc())).first()
            ticket = session.get(HandoffTicket, case.ticket) if case and case.ticket else None
            messages = session.scalars(
                select(MessageRow).where(MessageRow.conversation_id == conversation_id).order_by(MessageRow.id)).all()
            notes = session.scalars(
                select(DeskNoteRow).where(DeskNoteRow.conversation_id == conversation_id).order_by(DeskNoteRow.id))
            facts = (ticket.facts if ticket else None) or {}
            code = (case.procedure if case else None) or row.last_procedure or ""
            return Card(
                need=case.need if case else "", reason=case.reason if case else "", procedure=self._name(code),
                case=self._case(code, str(facts.get("case", ""))),
                also=tuple(str(item.get("need", "")) for item in facts.get("also", [])),
                considered=self._considered(messages), communes=self._communes(messages),
                dossiers=_dossiers(messages),
                said=tuple(Said(message.author, _short(message.text), message.at) for message in messages[-_SAID:]),
                notes=tuple(Note(note.author, note.kind, note.text, note.at) for note in notes),
                channel=row.channel, language=row.language, waiting_since=case.waiting_since if case else None,
                ticket=(case.ticket or "") if case else "")

    def _case(self, code: str, case: str) -> str:
        published = self._guides.get(code) if code and case else None
        return next((known.label for known in published.guide.cases if known.id == case), "") if published else ""

    def _considered(self, messages: Sequence[MessageRow]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for message in reversed(messages):
            if message.author == "bot":
                answered = (message.payload.get("answer") or {}).get("procedure") or {}
                if answered.get("name"):
                    found.setdefault(str(answered["name"]))
                for button in message.payload.get("buttons") or []:
                    if "choose_procedure" in str(button.get("payload", "")):
                        found.setdefault(str(button["title"]))
        return tuple(found)[:_MOST_CANDIDATES]

    def _communes(self, messages: Sequence[MessageRow]) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for message in messages:
            if message.author == "citizen":
                for place in self._centres.mentioned(message.text):
                    for unit in place.units[:1]:
                        found.setdefault(unit.name)
        return tuple(found)


def _dossiers(messages: Sequence[MessageRow]) -> tuple[str, ...]:
    """Codes of dossiers that were named or shown, the latest first."""
    found: dict[str, None] = {}
    for message in reversed(messages):
        shown: dict[str, Any] = message.payload.get("dossier") or {}
        if shown.get("code"):
            found.setdefault(str(shown["code"]))
        for match in find(message.text):
            if match.kind == "dossier_code":
                found.setdefault(match.value)
    return tuple(found)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SAID else f"{line[:_LONGEST_SAID - 1]}…"
