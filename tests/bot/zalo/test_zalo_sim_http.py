"""The simulator over HTTP: consent, tokens, calls with their failures, events with their repeats."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.zalo_sim.courier import LADDER_S
from bot.zalo_sim.world import World
from tests.bot.zalo.sim import BA_TU, CHALLENGE, CUONG, VERIFIER, Receiver, Simulated, simulated, wait_for

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture(scope="module")
def webhook() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, webhook: Receiver) -> Iterator[Simulated]:
    with simulated(tmp_path_factory.mktemp("zalo"), webhook.url, speed=1e5) as simulator:
        yield simulator


@pytest.fixture
def zalo(running: Simulated, webhook: Receiver) -> Iterator[Simulated]:
    """Healthy, with a webhook that takes everything."""
    running.faults()
    webhook.status = 200
    settled(running, webhook)
    yield running


@pytest.fixture
def token(zalo: Simulated) -> str:
    return str(zalo.token()["access_token"])


def settled(zalo: Simulated, webhook: Receiver) -> None:
    """Waits for what is on its way, and forgets what came."""
    wait_for(lambda: zalo.courier.waiting() == 0, "events on their way")
    webhook.got.clear()


def names(webhook: Receiver) -> list[str]:
    return [json.loads(body).get("event_name", "") for _, body in webhook.got]


def heard(webhook: Receiver, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers and body of the first event called `name`."""
    wait_for(lambda: name in names(webhook), name)
    headers, raw = next(one for one in list(webhook.got) if json.loads(one[1]).get("event_name") == name)
    return headers, json.loads(raw)


# Consent and tokens

