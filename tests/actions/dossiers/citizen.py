"""Runs the real actions on real trackers, with the routes of `nlu_data/rules/eform.yml` in place of Rasa."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.companion.bundle import Dossiers

_IN_LOOP = {
    "practise_form": "action_practise_eform",
    "inform_field": "action_eform_input", "go_back": "action_eform_back", "edit_field": "action_eform_edit",
    "skip": "action_eform_skip", "pause_form": "action_eform_pause", "cancel": "action_eform_cancel",
    "give_consent": "action_eform_consent", "refuse_consent": "action_eform_consent",
    "affirm": "action_eform_consent", "deny": "action_eform_consent", "confirm_submit": "action_submit_eform",
    "resume_form": "action_eform_resume", "repeat": "action_eform_resume", "track_dossier": "action_track_dossier",
    "provide_pin": "action_track_pin", "supplement_dossier": "action_supplement_dossier",
    "explain_refusal": "action_explain_refusal",
}
_OUTSIDE = {
    "practise_form": "action_practise_eform",
    "submit_dossier": "action_start_eform", "resume_form": "action_eform_resume",
    "confirm_submit": "action_eform_resume", "track_dossier": "action_track_dossier",
    "provide_pin": "action_track_pin", "inform_field": "action_eform_resume",
    "supplement_dossier": "action_supplement_dossier",
    "explain_refusal": "action_explain_refusal",
}

KHAI_SINH = [
    "Nguyễn Thị Lan", "022190001234", "0912 345 678", "bỏ qua", "mẹ", "tran minh an", "bé gái", "hôm qua",
    "Bệnh viện Sản Nhi Quảng Ninh", "1", "bỏ qua", "Kinh", "phường Uông Bí, Quảng Ninh", "chưa", "bai chay", "2 bản",
]


class Citizen:
    """One conversation; `heard` is everything said in the last turn."""

    def __init__(self, room: Dossiers, actions: list[Action], conversation_id: str = "c1") -> None:
        self.room = room
        self.id = conversation_id
        self.heard: list[dict[str, Any]] = []
        self.seen_by_engine: list[str] = []
        self.transcripts: list[str] = []
        self.loop: dict[str, Any] = {}
        self.slots: dict[str, Any] = {"procedure": None}
        self._actions = {action.name(): action for action in actions}

    def types(self, text: str) -> str:
        """Types free text; returns what is said. Only captured text is understood here (Rasa does the rest)."""
        captured = self.room.intake.capture(self.id, text=text)
        assert captured is not None, f"{text!r} was not captured"
        self.transcripts.append(captured.transcript)
        return self.sends(captured.intent_message)

    def sends_file(self, name: str, content: bytes) -> str:
        captured = self.room.intake.capture_upload(self.id, name, content)
        self.transcripts.append(captured.transcript)
        return self.sends(captured.intent_message)

    def taps(self, title: str) -> str:
        """Presses the button called `title` of the last reply."""
        payload = next(b["payload"] for reply in self.heard for b in reply.get("buttons", []) if b["title"] == title)
        captured = self.room.intake.capture(self.id, payload=payload)
        return self.sends(captured.intent_message if captured else payload)

    def sends(self, message: str) -> str:
        """Delivers `/intent{entities}` and runs the action that the rules name."""
        self.seen_by_engine.append(message)
        match = re.fullmatch(r"/(\w+)(\{.*\})?", message)
        assert match, message
        entities = [{"entity": key, "value": value} for key, value in json.loads(match[2] or "{}").items()]
        routes = _IN_LOOP if self.loop else _OUTSIDE
        self.heard = []
        self._run(routes[match[1]], {"intent": {"name": match[1]}, "entities": entities, "text": message})
        return self.said

    def understood(self, text: str, intent: str, confidence: float) -> str:
        """Types `text`, which Rasa takes for `intent`."""
        self.heard = []
        routes = _IN_LOOP if self.loop else _OUTSIDE
        self._run(routes[intent], {"intent": {"name": intent, "confidence": confidence}, "entities": [], "text": text})
        return self.said

    @property
    def said(self) -> str:
        return "\n".join(reply["text"] for reply in self.heard)

    def fills_in(self, answers: list[str], procedure: str = "1.001193") -> str:
        """Starts the form, consents and gives the answers; returns what is said last."""
        self.sends(f'/submit_dossier{{"procedure_code":"{procedure}"}}')
        self.taps("Đồng ý")
        for answer in answers:
            self.types(answer)
        return self.said

    def sees(self, reply: dict[str, Any]) -> str:
        """A reply's text as its own citizen reads it: the values behind a sealed review filled in."""
        sealed = reply.get("form", {}).get("sealed")
        shown = self.room.reviews.reveal(self.id, sealed) if sealed else None
        return shown.text if shown else reply["text"]

    def _run(self, name: str, message: dict[str, Any], after: str = "") -> None:
        done = [{"event": "action", "name": after}] if after else []
        tracker = Tracker(self.id, self.slots, message, done, False, None, self.loop, "action_listen")
        dispatcher = CollectingDispatcher()
        events = asyncio.run(self._actions[name].run(dispatcher, tracker, {}))
        self.heard += [message["custom"] for message in dispatcher.messages]
        for event in events:
            if event["event"] == "active_loop":
                self.loop = {"name": event["name"]} if event["name"] else {}
            elif event["event"] == "slot" and event["name"] in self.slots:
                self.slots[event["name"]] = event["value"]
            elif event["event"] == "followup":
                self.loop = {"name": event["name"]}
                self._run("action_ask_eform_input", {"intent": {}, "entities": [], "text": ""})
