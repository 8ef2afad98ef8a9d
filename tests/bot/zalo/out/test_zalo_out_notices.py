"""Dossier notices as template messages: in place of a chat message out of its window, and by phone (SPEC 7)."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from actions.notices.dispatch import PHONE
from bot.gateway.hub import EventHub
from bot.gateway.tables import ConversationRow, MessageRow
from bot.gateway.unasked import Unasked
from bot.zalo.notices import Notices, masked_code, phone_84
from bot.zalo.notices_hours import allowed_at, morning, tomorrow
from bot.zalo.sender import Sender
from bot.zalo.sender_parts import Parts
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import LOCAL, local_now, utc_now
from common.database import Database
from common.errors import InvalidInput
from tests.actions.notices.conftest import Office, office_over
from tests.bot.zalo.fake_platform import USER, Platform
from tests.bot.zalo.out_parts import Desk, NoMenus, desk_on

BY_ID, BY_PHONE = "/v3.0/oa/message/template", "/message/template"
PARAMS = [
    {"name": "ma_ho_so", "require": True, "type": "STRING", "maxLength": 30},
    {"name": "trang_thai", "require": True, "type": "STRING", "maxLength": 30},
    {"name": "ngay", "require": False, "type": "DATE", "maxLength": 20}]
TEMPLATES = {"result_ready": "300001", "supplement_requested": "300002"}
# Tomorrow's noon: everything that waits is due by then, and it is no night.
NOON = datetime.combine(local_now().date() + timedelta(days=1), time(12), LOCAL)


@pytest.fixture
def platform(platform: Platform) -> Platform:
    platform.params = PARAMS
    return platform


class Post(Desk):
    """A desk whose clock tests set, beside the office whose notices it sends."""

    at: datetime = NOON
    office: Office
    notices: Notices
    sender: Sender

    def tell(self, code: str, state: str) -> str:
        """A dossier's change becomes a message, and that a part, as the follower makes it."""
        self.office.clock.at = utc_now()
        self.office.changes(code, state)
        self.office.work()
        with self.database.session(write=False) as session:
            row = session.query(MessageRow).order_by(MessageRow.id.desc()).first()
        return self.say(row.text, "nút", author="system", message=row.id)

    def open_parts(self) -> list[ZaloPartRow]:
        return [part for part in self.parts if part.state in ("waiting", "unknown")]


@pytest.fixture
def post(platform: Platform, database: Database, tmp_path: Path) -> Post:
    made = desk_on(platform, database, templates=TEMPLATES)
    post = Post(**vars(made))
    office = post.office = office_over(database, tmp_path, quiet_hours="")
    office.notices.deliver_by(Unasked(EventHub()))
    office.notices.choose("c1", "dossier", True)
    settings = platform.settings(templates=TEMPLATES)
    post.notices = Notices(
        settings, "https://dichvucong.gov.vn", database, office.keyring, made.out.client, lambda: post.at)
    post.sender = Sender(
        Parts(database, lambda: post.at), made.lanes, made.out.client, post.notices, made.alarms, NoMenus(database),
        made.media, lambda: post.at)
    post.last_seen(utc_now() - timedelta(days=8))
    return post


def kinds(desk: Desk) -> set[str]:
    return {alarm.kind for alarm in desk.alarms.open()}


def test_codes_are_masked_in_the_middle() -> None:
    assert masked_code("H49.22-260804-0583") == "H49.22-xxxxxx-0583"
    assert masked_code("H4926080405831234") == "H49xxxxxxxxxx1234"
    assert masked_code("123") == "xxx"


def test_phones_take_the_84_form() -> None:
    for text in ("0912345678", "+84 912 345 678", "84912345678", "0084912345678"):
        assert phone_84(text) == "84912345678"
    for text in ("02033123456", "12345", ""):
        with pytest.raises(InvalidInput):
            phone_84(text)


def test_hours() -> None:
    def at(hour: int, day: int = 24) -> datetime:
        return datetime(2026, 11, day, hour, tzinfo=LOCAL)

    assert [allowed_at(at(hour)) for hour in (6, 7, 20)] == [at(7), at(7), at(20)]
    assert allowed_at(at(21)) == allowed_at(at(23)) == at(7, 25)
    assert morning(at(3)) == at(7) and morning(at(9)) == morning(at(22)) == tomorrow(at(3)) == at(7, 25)


