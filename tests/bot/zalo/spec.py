"""What the platform's specification says, word for word: its example events, vectors and suggested settings.

Every id is made up. Confidence marks: H high, M medium, L low (to be tried on a live OA first)."""

from __future__ import annotations

from typing import Any

__all__ = ["EVENTS", "HASH_PHONE", "PKCE", "PROOF", "SENDS", "SETTINGS"]

APP, OA, USER = "1100220033004400550", "2211003300440055006", "7788009900110022003"
_BY_APP = "6600770088009900110"
_TALK = {"app_id": APP, "user_id_by_app": _BY_APP, "sender": {"id": USER}, "recipient": {"id": OA}}


def _attached(name: str, attachment: dict[str, Any]) -> dict[str, Any]:
    message = {"msg_id": "b2c3d4e5f607182930a", "text": "giấy tờ của tôi", "attachments": [attachment]}
    return {**_TALK, "event_name": name, "timestamp": "1767225601000", "message": message}


# Section 4.3: the event, and the citizen whom it concerns ("": nobody, None: it is not taken up).
EVENTS: list[tuple[dict[str, Any], str | None]] = [
    (_attached("user_send_image", {"type": "image", "payload": {
        "thumbnail": "https://example.invalid/t.jpg", "url": "https://example.invalid/full.jpg"}}), USER),
    (_attached("user_send_gif", {"type": "gif", "payload": {"url": "https://example.invalid/full.gif"}}), USER),
    (_attached("user_send_location", {"type": "location", "payload": {
        "coordinates": {"latitude": "20.95", "longitude": "107.08"}}}), USER),
    (_attached("user_send_sticker", {"type": "sticker", "payload": {"id": "46991", "url": "https://x.invalid"}}), USER),
    (_attached("user_send_audio", {"type": "audio", "payload": {"url": "https://x.invalid/a.m4a"}}), USER),
    (_attached("user_send_video", {"type": "video", "payload": {"thumbnail": "", "description": "", "url": ""}}), USER),
    (_attached("user_send_link", {"type": "link", "payload": {"thumbnail": "", "description": "", "url": ""}}), USER),
    (_attached("user_send_file", {"type": "file", "payload": {
        "url": "https://x.invalid/d", "size": "20480", "name": "don.pdf", "checksum": "0" * 32, "type": "pdf"}}), USER),
    (_attached("user_send_business_card", {"type": "link", "payload": {"url": ""}}), USER),  # shape: L
    ({"app_id": APP, "oa_id": OA, "user_id_by_app": _BY_APP, "event_name": "follow", "source": "oa_profile",
      "follower": {"id": USER}, "timestamp": "1767225602000"}, USER),
    ({"app_id": APP, "oa_id": OA, "user_id_by_app": _BY_APP, "event_name": "unfollow", "source": "oa_profile",
      "follower": {"id": USER}, "timestamp": "1767225602000"}, USER),
    ({"app_id": APP, "event_name": "user_submit_info", "timestamp": "1767225603000", "sender": {"id": USER},
      "recipient": {"id": OA}, "info": {
          "name": "Nguyễn Văn A", "phone": "84912345678", "user_dob": "01/02/1990", "gender": "Nam", "full_address": {
              "user_city": "Quảng Ninh", "user_ward": "Phường Hồng Gai", "user_address": "Số 1"}}}, USER),
    ({"app_id": APP, "event_name": "user_submit_info", "timestamp": "1767225603000", "sender": {"id": USER},
      "recipient": {"id": OA}, "info": {
          "name": "Nguyễn Văn A", "phone": 84912345678, "address": "Số 1", "city": "Quảng Ninh", "district": "",
          "ward": "Hồng Gai"}}, USER),
    ({"app_id": APP, "oa_id": OA, "user_id": USER, "user_id_by_app": _BY_APP, "event_name": "user_click_chatnow",
      "timestamp": "1767225604000"}, USER),
    ({"app_id": APP, "event_name": "user_received_message", "timestamp": "1767225605000", "sender": {"id": OA},
      "recipient": {"id": USER}, "message": {"msg_id": "c3d4e5f60718293a0b1"}}, USER),
    ({"app_id": APP, "event_name": "user_received_message", "timestamp": "1767225605000", "sender": {"id": OA},
      "recipient": {"id": "84912345678"}, "message": {
          "delivery_time": "1767225605000", "msg_id": "c3d4", "tracking_id": "hs-1"}}, "84912345678"),
    ({"app_id": APP, "event_name": "user_seen_message", "timestamp": "1767225605000", "sender": {"id": OA},
      "recipient": {"id": USER}, "message": {"msg_ids": ["c3d4e5f60718293a0b1"]}}, USER),
    ({"app_id": APP, "event_name": "user_seen_message", "timestamp": "1767225605000", "sender": {"id": USER},
      "recipient": {"id": OA}, "message": {"msg_ids": ["c3d4e5f60718293a0b1"]}}, USER),  # direction: L
    ({"app_id": APP, "user_id_by_app": _BY_APP, "event_name": "oa_send_text", "timestamp": "1767225606000",
      "sender": {"id": OA, "admin_id": "9900110022003300440"}, "recipient": {"id": USER},
      "message": {"msg_id": "d4e5f60718293a0b1c2", "text": "Cán bộ xin trả lời…"}}, USER),
    ({**_TALK, "event_name": "user_reacted_message", "timestamp": "1767225606000",
      "message": {"msg_id": "d4", "react_icon": "/-heart"}}, None),  # shape: L
    ({"app_id": APP, "oa_id": OA, "event_name": "add_user_to_tag", "tag": {"name": "x", "user_ids": [USER]},
      "timestamp": "1767225606000"}, None),
    ({"oa_id": OA, "app_id": APP, "event_name": "change_template_status", "template_id": "300001",
      "status": {"prev_status": "PENDING_REVIEW", "new_status": "ENABLE"}, "reason": "", "timestamp": "1767225606000"},
     ""),
    ({"oaId": OA, "app_id": APP, "event_name": "change_oa_daily_quota",
      "quota": {"prev_value": "500", "new_value": "5000"}, "timestamp": "1767225606000"}, ""),
]

