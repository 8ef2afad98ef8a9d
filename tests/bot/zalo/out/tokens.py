"""What tests of consent and tokens share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.zalo.alarms import Alarms
from bot.zalo.keeper import Keeper
from bot.zalo.keeper_store import TokenStore
from bot.zalo.tables import ZaloTokenRow
from common.database import Database
from tests.bot.zalo.fake_platform import OA, Platform
from tests.bot.zalo.out_parts import KEYRING, oauth_of

TOKEN = "/v4/oa/access_token"


def keeper_of(platform: Platform, database: Database) -> Keeper:
    return Keeper(TokenStore(database, KEYRING, OA), oauth_of(platform), Alarms(database))


def aged(database: Database, hours: float) -> None:
    """The stored token is so many hours older."""
    with database.session() as session:
        row = session.get(ZaloTokenRow, OA)
        row.refreshed_at -= timedelta(hours=hours)
        row.expires_at -= timedelta(hours=hours)


def standing(database: Database) -> Any:
    return TokenStore(database, KEYRING, OA).standing()


def kinds(database: Database) -> set[str]:
    return {alarm.kind for alarm in Alarms(database).open()}
