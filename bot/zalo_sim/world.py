"""What the simulated Zalo knows: people, chats, tokens, uploads. Kept in a file, so that a restart loses nothing."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, Field, PrivateAttr

__all__ = ["Account", "Bubble", "Key", "Person", "Upload", "World", "fresh_id", "now_ms"]

_SHIPPED = Path(__file__).parent / "world.yml"
DAY_S = 86_400
UPLOAD_LIFE_S = 7 * DAY_S
ACCESS_LIFE_S = 90_000
REFRESH_LIFE_S = 90 * DAY_S
CODE_LIFE_S = 600

Author = Literal["user", "oa", "staff"]


def now_ms() -> int:
    return int(time.time() * 1000)


def fresh_id() -> str:
    """A message id as the platform makes them: 20 hex digits."""
    return secrets.token_hex(10)


class Account(BaseModel):
    """The Official Account and the app behind it."""

    app_id: str
    app_secret: str
    oa_id: str
    oa_secret_key: str
    name: str
    subtitle: str = ""


class Person(BaseModel):
    """Somebody with a phone. `last_ms` is their last interaction with the OA, 0 for none yet."""

    id: str
    by_app: str
    name: str
    birth: str
    gender: str
    phone: str
    ward: str
    address: str
    colour: str
    follows: bool = False
    blocked: bool = False
    last_ms: int = 0

    @property
    def initials(self) -> str:
        return self.name.split()[-1][:1]


class Bubble(BaseModel):
    """One message of a chat. `content` holds what its kind needs: url, name, size, buttons, coordinates, lines."""

    id: str = Field(default_factory=fresh_id)
    user_id: str
    author: Author
    kind: str = "text"
    text: str = ""
    at_ms: int = Field(default_factory=now_ms)
    content: dict[str, Any] = Field(default_factory=dict)
    hidden: bool = False
    admin_id: str = ""
    received: bool = False
    seen: bool = False
    reaction: str = ""
    quotes: str = ""


class Upload(BaseModel):
    """A picture or file that an OA uploaded."""

    kind: str
    path: str
    name: str
    until: float


class Key(BaseModel):
    """A consent code, or a refresh token: works once, until `until`."""

    value: str
    until: float
    challenge: str = ""


class World(BaseModel):
    """Everything that lasts. Changed by one event loop alone; `save` after a change."""

    account: Account
    people: dict[str, Person]
    staff: list[dict[str, str]]
    places: list[dict[str, str]]
    templates: dict[str, dict[str, Any]]
    bubbles: list[Bubble] = Field(default_factory=list)
    uploads: dict[str, Upload] = Field(default_factory=dict)
    codes: list[Key] = Field(default_factory=list)
    refresh: list[Key] = Field(default_factory=list)
    access: str = ""
    access_until: float = 0
    package_left: int = 500
    webhook_off: bool = False
    _path: Path | None = PrivateAttr(None)

    @classmethod
    def open(cls, path: Path | None = None) -> World:
        """The world kept at `path`, or a new one; with None, one that is kept nowhere."""
        shipped = yaml.safe_load(_SHIPPED.read_text("utf-8"))
        shipped["people"] = {one["id"]: one for one in shipped["people"]}
        shipped.pop("deliveries")
        kept = json.loads(path.read_text("utf-8")) if path and path.exists() else {}
        world = cls.model_validate({**shipped, **kept})
        world._path = path
        return world

    def save(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_text(self.model_dump_json(exclude={"account", "staff", "places", "templates"}), "utf-8")
        draft.replace(self._path)

    def chat(self, user_id: str) -> list[Bubble]:
        return [one for one in self.bubbles if one.user_id == user_id]

    def find(self, message_id: str) -> Bubble | None:
        return next((one for one in reversed(self.bubbles) if one.id == message_id), None)

    def last(self, user_id: str) -> Bubble | None:
        return next((one for one in reversed(self.bubbles) if one.user_id == user_id and not one.hidden), None)

    def add(self, bubble: Bubble) -> Bubble:
        self.bubbles.append(bubble)
        if bubble.author == "user":
            self.people[bubble.user_id].last_ms = bubble.at_ms
        self.save()
        return bubble

