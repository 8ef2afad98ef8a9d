"""The worker over a real database: order for each citizen, several at once, retries, dead events, and being killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bot.gateway.holders import place
from bot.migrations import migrate
from bot.zalo import queue as queue_module
from bot.zalo.alarms import Alarms
from bot.zalo.lanes import Lanes, taken
from bot.zalo.model import Event
from bot.zalo.people import People
from bot.zalo.queue import DELAYS, EventQueue
from bot.zalo.receipts import Receipts
from bot.zalo.settings import ZaloSettings
from bot.zalo.tables import ZaloEventRow, ZaloLaneRow, ZaloPartRow, ZaloUserRow
from bot.zalo.worker import Worker
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from tests.bot.zalo.incoming import APP, OA, encoded, event_of, receipt, said

ZALO = ZaloSettings(app_id=APP, oa_id=OA)


@dataclass
class Took:
    """Stands for the inbox and the echoes: notes what it was given, and fails as told."""

    queue: EventQueue
    seen: list[tuple[str, str]] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    mute: bool = False
    hook: Callable[[Event], Awaitable[None]] | None = None

    async def take(self, event: Event) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0.005)
            if self.hook:
                await self.hook(event)
            self.seen.append((event.subject, str(event.message.get("text"))))
            self.queue.settled(event.key)
        finally:
            self.at_once -= 1

    def give_up(self, event: Event, session: Session) -> None:
        """In the transaction in which the event dies; what is written here must go or stay with it."""
        session.merge(ZaloUserRow(user_id=event.subject, oa_id=OA))
        if self.mute:
            raise OSError("the conversation can't be written")
        self.gave_up.append(str(event.message.get("text")))

    async def wake(self, event: Event) -> None:
        self.gave_up.append("woken")


@dataclass
class Room:
    database: Database
    queue: EventQueue
    took: Took
    ready: bool = True

    def worker(self) -> Worker:
        """As a process of its own would have it."""
        people: Any = People(self.database, None, "Quảng Ninh", 90)  # type: ignore[arg-type]
        return Worker(
            ZALO, self.queue, Lanes(self.database), self.took, self.took, Receipts(self.database, self.queue), people,
            Alarms(self.database), lambda: self.ready)  # type: ignore[arg-type]

    def put(self, *bodies: dict[str, Any]) -> int:
        return self.queue.store([(event_of(body), encoded(body)) for body in bodies])

    def rows(self) -> list[ZaloEventRow]:
        with self.database.session(write=False) as session:
            return list(session.scalars(select(ZaloEventRow).order_by(ZaloEventRow.id)))

    def due_now(self) -> None:
        with self.database.session() as session:
            session.execute(update(ZaloEventRow).values(due_at=utc_now()))

    async def idle(self) -> None:
        await come_about(lambda: not [row for row in self.rows() if row.state == "waiting"])


async def come_about(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110 - what is waited for is a state of the database
        await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('db') / 'isee.db'}")
    migrate(made)
    return made


@pytest.fixture
def room(database: Database) -> Room:
    for table in (ZaloEventRow, ZaloPartRow, ZaloUserRow):
        with database.session() as session:
            session.query(table).delete()
    queue = EventQueue(database, Keyring(b"k" * 32), Alarms(database))
    return Room(database, queue, Took(queue))


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """What was logged; drawing the tracebacks of so many failures would take longer than the tests."""
    with structlog.testing.capture_logs() as captured:
        yield captured


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(worker.run()) for worker in workers]
    try:
        async with asyncio.timeout(60):
            yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def texts(room: Room, subject: str) -> list[str]:
    return [text for who, text in room.took.seen if who == subject]


async def test_the_order_of_each_citizen_is_kept_and_several_are_served_at_once(room: Room) -> None:
    for number in range(6):
        room.put(*(said(str(number), user=str(who), timestamp=str(1767225600000 + number)) for who in range(100, 105)))
    async with working(room.worker(), room.worker()):
        await room.idle()
    assert all(texts(room, str(who)) == list("012345") for who in range(100, 105))
    assert room.took.most_at_once > 1 and len(room.took.seen) == 30


async def test_the_platforms_order_counts_not_that_of_arrival(room: Room) -> None:
    room.put(said("sau", user="7", timestamp="1767225600002"), said("trước", user="7", timestamp="1767225600001"))
    async with working(room.worker()):
        await room.idle()
    assert texts(room, "7") == ["trước", "sau"]


async def test_one_citizens_trouble_holds_nobody_else_up(room: Room) -> None:
    async def fail(event: Event) -> None:
        if event.subject == "1":
            raise OSError("away")

    room.took.hook = fail
    room.put(said("hỏng", user="1"), said("được", user="2"))
    async with working(room.worker()):
        await come_about(lambda: texts(room, "2") and room.rows()[0].tries)
    assert [(row.state, row.tries) for row in room.rows()] == [("waiting", 1), ("done", 0)]


async def test_what_failed_holds_the_citizens_later_words_back_and_then_lets_them_pass(room: Room) -> None:
    room.put(said("một", user="1", timestamp="1767225600001"), said("hai", user="1", timestamp="1767225600002"))
    first = room.queue.next("1")
    assert first is not None
    for tries in range(3):
        assert not room.queue.failed(first, "OSError")
        first = queue_module.Queued(first.id, first.key, first.subject, first.name, first.raw, tries + 1)
        if tries < 2:
            assert room.queue.next("1") is None, "the later one waits as long as the one before it"
            assert len({row.due_at for row in room.rows()}) == 1
    with room.database.session() as session:
        session.execute(update(ZaloEventRow).where(ZaloEventRow.tries == 0).values(due_at=utc_now()))
    following = room.queue.next("1")
    assert following is not None and following.tries == 0


async def test_after_the_last_try_an_event_is_dead_staff_see_it_and_the_citizen_is_told(room: Room) -> None:
    async def fail(_: Event) -> None:
        raise ValueError("0912345678 muốn hỏi")

    room.took.hook = fail
    room.put(said("luôn hỏng", user="1"))
    async with working(room.worker()) as _:
        while not room.queue.dead():
            room.due_now()
            await asyncio.sleep(0.02)
        await come_about(lambda: "woken" in room.took.gave_up)
    dead = room.queue.dead()[0]
    assert (dead.name, dead.subject, dead.error, dead.tries, dead.kept) == (
        "user_send_text", "1", "ValueError", len(DELAYS) + 1, True)
    assert room.took.gave_up == ["luôn hỏng", "woken"]
    assert "zalo_dead_event" in {alarm.kind for alarm in Alarms(room.database).open()}
    assert room.queue.figures().dead == 1

    room.took.hook = None
    assert room.queue.retry(dead.id) and not room.queue.retry(dead.id)
    async with working(room.worker()):
        await room.idle()
    assert texts(room, "1") == ["luôn hỏng"] and not room.queue.dead()


async def test_an_event_dies_and_the_citizen_is_told_in_one_transaction(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.put(said("luôn hỏng", user="1"))
    monkeypatch.setattr(queue_module, "DELAYS", ())
    queued, event = room.queue.next("1"), event_of(said("luôn hỏng", user="1"))
    assert queued is not None
    room.took.mute = True
    with pytest.raises(OSError, match="can't be written"):
        room.queue.failed(queued, "ValueError", partial(room.took.give_up, event))
    with room.database.session(write=False) as session:
        assert session.get(ZaloUserRow, "1") is None and room.rows()[0].state == "waiting", "neither of the two"
    assert await room.worker()._failed(queued, event, "ValueError"), "who can't be told doesn't keep it from dying"
    assert room.rows()[0].state == "dead"


async def test_a_dead_event_can_be_dropped_and_then_holds_nothing(room: Room) -> None:
    room.put(said(user="1"))
    queued = room.queue.next("1")
    assert queued is not None
    room.queue.failed(queue_module.Queued(**{**vars(queued), "tries": len(DELAYS)}), "ValueError")
    assert room.queue.drop(room.queue.dead()[0].id) and not room.queue.dead()
    assert room.rows()[0].sealed is None and not room.queue.drop(room.rows()[0].id)


async def test_a_dead_location_is_not_kept(room: Room) -> None:
    room.put(said(user="1", event_name="user_send_location"))
    queued = room.queue.next("1")
    assert queued is not None
    room.queue.failed(queue_module.Queued(**{**vars(queued), "tries": len(DELAYS)}), "ValueError")
    assert room.rows()[0].sealed is None and not room.queue.dead()[0].kept
    assert not room.queue.retry(room.rows()[0].id)


async def test_events_wait_until_questions_can_be_answered_receipts_do_not(room: Room) -> None:
    room.ready = False
    room.put(said("chờ", user="1"), receipt("user_received_message", {"msg_id": "m"}))
    worker = room.worker()
    async with working(worker):
        await come_about(lambda: room.rows()[1].state == "done")
        assert not room.took.seen
        room.ready = True
        worker.wake()
        await room.idle()
    assert texts(room, "1") == ["chờ"]


async def test_another_replica_leaves_a_citizen_who_is_served(room: Room) -> None:
    room.put(said("một", user="1"))
    elsewhere = Lanes(room.database)
    assert elsewhere.take("1", "in")
    async with working(room.worker()):
        await asyncio.sleep(0.2)
        assert not room.took.seen
        elsewhere.give("1", "in")
        await room.idle()
    assert texts(room, "1") == ["một"]


async def test_a_lane_of_a_killed_process_runs_out(room: Room) -> None:
    room.put(said("một", user="1"))
    assert Lanes(room.database, lease=timedelta(seconds=0)).take("1", "in")
    async with working(room.worker()):
        await room.idle()
    assert texts(room, "1") == ["một"]


def test_a_start_frees_the_lanes_of_what_was_killed_in_its_place(room: Room) -> None:
    here = place(8000)
    assert Lanes(room.database, place=here).take("9", "in") and not Lanes(room.database).take("9", "in")
    if room.database.engine.dialect.name != "sqlite":
        Lanes(room.database, place=place(8001)).clear()
        assert not Lanes(room.database).take("9", "in"), "another replica's lanes stay its own"
    Lanes(room.database, place=here).clear()
    assert Lanes(room.database).take("9", "in")


async def test_a_lane_that_is_taken_just_when_the_work_ends_is_free_again(room: Room) -> None:
    lanes, other = Lanes(room.database), Lanes(room.database)
    for delay in (0, 0.0005, 0.002, 0.01):
        task = asyncio.create_task(taken(lanes, "7700000000000000012", "in"))
        await asyncio.sleep(delay)
        if task.done():
            lanes.give("7700000000000000012", "in")
        task.cancel()
        await asyncio.wait([task])
        assert other.take("7700000000000000012", "in")
        other.give("7700000000000000012", "in")


def test_lanes_of_nobody_that_we_know_are_not_kept(room: Room) -> None:
    lanes, people = Lanes(room.database), People(room.database, None, "Quảng Ninh", 90)  # type: ignore[arg-type]
    with room.database.session() as session:
        session.query(ZaloLaneRow).delete()
        session.add(ZaloUserRow(user_id="7700000000000000009", oa_id=OA, turned_upto=""))
    for subject in ("7700000000000000009", "7700000000000000010", "7700000000000000011"):
        assert lanes.take(subject, "in")
    for subject in ("7700000000000000009", "7700000000000000010"):
        lanes.give(subject, "in")
    people.purge()
    with room.database.session(write=False) as session:
        kept = sorted(session.scalars(select(ZaloLaneRow.subject)))
    assert kept == ["7700000000000000009", "7700000000000000011"], "who is known, and who is being served"
    assert lanes.take("7700000000000000010", "in") and not lanes.take("7700000000000000011", "in")


def test_events_are_sealed_and_emptied_and_their_keys_kept_for_a_week(room: Room) -> None:
    body = said("số nhà 5 phố Cổ", user="1")
    assert room.put(body, body) == 1 and room.put(body) == 0
    row = room.rows()[0]
    assert row.sealed is not None and "phố".encode() not in row.sealed
    room.queue.settled(row.key)
    assert room.rows()[0].sealed is None and room.put(body) == 0
    room.queue.purge()
    assert len(room.rows()) == 1
    with room.database.session() as session:
        session.execute(update(ZaloEventRow).values(received_at=utc_now() - timedelta(days=7, minutes=1)))
    assert room.queue.purge() == 1 and not room.rows()


def test_receipts_note_when_a_message_arrived_and_was_seen(room: Room, database: Database) -> None:
    from bot.gateway.store import ConversationStore

    conversation = ConversationStore(database, Keyring(b"k" * 32)).open([], channel="zalo").id
    with database.session() as session:
        session.add(ZaloPartRow(
            user_id="1", conversation_id=conversation, message_id="m", kind="text", body={}, author="bot",
            state="sent", zalo_id="z1"))
    events = [
        event_of(receipt("user_received_message", {"msg_id": "z1"})),
        event_of(receipt("user_seen_message", {"msg_ids": ["z0", "z1", 5, None]})),
        event_of(receipt("user_seen_message", {"msg_id": "z1"})),
    ]
    Receipts(database, room.queue).take(events)
    with database.session(write=False) as session:
        part = session.scalars(select(ZaloPartRow)).one()
        assert part.received_at and part.seen_at
