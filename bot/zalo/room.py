"""The channel's parts, put together: what the composition root makes once."""

from __future__ import annotations

from dataclasses import dataclass

from bot.gateway.hub import EventHub
from bot.gateway.service import Gateway
from bot.gateway.store import ConversationStore
from bot.zalo.alarms import Alarms
from bot.zalo.lanes import Lanes
from bot.zalo.settings import ZaloSettings
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["ZaloRoom", "build_zalo"]


@dataclass(frozen=True)
class ZaloRoom:
    """Every part of the Zalo channel. It is made whether or not the channel is enabled; `zalo_loop` only runs if so."""

    settings: ZaloSettings
    alarms: Alarms
    lanes: Lanes


def build_zalo(
    settings: Settings,
    zalo: ZaloSettings,
    database: Database,
    keyring: Keyring,
    hub: EventHub,
    store: ConversationStore,
    gateway: Gateway,
) -> ZaloRoom:
    """Starts nothing and calls nobody."""
    return ZaloRoom(settings=zalo, alarms=Alarms(database), lanes=Lanes(database))


async def zalo_loop(room: ZaloRoom) -> None:
    """Works off events, sends what waits, keeps the tokens fresh, until cancelled."""
