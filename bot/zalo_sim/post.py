"""What happens between the OA and people: messages taken or refused, windows and quota, and the events that follow."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from bot.zalo_sim.courier import Courier
from bot.zalo_sim.events import Events
from bot.zalo_sim.faults import Faults
from bot.zalo_sim.messages import Refused, read_message
from bot.zalo_sim.world import DAY_S, Bubble, Person, World, fresh_id, now_ms

__all__ = ["Post"]

_FREE_S, _WINDOW_S = 2 * DAY_S, 7 * DAY_S
_FIELD = re.compile(r"\{(\w+)\}")
_TRACKING = 48


class Post:
    """The OA's and the people's acts on one world. `changed` tells open phones to look again."""

    def __init__(
        self, world: World, faults: Callable[[], Faults], courier: Courier, changed: Callable[[str], None]
    ) -> None:
        self._world, self._faults, self._courier, self._changed = world, faults, courier, changed
        self.events = Events(world.account)

    def person(self, user_id: str) -> Person:
        """Raises Refused for an id that isn't one of ours."""
        person = self._world.people.get(user_id)
        if person is None:
            raise Refused(-213, "User has not followed or interacted with the OA")
        return person

    # What the OA does

    def consult(self, user_id: str, message: Any) -> dict[str, Any]:
        """A consultation message (v3 cs). Raises Refused."""
        person, faults = self.person(user_id), self._faults()
        if faults.error:
            raise Refused(faults.error, "Refused by the simulator's switch")
        if person.blocked:
            raise Refused(-244, "User has restricted this type of message from the OA")
        age = time.time() - person.last_ms / 1000
        if age > _WINDOW_S:
            raise Refused(-230, "User has not interacted with the OA in the past 7 days")
        bubble = read_message(user_id, message, faults, self._world.uploads)
        bubble.quotes = self._quoted(user_id, message)
        quota = self._quota(age, faults)
        self._send(person, bubble)
        return {"message_id": bubble.id, "user_id": user_id, "sent_time": str(bubble.at_ms), "quota": quota}

    def template(self, to: str, body: dict[str, Any], *, by_phone: bool) -> dict[str, Any]:
        """A template message, by user id or by phone. Raises Refused."""
        people = self._world.people.values()
        person = next((one for one in people if to and to == (one.phone if by_phone else one.id)), None)
        if person is None or (by_phone and not re.fullmatch(r"\+?84\d{9}", to)):
            raise Refused(-108 if by_phone else -213, "Recipient is invalid")
        if by_phone and not 1 <= len(str(body.get("tracking_id", ""))) <= _TRACKING:
            raise Refused(-1122, "tracking_id is missing or too long")
        if self._faults().out_of_quota:
            raise Refused(-144, "Daily quota of the OA has been exceeded")
        shown = self._world.templates.get(str(body.get("template_id", "")))
        if shown is None:
            raise Refused(-109, "Template is invalid")
        if person.blocked:
            raise Refused(-140, "User does not receive this type of message")
        lines = _filled(shown["lines"], body.get("template_data"))
        bubble = Bubble(user_id=person.id, author="oa", kind="template", content={
            "title": shown["title"], "lines": lines})
        self._send(person, bubble)
        return {
            "msg_id" if by_phone else "message_id": bubble.id, "sent_time": str(bubble.at_ms), "sending_mode": "1",
            "quota": {"dailyQuota": "500", "remainingQuota": "499"}}

    def template_info(self, template_id: str) -> dict[str, Any]:
        """What a template wants. Raises Refused."""
        shown = self._world.templates.get(template_id)
        if shown is None:
            raise Refused(-109, "Template is invalid")
        names = list(dict.fromkeys(name for line in shown["lines"] for name in _FIELD.findall(line)))
        params = [{"name": name, "require": True, "type": "STRING", "minLength": 1, "maxLength": 30} for name in names]
        return {"templateId": template_id, "templateName": shown["title"], "status": "ENABLE", "listParams": params,
                "listButtons": [], "templateTag": "TRANSACTION"}

    def react(self, user_id: str, message_id: str, icon: str) -> dict[str, Any]:
        """The OA's reaction to a message. Raises Refused."""
        bubble = self._world.find(message_id)
        if bubble is None or bubble.user_id != self.person(user_id).id or not icon:
            raise Refused(-201, "Parameter is invalid: react_message_id")
        bubble.reaction = "" if icon == "/-remove" else icon
        self._world.save()
        self._changed(user_id)
        return {"message_id": fresh_id(), "user_id": user_id}

    def detail(self, user_id: str) -> dict[str, Any]:
        """Raises Refused."""
        person = self.person(user_id)
        last = time.strftime("%d/%m/%Y", time.localtime(person.last_ms / 1000)) if person.last_ms else ""
        return {
            "user_id": person.id, "user_id_by_app": person.by_app, "user_external_id": "", "display_name": person.name,
            "user_alias": person.name, "is_sensitive": False, "user_last_interaction_date": last,
            "user_is_follower": person.follows, "avatar": "", "avatars": {"120": "", "240": ""}, "dynamic_param": "",
            "tags_and_notes_info": {"notes": [], "tag_names": []}, "shared_info": {}}

    def history(self, user_id: str) -> list[dict[str, Any]]:
        """Messages of a chat ("" : of all), the newest first, as the history calls list them."""
        oa = self._world.account.oa_id
        return [
            {"src": 1 if one.author == "user" else 0, "time": one.at_ms, "message": one.text,
             "type": {"image": "photo"}.get(one.kind, one.kind), "url": one.content.get("url", ""),
             "message_id": one.id, "from_id": one.user_id if one.author == "user" else oa,
             "to_id": oa if one.author == "user" else one.user_id,
             "from_display_name": self._world.people[one.user_id].name}
            for one in reversed(self._world.bubbles) if user_id in ("", one.user_id)]

    def staff_writes(self, user_id: str, text: str) -> Bubble:
        """A person answers in Zalo's own tool."""
        bubble = Bubble(user_id=user_id, author="staff", text=text, admin_id=self._world.staff[0]["id"])
        return self._send(self.person(user_id), bubble)

    # What people do

    def writes(self, user_id: str, bubble: Bubble) -> Bubble:
        """The person sends something; reading comes before writing."""
        person = self.person(user_id)
        self.sees(user_id)
        self._world.add(bubble)
        self._courier.post(self.events.wrote(person, bubble))
        self._changed(user_id)
        return bubble

    def presses(self, user_id: str, message_id: str, number: int) -> Bubble | None:
        """A button of a message. A query is sent as the person's text; None for whatever the phone does by itself."""
        shown = self._world.find(message_id)
        buttons = shown.content.get("buttons", []) if shown and shown.user_id == user_id else []
        if not 0 <= number < len(buttons):
            raise Refused(-201, "no such button")
        button = buttons[number]
        if not button["type"].startswith("oa.query."):
            return None
        hidden = button["type"] == "oa.query.hide"
        return self.writes(user_id, Bubble(user_id=user_id, author="user", text=button["value"], hidden=hidden))

    def follows(self, user_id: str, *, on: bool) -> None:
        person = self.person(user_id)
        person.follows = on
        if on:
            person.last_ms = now_ms()
        self._told(user_id, self.events.follow(person, on=on))

    def begins(self, user_id: str) -> None:
        """The button "Nhắn tin" of the OA's profile."""
        person = self.person(user_id)
        person.last_ms = now_ms()
        self._told(user_id, self.events.chat_now(person))

    def withdraws(self, user_id: str) -> None:
        """The person exercises the right to have their data deleted."""
        self._told(user_id, self.events.withdraw(self.person(user_id)))

    def shares_info(self, user_id: str, message_id: str) -> None:
        """Agrees to a request for user info."""
        person, asked = self.person(user_id), self._world.find(message_id)
        if asked is None or asked.kind != "info" or asked.user_id != user_id:
            raise Refused(-201, "no such request")
        asked.content["done"] = True
        person.last_ms = now_ms()
        self._told(user_id, self.events.submitted(person))

    def sees(self, user_id: str) -> None:
        """Whatever the OA wrote has been looked at."""
        if self._faults().unreachable:
            return
        fresh = [one for one in self._world.chat(user_id) if one.author != "user" and not one.seen]
        if not fresh:
            return
        for one in fresh:
            one.seen = True
        self._told(user_id, self.events.seen(self.person(user_id), fresh))

    def _told(self, user_id: str, body: dict[str, Any]) -> None:
        self._world.save()
        self._courier.post(body)
        self._changed(user_id)

    def _send(self, person: Person, bubble: Bubble) -> Bubble:
        """Shows it on the phone; the echo and the receipt go to the webhook."""
        bubble.received = not self._faults().unreachable
        self._world.add(bubble)
        self._courier.post(self.events.echo(person, bubble))
        if bubble.received:
            self._courier.post(self.events.received(person, bubble))
        self._changed(person.id)
        return bubble

    def _quota(self, age_s: float, faults: Faults) -> dict[str, str]:
        """What pays for the message. Raises Refused when nothing does."""
        if faults.out_of_quota:
            raise Refused(-211, "Out of quota")
        if age_s <= _FREE_S:
            return {"quota_type": "reply", "remain": "8", "total": "8"}
        if self._world.package_left == 0:
            raise Refused(-211, "Out of quota")
        self._world.package_left -= 1
        return {"quota_type": "sub_quota", "remain": str(self._world.package_left), "total": "500",
                "expired_date": "31/12/2026", "owner_type": "OA", "owner_id": self._world.account.oa_id}

    def _quoted(self, user_id: str, message: dict[str, Any]) -> str:
        quoted = message.get("quote_message_id", "")
        if not quoted:
            return ""
        bubble = self._world.find(str(quoted))
        if bubble is None or bubble.user_id != user_id or time.time() - bubble.at_ms / 1000 > _FREE_S:
            raise Refused(-201, "Parameter is invalid: quote_message_id")
        return bubble.id


def _filled(lines: list[str], data: Any) -> list[str]:
    """The template's lines with its parameters. Raises Refused as the platform checks them."""
    if not isinstance(data, dict) or not data:
        raise Refused(-111, "template_data is empty")
    wanted = {name for line in lines for name in _FIELD.findall(line)}
    if not all(isinstance(value, str) for value in data.values()):
        raise Refused(-112, "template_data holds a value of a wrong type")
    if missing := wanted - data.keys():
        raise Refused(-1122, f"template_data misses {sorted(missing)}")
    return [_FIELD.sub(lambda match: data[match[1]], line) for line in lines]
