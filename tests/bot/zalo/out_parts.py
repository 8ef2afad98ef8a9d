"""What tests of sending start from: a platform, tokens that are live there, a conversation, parts."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.gateway.ids import next_id
from bot.gateway.tables import ConversationRow
from bot.zalo.alarms import Alarms
from bot.zalo.keeper_oauth import OAuth
from bot.zalo.keeper_store import Pair, TokenStore
from bot.zalo.lanes import Lanes
from bot.zalo.sender_build import Outgoing, build_outgoing
from bot.zalo.tables import ZaloPartRow, ZaloUserRow
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.bot.zalo.fake_platform import OA, USER, Platform
from tests.template import copy_database

KEYRING = Keyring(b"a master secret for tests only")


class NoMenus:
    """Turns buttons into a text, as `bot.zalo.menus` does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def as_menu(self, part_id: int) -> dict[str, Any] | None:
        with self.database.session() as session:
            part = session.get(ZaloPartRow, part_id)
            if part is None or part.kind != "buttons":
                return None
            part.kind, part.body = "text", {"text": part.body["text"] + "\n\n1. Một"}
            return part.body


class NoMedia:
    content: bytes | None = None

    def load(self, media: Any) -> bytes | None:
        return self.content


@dataclass
class Desk:
    """The parts under test over one database."""

    platform: Platform
    database: Database
    out: Outgoing
    alarms: Alarms
    media: NoMedia
    lanes: Lanes

    @property
    def parts(self) -> list[ZaloPartRow]:
        with self.database.session(write=False) as session:
            return list(session.query(ZaloPartRow).order_by(ZaloPartRow.id))

    @property
    def states(self) -> list[str]:
        return [part.state for part in self.parts]

    def say(self, *texts: str, author: str = "bot", message: str = "", **more: Any) -> str:
        """Parts of one message, as the follower writes them."""
        message = message or next_id("")
        with self.database.session() as session:
            row = session.get(ConversationRow, "c1")
            for number, text in enumerate(texts):
                session.add(ZaloPartRow(**{
                    "user_id": USER, "conversation_id": "c1", "message_id": message, "part": number, "kind": "text",
                    "body": {"text": text}, "author": author, "owner_epoch": row.owner_epoch if row else 0,
                    **more}))
        return message

    def due_now(self) -> None:
        """Time passes: what waits is due."""
        with self.database.session() as session:
            for part in session.query(ZaloPartRow).filter(ZaloPartRow.state.in_(("waiting", "unknown", "sending"))):
                part.due_at = utc_now() - timedelta(seconds=1)

    def owned(self, owner: str, more_epochs: int = 1) -> None:
        with self.database.session() as session:
            row = session.get(ConversationRow, "c1")
            row.owner, row.owner_epoch = owner, row.owner_epoch + more_epochs

    def last_seen(self, moment: datetime | None) -> None:
        with self.database.session() as session:
            session.get(ZaloUserRow, USER).last_interaction = moment


def another_database(folder: Path) -> Database:
    """A database of one's own in `folder`."""
    file = folder / f"{uuid.uuid4().hex}.db"
    copy_database(file, shipped=False)
    return Database(f"sqlite:///{file}")


async def until(reached: Callable[[], Any]) -> None:
    """Waits for something that the platform's own thread brings about."""
    for _ in range(3000):
        if reached():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come about")


def desk_on(platform: Platform, database: Database, *, user: bool = True, **settings: Any) -> Desk:
    """With tokens that the platform knows, and a citizen who wrote just now."""
    zalo = platform.settings(**settings)
    alarms, lanes, media = Alarms(database), Lanes(database), NoMedia()
    out = build_outgoing(
        Settings(_env_file=None, redis_url=""), zalo, database, KEYRING, alarms, lanes, NoMenus(database), media)
    with database.session() as session:
        session.add(ConversationRow(id="c1", token_digest="", channel="zalo", owner="bot", owner_epoch=0))
        session.flush()
        if user:
            session.add(ZaloUserRow(user_id=USER, oa_id=OA, conversation_id="c1", last_interaction=utc_now()))
    store_tokens(platform, database)
    return Desk(platform, database, out, alarms, media, lanes)


def store_tokens(platform: Platform, database: Database, now: datetime | None = None) -> TokenStore:
    """A fresh pair, as after a consent."""
    store = TokenStore(database, KEYRING, OA, *([lambda: now] if now else []))
    pair = platform.pair()
    store.put(Pair(pair["access_token"], pair["refresh_token"], int(pair["expires_in"])), "quản trị")
    return store


def oauth_of(platform: Platform) -> OAuth:
    return OAuth(platform.settings())
