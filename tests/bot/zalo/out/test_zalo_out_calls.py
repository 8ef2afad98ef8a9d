"""Calls of the platform: header, proof, what an answer means, pace, uploads, the table of errors (SPEC 1, 5, 7)."""

from __future__ import annotations

import asyncio
import io
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from starlette.responses import Response

from bot.zalo.client import _counted
from bot.zalo.client_wire import _body, proof_of
from bot.zalo.errors import alarm_says, fault_of, faults, lost, refused
from bot.zalo.keeper_oauth import _pair
from bot.zalo.keeper_store import TokenStore
from bot.zalo.model import Act, SendFailed
from bot.zalo.pacing import Pacer
from bot.zalo.sender_metrics import TEMPLATES_LEFT
from bot.zalo.tables import ZaloTokenRow, ZaloUploadRow
from bot.zalo.uploads import IMAGE_MAX, Uploads, image_within
from common.clock import utc_now
from common.database import Database
from tests.bot.zalo.fake_platform import OA, USER, Platform
from tests.bot.zalo.out_parts import KEYRING, Desk, desk_on
from tests.redis_server import private_redis

CS = "/v3.0/oa/message/cs"


async def failing(desk: Desk) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        await desk.out.client.send(USER, {"text": "a"})
    return caught.value


# One call


async def test_invariant_1_the_header_is_access_token_and_never_authorization(platform: Platform, desk: Desk) -> None:
    sent = await desk.out.client.send(USER, {"text": "Hồ sơ đang được thẩm định."})
    call = platform.to(CS)[0]
    assert call.headers["access_token"] == "access-1" and "authorization" not in call.headers
    assert "appsecret_proof" not in call.headers
    assert call.body == {"recipient": {"user_id": USER}, "message": {"text": "Hồ sơ đang được thẩm định."}}
    assert (sent.message_id, sent.quota) == ("m-1", "reply")


async def test_invariant_2_http_200_is_no_success(platform: Platform, desk: Desk) -> None:
    platform.then(CS, {"error": -213, "message": "not follower"}, {"error": "-213"}, {"message": "no error field"})
    assert (await failing(desk)).code == -213
    assert (await failing(desk)).act is Act.USER
    assert (await failing(desk)).act is Act.PERMANENT


async def test_success_is_error_zero_whatever_else_is_there(platform: Platform, desk: Desk) -> None:
    platform.then(CS, {"error": 0, "data": {"message_id": "x", "quota": {"remain": 1}}}, {"error": "0", "data": None})
    assert (await desk.out.client.send(USER, {"text": "a"})).message_id == "x"
    assert (await desk.out.client.send(USER, {"text": "a"})).quota == ""


async def test_proof_by_setting(platform: Platform, database: Database) -> None:
    assert proof_of("app-secret-for-tests-only", "access-token-for-tests-only") == (
        "7032c8cb7673227f1eaebe28ec01958e05ca143e1cf0e4cef093a3f86db56192")
    await desk_on(platform, database, proof=True).out.client.send(USER, {"text": "a"})
    assert platform.to(CS)[0].headers["appsecret_proof"] == proof_of("app-secret-for-tests-only", "access-1")


@pytest.mark.parametrize("code", [-216, -220, -124, -401])
async def test_a_refused_token_is_renewed_once_and_the_call_repeated_once(
    platform: Platform, desk: Desk, code: int
) -> None:
    with desk.database.session() as session:
        session.get(ZaloTokenRow, OA).refreshed_at -= timedelta(hours=2)
    platform.then(CS, {"error": code})
    assert (await desk.out.client.send(USER, {"text": "a"})).message_id
    assert [call.headers["access_token"] for call in platform.to(CS)] == ["access-1", "access-2"]
    assert platform.refreshes == ["refresh-1"]
    platform.then(CS, {"error": code})
    failed = await failing(desk)  # just renewed: nothing is gained by doing it again
    assert (failed.act, fault_of(failed).alarm) == (Act.ALARM, "consent")
    assert platform.refreshes == ["refresh-1"]


