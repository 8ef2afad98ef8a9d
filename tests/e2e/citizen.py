"""A citizen at the HTTP API: opens a conversation, types, presses the buttons offered, fills in forms."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

import httpx

__all__ = ["BIRTH", "DOSSIER_CODE", "ID_NUMBER", "PHONE", "PIN", "Citizen", "Turn"]

ID_NUMBER, PHONE, PIN = "022191007345", "0904417283", "7345"
DOSSIER_CODE = re.compile(r"\bH49-\d{6}-\d{4}\b")

# The e-form of birth registration (1.001193), by the name of the field asked for.
BIRTH = {
    "applicant_name": "Hoàng Thị Bích Ngà",
    "applicant_id": ID_NUMBER,
    "applicant_phone": PHONE,
    "applicant_email": "bỏ qua",
    "relation": "em là mẹ",
    "child_name": "Vũ Gia Khiêm",
    "child_sex": "bé trai",
    "child_birth_date": "hôm qua",
    "birth_place": "Bệnh viện Sản Nhi Quảng Ninh, phường Bãi Cháy",
    "birth_proof": "giấy chứng sinh",
    "birth_proof_file": "bỏ qua",
    "ethnicity": "Kinh",
    "hometown": "phường Uông Bí, tỉnh Quảng Ninh",
    "parents_married": "chưa",
    "commune": "bai chay",
    "copies": "2",
}


@dataclass(frozen=True)
class Turn:
    """What one turn gave back."""

    body: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def owner(self) -> str:
        return str(self.body["owner"])

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body["messages"])

    @property
    def text(self) -> str:
        return "\n".join(message["text"] for message in self.messages)

    @property
    def answer(self) -> dict[str, Any]:
        """The traceable part of the first message that has one; empty without."""
        return next((message["answer"] for message in self.messages if "answer" in message), {})

    @property
    def titles(self) -> list[str]:
        return [button["title"] for message in self.messages for button in message.get("buttons", [])]

    @property
    def asks(self) -> str:
        """Name of the form field asked for; empty when no field is."""
        fields = [message["form"]["field"]["name"] for message in self.messages if message.get("form", {}).get("field")]
        return fields[-1] if fields else ""

    @property
    def reviews(self) -> dict[str, str]:
        """Label → value of the review card; empty when none is shown."""
        cards = [message["form"]["review"] for message in self.messages if message.get("form", {}).get("review")]
        return {line["label"]: line["value"] for line in cards[-1]} if cards else {}

    @property
    def dossier(self) -> dict[str, str]:
        return next((message["dossier"] for message in self.messages if "dossier" in message), {})


class Citizen:
    """One conversation. `heard` is the last turn.

    Args:
        address: where the service sees this citizen come from; limits count by address.
    """

    def __init__(self, url: str, address: str = "127.0.0.1") -> None:
        self._http = httpx.Client(base_url=url, timeout=60, transport=httpx.HTTPTransport(local_address=address))
        opened = self._http.post("/api/v1/conversations", json={"language": "vi"})
        assert opened.status_code == 201, opened.text
        self.id: str = opened.json()["id"]
        self.token: str = opened.json()["token"]
        self.greeting: list[dict[str, Any]] = opened.json()["messages"]
        self.heard = Turn({"messages": self.greeting, "status": "control", "owner": "bot"})

    @property
    def path(self) -> str:
        return f"/api/v1/conversations/{self.id}"

    def post(self, body: dict[str, Any]) -> httpx.Response:
        """One message as given, whatever comes of it."""
        return self._http.post(f"{self.path}/messages", json=body, headers=self._headers)

    def post_file(self, name: str, content: bytes) -> httpx.Response:
        return self._http.post(f"{self.path}/messages", files={"file": (name, content)}, headers=self._headers)

    def says(self, text: str, client_id: str | None = None) -> Turn:
        return self._turn({"text": text, "client_id": client_id or str(uuid.uuid4())})

    def presses(self, title: str, client_id: str | None = None) -> Turn:
        """Presses the button called `title` of the last turn."""
        return self._turn({"payload": self.payload(title), "client_id": client_id or str(uuid.uuid4())})

    def payload(self, title: str) -> str:
        offered = {
            button["title"]: button["payload"]
            for message in self.heard.messages
            for button in message.get("buttons", [])
            if "payload" in button
        }
        assert title in offered, f"{title!r} is not among {sorted(offered)}; said:\n{self.heard.text}"
        return str(offered[title])

    def answers_until(self, field: str, answers: dict[str, str]) -> Turn:
        """Gives the answer to each field asked, until `field` is asked ("" : until the review is shown)."""
        for _ in range(40):
            if self.heard.asks == field:
                return self.heard
            assert self.heard.asks in answers, f"No answer for {self.heard.asks!r}; said:\n{self.heard.text}"
            asked = self.heard.asks
            self.says(answers[asked])
            assert self.heard.asks != asked, f"{asked}: {answers[asked]!r} was not taken:\n{self.heard.text}"
        raise AssertionError(f"{field or 'the review'} was never reached")

    def begins_birth_form(self) -> Turn:
        """Names the procedure, starts its e-form and consents."""
        self.says("đăng ký khai sinh cho con")
        self.says("nộp hồ sơ luôn")
        return self.presses("Đồng ý")

    def files_birth(self) -> str:
        """The whole e-form with the answers of `BIRTH`; returns the dossier's code."""
        self.begins_birth_form()
        self.answers_until("", BIRTH)
        return self.presses("Nộp hồ sơ").dossier["code"]

    def messages(self) -> list[dict[str, Any]]:
        """The conversation as stored."""
        answer = self._http.get(f"{self.path}/messages", headers=self._headers)
        assert answer.status_code == 200, answer.text
        stored: list[dict[str, Any]] = answer.json()["messages"]
        return stored

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _turn(self, body: dict[str, Any]) -> Turn:
        answer = self.post(body)
        assert answer.status_code == 200, f"{body}: {answer.status_code} {answer.text}"
        self.heard = Turn(answer.json())
        return self.heard
