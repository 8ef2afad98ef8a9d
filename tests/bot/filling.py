"""A citizen who fills in an e-form over HTTP, answering whatever is asked, and what the service keeps of it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import httpx

__all__ = ["Filling", "kept_texts", "written_in"]


class Filling:
    """One conversation; `heard` are the messages of the last turn."""

    def __init__(self, http: httpx.Client) -> None:
        opened = http.post("/api/v1/conversations", json={}).json()
        self._http = http
        self._path = f"/api/v1/conversations/{opened['id']}/messages"
        self._headers = {"Authorization": f"Bearer {opened['token']}"}
        self.heard: list[dict[str, Any]] = opened["messages"]

    def say(self, text: str) -> list[dict[str, Any]]:
        return self._send({"text": text})

    def press(self, title: str) -> list[dict[str, Any]]:
        offers = {button["title"]: button.get("payload") for said in self.heard for button in said.get("buttons", [])}
        return self._send({"payload": offers[title]})

    @property
    def asked(self) -> str:
        """The name of the field asked for, "" on the review."""
        return next((said["form"]["field"]["name"] for said in self.heard if said.get("form", {}).get("field")), "")

    def fill(self, answers: dict[str, list[str]]) -> None:
        """Answers until the review; of several answers to a field all but the last are refused."""
        while asked := self.asked:
            for answer in answers[asked]:
                assert self.asked == asked, (asked, answer, self.heard)
                self.say(answer)

    def read(self) -> list[dict[str, Any]]:
        """The conversation as a reloaded page gets it."""
        messages: list[dict[str, Any]] = self._http.get(self._path, headers=self._headers).json()["messages"]
        return messages

    def _send(self, body: dict[str, str]) -> list[dict[str, Any]]:
        answer = self._http.post(self._path, json={**body, "client_id": str(uuid.uuid4())}, headers=self._headers)
        assert answer.status_code == 200, answer.text
        self.heard = answer.json()["messages"]
        return self.heard


def written_in(home: Path, value: str) -> list[str]:
    """The files of `home` that hold `value`, plainly or as JSON escapes it."""
    needles = {value.encode(), json.dumps(value)[1:-1].encode(), value.lower().encode()}
    files = [path for path in home.rglob("*") if path.is_file() and path.relative_to(home).parts[0] != "models"]
    return [str(path.relative_to(home)) for path in files if any(needle in path.read_bytes() for needle in needles)]


def kept_texts(home: Path) -> str:
    """Everything in the tables that belong to conversations, and in Rasa's events, as text."""
    found: list[str] = []
    for file, owner in (("isee.db", "conversation_id"), ("rasa-tracker.db", "sender_id")):
        with sqlite3.connect(home / file) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                if owner in [column[1] for column in database.execute(f"PRAGMA table_info({table})")]:
                    rows = database.execute(f"SELECT * FROM {table}")
                    found += [str(cell) for row in rows for cell in row]
    return "\n".join(_unescaped(cell) for cell in found)


def _unescaped(cell: str) -> str:
    """JSON columns may escape letters."""
    with contextlib.suppress(ValueError):
        return json.dumps(json.loads(cell), ensure_ascii=False)
    return cell
