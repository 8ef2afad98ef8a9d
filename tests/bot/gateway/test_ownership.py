"""Who speaks: hand-off, take-over, give-back, and the fence between bot and person."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select

from bot.gateway.tables import ConversationRow, UnansweredRow
from common.errors import Conflict
from tests.bot.serving import Running, Talk


def test_a_hand_off_leaves_the_bot_answering_until_a_person_comes(talk: Talk) -> None:
    assert talk.say("cho em gặp cán bộ").json()["owner"] == "waiting"
    later = talk.say("trong lúc chờ, lệ phí bao nhiêu").json()
    assert (later["owner"], later["status"]) == ("waiting", "answered")


def test_while_a_person_owns_the_conversation_the_bot_is_silent(running: Running, talk: Talk) -> None:
    desk = running.context.desk.acts
    talk.say("cho em gặp cán bộ")
    before = running.context.store.get(talk.id)
    taken = desk.take(talk.id, "lan", before.epoch)
    body = talk.say("em hỏi thêm, số em là 0912345678").json()
    assert body["messages"] == [] and (body["owner"], body["status"]) == ("agent", "agent")
    assert "0912345678" not in str(talk.messages())
    said = desk.say(talk.id, "lan", taken.epoch, "Chào anh/chị, em là cán bộ một cửa.")
    assert talk.messages()[-1] == said and said["author"] == "agent"
    desk.give_back(talk.id, taken.epoch)
    assert talk.say("khai sinh").json()["owner"] == "bot"


def test_an_act_on_a_stale_view_is_refused(running: Running, talk: Talk) -> None:
    desk = running.context.desk.acts
    epoch = running.context.store.get(talk.id).epoch
    taken = desk.take(talk.id, "lan", epoch)
    with pytest.raises(Conflict):
        desk.take(talk.id, "minh", epoch)
    with pytest.raises(Conflict):
        desk.say(talk.id, "minh", taken.epoch, "chen ngang")
    with pytest.raises(Conflict):
        desk.say(talk.id, "lan", epoch, "nhìn màn hình cũ")
    with pytest.raises(Conflict):
        desk.give_back(talk.id, epoch)


def test_what_the_bot_was_about_to_say_is_dropped_when_a_person_takes_over(running: Running, talk: Talk) -> None:
    answers: list[dict[str, object]] = []
    asking = threading.Thread(target=lambda: answers.append(talk.say("chậm quá").json()))
    asking.start()
    while len(talk.messages()) < 2:
        time.sleep(0.02)
    running.context.desk.acts.take(talk.id, "lan", running.context.store.get(talk.id).epoch)
    asking.join(10)
    assert answers[0]["status"] == "agent" and answers[0]["messages"] == []
    spoken = [message["author"] for message in talk.messages() if message["author"] != "system"]
    assert spoken == ["bot", "citizen"]


def test_a_turn_whose_process_died_is_done_again_without_storing_the_question_twice(
    running: Running, talk: Talk
) -> None:
    from bot.gateway.turn import Inbound, Turn

    turns = running.context.turns
    begun = turns.begin(talk.id, "k1")
    assert begun is not None
    turn = Turn(Inbound(talk.id, "k1", text="khai sinh"), begun.conversation, transcript="khai sinh")
    turns.record(turn)  # and here the process is killed
    assert turns.begin(talk.id, "k2") is None, "the lease keeps others out"
    turns.release(talk.id)
    body = talk.say("khai sinh", "k1").json()
    assert body["messages"][0]["text"] == "nghe: khai sinh"
    assert [message["author"] for message in talk.messages()] == ["bot", "citizen", "bot"]


def test_a_lease_runs_out(running: Running, talk: Talk) -> None:
    from datetime import timedelta

    from common.clock import utc_now

    with running.context.database.session() as session:
        row = session.get(ConversationRow, talk.id)
        assert row is not None
        row.busy_by, row.busy_until = "somebody", utc_now() + timedelta(seconds=0.5)
    assert talk.say("khai sinh").json()["status"] == "answered"


def test_questions_without_a_straight_answer_are_kept_masked(running: Running, talk: Talk) -> None:
    talk.say("câu mơ hồ, em là 022190001234")
    with running.context.database.session(write=False) as session:
        kept = session.scalars(select(UnansweredRow).where(UnansweredRow.conversation_id == talk.id)).all()
    assert [row.status for row in kept] == ["clarified"]
    assert "mơ hồ" in kept[0].question and "022190001234" not in kept[0].question


def test_old_conversations_are_erased(running: Running, talk: Talk) -> None:
    from datetime import timedelta

    from common.clock import utc_now

    with running.context.database.session() as session:
        row = session.get(ConversationRow, talk.id)
        assert row is not None
        row.last_at = utc_now() - timedelta(days=91)
    fresh = running.open()
    assert running.context.eraser.erase_older_than(90) == 1
    assert fresh.messages()
    assert talk.running.http.get(f"{talk.path}/messages", headers=talk.headers).status_code == 401