async def test_calls_in_flight_share_one_renewal(platform: Platform, desk: Desk) -> None:
    """The old token dies with the refresh: whoever was on the way re-reads the store and goes again."""
    with desk.database.session() as session:
        session.get(ZaloTokenRow, OA).refreshed_at -= timedelta(hours=2)
    platform.live = set()
    await asyncio.gather(*(desk.out.client.send(USER, {"text": str(n)}) for n in range(6)))
    assert platform.refreshes == ["refresh-1"] and platform.used_twice == []


async def test_what_is_known_to_be_unsent_and_what_is_unknown(platform: Platform, desk: Desk, database: Database) -> (
        None):
    platform.then(CS, Response("bad gateway", 502), Response("<html>hello</html>", 200), Response("", 429))
    assert [(await failing(desk)).act for _ in range(3)] == [Act.RETRY, Act.PERMANENT, Act.RETRY]
    desk.out.wire._http._timeout = httpx.Timeout(0.2)  # type: ignore[union-attr]
    platform.then(CS, 0.6)
    assert (await failing(desk)).act is Act.UNKNOWN
    desk.out.client._settings.base_url = "http://127.0.0.1:9"
    assert (await failing(desk)).act is Act.RETRY


_NAMES = ["error", "message", "data", "quota", "quota_type", "message_id", "msg_id", "access_token", "expires_in"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=12)


_ODD = [0, "0", 0.0, float("inf"), float("nan"), "90000", "x", -216, -32, 10**30]
_ANSWERS = _JSON | st.fixed_dictionaries({"error": st.sampled_from(_ODD)}, optional={
    "data": _JSON, "access_token": st.just("a"), "refresh_token": st.just("r"), "expires_in": st.sampled_from(_ODD)})


@given(answer=_ANSWERS, status=st.sampled_from([200, 400, 404, 429, 500]))
def test_whatever_is_answered_is_a_result_or_a_known_failure(answer: Any, status: int) -> None:
    found = httpx.Response(status, content=json.dumps(answer))
    try:
        sent = _counted(_body(found, "oa"))
    except SendFailed as error:
        assert fault_of(error).says
    else:
        assert int(answer["error"]) == 0 and len(sent.message_id) <= 64 and len(sent.quota) <= 20
    try:
        assert _pair(found).life_s >= 60
    except SendFailed as error:
        assert error.act in (Act.UNKNOWN, Act.ALARM, Act.PERMANENT, Act.REFRESH, Act.RETRY)


# The other methods


async def test_requests_have_the_shapes_of_the_specification(platform: Platform, desk: Desk) -> None:
    client = desk.out.client
    await client.react(USER, "mid-1")
    assert platform.to("/v2.0/oa/message")[0].body == {
        "recipient": {"user_id": USER},
        "sender_action": {"react_icon": "/-strong", "react_message_id": "mid-1"}}

    platform.then("/v3.0/oa/user/detail", {"error": 0, "data": {"display_name": "Lan", "user_is_follower": True}})
    assert (await client.user(USER))["display_name"] == "Lan"
    assert json.loads(platform.to("/v3.0/oa/user/detail")[0].query["data"]) == {"user_id": USER}

    platform.then("/v3.0/oa/quota/message", {"error": 0, "data": {"last_interaction": "1767225600000"}})
    assert await client.last_interaction(USER) == datetime(2026, 1, 1, tzinfo=UTC)
    platform.then("/v2.0/oa/quota/message", {"error": 0, "data": {"type": "sub_quota", "remain": "7", "total": 10}})
    assert (await client.quota())["remain"] == "7"
    platform.then("/v2.0/oa/getoa", {"error": 0, "data": {
        "name": "Quảng Ninh", "is_verified": True, "package_name": "Nâng cao", "linked_ZCA": ""}})
    health = await client.health()
    assert (health.name, health.verified, health.wallet) == ("Quảng Ninh", True, False)


