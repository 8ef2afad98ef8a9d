"""Sending: order, fence, retries, unknown fates and echoes, windows, menus, stops (SPEC 5, 8)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.zalo.alarms import Alarms
from bot.zalo.tables import ZaloUserRow
from common.clock import utc_now
from common.database import Database
from tests.bot.zalo.fake_platform import USER, Platform
from tests.bot.zalo.out.sending import CS, texts
from tests.bot.zalo.out_parts import Desk, until

# Order


async def test_messages_go_out_in_order_and_what_came_of_them_is_kept(platform: Platform, desk: Desk) -> None:
    desk.say("một", "hai", "ba")
    desk.say("bốn", author="system")
    assert await desk.out.sender.work() == 1
    assert texts(platform) == ["một", "hai", "ba", "bốn"]
    assert desk.states == ["sent"] * 4
    first = desk.parts[0]
    assert (first.zalo_id, first.quota, first.tries) == ("m-1", "reply", 1) and first.sent_at
    assert await desk.out.sender.work() == 0


async def test_citizens_do_not_wait_for_each_other(platform: Platform, desk: Desk) -> None:
    platform.then(CS, {"error": -200})
    desk.say("một", "hai")
    await desk.out.sender.work()
    desk.say("khác", user_id="12345")
    await desk.out.sender.work()
    assert texts(platform) == ["một", "khác"]
    desk.due_now()
    await desk.out.sender.work()
    assert texts(platform) == ["một", "khác", "một", "hai"]


async def test_two_replicas_send_each_message_once_and_in_order(platform: Platform, desk: Desk) -> None:
    other = desk_on_same(desk)
    said = [str(number) for number in range(12)]
    for number, text in enumerate(said):
        desk.say(text, message=f"{number:026d}")
    await asyncio.gather(*(sender.work() for sender in (desk.out.sender, other, desk.out.sender, other)))
    assert texts(platform) == said


def desk_on_same(desk: Desk) -> Any:
    """Another replica's sender over the same database."""
    from bot.zalo.lanes import Lanes
    from bot.zalo.sender_build import build_outgoing
    from common.settings import Settings
    from tests.bot.zalo.out_parts import KEYRING, NoMenus

    again = Database(desk.database.url)
    return build_outgoing(
        Settings(_env_file=None, redis_url=""), desk.platform.settings(), again, KEYRING, Alarms(again), Lanes(again),
        NoMenus(again), desk.media).sender


async def test_the_loop_sends_what_comes_and_ends_when_cancelled(platform: Platform, desk: Desk) -> None:
    task = asyncio.create_task(desk.out.sender.run())
    await asyncio.sleep(0)
    desk.say("một")
    desk.out.sender.wake()
    await until(lambda: desk.states == ["sent"])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_loop_ends_when_it_is_cancelled_and_woken_at_once(desk: Desk) -> None:
    task = asyncio.create_task(desk.out.sender.run())
    await asyncio.sleep(0.2)
    desk.out.sender.wake()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()


# Fence (SPEC 8: checked again right before sending)


async def test_the_bots_words_are_dropped_where_a_person_has_the_conversation(platform: Platform, desk: Desk) -> None:
    desk.say("của trợ lý")
    desk.owned("agent", 2)
    desk.say("của cán bộ", author="agent")
    desk.say("của hệ thống", author="system")
    await desk.out.sender.work()
    assert texts(platform) == ["của cán bộ", "của hệ thống"]
    assert desk.states == ["dropped", "sent", "sent"] and desk.parts[0].error == "owner"


async def test_the_answer_that_hands_over_still_goes_out(platform: Platform, desk: Desk) -> None:
    desk.say("em chuyển cho cán bộ")
    desk.owned("waiting")
    await desk.out.sender.work()
    assert texts(platform) == ["em chuyển cho cán bộ"]


async def test_words_from_before_a_person_came_and_went_are_dropped(platform: Platform, desk: Desk) -> None:
    desk.say("cũ")
    desk.owned("bot", 3)
    desk.say("mới")
    await desk.out.sender.work()
    assert texts(platform) == ["mới"]


async def test_the_bot_is_silent_while_staff_answer_in_zalos_own_tool(platform: Platform, desk: Desk) -> None:
    with desk.database.session() as session:
        session.get(ZaloUserRow, USER).paused_until = utc_now() + timedelta(minutes=30)
    desk.say("của trợ lý")
    desk.say("báo hồ sơ", author="system")
    await desk.out.sender.work()
    assert texts(platform) == ["báo hồ sơ"]


async def test_an_answer_of_yesterday_is_not_sent(platform: Platform, desk: Desk) -> None:
    desk.say("hôm qua", created_at=utc_now() - timedelta(hours=25))
    desk.say("báo hồ sơ", author="system", created_at=utc_now() - timedelta(hours=25))
    await desk.out.sender.work()
    assert texts(platform) == ["báo hồ sơ"] and desk.states[0] == "failed"