def test_a_refresh_token_works_once_and_kills_the_old_access_token(zalo: Simulated) -> None:
    first = zalo.token()
    assert first["expires_in"] == "90000"
    assert zalo.cs(first["access_token"], {"text": "a"})["error"] in (0, -230)
    second = zalo.redeem(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert zalo.cs(first["access_token"], {"text": "a"})["error"] == -216
    assert zalo.call("GET", "/v2.0/oa/getoa", second["access_token"])["data"]["oaid"] == zalo.world.account.oa_id
    again = zalo.redeem(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert again["error"] == -118 and "access_token" not in again


def test_the_code_its_verifier_and_the_secret_are_checked(zalo: Simulated) -> None:
    def code() -> str:
        with zalo.http as http:
            agreed = http.post("/v4/oa/permission", data={
                "redirect_uri": "http://x.invalid/cb?a=1", "code_challenge": CHALLENGE, "state": "xyz"})
            back = httpx.URL(agreed.headers["location"])
            assert back.params["state"] == "xyz" and back.params["a"] == "1"
            assert back.params["oa_id"] == zalo.world.account.oa_id
            return back.params["code"]

    given = {"grant_type": "authorization_code", "code_verifier": VERIFIER}
    assert zalo.redeem(**{**given, "code_verifier": "x" * 43}, code=code())["error"] == -14003
    used = code()
    assert "access_token" in zalo.redeem(**given, code=used)
    assert zalo.redeem(**given, code=used)["error"] == -118
    assert zalo.redeem("not the secret", **given, code=code())["error"] < 0
    assert zalo.redeem(None, **given, code=code())["message"] == "empty api"


def test_the_consent_page(zalo: Simulated) -> None:
    good = {"app_id": zalo.world.account.app_id, "redirect_uri": "http://x.invalid/cb", "code_challenge": CHALLENGE}
    with zalo.http as http:
        page = http.get("/v4/oa/permission", params={**good, "state": "s"})
        assert page.status_code == 200 and "Cho phép" in page.text and zalo.world.account.name in page.text
        for wrong, said in (({"app_id": "1"}, "-14002"), ({"code_challenge": ""}, "-14003"),
                            ({"redirect_uri": "javascript:1"}, "-14003")):
            refused = http.get("/v4/oa/permission", params={**good, **wrong})
            assert refused.status_code == 400 and said in refused.text
        zalo.faults(fixed_challenge="another")
        assert http.get("/v4/oa/permission", params=good).status_code == 400
        cross = http.post("/v4/oa/permission", data=good, headers={"Sec-Fetch-Site": "cross-site"})
        assert cross.status_code == 403


def test_an_expired_token_and_a_missing_proof(zalo: Simulated, token: str) -> None:
    zalo.faults(proof=True)
    assert zalo.call("GET", "/v2.0/oa/getoa", token)["error"] == -242
    proof = hmac.new(zalo.world.account.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    with zalo.http as http:
        headers = {"access_token": token, "appsecret_proof": proof}
        assert http.get("/v2.0/oa/getoa", headers=headers).json()["error"] == 0
        assert http.get("/v2.0/oa/getoa", headers={"Authorization": f"Bearer {token}"}).json()["error"] == -216
        http.post("/simulator/token/expire")
        assert http.get("/v2.0/oa/getoa", headers=headers).json()["error"] == -220


# Sending

def test_who_can_be_written_to(zalo: Simulated, token: str) -> None:
    zalo.says("xin chào")
    sent = zalo.cs(token, {"text": "Dạ, em nghe."})
    assert sent["data"]["quota"] == {"quota_type": "reply", "remain": "8", "total": "8"}
    assert zalo.cs(token, {"text": "a"}, "123")["error"] == -213
    assert zalo.cs(token, {"text": "a"}, CUONG)["error"] == -230
    with zalo.http as http:
        http.put(f"/simulator/users/{BA_TU}/age", params={"hours": 50})
        left = zalo.world.package_left
        assert zalo.cs(token, {"text": "a"})["data"]["quota"]["quota_type"] == "sub_quota"
        assert zalo.world.package_left == left - 1
        http.put(f"/simulator/users/{BA_TU}/age", params={"hours": 24 * 7 + 1})
    assert zalo.cs(token, {"text": "a"})["error"] == -230
    zalo.says("tôi đây")
    zalo.faults(out_of_quota=True)
    assert zalo.cs(token, {"text": "a"})["error"] == -211
    zalo.faults()
    zalo.post(f"/phone/{BA_TU}/act", what="block")
    assert zalo.cs(token, {"text": "a"})["error"] == -244
    zalo.post(f"/phone/{BA_TU}/act", what="unblock")
    quoted = zalo.cs(token, {"text": "a", "quote_message_id": sent["data"]["message_id"]})
    assert quoted["error"] == 0 and zalo.cs(token, {"text": "a", "quote_message_id": "nobody"})["error"] == -201


def test_uploads_are_judged_and_run_out(zalo: Simulated, token: str) -> None:
    def up(kind: str, name: str, content: bytes) -> dict[str, Any]:
        return zalo.call("POST", f"/v2.0/oa/upload/{kind}", token, files={"file": (name, content)})

    zalo.says("gửi cho tôi")
    assert up("image", "a.png", b"no picture")["error"] == -201
    assert up("image", "a.png", PNG + b"0" * 1024 * 1024)["error"] == -210
    assert up("file", "a.exe", b"MZ")["error"] == -201
    file = up("file", "danh sach.pdf", b"%PDF")["data"]["token"]
    picture = up("image", "a.png", PNG)["data"]["attachment_id"]
    assert zalo.cs(token, {"attachment": {"type": "file", "payload": {"token": file}}})["error"] == 0
    shown = {"attachment": {"type": "template", "payload": {
        "template_type": "media", "elements": [{"media_type": "image", "attachment_id": picture}]}}}
    assert zalo.cs(token, shown)["error"] == 0
    zalo.faults(uploads_expire=True)
    assert zalo.cs(token, shown)["error"] == -100
    served = httpx.get(zalo.chat()[-1]["content"]["url"], trust_env=False)
    assert served.content == PNG
    assert httpx.get(f"{zalo.url}/media/{'0' * 24}/..%2f..%2fworld.json", trust_env=False).status_code == 404


def test_template_messages(zalo: Simulated, token: str) -> None:
    data = {"ma_ho_so": "H49-1", "trang_thai": "Đã có kết quả", "ngay": "22/11/2026"}

    def by_phone(**changes: Any) -> int:
        body = {"phone": "84900000202", "template_id": "300001", "tracking_id": "hs-1", "template_data": data}
        return int(zalo.call("POST", "/message/template", token, json={**body, **changes})["error"])

    info = zalo.call("GET", "/template/info/v2", token, params={"template_id": "300001"})["data"]
    assert [one["name"] for one in info["listParams"]] == list(data)
    by_user = zalo.call("POST", "/v3.0/oa/message/template", token, json={
        "user_id": CUONG, "template_id": "300001", "template_data": data})
    assert by_user["data"]["message_id"] and "Đã có kết quả" in zalo.chat(CUONG)[-1]["content"]["lines"][1]
    assert by_phone() == 0
    assert by_phone(phone="0900000202") == -108
    assert by_phone(tracking_id="") == -1122
    assert by_phone(template_id="9") == -109
    assert by_phone(template_data={}) == -111 and by_phone(template_data={"ngay": "x"}) == -1122
    assert by_phone(template_data={**data, "ngay": 5}) == -112


def test_calls_fail_in_every_way(zalo: Simulated, token: str) -> None:
    zalo.says("xin chào")
    before = len(zalo.chat())
    zalo.faults(fail_next=1, per_minute=100_000)
    with zalo.http as http:
        assert http.get("/v2.0/oa/getoa", headers={"access_token": token}).status_code == 502
    zalo.faults(drop_next=1)
    with pytest.raises(httpx.RemoteProtocolError):
        zalo.cs(token, {"text": "mất"})
    assert len(zalo.chat()) == before
    zalo.faults(lose_next=1)
    with pytest.raises(httpx.RemoteProtocolError):
        zalo.cs(token, {"text": "đến mà không ai biết"})
    assert len(zalo.chat()) == before + 1
    zalo.faults(limit_next=1)
    assert zalo.cs(token, {"text": "a"})["error"] == -32
    zalo.faults(per_minute=1)
    with zalo.http as http:
        full = http.get("/v2.0/oa/getoa", headers={"access_token": token})
        assert full.json()["error"] == -32 and full.headers["X-RateLimit-Remain"] == "0"
    zalo.faults(error=-248)
    assert zalo.cs(token, {"text": "a"})["error"] == -248
    assert zalo.call("POST", "/v2.0/oa/message", token, json={"message": {"text": "cũ"}})["error"] == -240


def test_reading_back(zalo: Simulated, token: str) -> None:
    zalo.says("bà đây", BA_TU)
    detail = zalo.call("GET", "/v3.0/oa/user/detail", token, params={"data": json.dumps({"user_id": BA_TU})})
    assert detail["data"]["display_name"] == "Phạm Thị Tư"
    recent = zalo.call("GET", "/v2.0/oa/listrecentchat", token, params={"data": '{"offset":0,"count":3}'})
    assert recent["data"][0]["message"] == "bà đây" and recent["data"][0]["src"] == 1
    assert zalo.call("GET", "/v2.0/oa/conversation", token, params={"data": "no json"})["error"] == -201
    assert zalo.call("POST", "/v2.0/oa/quota/message", token)["data"]["type"] == "sub_quota"
    message = zalo.chat()[-1]["id"]
    reacted = zalo.call("POST", "/v2.0/oa/message", token, json={
        "recipient": {"user_id": BA_TU}, "sender_action": {"react_icon": "/-heart", "react_message_id": message}})
    assert reacted["error"] == 0 and zalo.chat()[-1]["reaction"] == "/-heart"


# Events

def test_an_event_is_signed_over_its_bytes(zalo: Simulated, webhook: Receiver) -> None:
    zalo.says("Tra cứu hồ sơ của tôi")
    headers, body = heard(webhook, "user_send_text")
    raw = next(raw for _, raw in webhook.got if json.loads(raw)["event_name"] == "user_send_text")
    account = zalo.world.account
    digest = hashlib.sha256(
        account.app_id.encode() + raw + body["timestamp"].encode() + account.oa_secret_key.encode()).hexdigest()
    assert headers["x-zevent-signature"] == f"mac={digest}"
    assert isinstance(body["timestamp"], str) and body["sender"]["id"] == BA_TU
    assert "num_retry" not in headers


def test_echoes_receipts_and_what_was_seen(zalo: Simulated, webhook: Receiver, token: str) -> None:
    zalo.says("xin chào")
    sent = zalo.cs(token, {"text": "Dạ"})["data"]["message_id"]
    _, echo = heard(webhook, "oa_send_text")
    assert echo["message"]["msg_id"] == sent and "admin_id" not in echo["sender"]
    assert heard(webhook, "user_received_message")[1]["message"]["msg_id"] == sent
    zalo.post(f"/phone/{BA_TU}/act", what="seen")
    assert sent in heard(webhook, "user_seen_message")[1]["message"]["msg_ids"]
    settled(zalo, webhook)
    zalo.post(f"/staff/{BA_TU}/text", text="Cán bộ đây ạ")
    _, staff = heard(webhook, "oa_send_text")
    assert staff["sender"]["admin_id"] and staff["message"]["text"] == "Cán bộ đây ạ"


def test_every_act_of_a_person_has_its_event(zalo: Simulated, webhook: Receiver, token: str) -> None:
    zalo.post(f"/phone/{BA_TU}/act", what="unfollow")
    zalo.post(f"/phone/{BA_TU}/act", what="follow")
    assert heard(webhook, "follow")[1]["follower"] == {"id": BA_TU}
    zalo.sends("cccd.png", PNG, caption="của tôi")
    zalo.sends("don.pdf", b"%PDF-1.4")
    zalo.post(f"/phone/{BA_TU}/location", place="1")
    for kind in ("sticker", "audio", "video", "link", "business_card"):
        zalo.post(f"/phone/{BA_TU}/other", kind=kind)
    asked = zalo.cs(token, {"attachment": {"type": "template", "payload": {
        "template_type": "request_user_info",
        "elements": [{"title": "t", "subtitle": "s", "image_url": "https://x.invalid/l.png"}]}}})
    zalo.post(f"/phone/{BA_TU}/act", what="info", message=asked["data"]["message_id"])
    zalo.post(f"/phone/{BA_TU}/act", what="chatnow")
    zalo.post(f"/phone/{BA_TU}/act", what="withdraw")
    heard(webhook, "user_withdraw")
    assert {"unfollow", "user_send_image", "user_send_file", "user_send_location", "user_send_sticker",
            "user_send_audio", "user_send_link", "user_submit_info", "user_click_chatnow"} <= set(names(webhook))
    image = heard(webhook, "user_send_image")[1]["message"]
    assert image["text"] == "của tôi" and image["attachments"][0]["type"] == "image"
    file = heard(webhook, "user_send_file")[1]["message"]["attachments"][0]["payload"]
    assert file["size"] == "8" and file["checksum"] == hashlib.md5(b"%PDF-1.4").hexdigest()
    where = heard(webhook, "user_send_location")[1]["message"]["attachments"][0]["payload"]
    assert where == {"coordinates": {"latitude": "20.9557", "longitude": "107.0420"}}


def test_a_button_is_pressed_as_a_text(zalo: Simulated, webhook: Receiver, token: str) -> None:
    zalo.says("xin chào")
    shown = zalo.cs(token, {"text": "Chọn", "attachment": {"type": "template", "payload": {"buttons": [
        {"title": "Ẩn", "type": "oa.query.hide", "payload": "#qn:1"},
        {"title": "Mở", "type": "oa.open.url", "payload": {"url": "https://x.invalid"}}]}}})["data"]["message_id"]
    settled(zalo, webhook)
    zalo.post(f"/phone/{BA_TU}/press", message=shown, number="1")
    zalo.post(f"/phone/{BA_TU}/press", message=shown, number="0")
    assert heard(webhook, "user_send_text")[1]["message"]["text"] == "#qn:1"
    with zalo.http as http:
        page = http.get(f"/phone/{BA_TU}").text
        assert "#qn:1" not in page and 'href="https://x.invalid"' in page
        assert http.post(f"/phone/{BA_TU}/press", data={"message": shown, "number": "7"}).status_code == 404


def test_a_failing_webhook_is_tried_again_and_then_switched_off(zalo: Simulated, webhook: Receiver) -> None:
    webhook.status = 500
    zalo.says("có ai không")
    wait_for(lambda: zalo.world.webhook_off, "the webhook's end")
    tries = [headers.get("num_retry", "0") for headers, _ in webhook.got]
    assert tries == [str(n) for n in range(len(LADDER_S) + 1)]
    zalo.says("không ai nghe")
    assert zalo.courier.waiting() == 0
    webhook.status = 200
    zalo.post("/panel/webhook")
    assert not zalo.world.webhook_off
    headers, body = webhook.got[-1]
    assert body == b"{}" and "x-zevent-signature" not in headers


def test_events_twice_shuffled_and_forged(zalo: Simulated, webhook: Receiver) -> None:
    zalo.faults(duplicate=2)
    zalo.says("hai lần")
    wait_for(lambda: names(webhook).count("user_send_text") == 2)
    settled(zalo, webhook)
    zalo.faults(shuffle=True)
    for number in range(3):
        zalo.says(f"câu {number}")
    wait_for(lambda: names(webhook).count("user_send_text") == 3)
    texts = [json.loads(raw)["message"]["text"] for _, raw in webhook.got if b"user_send_text" in raw]
    assert texts == ["câu 2", "câu 1", "câu 0"]
    settled(zalo, webhook)
    zalo.faults(forge=True)
    zalo.says("thật")
    wait_for(lambda: names(webhook).count("user_send_text") == 2)
    texts = [json.loads(raw)["message"]["text"] for _, raw in webhook.got]
    assert texts == ["tin giả mạo", "thật"]


# Pages and what is kept

def test_what_people_write_is_shown_as_text(zalo: Simulated) -> None:
    zalo.says("<script>alert(1)</script> xem https://x.invalid/a?b=1&c=2")
    with zalo.http as http:
        page = http.get(f"/phone/{BA_TU}")
        assert "<script>alert" not in page.text and 'href="https://x.invalid/a?b=1&amp;c=2"' in page.text
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        assert http.get("/phone/1").status_code == 404
        home = http.get("/")
        assert home.status_code == 303 and home.headers["location"] == f"/phone/{BA_TU}"
        plain = http.post(f"/phone/{BA_TU}/text", data={"text": "không có script"})
        assert plain.status_code == 303


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    world = World.open(tmp_path / "world.json")
    world.people[BA_TU].follows = True
    world.access = "một"
    world.save()
    again = World.open(tmp_path / "world.json")
    assert again.people[BA_TU].follows and again.access == "một" and again.account == world.account
