"""Bodies of the webhook's events, as the platform writes them: ids and times are strings."""

from __future__ import annotations

import json
from typing import Any

from bot.zalo_sim.world import Account, Bubble, Person, now_ms

__all__ = ["Events", "encoded"]

Body = dict[str, Any]


def encoded(body: Body) -> bytes:
    """The bytes that go over the line, and that are signed."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Events:
    """Makes the events of one OA."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def wrote(self, person: Person, bubble: Bubble) -> Body:
        """`user_send_…`: the person wrote. A bubble's content is the attachment's payload."""
        message: Body = {"msg_id": bubble.id}
        if bubble.text or bubble.kind == "text":
            message["text"] = bubble.text
        if bubble.quotes:
            message["quote_msg_id"] = bubble.quotes
        if bubble.kind != "text":
            kind = "link" if bubble.kind == "business_card" else bubble.kind
            payload = {key: value for key, value in bubble.content.items() if not key.startswith("_")}
            message["attachments"] = [{"type": kind, "payload": payload}]
        return self._from(person, f"user_send_{bubble.kind}", {"message": message}, bubble.at_ms)

    def echo(self, person: Person, bubble: Bubble) -> Body:
        """`oa_send_…`: what the OA sent, by the API or (with `admin_id`) by staff."""
        name = {"text": "text", "buttons": "text", "image": "image", "gif": "gif", "file": "file",
                "sticker": "sticker"}.get(bubble.kind, "template")
        message: Body = {"msg_id": bubble.id}
        if bubble.text:
            message["text"] = bubble.text
        if bubble.kind in ("image", "gif", "file"):
            message["attachments"] = [{"type": bubble.kind, "payload": {"url": bubble.content.get("url", "")}}]
        return self._to(person, f"oa_send_{name}", message, bubble.admin_id)

    def received(self, person: Person, bubble: Bubble) -> Body:
        return self._to(person, "user_received_message", {"msg_id": bubble.id})

    def seen(self, person: Person, bubbles: list[Bubble]) -> Body:
        return self._to(person, "user_seen_message", {"msg_ids": [one.id for one in bubbles]})

    def reacted(self, person: Person, message_id: str, icon: str) -> Body:
        return self._from(person, "user_reacted_message", {"message": {"msg_id": message_id, "react_icon": icon}})

    def follow(self, person: Person, *, on: bool) -> Body:
        extra: Body = {"oa_id": self._account.oa_id, "user_id_by_app": person.by_app, "follower": {"id": person.id}}
        if on:
            extra["source"] = "oa_profile"
        return self._flat("follow" if on else "unfollow", extra)

    def chat_now(self, person: Person) -> Body:
        return self._flat("user_click_chatnow", {
            "oa_id": self._account.oa_id, "user_id": person.id, "user_id_by_app": person.by_app})

    def withdraw(self, person: Person) -> Body:
        return self._from(person, "user_withdraw", {})

    def submitted(self, person: Person) -> Body:
        """The answer to a request for user info."""
        info = {
            "name": person.name, "phone": person.phone, "user_dob": person.birth, "gender": person.gender,
            "full_address": {"user_city": "Quảng Ninh", "user_ward": person.ward, "user_address": person.address},
        }
        return self._from(person, "user_submit_info", {"info": info})

    def _flat(self, name: str, extra: Body, at_ms: int = 0) -> Body:
        head = {"app_id": self._account.app_id, "event_name": name, "timestamp": str(at_ms or now_ms())}
        return {**head, **extra}

    def _from(self, person: Person, name: str, extra: Body, at_ms: int = 0) -> Body:
        return self._flat(name, {
            "user_id_by_app": person.by_app, "sender": {"id": person.id}, "recipient": {"id": self._account.oa_id},
            **extra}, at_ms)

    def _to(self, person: Person, name: str, message: Body, admin_id: str = "") -> Body:
        sender = {"id": self._account.oa_id, **({"admin_id": admin_id} if admin_id else {})}
        return self._flat(name, {
            "user_id_by_app": person.by_app, "sender": sender, "recipient": {"id": person.id}, "message": message})
