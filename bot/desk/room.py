"""The desk's parts, put together: what the composition root makes once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from anyio.to_thread import run_sync
from sqlalchemy import delete, update

from actions.centres import Centres
from actions.companion.bundle import Dossiers
from actions.handoff import OfficeHours
from actions.handoff.desk import hours_text
from actions.messages import Messages
from bot.desk.absence import Absence
from bot.desk.answers import DeskAnswers, Finds, Guides, Suggesting
from bot.desk.assign import Assigner
from bot.desk.callbacks import Callbacks
from bot.desk.canned import Canned
from bot.desk.card import Cards
from bot.desk.fence import Fence
from bot.desk.files import DeskFiles
from bot.desk.presence import Presence
from bot.desk.queue import Queue
from bot.desk.score import BotScores
from bot.desk.service import AgentDesk
from bot.desk.tables import (
    DeskAskRow,
    DeskCallbackRow,
    DeskCaseRow,
    DeskNoteRow,
    DeskWordsRow,
    SatisfactionRow,
)
from bot.desk.talk import DeskTalk
from bot.desk.texts import desk_texts
from bot.desk.typing import Typing
from bot.desk.waits import Waits
from bot.desk.watch import DeskWatch
from bot.desk.words import SealedWords
from bot.gateway.hub import DESK, EventHub
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["DeskRoom", "build_desk", "desk_loop"]

_EVERY_S = 1.0
# Standings are looked at less often than assignments: a citizen is told once a minute at most anyhow.
_TELL_EVERY = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class DeskRoom:
    """Every service of the desk."""

    acts: AgentDesk
    queue: Queue
    presence: Presence
    assigner: Assigner
    waits: Waits
    talk: DeskTalk
    callbacks: Callbacks
    canned: Canned
    absence: Absence
    cards: Cards
    files: DeskFiles
    words: SealedWords
    typing: Typing
    answers: DeskAnswers
    watch: DeskWatch
    scores: BotScores
    texts: Messages
    hours_said: str
    database: Database

    def erase(self, conversation_id: str) -> None:
        """Deletes all words and files of a conversation; the times of its cases stay, without a name."""
        self.files.erase(conversation_id)
        self.typing.erase(conversation_id)
        with self.database.session() as session:
            for table in (DeskAskRow, DeskCallbackRow, DeskNoteRow, DeskWordsRow):
                session.execute(delete(table).where(table.conversation_id == conversation_id))
            session.execute(update(SatisfactionRow).where(SatisfactionRow.conversation_id == conversation_id).values(
                conversation_id="", note=""))
            session.execute(update(DeskCaseRow).where(
                DeskCaseRow.conversation_id == conversation_id, DeskCaseRow.closed_at.is_(None)).values(
                closed_at=utc_now(), outcome="erased"))
            session.execute(update(DeskCaseRow).where(DeskCaseRow.conversation_id == conversation_id).values(
                conversation_id=None, need="", ticket=None))

    def work(self, tell: bool) -> list[str]:
        """One round of what the desk does by itself; returns the conversations that heard something."""
        heard = self.assigner.run()
        if tell:
            heard += self.waits.tell() + self.waits.nudge()
        return heard


def build_desk(
    settings: Settings,
    database: Database,
    keyring: Keyring,
    hub: EventHub,
    dossiers: Dossiers,
    guides: Guides,
    search: Finds,
    suggesting: Suggesting,
) -> DeskRoom:
    """Raises InvalidInput when the office hours can't be read."""
    texts = desk_texts()
    said, hours = Messages.load(), OfficeHours.parse(settings.office_hours)
    answers = DeskAnswers(said, settings.portal_url, guides, search, suggesting, texts)
    fence = Fence(texts)
    presence = Presence(database, texts, settings.desk_capacity)
    absence = Absence(database, texts)
    waits = Waits(
        database, texts, presence, absence, hours, dossiers.calendar, settings.desk_patience_minutes)
    callbacks = Callbacks(database, keyring, texts)
    files = DeskFiles(database, keyring, dossiers.uploads, dossiers.links, fence, texts, settings.base_url)
    queue = Queue(database, answers.name)
    return DeskRoom(
        acts=AgentDesk(database, texts, fence, answers.field),
        queue=queue,
        presence=presence,
        assigner=Assigner(database, texts, settings.desk_capacity, settings.desk_auto_assign),
        waits=waits,
        talk=DeskTalk(database, keyring, texts, fence, waits, callbacks, files, answers.field),
        callbacks=callbacks,
        canned=Canned(database, texts),
        absence=absence,
        cards=Cards(database, guides, Centres.load(), answers.name),
        files=files,
        words=SealedWords(database, keyring, fence, texts),
        typing=Typing(database),
        answers=answers,
        watch=DeskWatch(queue, presence, hub),
        scores=BotScores(database, texts),
        texts=texts,
        hours_said=hours_text(said, hours),
        database=database,
    )


async def desk_loop(room: DeskRoom, hub: EventHub, every_s: float = _EVERY_S) -> None:
    """Assigns, tells and asks, every second or so, until cancelled."""
    work: Callable[[bool], list[str]] = room.work
    rounds = 0
    while True:
        rounds += 1
        try:
            for conversation_id in await run_sync(work, rounds % _TELL_EVERY == 0):
                hub.wake(conversation_id)
                hub.wake(DESK)
        except Exception as error:  # a database that is away for a minute must not end the work for good
            _log.error("desk_loop_failed", exc_info=error)
        await asyncio.sleep(every_s)