async def test_template_calls(platform: Platform, database: Database) -> None:
    client = desk_on(platform, database, template_mode="development").out.client
    data = {"trang_thai": "Đã có kết quả"}
    assert (await client.send_template(USER, "300001", data)).message_id
    assert platform.to("/v3.0/oa/message/template")[0].body == {
        "user_id": USER, "template_id": "300001", "template_data": data, "mode": "development"}
    platform.then("/message/template", {"error": 0, "data": {
        "msg_id": "m-9", "sent_time": "1", "quota": {"dailyQuota": "500", "remainingQuota": "499"}}})
    sent = await client.send_template_to_phone("84912345678", "300001", data, "hs-1")
    assert (sent.message_id, sent.quota) == ("m-9", "") and TEMPLATES_LEFT._value.get() == 499
    assert platform.to("/message/template")[0].body == {
        "phone": "84912345678", "template_id": "300001", "template_data": data, "tracking_id": "hs-1",
        "mode": "development"}


# Uploads


def picture(side: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    noise = random.Random(1).randbytes(side * side * len(mode))
    Image.frombytes(mode, (side, side), noise).save(made, kind)
    return made.getvalue()


async def test_pictures_are_made_to_fit() -> None:
    small = picture(50)
    assert await image_within(small) == (small, "png")
    large = picture(1200)
    assert len(large) > IMAGE_MAX
    made, kind = await image_within(large)
    assert kind == "jpeg" and len(made) <= IMAGE_MAX
    clear = io.BytesIO()
    Image.new("RGBA", (40, 40), (0, 0, 0, 0)).save(clear, "WEBP")
    made, _ = await image_within(clear.getvalue())
    assert Image.open(io.BytesIO(made)).getpixel((5, 5)) == (255, 255, 255)  # on white, not black
    with pytest.raises(SendFailed):
        await image_within(b"no picture at all")


async def test_uploads_are_kept_by_content_for_six_days(platform: Platform, desk: Desk) -> None:
    client, content = desk.out.client, picture(40)
    first = await client.upload_image(content, "qr.png")
    assert await client.upload_image(content, "khác.png") == first
    assert len(platform.to("/v2.0/oa/upload/image")) == 1
    assert b'name="file"; filename="qr.png"' in platform.to("/v2.0/oa/upload/image")[0].body
    with desk.database.session() as session:
        row = session.query(ZaloUploadRow).one()
        assert timedelta(days=5.9) < row.expires_at - utc_now() <= timedelta(days=6)
        row.expires_at = utc_now()
    assert await client.upload_image(content, "qr.png") != first
    later = Uploads(desk.database, lambda: utc_now() + timedelta(days=7))
    later.purge()
    with desk.database.session() as session:
        assert session.query(ZaloUploadRow).count() == 0


async def test_files_are_what_the_platform_takes(platform: Platform, desk: Desk) -> None:
    assert await desk.out.client.upload_file(b"%PDF-1.7 ...", "don.pdf") == "up-1"
    for content, name in ((b"MZ", "x.exe"), (b"MZ", "x.pdf"), (b"%PDF" + b"0" * 5_000_001, "to.pdf"), (b"", "a.csv")):
        with pytest.raises(SendFailed) as caught:
            await desk.out.client.upload_file(content, name)
        assert caught.value.act is Act.PERMANENT
    assert len(platform.calls) == 1


# Pace


async def test_no_more_than_the_limit_a_second() -> None:
    pacer = Pacer(5)
    loop = asyncio.get_running_loop()
    moments: list[float] = []

    async def one() -> None:
        await pacer.turn()
        moments.append(loop.time())

    await asyncio.gather(*(one() for _ in range(11)))
    # However slow the machine is: any six turns take a second, less the step of looking.
    assert all(moments[n + 5] - moments[n] > 0.9 for n in range(len(moments) - 5))


async def test_a_rest_is_kept_by_everybody(platform: Platform, desk: Desk) -> None:
    pacer = desk.out.wire._pacer
    platform.then(CS, {"error": -32, "message": "over the limit"})
    assert (await failing(desk)).act is Act.RETRY
    assert not await pacer._free()
    platform.headers = {"X-RateLimit-Remain": "0"}
    other = Pacer(100)
    await other.answered({"x-ratelimit-remain": "12"})
    await other.answered({"x-ratelimit-remain": "soon"})
    assert await other._free()
    await other.answered({"x-ratelimit-remain": "0"})
    assert not await other._free()


async def test_while_redis_is_away_each_process_counts_for_itself() -> None:
    pacer = Pacer(50, "redis://127.0.0.1:9/0")
    await pacer.turn()
    await pacer.refused()
    assert not await pacer._free()


async def test_replicas_share_the_limit_and_the_rest_through_redis() -> None:
    with private_redis() as redis:
        here, there = Pacer(2, redis.url, "1"), Pacer(2, redis.url, "1")
        assert [await pacer._free() for pacer in (here, there, here, there)] == [True, True, False, False]
        assert await Pacer(2, redis.url, "2")._free()  # another app has its own
        await here.refused()
        fresh = Pacer(1000, redis.url, "1")
        assert not await fresh._free()
        redis.stop()
        assert await there._free()


# The table


def test_every_code_of_the_specification_is_in_the_table() -> None:
    oa = {
        -32, -100, -200, -201, -202, -204, -205, -209, -210, -211, -212, -213, -214, -216, -217, -218, -219, -220,
        -221, -223, -224, -227, -230, -232, -233, -234, -235, -237, -238, -240, -241, -242, -244, -248, -249, -320,
        -321, -401, -403}
    template = {
        -108, -109, -111, -112, -114, -115, -117, -118, -119, -120, -1121, -1122, -1124, -124, -126, -127, -131, -133,
        -135, -1351, -136, -137, -138, -139, -140, -141, -144, -145, -146, -147}
    assert set(faults("oa")) == oa and set(faults("template")) == template
    assert set(faults("oauth")) == {-118, -14002, -14003}


def test_the_table_keeps_to_the_retry_policy() -> None:
    by_act: dict[Act, set[int]] = {}
    for interface in ("oa", "template"):
        for code, found in faults(interface).items():
            by_act.setdefault(found.act, set()).add(code)
    assert by_act[Act.REFRESH] == {-216, -220, -124, -401}
    assert by_act[Act.RETRY] == {-32, -200} and (faults("oa")[-32].tries, faults("oa")[-200].tries) == (3, 2)
    assert by_act[Act.WINDOW] == {-230, -232} and by_act[Act.MENU] == {-201, -233}
    assert by_act[Act.TOMORROW] == {-144, -147} and {-133, -234} == by_act[Act.LATER]
    everything: list[Any] = [*faults("oa").values(), *faults("template").values(), *faults("oauth").values()]
    assert all(found.alarm for found in everything if found.act is Act.ALARM)
    assert all(found.says.endswith(".") or found.says.endswith("…") for found in everything)
    for kind in {found.alarm for found in everything if found.alarm} | {"unsure", "unreachable"}:
        assert alarm_says(kind) != kind


def test_an_error_knows_its_entry() -> None:
    assert fault_of(refused(-118, "", "oauth")).alarm == "consent"
    assert fault_of(refused(-118, "", "template")).act is Act.USER
    assert fault_of(SendFailed(Act.USER, -213)).act is Act.USER
    assert fault_of(refused(-99999)).act is Act.PERMANENT
    assert fault_of(lost("network")).tries == 3


async def test_nothing_in_the_log_names_a_person_or_a_token(
    platform: Platform, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    platform.then(CS, {"error": -248, "message": "bad"}, {"error": -32})
    await failing(desk)
    await failing(desk)
    said = "".join(capsys.readouterr())
    assert "zalo_call_failed" in said
    assert not any(secret in said for secret in (USER, "access-1", "refresh-1"))


def test_token_store_of_another_oa_sees_nothing(desk: Desk) -> None:
    assert TokenStore(desk.database, KEYRING, "999").standing() is None
