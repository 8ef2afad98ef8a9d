"""The parts that send, put together."""

from __future__ import annotations

from dataclasses import dataclass

from bot.zalo.alarms import Alarms
from bot.zalo.client import ZaloClient
from bot.zalo.client_wire import Wire
from bot.zalo.consent import Consent
from bot.zalo.keeper import Keeper
from bot.zalo.keeper_oauth import OAuth
from bot.zalo.keeper_store import TokenStore
from bot.zalo.lanes import Lanes
from bot.zalo.notices import Notices
from bot.zalo.pacing import Pacer
from bot.zalo.quota import Windows
from bot.zalo.sender import Loading, MenuFallback, Sender
from bot.zalo.sender_parts import Parts
from bot.zalo.settings import ZaloSettings
from bot.zalo.uploads import Uploads
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["Outgoing", "build_outgoing"]


@dataclass(frozen=True)
class Outgoing:
    """Tokens, calls, messages."""

    keeper: Keeper
    consent: Consent
    wire: Wire
    client: ZaloClient
    windows: Windows
    notices: Notices
    uploads: Uploads
    sender: Sender


def build_outgoing(
    settings: Settings, zalo: ZaloSettings, database: Database, keyring: Keyring, alarms: Alarms, lanes: Lanes,
    menus: MenuFallback, media: Loading,
) -> Outgoing:
    """Calls nobody."""
    store, oauth, uploads = TokenStore(database, keyring, zalo.oa_id), OAuth(zalo), Uploads(database)
    keeper = Keeper(store, oauth, alarms)
    wire = Wire(zalo, keeper, Pacer(zalo.rate_per_s, settings.redis_url, zalo.app_id))
    client = ZaloClient(zalo, wire, uploads)
    notices = Notices(zalo, settings.portal_url, database, keyring, client)
    consent = Consent(zalo, settings.base_url, database, keyring, oauth, store, alarms)
    sender = Sender(Parts(database), lanes, client, notices, alarms, menus, media)
    keeper.on_new = consent.on_new = sender.resume
    return Outgoing(
        keeper=keeper, consent=consent, wire=wire, client=client, windows=Windows(database), notices=notices,
        uploads=uploads, sender=sender)