# By user id


async def test_a_notice_out_of_its_window_becomes_a_template(platform: Platform, post: Post) -> None:
    post.tell(post.office.dossier(1), "result_ready")
    await post.sender.work()
    assert platform.sent() == []
    body = platform.to(BY_ID)[0].body
    assert body == {"user_id": USER, "template_id": "300001", "template_data": {
        "ma_ho_so": "H49-xxxxxx-0001", "trang_thai": "Đã có kết quả", "ngay": f"{NOON:%d/%m/%Y}"}}
    assert [(part.kind, part.state, part.error) for part in post.parts] == [
        ("text", "dropped", "template"), ("text", "dropped", "template"), ("template", "sent", "")]
    assert "261124" not in json.dumps(body)
    await post.sender.work()
    assert len(platform.to(BY_ID)) == 1


async def test_inside_the_window_it_is_an_ordinary_message(platform: Platform, post: Post) -> None:
    post.last_seen(NOON - timedelta(hours=1))
    post.tell(post.office.dossier(1), "result_ready")
    await post.sender.work()
    assert platform.to(BY_ID) == [] and "đã có kết quả" in platform.sent()[0]["text"]


async def test_every_dossier_of_a_message_has_its_own(platform: Platform, post: Post) -> None:
    first, second, third = (post.office.dossier(number) for number in (1, 2, 3))
    post.office.changes(first, "supplement_requested")
    post.office.clock.at = utc_now()
    with post.database.session() as session:
        for code, state in ((first, "supplement_requested"), (second, "result_ready"), (third, "approved")):
            post.office.outbox.put(session, "notice.dossier", f"{code}{state}", code, {"code": code, "state": state})
    post.office.work()
    with post.database.session() as session:
        message = session.query(MessageRow).order_by(MessageRow.id.desc()).first()
        text = f"{first} {second} {third}"
        message.text = text
    post.say(text, author="system", message=message.id)
    await post.sender.work()
    sent = {call.body["template_data"]["ma_ho_so"][-4:]: call.body["template_id"] for call in platform.to(BY_ID)}
    assert sent == {"0001": "300002", "0002": "300001"}  # the third's state has no template


async def test_without_a_template_it_is_given_up_visibly(platform: Platform, post: Post) -> None:
    post.tell(post.office.dossier(1), "approved")
    post.say("lời của trợ lý")
    post.say("lời của cán bộ", author="agent")
    await post.sender.work()
    assert platform.to(BY_ID) == []
    assert post.states == ["failed", "dropped", "failed", "failed"]


async def test_whoever_took_it_back_gets_none(platform: Platform, post: Post) -> None:
    post.at = datetime.combine(NOON.date(), time(22), LOCAL)
    post.tell(post.office.dossier(1), "result_ready")
    await post.sender.work()
    assert post.open_parts()[0].due_at == tomorrow(post.at)
    post.office.notices.stop("c1")
    post.at = tomorrow(post.at)
    await post.sender.work()
    assert platform.to(BY_ID) == [] and post.parts[-1].error == "withdrawn"


async def test_at_night_templates_wait_and_the_chat_does_not(platform: Platform, post: Post) -> None:
    post.tell(post.office.dossier(1), "result_ready")
    post.at = datetime.combine(NOON.date(), time(23), LOCAL)
    await post.sender.work()
    assert platform.to(BY_ID) == []
    post.last_seen(post.at)  # they write at night
    post.say("Em chào anh/chị", created_at=post.at)
    await post.sender.work()
    assert [message["text"] for message in platform.sent()] == ["Em chào anh/chị"]
    post.at = tomorrow(post.at)
    await post.sender.work()
    assert len(platform.to(BY_ID)) == 1


