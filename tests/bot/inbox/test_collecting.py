"""What is collected from conversations, by kind and by time, over a real database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from actions.handoff import HandoffTicket, Tickets
from bot.gateway.ids import next_id
from bot.gateway.tables import ConversationRow, FeedbackRow, MessageRow, TurnRow, UnansweredRow
from bot.inbox.collecting import Collector
from bot.inbox.history import Month
from bot.inbox.leases import Marks
from bot.inbox.tables import InboxQuestionRow
from common.clock import utc_now
from common.database import Database

NOW = utc_now() - timedelta(minutes=5)
CODE = "1.001193"


class Clock:
    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self) -> datetime:
        return self.moment


class Talk:
    """A conversation written row by row, each turn a minute after the one before."""

    def __init__(self, database: Database, name: str, began: datetime = NOW) -> None:
        self.database, self.id, self.at, self.last = database, name, began, ""
        with database.session() as session:
            session.add(ConversationRow(id=name, token_digest="x", channel="web"))

    def turn(self, text: str, status: str, *, answers: str = "", offers: str = "") -> str:
        """One turn; gives the reply's id."""
        self.at += timedelta(minutes=1)
        self.last, asked = (name := next_id(self.last)), name
        self.last = reply = next_id(self.last)
        said: dict[str, object] = {"id": reply}
        if answers:
            said["answer"] = {"procedure": {"code": answers}}
        if offers:
            said["buttons"] = [{"title": "Khai sinh", "payload": f'/choose_procedure{{"procedure_code": "{offers}"}}'}]
        parts = {key: value for key, value in said.items() if key == "buttons"}
        with self.database.session() as session:
            session.add(MessageRow(conversation_id=self.id, id=asked, author="citizen", at=self.at, text=text))
            session.add(MessageRow(
                conversation_id=self.id, id=reply, author="bot", at=self.at, text="…", payload=parts))
            session.add(TurnRow(
                conversation_id=self.id, client_id=asked, state="done", status=status, citizen_message=asked,
                started_at=self.at, result={"messages": [said]}))
            if status in ("clarified", "abstained"):
                session.add(UnansweredRow(conversation_id=self.id, at=self.at, question=text, status=status))
        return reply


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def collector(database: Database, clock: Clock) -> Collector:
    return Collector(database, Marks(database), clock)


def kept(database: Database) -> dict[str, str]:
    with database.session(write=False) as session:
        return {row.question: row.kind for row in session.scalars(select(InboxQuestionRow))}


def test_a_question_back_counts_once_the_citizen_has_left_it(
    database: Database, collector: Collector, clock: Clock
) -> None:
    Talk(database, "left").turn("giấy tờ cho bé", "clarified")
    chose = Talk(database, "chose")
    chose.turn("làm giấy cho con", "clarified", offers=CODE)
    chose.turn("Khai sinh", "answered", answers=CODE)
    gone = Talk(database, "gone")
    gone.turn("giấy cho cháu", "clarified")
    gone.turn("dạ", "smalltalk")
    gone.turn("gì gì đó", "abstained")
    assert collector.collect() == 2 and set(kept(database)) == {"gì gì đó", "giấy cho cháu"}
    clock.moment += timedelta(minutes=20)
    assert collector.collect() == 1 and kept(database)["giấy tờ cho bé"] == "clarified"
    assert collector.collect() == 0


def test_a_question_is_kept_once_with_the_strongest_kind(
    database: Database, collector: Collector, clock: Clock
) -> None:
    talk = Talk(database, "a")
    talk.turn("xin giấy đi biển", "abstained")
    talk.turn("XIN GIAY DI BIEN!", "abstained")
    reply = talk.turn("đăng ký khai sinh", "answered", answers=CODE, offers=CODE)
    talk.turn("Khai sinh", "answered", answers=CODE)  # a button's title is no question
    with database.session() as session:
        session.add(FeedbackRow(
            conversation_id="a", message_id=reply, helpful=False, note="chưa đủ", at=talk.at + timedelta(seconds=5)))
    clock.moment = talk.at + timedelta(minutes=1)
    assert collector.collect() == 2
    assert kept(database) == {"xin giấy đi biển": "abstained", "đăng ký khai sinh": "unhelpful"}
    Tickets(database).open("a", "asked", "cần gặp cán bộ")
    Tickets(database).open(Talk(database, "b").id, "complaint", "thái độ")
    clock.moment = utc_now() + timedelta(minutes=1)
    assert collector.collect() == 0
    assert kept(database)["đăng ký khai sinh"] == "handed_off", "the last typed question before the call for a person"


def test_years_of_requests_come_in_batches_and_none_is_missed(
    database: Database, collector: Collector, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.collecting._BATCH", 2)
    tickets = Tickets(database)
    for number in range(5):
        talk = Talk(database, f"c{number}")
        talk.turn(f"câu hỏi số {number}", "answered", answers=CODE)
        tickets.open(talk.id, "asked", "cần gặp cán bộ")
    with database.session() as session:  # all at one moment
        session.execute(update(HandoffTicket).values(opened_at=NOW + timedelta(minutes=2)))
    clock.moment = NOW + timedelta(minutes=3)
    assert collector.collect() == 5 and set(kept(database).values()) == {"handed_off"}


def test_the_month_knows_what_citizens_confirmed(database: Database) -> None:
    one, two = Talk(database, "a"), Talk(database, "b")
    one.turn("làm giấy cho con", "clarified", offers=CODE)
    one.turn("Khai sinh", "answered", answers=CODE)
    two.turn("làm giấy cho con", "clarified", offers="9.999999")
    liked = two.turn("đăng ký kết hôn", "answered", answers="1.000894")
    with database.session() as session:
        session.add(FeedbackRow(conversation_id="b", message_id=liked, helpful=True, at=two.at))
    known = {item.question: (item.count, item.wanted) for item in Month(database).since(NOW - timedelta(days=1))}
    assert known["làm giấy cho con"] == (2, CODE)
    assert known["đăng ký kết hôn"] == (1, "1.000894")
    assert known["khai sinh"] == (1, None)
    assert Month(database).since(utc_now() + timedelta(days=1)) == []
