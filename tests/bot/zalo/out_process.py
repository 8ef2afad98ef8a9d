"""A keeper in a process of its own; imports little, so that it starts fast."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.zalo.alarms import Alarms
from bot.zalo.keeper import Keeper
from bot.zalo.keeper_oauth import OAuth
from bot.zalo.keeper_store import TokenStore
from bot.zalo.settings import ZaloSettings
from common.database import Database
from common.keyring import Keyring

MASTER = b"a master secret for tests only"
OA = "2211003300440055006"


def renew(url: str, path: str, ready: Any, go: Any) -> None:
    """Renews generation 1 when `go` is set."""
    settings = ZaloSettings(app_id="1100220033004400550", app_secret="s", oauth_url=url, _env_file=None)
    database, keyring = Database(path), Keyring(MASTER)
    keeper = Keeper(TokenStore(database, keyring, OA), OAuth(settings), Alarms(database))
    ready.release()
    go.wait()
    asyncio.run(keeper.renewed(1))