@pytest.mark.parametrize(("code", "alarm"), [(-133, set()), (-144, {"daily"}), (-147, {"daily"})])
async def test_refused_for_today(platform: Platform, post: Post, code: int, alarm: set[str]) -> None:
    platform.then(BY_ID, {"error": code})
    post.tell(post.office.dossier(1), "result_ready")
    await post.sender.work()
    waiting = post.open_parts()
    assert [part.due_at for part in waiting] == [tomorrow(NOON)] and kinds(post) == alarm
    post.at = tomorrow(NOON)
    await post.sender.work()
    assert post.parts[-1].state == "sent"


@pytest.mark.parametrize("params", [
    [{"name": "ten", "require": True, "maxLength": 30}], [{"name": "ma_ho_so", "require": True, "maxLength": 5}]])
async def test_a_template_that_wants_what_we_do_not_say(
    platform: Platform, post: Post, params: list[dict[str, Any]]
) -> None:
    platform.params = params
    post.tell(post.office.dossier(1), "result_ready")
    await post.sender.work()
    assert platform.to(BY_ID) == [] and kinds(post) == {"template"} and post.parts[-1].state == "failed"


async def test_the_template_is_asked_for_once(platform: Platform, post: Post) -> None:
    for number in (1, 2):
        post.tell(post.office.dossier(number), "result_ready")
        await post.sender.work()
    assert len(platform.to("/template/info/v2")) == 1
    assert platform.to("/template/info/v2")[0].query == {"template_id": "300001"}


# By phone


def on_web(post: Post) -> None:
    """The conversation is one of the website's: nobody on Zalo is known for it."""
    with post.database.session() as session:
        session.query(ZaloUserRow).delete()
        session.get(ConversationRow, "c1").channel = "web"
    post.office.outbox.handle(PHONE, post.notices.on_phone)
    post.office.notices.dispatch.phones = post.notices.ready


def changed(post: Post, code: str, state: str = "result_ready") -> None:
    post.office.clock.at = utc_now()
    post.office.changes(code, state)
    post.office.work()


async def test_a_phone_number_is_told_where_it_was_given(platform: Platform, post: Post) -> None:
    on_web(post)
    code = post.office.dossier(1)
    changed(post, code)
    assert post.parts == []  # nobody asked for it
    post.office.notices.phone_to("c1", "+84 912 345 678")
    changed(post, code, "supplement_requested")
    (part,) = post.parts
    assert "912345678" not in json.dumps(part.body) + part.user_id
    # A number has too few digits for a digest without a key: who has the table would try them all.
    for known in ("0912345678", "84912345678"):
        assert hashlib.sha256(known.encode()).hexdigest()[:28] not in part.user_id
    await post.sender.work()
    body = platform.to(BY_PHONE)[0].body
    assert (body["phone"], body["template_id"]) == ("84912345678", "300002") and "mode" not in body
    assert 0 < len(body["tracking_id"]) <= 48 and body["template_data"]["trang_thai"] == "Chờ bổ sung"
    assert post.states == ["sent"]
    post.office.notices.phone_to("c1", "")
    changed(post, code)
    assert len(post.parts) == 1


async def test_a_phone_is_told_once_and_not_again_on_a_lost_answer(platform: Platform, post: Post) -> None:
    from actions.outbox import Entry

    on_web(post)
    post.office.notices.phone_to("c1", "0912345678")
    entry = Entry(PHONE, "k" * 64, "c1", {"phone": "0912345678", "code": "H49-261124-0001", "state": "result_ready"}, 1)
    for _ in range(2):
        post.notices.on_phone(entry)
    assert len(post.parts) == 1
    post.out.wire._client()._timeout = __import__("httpx").Timeout(0.3)
    platform.params = []
    platform.then(BY_PHONE, 1.0)
    await post.sender.work()
    assert post.states == ["failed"] and post.parts[0].error == "unknown"


async def test_a_citizen_on_zalo_is_not_told_by_phone_as_well(post: Post) -> None:
    post.office.outbox.handle(PHONE, post.notices.on_phone)
    post.office.notices.dispatch.phones = True
    post.office.notices.phone_to("c1", "0912345678")
    changed(post, post.office.dossier(1))
    assert post.parts == []


def test_a_landline_is_refused(post: Post) -> None:
    with pytest.raises(InvalidInput, match="di động"):
        post.office.notices.phone_to("c1", "0203 3123 456")
