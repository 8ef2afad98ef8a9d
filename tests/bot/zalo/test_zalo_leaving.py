"""Unfollowing (SPEC 4.4): the chat is closed at once and erased after a while, over the webhook of a real service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import select, update

from bot.desk.cases import Request, open_case, queued
from bot.desk.fence import pass_to
from bot.desk.tables import DeskCaseRow, DeskNoteRow
from bot.gateway.store import locked
from bot.gateway.tables import ConversationRow
from bot.zalo.lanes import Lanes
from bot.zalo.leaving import Leaving
from bot.zalo.tables import ZaloButtonRow, ZaloEventRow, ZaloLaneRow, ZaloMenuRow, ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from tests.bot.zalo.incoming import Hook, follow, hooked, now_ms, said, until

_users = count(60_000)


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    with hooked(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def user(hook: Hook) -> str:
    """The only one whose time may come."""
    with hook.running.context.database.session() as session:
        session.execute(update(ZaloUserRow).values(erase_at=None))
    return str(next(_users))


def sent(hook: Hook, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        assert hook.post(body).status_code == 200
    hook.settled()
    # The event is settled a moment before its lane is free.
    until(lambda: not [lane for lane in rows(hook, ZaloLaneRow, direction="in") if lane.busy_by])


def person(hook: Hook, user: str) -> ZaloUserRow:
    found = hook.user(user)
    assert found
    return found


def conversation(hook: Hook, user: str) -> str:
    return person(hook, user).conversation_id or ""


def rows(hook: Hook, table: Any, **where: Any) -> list[Any]:
    with hook.running.context.database.session(write=False) as session:
        return list(session.scalars(select(table).filter_by(**where)))


def erasing(hook: Hook, days: float) -> int:
    """What the job does when so many days have passed: in a process of its own, as after a restart."""
    room = hook.running.context.zalo
    leaving = room.leaving
    later = Leaving(
        leaving._database, leaving._hub, Lanes(hook.running.context.database), room.people, room.queue, leaving._texts,
        leaving._close, leaving._erase, 7, now=lambda: utc_now() + timedelta(days=days))
    return anyio.run(later.round)


def test_unfollowing_closes_the_chat_and_sets_a_time(hook: Hook, user: str) -> None:
    sent(hook, said("làm khai sinh", user=user))
    context, row = hook.running.context, conversation(hook, user)
    until(lambda: rows(hook, ZaloPartRow, user_id=user))
    with context.database.session() as session:
        last = locked(session, row).last_message
        context.zalo.buttons.issue(session, user, row, last, "Lệ phí", "/ask_fee{}")
        context.zalo.menus.put(session, user, {1: "#qn:0"})
    sent(hook, follow(user, "unfollow"))
    gone = person(hook, user)
    assert gone.follows is False and gone.left_at and gone.erase_at
    assert timedelta(days=6.9) < gone.erase_at - utc_now() <= timedelta(days=7)
    assert not rows(hook, ZaloButtonRow, user_id=user) and not rows(hook, ZaloMenuRow, user_id=user)
    assert {part.state for part in rows(hook, ZaloPartRow, user_id=user)} == {"dropped"}
    assert len(hook.messages(user)) == 3, "nothing is said to somebody who left"


def test_a_person_at_the_desk_sees_that_the_citizen_ended_it(hook: Hook, user: str) -> None:
    sent(hook, said("gặp người thật", user=user))
    context, row_id = hook.running.context, conversation(hook, user)
    with context.database.session() as session:
        row = locked(session, row_id)
        queued(session, row, Request("asked"), "")
        pass_to(row, "waiting")
    context.desk.acts.take(row_id, "lan", rows(hook, ConversationRow, id=row_id)[0].owner_epoch)
    sent(hook, follow(user, "unfollow"))
    [row], [case] = rows(hook, ConversationRow, id=row_id), rows(hook, DeskCaseRow, conversation_id=row_id)
    assert (row.owner, row.agent, case.outcome) == ("bot", None, "withdrawn") and case.closed_at
    assert any("bỏ quan tâm" in note.text for note in rows(hook, DeskNoteRow, conversation_id=row_id))
    assert context.desk.queue.of(row_id) is None
    with context.database.session(write=False) as session:
        assert open_case(session, row_id) is None


def test_an_open_form_waits_no_longer_and_can_be_taken_up_again(hook: Hook, user: str) -> None:
    sent(hook, said("khai sinh", user=user))
    drafts, row = hook.running.context.dossiers.drafts, conversation(hook, user)
    drafts.start(row, next(iter(drafts.forms)).slug)
    assert drafts.is_open(row)
    sent(hook, follow(user, "unfollow"))
    assert not drafts.is_open(row) and len(drafts.resumable(row)) == 1


def test_after_the_grace_everything_goes_once_and_the_request_is_logged(hook: Hook, user: str) -> None:
    sent(hook, said("số của tôi", user=user), follow(user, "unfollow"))
    row = conversation(hook, user)
    assert erasing(hook, 6.9) == 0 and person(hook, user)
    log = hook.running.context.dossiers.rights.log
    assert erasing(hook, 7.1) == 1
    assert hook.user(user) is None and not rows(hook, ConversationRow, id=row) and not hook.events(subject=user)
    assert [(one.kind, one.state) for one in log.of(row)] == [("erase", "done")]
    assert erasing(hook, 7.1) == 0 and len(log.of(row)) == 1, "again changes nothing"
    sent(hook, said("tôi quay lại", user=user))
    assert conversation(hook, user) != row


@pytest.mark.parametrize("back", [lambda user: said("tôi hỏi tiếp", user=user), follow], ids=["writes", "follows"])
def test_who_comes_back_keeps_everything(hook: Hook, user: str, back: Any) -> None:
    sent(hook, said("làm khai sinh", user=user), follow(user, "unfollow"))
    row = conversation(hook, user)
    sent(hook, {**back(user), "timestamp": str(int(now_ms()) + 1)})
    here = person(hook, user)
    assert (here.left_at, here.erase_at, here.conversation_id) == (None, None, row)
    assert erasing(hook, 30) == 0 and rows(hook, ConversationRow, id=row)


def test_what_was_sent_before_leaving_and_comes_late_is_no_return(hook: Hook, user: str) -> None:
    early = {**said("gửi trước", user=user), "timestamp": str(int(now_ms()) - 60_000)}
    sent(hook, said("một", user=user, timestamp=str(int(now_ms()) - 90_000)), follow(user, "unfollow"), early)
    assert person(hook, user).erase_at


def test_an_unfollow_that_comes_late_does_not_end_what_began_since(hook: Hook, user: str) -> None:
    late = {**follow(user, "unfollow"), "timestamp": str(int(now_ms()) - 60_000)}
    sent(hook, said("tôi đã quay lại", user=user))
    drafts, row = hook.running.context.dossiers.drafts, conversation(hook, user)
    drafts.start(row, next(iter(drafts.forms)).slug)
    sent(hook, late)
    assert person(hook, user).erase_at is None and drafts.is_open(row)


def test_words_that_nobody_has_read_yet_put_the_erasure_off(hook: Hook, user: str) -> None:
    sent(hook, said("một", user=user), follow(user, "unfollow"))
    with hook.running.context.database.session() as session:
        session.add(ZaloEventRow(
            key=user.rjust(64, "0"), subject=user, name="user_send_text", sealed=None, due_at=utc_now() + timedelta(1)))
    assert erasing(hook, 8) == 0
    with hook.running.context.database.session() as session:
        session.execute(update(ZaloEventRow).where(ZaloEventRow.subject == user).values(state="done"))
    assert erasing(hook, 8) == 1


def test_words_that_come_while_everything_is_erased_are_answered_in_a_new_conversation(
    hook: Hook, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(hook, said("một", user=user), follow(user, "unfollow"))
    before, erase = conversation(hook, user), hook.running.context.zalo.leaving._erase

    def writes_meanwhile(conversation_id: str) -> None:
        assert hook.post(said("tôi đây", user=user)).status_code == 200
        erase(conversation_id)

    monkeypatch.setattr(hook.running.context.zalo.leaving, "_erase", writes_meanwhile)
    assert erasing(hook, 8) == 1
    hook.settled()
    until(lambda: (found := hook.user(user)) and found.conversation_id)
    assert conversation(hook, user) != before and ("citizen", "tôi đây") in hook.messages(user)


def test_two_replicas_erase_once_and_a_busy_lane_is_left_alone(hook: Hook, user: str) -> None:
    sent(hook, said("một", user=user), follow(user, "unfollow"))
    row, lanes = conversation(hook, user), Lanes(hook.running.context.database)
    with lanes.held(user, "in") as held:
        assert held and erasing(hook, 8) == 0
    found: list[int] = []

    async def both() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(lambda: anyio.to_thread.run_sync(lambda: found.append(erasing(hook, 8))))

    anyio.run(both)
    assert sorted(found) == [0, 1] and len(hook.running.context.dossiers.rights.log.of(row)) == 1


def test_what_can_not_be_erased_now_is_tried_later(
    hook: Hook, user: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(hook, said("một", user=user), follow(user, "unfollow"))

    def away(_: str) -> None:
        raise OSError("Rasa's database is away")

    with monkeypatch.context() as broken:
        broken.setattr(hook.running.context.zalo.leaving, "_erase", away)
        assert erasing(hook, 8) == 0
    assert person(hook, user).erase_at and erasing(hook, 8) == 0, "not every half minute"
    assert erasing(hook, 8.1) == 1


def test_zero_days_erase_at_once(tmp_path: Path) -> None:
    with hooked(tmp_path, {"ZALO_ERASE_AFTER_UNFOLLOW_DAYS": "0"}) as hook:
        sent(hook, follow("1"))
        row = conversation(hook, "1")
        sent(hook, follow("1", "unfollow"))
        assert hook.user("1") is None and not rows(hook, ConversationRow, id=row)
