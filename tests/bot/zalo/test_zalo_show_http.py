"""Staff's words in Zalo's own tool, through the webhook, the real service and the desk's pages (SPEC section 8)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from PIL import Image
from sqlalchemy import select, update

from bot.access.model import Role
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from tests.bot.test_console import PASSWORD, hidden, sign_in
from tests.bot.zalo.incoming import OA, Hook, hooked, receipt, said, until

ADMIN = "9900110022003300440"


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    with hooked(tmp_path_factory.mktemp("home")) as running:
        running.running.context.accounts.add("lan", Role.AGENT, PASSWORD)
        yield running


@pytest.fixture(scope="module")
def lan(hook: Hook) -> Iterator[httpx.Client]:
    client = sign_in(hook.running, "lan")
    yield client
    client.close()


def echo(text: str, user: str, msg_id: str, *, admin: str = ADMIN) -> dict[str, object]:
    """`oa_send_text` as it comes when staff write in Zalo's own tool."""
    body = receipt("oa_send_text", {"msg_id": msg_id, "text": text}, user)
    return {**body, "sender": {"id": OA, **({"admin_id": admin} if admin else {})}}


def parts(hook: Hook, user: str) -> list[ZaloPartRow]:
    query = select(ZaloPartRow).where(ZaloPartRow.user_id == user).order_by(ZaloPartRow.id)
    with hook.running.context.database.session(write=False) as session:
        return list(session.scalars(query))


def conversation(hook: Hook, user: str) -> str:
    row = hook.user(user)
    assert row is not None and row.conversation_id is not None
    return row.conversation_id


def test_the_follower_turns_what_the_bot_says_into_parts_of_the_outbox(hook: Hook) -> None:
    user = "7788009900110022101"
    assert hook.post(said("lệ phí khai sinh", user=user)).status_code == 200
    hook.settled()
    spoken = [text for author, text in hook.messages(user) if author == "bot"]
    until(lambda: len({part.message_id for part in parts(hook, user)}) == len(spoken))
    assert all(part.author == "bot" for part in parts(hook, user))


def test_a_forms_review_leaves_its_values_at_home(hook: Hook) -> None:
    user = "7788009900110022106"
    hook.post(said("cho xem lại hồ sơ", user=user))
    hook.settled()
    until(lambda: any("bản kín" in part.body["text"] for part in parts(hook, user)))
    [review] = [part for part in parts(hook, user) if "bản kín" in part.body["text"]]
    assert "không gửi lại nội dung đã khai qua Zalo" in review.body["text"]
    assert "Hoàng Thị Bích Ngà" not in str([part.body for part in parts(hook, user)]), "what the web would show"


def test_staff_on_zalo_silence_the_bot_until_the_desk_lets_it_answer_again(hook: Hook, lan: httpx.Client) -> None:
    user = "7788009900110022102"
    hook.post(said("lệ phí khai sinh", user=user))
    hook.settled()
    assert hook.post(echo("Chào anh/chị, tôi xem giúp.", user, "staff-1")).status_code == 200
    hook.settled()
    assert hook.messages(user)[-1] == ("agent", "Chào anh/chị, tôi xem giúp.")
    before = len(hook.messages(user))
    for body in (echo("Chào anh/chị, tôi xem giúp.", user, "staff-1"), receipt(
            "user_received_message", {"msg_id": "staff-1"}, user), receipt(
            "user_seen_message", {"msg_ids": ["staff-1"]}, user)):
        assert hook.post(body).status_code == 200
    hook.post(said("cảm ơn, còn thời hạn?", user=user))
    hook.settled()
    assert [author for author, _ in hook.messages(user)[before:]] == ["citizen"], "the bot is silent"

    here = f"/console/conversations/{conversation(hook, user)}"
    assert "Đang được trả lời trên Zalo" in lan.get("/console/conversations?tab=others").text
    page = lan.get(here)
    assert "Đang được trả lời trên Zalo" in page.text and "Trợ lý tạm dừng đến" in page.text
    answer = lan.post(f"{here}/give-back", data=hidden(page))
    assert answer.status_code in (200, 303), answer.text
    assert "Đang được trả lời trên Zalo" not in lan.get(here).text
    until(lambda: (row := hook.user(user)) is not None and row.paused_until is None)
    before = len(hook.messages(user))
    hook.post(said("lệ phí khai sinh", user=user))
    hook.settled()
    assert [author for author, _ in hook.messages(user)[before:]] == ["citizen", "bot"]


def test_the_pause_runs_out_by_itself_and_the_citizen_is_told_once(hook: Hook) -> None:
    user = "7788009900110022103"
    hook.post(echo("Tôi gọi lại sau nhé.", user, "staff-2"))
    hook.settled()
    assert [author for author, _ in hook.messages(user)] == ["agent"], "staff may write first"
    with hook.running.context.database.session() as session:
        session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == user).values(
            paused_until=utc_now() - timedelta(seconds=1)))
    until(lambda: len(hook.messages(user)) == 2)
    assert hook.messages(user)[-1][0] == "system" and "trợ lý tự động" in hook.messages(user)[-1][1]
    until(lambda: [part.author for part in parts(hook, user) if part.state != "echo"] == ["system"])


def test_an_echo_without_a_person_behind_it_changes_nothing(hook: Hook) -> None:
    user = "7788009900110022104"
    hook.post(said("lệ phí khai sinh", user=user))
    hook.settled()
    before = hook.messages(user)
    assert hook.post(echo("Một tin của công cụ khác", user, "api-1", admin="")).status_code == 200
    hook.settled()
    assert hook.messages(user) == before
    assert hook.running.context.store.get(conversation(hook, user)).owner == "bot"


def test_a_desk_that_answers_late_is_warned_of_what_it_costs(hook: Hook, lan: httpx.Client) -> None:
    user = "7788009900110022105"
    hook.post(said("lệ phí khai sinh", user=user))
    hook.settled()
    here = f"/console/conversations/{conversation(hook, user)}"
    for hours, warned, closed in ((1, False, False), (49, True, False), (24 * 7 + 1, False, True)):
        with hook.running.context.database.session() as session:
            session.execute(update(ZaloUserRow).where(ZaloUserRow.user_id == user).values(
                last_interaction=utc_now() - timedelta(hours=hours)))
        page = lan.get(here).text
        assert ("có thể bị Zalo tính phí" in page, "Zalo không nhận tin trả lời nữa" in page) == (warned, closed)


def test_the_cards_picture_can_be_fetched_by_anybody(hook: Hook) -> None:
    answer = hook.client.get("/channels/zalo/card.png")
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/png"
    assert "max-age" in answer.headers["cache-control"] and len(answer.content) < 1_000_000
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (1280, 720) and picture.format == "PNG"
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20, "words and shapes, not one colour"
    assert hook.client.head("/channels/zalo/card.png").status_code == 200
