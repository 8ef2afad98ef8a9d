"""What a waiting citizen is told: the place in the queue, the wait to expect, and what else they may do."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.handoff.hours import OfficeHours
from actions.handoff.opening import Days, Opening, opening
from actions.messages import Messages
from bot.desk.absence import Absence
from bot.desk.cases import open_case
from bot.desk.presence import Presence, free
from bot.desk.tables import DeskCaseRow
from bot.gateway.store import add_message
from bot.gateway.tables import ConversationRow
from common.clock import utc_now
from common.database import Database
from common.messages import Button, Reply, Status

__all__ = ["Standing", "Waits", "choices", "said_opening", "unasked"]

# The expected wait is the median of so many latest claims of the last hours; fewer say nothing.
_SAMPLE, _LEAST_SAMPLE, _RECENT = 20, 5, timedelta(hours=3)
# Not more often than this is a citizen told of a better place.
_PAUSE = timedelta(minutes=1)
_MOST_A_ROUND = 40


class Calendar(Protocol):
    """`actions.dossiers.registry.calendar.WorkCalendar`."""

    def today(self) -> Days: ...

    def workdays(self, session: Session) -> Days: ...


@dataclass(frozen=True)
class Standing:
    """Place in the queue (1 is next) and minutes to expect (None: not known)."""

    place: int
    minutes: int | None


class Waits:
    """Computes standings, and tells citizens when theirs changed much.

    Args:
        patience: minutes after which a citizen whom nobody could take is asked how to go on.
    """

    def __init__(
        self,
        database: Database,
        texts: Messages,
        presence: Presence,
        absence: Absence,
        hours: OfficeHours,
        calendar: Calendar,
        patience: int,
    ) -> None:
        self._database, self._texts, self._presence, self._absence = database, texts, presence, absence
        self._hours, self._calendar, self._patience = hours, calendar, timedelta(minutes=patience)

    def opening(self) -> Opening:
        """Whether people are at work now, by hours and holidays."""
        return opening(utc_now(), self._hours, self._calendar.today())

    def welcome(self, session: Session, case: DeskCaseRow) -> Reply:
        """The first word about waiting; a case that nobody can take soon becomes a ticket, and is offered a call."""
        people = [one for one in self._presence.read(session) if one.state in ("online", "busy")]
        state = opening(utc_now(), self._hours, self._calendar.workdays(session))
        if not people and not state.is_open:
            case.kind = "ticket"
            return Reply(
                text=self._absence.say(session, "holiday" if state.holiday else "closed", state),
                status=Status.HANDED_OFF, buttons=choices(self._texts, "callback", "bot"))
        if not people:
            return Reply(
                text=self._absence.say(session, "nobody", state), status=Status.HANDED_OFF,
                buttons=choices(self._texts, "callback", "bot"))
        standing = self.standing(session, case)
        _remember(case, standing)
        text = self._texts.render("queue.place", place=standing.place, minutes=standing.minutes)
        return Reply(text=text, status=Status.HANDED_OFF)

    def place(self, conversation_id: str) -> int | None:
        """The place in the queue that a citizen is shown; None for a ticket, and while nobody is at the desk."""
        with self._database.session(write=False) as session:
            case = open_case(session, conversation_id)
            if case is None or case.kind != "live" or case.agent is not None:
                return None
            if not any(one.state in ("online", "busy") for one in self._presence.read(session)):
                return None
            return self.standing(session, case).place

    def standing(self, session: Session, case: DeskCaseRow) -> Standing:
        before = session.scalar(select(func.count()).select_from(DeskCaseRow).where(
            *_LIVE, DeskCaseRow.unit == case.unit, DeskCaseRow.order_at < case.order_at)) or 0
        return Standing(before + 1, _median(session))

    def tell(self) -> list[str]:
        """Tells those whose standing changed much; returns their conversations. While nobody is at the desk a place
        in the queue means nothing."""
        if not any(one.state in ("online", "busy") for one in self._presence.everybody()):
            return []
        with self._database.session(write=False) as session:
            minutes = _median(session)
            due = [case.id for case, standing in _standings(session, minutes) if _changed_much(case, standing)]
        return self._each(due, self._tell_one)

    def nudge(self) -> list[str]:
        """Asks those who waited too long while nobody is free how to go on; once for each wait."""
        since = utc_now() - self._patience
        with self._database.session(write=False) as session:
            late = [case for case in _live(session) if case.nudged_at is None and case.waiting_since < since]
        if not late:
            return []
        people = self._presence.everybody()
        return self._each([case.id for case in late if not free(people, case.unit)], self._nudge_one)

    def _each(self, cases: Sequence[int], act: Callable[[Session, ConversationRow, DeskCaseRow], bool]) -> list[str]:
        told = []
        for case_id in cases[:_MOST_A_ROUND]:
            with self._database.session() as session:
                known = session.get(DeskCaseRow, case_id)
                row = session.get(ConversationRow, known.conversation_id, with_for_update=True) if known else None
                if known is None or row is None or row.owner != "waiting":
                    continue
                session.refresh(known)
                if known.closed_at is None and known.agent is None and act(session, row, known):
                    told.append(row.id)
        return told

    def _tell_one(self, session: Session, row: ConversationRow, case: DeskCaseRow) -> bool:
        standing = self.standing(session, case)
        if not _changed_much(case, standing):
            return False  # another replica has told it
        _remember(case, standing)
        text = self._texts.render("queue.moved", place=standing.place, minutes=standing.minutes)
        unasked(session, row, Reply(text=text, status=Status.HANDED_OFF))
        return True

    def _nudge_one(self, session: Session, row: ConversationRow, case: DeskCaseRow) -> bool:
        if case.nudged_at is not None:
            return False
        case.nudged_at = utc_now()
        minutes = int((case.nudged_at - case.waiting_since).total_seconds() // 60)
        text = self._texts.render("nudge", minutes=max(minutes, 1))
        unasked(session, row, Reply(
            text=text, status=Status.HANDED_OFF, buttons=choices(self._texts, "wait", "ticket", "bot")))
        return True


def choices(texts: Messages, *names: str) -> list[Button]:
    """Buttons that the desk itself understands (`talk.py`)."""
    return [Button(title=texts.render(f"button.{name}"), payload=f"/desk_{name}") for name in names]


def said_opening(state: Opening) -> dict[str, object]:
    """The next opening as sentences want it."""
    opens = state.opens
    return {"opens": opens.date() if opens else None, "opens_time": f"{opens:%H:%M}" if opens else ""}


def unasked(session: Session, row: ConversationRow, reply: Reply) -> None:
    """The system's word in a locked conversation; retention goes on counting from the last word of a person."""
    quiet_since = row.last_at
    add_message(session, row, "system", reply)
    row.last_at = quiet_since