# RFC 7636: verifier and challenge (5.2); App Secret, access token and proof (5.2); 84-form and its hash (7).
PKCE = ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
PROOF = ("app-secret-for-tests-only", "access-token-for-tests-only",
         "7032c8cb7673227f1eaebe28ec01958e05ca143e1cf0e4cef093a3f86db56192")
HASH_PHONE = ("84912345678", "25cc2f7574420a2d46c9f2d6cf94cdbb242ef7d479afe92ed6e8eb33a7493093")

# Sections 5.5, 5.8: the `message` of what we send.
SENDS: dict[str, dict[str, Any]] = {
    "image": {"text": "Mã QR", "attachment": {"type": "template", "payload": {
        "template_type": "media", "elements": [{"media_type": "image", "attachment_id": "up-1"}]}}},
    "file": {"attachment": {"type": "file", "payload": {"token": "up-3"}}},
    "buttons": {"text": "Ông/bà cần giúp việc gì?", "attachment": {"type": "template", "payload": {"buttons": [
        {"title": "Tra cứu hồ sơ", "type": "oa.query.hide", "payload": "#qn:9f2c41d0"},
        {"title": "Cổng dịch vụ công", "type": "oa.open.url", "payload": {"url": "https://dichvucong.gov.vn"}},
        {"title": "Gọi tổng đài", "type": "oa.open.phone", "payload": {"phone_code": "842033123456"}}]}}},
}

# Section 12: the settings under their names, with the values that it suggests (None: none).
SETTINGS: dict[str, Any] = {
    "ZALO_ENABLED": None, "ZALO_APP_ID": None, "ZALO_APP_SECRET": None, "ZALO_OA_ID": None, "ZALO_OA_SECRET_KEY": None,
    "ZALO_SIGNATURE_MODE": None, "ZALO_REPLAY_WINDOW_S": 8100, "ZALO_PKCE_VERIFIER": "", "ZALO_REDIRECT_URI": None,
    "ZALO_VERIFY_CODE": None, "ZALO_BUTTONS": "auto", "ZALO_BUTTONS_TEMPLATE_TYPE": "", "ZALO_MAX_TEXT": 1900,
    "ZALO_MAX_BUTTONS": 5, "ZALO_RATE_PER_S": 20, "ZALO_PROOF": False, "ZALO_BASE_URL": "https://openapi.zalo.me",
    "ZALO_OAUTH_URL": "https://oauth.zaloapp.com", "ZALO_ZBS_URL": "https://business.openapi.zalo.me",
    "ZALO_HANDOFF_PAUSE_MIN": 30,
}
