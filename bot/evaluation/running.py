"""A service on a copy of this installation's state, and conversations with it: what an evaluation asks is real."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bot.bench.processes import service
from bot.engine_trackers import TrackerStore
from common.settings import Settings

__all__ = ["Copy", "Heard", "Talk", "hear", "on_a_copy"]

_CODE = re.compile(r"\d\.\d{6}")
# On a busy machine a turn may wait; an answer without the dialogue engine would measure something else.
_PATIENCE = {"ISEE_RASA_TIMEOUT_S": "90"}
_TIMEOUT_S = 150
_FALLBACKS = re.compile(r'^isee_fallbacks_total\{reason="(?P<reason>\w+)"\} (?P<count>\S+)$', re.MULTILINE)
# What the citizen sees as the wanted behaviours of the question files.
_BEHAVIOURS = {
    "answered": "answer",
    "form": "answer",
    "clarified": "clarify",
    "abstained": "abstain",
    "smalltalk": "abstain",
    "handed_off": "abstain",
    "control": "abstain",
}


@dataclass(frozen=True)
class Heard:
    """One reply as a citizen reads it. `codes`: the procedure answered about, else those offered, in order."""

    status: str
    codes: tuple[str, ...]
    aspect: str | None
    confidence: float | None
    said: str
    took_ms: float

    @property
    def behaviour(self) -> str:
        return _BEHAVIOURS.get(self.status, self.status)


def hear(body: dict[str, Any]) -> Heard:
    """Reads a turn's result (DESIGN 4.2)."""
    answers = [message["answer"] for message in body["messages"] if "answer" in message]
    codes = [answer["procedure"]["code"] for answer in answers]
    if not codes:
        payloads = [button.get("payload", "") for message in body["messages"] for button in message.get("buttons", [])]
        codes = [code for payload in payloads for code in _CODE.findall(payload)]
    return Heard(
        status=body["status"],
        codes=tuple(dict.fromkeys(codes)),
        aspect=answers[0]["aspect"] if answers else None,
        confidence=answers[0].get("confidence") if answers else None,
        said="\n".join(message["text"] for message in body["messages"]),
        took_ms=body["took_ms"],
    )


class Talk:
    """A new conversation, over HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        opened = client.post("/api/v1/conversations", json={"language": "vi"}).raise_for_status().json()
        self.id = str(opened["id"])
        self._authority = {"Authorization": f"Bearer {opened['token']}"}

    def say(self, text: str) -> Heard:
        """One typed message."""
        answer = self._client.post(
            f"/api/v1/conversations/{self.id}/messages",
            json={"text": text, "client_id": str(uuid.uuid4())},
            headers=self._authority,
        )
        return hear(answer.raise_for_status().json())


@dataclass(frozen=True)
class Copy:
    """The running copy: its HTTP client and the store of its dialogue states."""

    client: httpx.Client
    trackers: TrackerStore

    def fallbacks(self) -> dict[str, int]:
        """Turns so far that were answered without the dialogue engine, by reason."""
        metrics = self.client.get("/metrics").raise_for_status().text
        return {found["reason"]: int(float(found["count"])) for found in _FALLBACKS.finditer(metrics)}


@contextmanager
def on_a_copy(settings: Settings) -> Iterator[Copy]:
    """Starts the service, Rasa included, on a copy of this installation's state. Raises SetupProblem when it can't."""
    with tempfile.TemporaryDirectory(prefix="isee-eval-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        _copy_state(settings, home)
        with (
            service(settings, home, _PATIENCE) as running,
            httpx.Client(base_url=running.url, timeout=_TIMEOUT_S) as client,
        ):
            trackers = TrackerStore(Settings(home=home, database_url=""))
            try:
                yield Copy(client, trackers)
            finally:
                trackers.dispose()


def _copy_state(settings: Settings, home: Path) -> None:
    source = Path(settings.database_url.removeprefix("sqlite:///"))
    if settings.database_url.startswith("sqlite") and source.exists():
        with sqlite3.connect(source) as live, sqlite3.connect(home / "isee.db") as copy:
            live.backup(copy)
    # The index too: where it is stale the copy renews its own, never that of a running service.
    for name in ("secrets", "index"):
        if (settings.home / name).exists():
            shutil.copytree(settings.home / name, home / name)
