"""Sending that fails: tries again, unknown fates that an echo settles, windows, and causes that stop everything."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import Response

from bot.zalo.quota import Windows
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database
from tests.bot.zalo.fake_platform import USER, Platform
from tests.bot.zalo.out.sending import CS, echo, kinds, rounds, short_timeout, take, texts
from tests.bot.zalo.out_parts import Desk, desk_on, until

# Failures


@pytest.mark.parametrize(("answer", "tries"), [
    ({"error": -32}, 4), ({"error": -200}, 3), (Response("", 503), 4), ({"error": -213}, 1), ({"error": -202}, 1),
    ({"error": -99999}, 1)])
async def test_transient_errors_are_tried_again_and_others_are_not(
    platform: Platform, desk: Desk, answer: Any, tries: int
) -> None:
    desk.out.wire._pacer._rest_s = 0
    platform.then(CS, *[answer] * 9)
    desk.say("một", "hai")
    desk.out.wire._pacer._rest = _no_rest  # type: ignore[method-assign]
    await rounds(desk)
    assert texts(platform) == ["một"] * tries
    assert desk.states == ["failed", "dropped"]


async def _no_rest(_seconds: int) -> None:
    return None


async def test_tries_wait_1_4_15_seconds_give_or_take_a_quarter(platform: Platform, desk: Desk) -> None:
    platform.then(CS, *[{"error": -200}] * 2, Response("", 500))
    desk.say("một")
    for wait in (1, 4, 15):
        before = utc_now()
        await desk.out.sender.work()
        part = desk.parts[0]
        assert 0.75 * wait <= (part.due_at - before).total_seconds() and part.state == "waiting"
        assert part.due_at <= utc_now() + timedelta(seconds=1.25 * wait)
        await desk.out.sender.work()  # not before its time
        assert part.tries == desk.parts[0].tries
        desk.due_now()
    await desk.out.sender.work()
    assert desk.states == ["sent"]


async def test_the_rest_of_a_message_stops_and_what_was_sent_is_known(platform: Platform, desk: Desk) -> None:
    platform.then(CS, {"error": 0, "data": {"message_id": "m"}}, {"error": -248, "message": "bad"})
    desk.say("(1/3)", "(2/3)", "(3/3)")
    desk.say("câu sau")
    await rounds(desk, 2)
    assert desk.states == ["sent", "failed", "dropped", "sent"]
    assert desk.parts[1].code == -248 and desk.parts[2].error == "before"
    assert texts(platform) == ["(1/3)", "(2/3)", "câu sau"] and kinds(desk) == {"standards"}


async def test_a_charged_message_is_known_by_its_missing_quota(platform: Platform, desk: Desk) -> None:
    platform.then(CS, {"error": 0, "data": {"message_id": "m"}})
    desk.say("một")
    await desk.out.sender.work()
    assert desk.parts[0].quota == "charged"


async def test_a_lost_answer_waits_for_the_echo(platform: Platform, desk: Desk) -> None:
    short_timeout(desk)
    platform.then(CS, 1.0)
    desk.say("một\nhai", "ba")
    await desk.out.sender.work()
    part = desk.parts[0]
    assert part.state == "unknown" and timedelta(seconds=25) < part.due_at - utc_now() <= timedelta(seconds=30)
    await desk.out.sender.work()  # neither again nor the next one
    assert texts(platform) == ["một\nhai"]
    assert take(desk, echo("một hai"))
    await desk.out.sender.work()
    assert texts(platform) == ["một\nhai", "ba"] and desk.states == ["sent", "sent"]
    assert desk.parts[0].zalo_id == "echo-1"


async def test_without_an_echo_it_is_sent_again_some_times(platform: Platform, desk: Desk) -> None:
    short_timeout(desk)
    platform.then(CS, 1.0)
    desk.say("một")
    await rounds(desk, 2)
    assert texts(platform) == ["một", "một"] and desk.states == ["sent"]
    platform.then(CS, 1.0, 1.0, 1.0)
    desk.say("hai", "ba")
    await rounds(desk, 5)
    assert texts(platform).count("hai") == 3 and desk.states == ["sent", "failed", "dropped"]


async def test_a_message_left_behind_by_a_process_that_died_is_unknown(platform: Platform, desk: Desk) -> None:
    desk.say("một", state="sending", tries=1, due_at=utc_now() - timedelta(seconds=1))
    await desk.out.sender.work()
    assert desk.states == ["unknown"] and platform.calls == []
    assert take(desk, echo("một"))
    assert desk.states == ["sent"]


async def test_an_echo_that_is_faster_than_the_answer(platform: Platform, desk: Desk) -> None:
    platform.then(CS, 0.5)
    desk.say("một")
    task = asyncio.create_task(desk.out.sender.work())
    await until(lambda: platform.to(CS))
    assert take(desk, echo("một", msg_id="m-1"))
    await task
    assert desk.states == ["sent"] and desk.parts[0].zalo_id == "m-1"
    assert take(desk, echo("một", msg_id="m-1"))  # a repeat, by its id


async def test_what_is_not_ours(platform: Platform, desk: Desk) -> None:
    desk.say("một", state="unknown", tries=1)
    assert not take(desk, echo("một", admin="9900110022003300440"))
    assert not take(desk, echo("lời khác"))
    assert not take(desk, echo("", name="oa_send_image"))
    assert desk.states == ["unknown"]
    desk.say("", kind="image", body={"media": {}, "otherwise": {"text": "Ảnh mã QR"}}, state="unknown", tries=1)
    assert take(desk, echo("", name="oa_send_image", msg_id="pic"))
    assert desk.states == ["unknown", "sent"]


# Windows


async def test_invariant_12_windows_of_48_hours_and_seven_days(desk: Desk) -> None:
    windows = Windows(desk.database)
    assert windows.of("c1").state == "free" and windows.of("nobody") is None
    for age, state in ((47, "free"), (49, "charged"), (7 * 24 - 1, "charged"), (7 * 24 + 1, "closed")):
        desk.last_seen(utc_now() - timedelta(hours=age))
        assert windows.of("c1").state == state
    desk.last_seen(None)
    assert windows.of("c1").state == "charged"


async def test_invariant_12_after_seven_days_nothing_is_sent_unless_the_platform_knows_better(
    platform: Platform, desk: Desk
) -> None:
    desk.last_seen(utc_now() - timedelta(days=8))
    desk.say("một")
    await desk.out.sender.work()
    assert desk.states == ["failed"] and texts(platform) == []
    recently = str(int((utc_now() - timedelta(hours=1)).timestamp() * 1000))
    platform.then("/v3.0/oa/quota/message", {"error": 0, "data": {"last_interaction": recently}})
    desk.say("hai")
    await desk.out.sender.work()
    assert texts(platform) == ["hai"] and Windows(desk.database).of("c1").state == "free"


@pytest.mark.parametrize("code", [-230, -232])
async def test_a_window_that_the_platform_closed(platform: Platform, desk: Desk, code: int) -> None:
    platform.then(CS, {"error": code})
    desk.say("một", "hai")
    await desk.out.sender.work()
    assert desk.states == ["failed", "dropped"] and desk.parts[0].code == code


# Stops


async def test_a_cause_that_a_person_must_mend_stops_everything_and_loses_nothing(
    platform: Platform, desk: Desk
) -> None:
    platform.then(CS, {"error": -224})
    desk.say("một", "hai")
    desk.say("khác", user_id="12345")
    await desk.out.sender.work()
    assert kinds(desk) == {"package"} and "failed" not in desk.states
    desk.due_now()
    seen = len(platform.to(CS))
    assert await desk.out.sender.work() == 0 and len(platform.to(CS)) == seen
    desk.out.sender.resume()  # or five minutes later
    await desk.out.sender.work()
    desk.due_now()
    await desk.out.sender.work()
    assert desk.states == ["sent"] * 3 and kinds(desk) == set()


async def test_out_of_quota_stops_what_costs_and_not_what_is_free(platform: Platform, desk: Desk) -> None:
    desk.last_seen(utc_now() - timedelta(days=3))
    platform.then(CS, {"error": -211})
    desk.say("tính phí")
    await desk.out.sender.work()
    assert kinds(desk) == {"quota"} and desk.states == ["waiting"]
    desk.due_now()
    await desk.out.sender.work()
    assert texts(platform) == ["tính phí"]
    desk.last_seen(utc_now())  # they wrote: free again
    desk.due_now()
    await desk.out.sender.work()
    assert texts(platform) == ["tính phí", "tính phí"] and desk.states == ["sent"]
    assert kinds(desk) == {"quota"}  # a free message says nothing about the quota


async def test_what_costs_goes_on_at_once_when_the_quota_is_mended(platform: Platform, desk: Desk) -> None:
    desk.last_seen(utc_now() - timedelta(days=3))
    platform.then(CS, {"error": -211})
    desk.say("một")
    desk.say("hai")
    await desk.out.sender.work()
    assert texts(platform) == ["một"] and desk.parts[0].due_at > utc_now(), "and the next waits behind it"
    assert desk.alarms.clear("quota", "lan"), "staff bought quota and closed the alarm at the console"
    desk.out.sender._looked -= timedelta(seconds=5)
    await desk.out.sender.work()
    assert texts(platform) == ["một", "một", "hai"] and desk.states == ["sent", "sent"]


async def test_a_message_that_another_replica_could_send_ends_the_rest_here(platform: Platform, desk: Desk) -> None:
    platform.then(CS, {"error": -224})
    desk.say("một")
    await desk.out.sender.work()
    assert await desk.out.sender.work() == 0 and kinds(desk) == {"package"}
    desk.alarms.clear("package")  # as the other one does after its own probe
    desk.out.sender._looked -= timedelta(seconds=5)
    assert await desk.out.sender.work() == 1 and desk.states == ["sent"]


async def test_a_cause_mended_leaves_another_ones_rest_alone(platform: Platform, desk: Desk) -> None:
    desk.last_seen(utc_now() - timedelta(days=3))
    platform.then(CS, {"error": -211})
    desk.say("một")
    await desk.out.sender.work()
    desk.out.sender._stopped_by["wallet"] = ("charged", utc_now())
    desk.alarms.raise_("wallet")
    desk.alarms.clear("quota")
    desk.out.sender._looked -= timedelta(seconds=5)
    desk.due_now()
    await desk.out.sender.work()
    assert texts(platform) == ["một"] and desk.states == ["waiting"]


async def test_what_was_being_tried_when_its_citizen_left_is_not_tried_again(platform: Platform, desk: Desk) -> None:
    platform.then(CS, {"error": -32})
    desk.say("một", author="agent")
    await desk.out.sender.work()
    with desk.database.session() as session:
        session.get_one(ZaloUserRow, USER).left_at = utc_now()
    desk.say("sau", author="system")
    desk.due_now()
    await desk.out.sender.work()
    assert desk.states == ["dropped", "sent"] and texts(platform) == ["một", "sau"], "what is said later, Zalo judges"


async def test_before_a_consent_everything_waits(platform: Platform, database: Database) -> None:
    desk = desk_on(platform, database)
    with database.session() as session:
        from bot.zalo.tables import ZaloTokenRow

        session.query(ZaloTokenRow).delete()
    desk.say("một")
    await desk.out.sender.work()
    assert desk.states == ["waiting"] and kinds(desk) == {"consent"} and platform.calls == []


async def test_an_erased_conversation_takes_its_messages_along(platform: Platform, desk: Desk) -> None:
    from bot.gateway.tables import ConversationRow

    platform.then(CS, 0.4)
    desk.say("một", "hai")
    task = asyncio.create_task(desk.out.sender.work())
    await until(lambda: platform.to(CS))
    with desk.database.session() as session:
        session.query(ConversationRow).delete()
    await task
    assert desk.parts == [] and texts(platform) == ["một"]


def test_part_states_of_the_table_are_the_ones_used() -> None:
    assert all(state in (ZaloPartRow.__doc__ or "") for state in ("waiting", "sending", "unknown", "sent", "failed"))
