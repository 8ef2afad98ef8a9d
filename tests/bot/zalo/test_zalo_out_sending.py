"""Sending: order, fence, retries, unknown fates and echoes, windows, menus, stops (SPEC 5, 8)."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from starlette.responses import Response

from bot.zalo.alarms import Alarms
from bot.zalo.echo_match import matched
from bot.zalo.model import Event
from bot.zalo.quota import Windows
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database
from tests.bot.zalo.fake_platform import OA, USER, Platform, platform_running
from tests.bot.zalo.out_parts import Desk, desk_on, empty_database, until

CS = "/v3.0/oa/message/cs"
BUTTONS = {
    "kind": "buttons",
    "body": {"text": "Chọn", "attachment": {"type": "template", "payload": {"buttons": [
        {"title": "Một", "type": "oa.query.hide", "payload": "#qn:9f2c41d0"}]}}}}


@pytest.fixture(scope="module")
def server() -> Iterator[Platform]:
    with platform_running() as platform:
        yield platform


@pytest.fixture
def platform(server: Platform) -> Platform:
    server.__init__(url=server.url)  # type: ignore[misc]
    return server


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = empty_database(tmp_path)
    yield found
    found.dispose()


@pytest.fixture
def desk(platform: Platform, database: Database) -> Desk:
    return desk_on(platform, database)


def texts(platform: Platform) -> list[str]:
    return [message.get("text", "") for message in platform.sent()]


def kinds(desk: Desk) -> set[str]:
    return {alarm.kind for alarm in desk.alarms.open()}


async def rounds(desk: Desk, count: int = 8) -> None:
    """Works as time passes: everything that waits becomes due again and again."""
    for _ in range(count):
        await desk.out.sender.work()
        desk.due_now()


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


# Unknown fates


def short_timeout(desk: Desk) -> None:
    desk.out.wire._client()._timeout = httpx.Timeout(0.3)


def echo(text: str = "", *, name: str = "oa_send_text", msg_id: str = "echo-1", admin: str = "") -> Event:
    message = {"msg_id": msg_id, **({"text": text} if text else {})}
    return Event(name, f"{msg_id}|{name}", USER, OA, 0, msg_id, admin, message)


def take(desk: Desk, event: Event) -> bool:
    with desk.database.session() as session:
        return matched(session, event)


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


# Buttons, pictures, files


@pytest.mark.parametrize("code", [-201, -233])
async def test_refused_buttons_become_a_menu(platform: Platform, desk: Desk, code: int) -> None:
    platform.then(CS, {"error": code})
    desk.say("", **BUTTONS)
    await desk.out.sender.work()
    assert texts(platform) == ["Chọn", "Chọn\n\n1. Một"] and desk.states == ["sent"]
    assert "attachment" not in platform.sent()[1]
    platform.then(CS, {"error": code})
    desk.say("không có nút")
    await desk.out.sender.work()
    assert desk.states[-1] == "failed"


async def test_a_text_that_is_too_long_goes_in_halves(platform: Platform, desk: Desk) -> None:
    sentences = [f"Câu thứ {number} của một câu trả lời dài." for number in range(40)]
    platform.then(CS, {"error": -210}, {"error": -210})
    desk.say(" ".join(sentences), "sau")
    await desk.out.sender.work()
    whole, _half, *sent, last = texts(platform)
    assert len(sent) > 1 and " ".join(" ".join(sent).split()) == whole and last == "sau"
    assert all(set(message) == {"text"} for message in platform.sent())
    assert desk.states == ["sent", "sent"] and desk.parts[0].body["text"] == sent[-1]
    platform.then(CS, {"error": -210})
    desk.say("ngắn")
    await desk.out.sender.work()
    assert desk.states[-1] == "failed"


async def test_the_rest_of_a_cut_text_follows_its_echo_too(platform: Platform, desk: Desk) -> None:
    short_timeout(desk)
    desk.say("một", body={"text": "một", "rest": "hai"})
    platform.then(CS, 1.0)
    await desk.out.sender.work()
    assert desk.states == ["unknown"] and take(desk, echo("một"))
    await desk.out.sender.work()
    assert texts(platform) == ["một", "hai"] and desk.states == ["sent"]


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(made, "PNG")
    return made.getvalue()


IMAGE = {"kind": "image", "body": {
    "text": "Mã QR", "media": {"kind": "payment_qr"}, "name": "qr.png", "otherwise": {"text": "Mở hồ sơ để nộp"}}}
FILE = {"kind": "file", "body": {"media": {"url": "x"}, "name": "don.pdf", "otherwise": {"text": "Tệp ở đây"}}}


async def test_pictures_and_files(platform: Platform, desk: Desk) -> None:
    desk.media.content = picture()
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    desk.media.content = b"%PDF-1.7"
    desk.say("", **FILE)
    await desk.out.sender.work()
    image, file = platform.sent()
    assert image == {"text": "Mã QR", "attachment": {"type": "template", "payload": {
        "template_type": "media", "elements": [{"media_type": "image", "attachment_id": "up-1"}]}}}
    assert file == {"attachment": {"type": "file", "payload": {"token": "up-3"}}}


async def test_an_expired_upload_is_made_anew_once(platform: Platform, desk: Desk) -> None:
    desk.media.content = picture()
    platform.then(CS, {"error": -100})
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    assert len(platform.to("/v2.0/oa/upload/image")) == 2 and desk.states == ["sent"]
    platform.then(CS, {"error": -100}, {"error": -100})
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    assert desk.states == ["sent", "failed"]


async def test_what_cannot_be_uploaded_is_said_in_words(platform: Platform, desk: Desk) -> None:
    desk.say("", **IMAGE)  # gone
    desk.say("", **FILE)
    await desk.out.sender.work()
    desk.media.content = b"MZ no picture"
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    assert texts(platform) == ["Mở hồ sơ để nộp", "Tệp ở đây", "Mở hồ sơ để nộp"]


# Windows


async def test_windows(desk: Desk) -> None:
    windows = Windows(desk.database)
    assert windows.of("c1").state == "free" and windows.of("nobody") is None
    for age, state in ((47, "free"), (49, "charged"), (7 * 24 - 1, "charged"), (7 * 24 + 1, "closed")):
        desk.last_seen(utc_now() - timedelta(hours=age))
        assert windows.of("c1").state == state
    desk.last_seen(None)
    assert windows.of("c1").state == "charged"


async def test_after_seven_days_nothing_is_sent_unless_the_platform_knows_better(
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