_LIVE = (DeskCaseRow.closed_at.is_(None), DeskCaseRow.agent.is_(None), DeskCaseRow.kind == "live")


def _live(session: Session) -> list[DeskCaseRow]:
    return list(session.scalars(select(DeskCaseRow).where(*_LIVE).order_by(DeskCaseRow.order_at, DeskCaseRow.id)))


def _standings(session: Session, minutes: int | None) -> list[tuple[DeskCaseRow, Standing]]:
    places: dict[str, int] = {}
    found = []
    for case in _live(session):
        places[case.unit] = places.get(case.unit, 0) + 1
        found.append((case, Standing(places[case.unit], minutes)))
    return found


def _median(session: Session) -> int | None:
    """Minutes that the latest citizens waited for a person; None where too few of late tell."""
    query = (
        select(DeskCaseRow.queued_at, DeskCaseRow.claimed_at)
        .where(
            DeskCaseRow.claimed_at >= utc_now() - _RECENT, DeskCaseRow.kind == "live", DeskCaseRow.reason != "taken")
        .order_by(DeskCaseRow.claimed_at.desc()).limit(_SAMPLE))
    waits = [(until - since).total_seconds() for since, until in session.execute(query) if until]
    return max(1, round(statistics.median(waits) / 60)) if len(waits) >= _LEAST_SAMPLE else None


def _changed_much(case: DeskCaseRow, standing: Standing) -> bool:
    """Whether the citizen would want to know: next in line, half the place, or a wait half as long again."""
    if case.told_place is None:
        return True  # was told that nobody is here, and now somebody is
    if case.told_at and utc_now() - case.told_at < _PAUSE:
        return False
    if standing.place < case.told_place and (standing.place == 1 or standing.place * 2 <= case.told_place):
        return True
    told = case.told_minutes or 0
    return bool(standing.minutes and told and standing.minutes >= max(told * 1.5, told + 5))


def _remember(case: DeskCaseRow, standing: Standing) -> None:
    case.told_place, case.told_minutes, case.told_at = standing.place, standing.minutes, utc_now()
