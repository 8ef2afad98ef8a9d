"""Echoes of our own messages: every message of the OA comes back as an `oa_send_*` event (SPEC 5.9, 5.14).

An echo is also what proves that a request without an answer arrived.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.zalo.model import Event
from bot.zalo.tables import ZaloPartRow
from common.clock import utc_now

__all__ = ["arrived", "matched"]

# Parts whose message may be on its way: the echo can be faster than the answer of the call.
_OPEN = ("sending", "unknown")
_KINDS = {"oa_send_image": "image", "oa_send_gif": "image", "oa_send_file": "file"}


def matched(session: Session, event: Event) -> bool:
    """Whether `event` is the echo of something that we sent; its part is `sent` from then on.

    Inside the caller's transaction. Known by the message's id, else by its words (pictures and files: by their kind)
    among the parts whose fate is open. A person's message has `admin_id` and is never ours.
    """
    if event.admin_id:
        return False
    part = _by_id(session, event) or _by_content(session, event)
    if part is None:
        return False
    part.zalo_id = part.zalo_id or event.msg_id or None
    if part.state in _OPEN:
        arrived(part, utc_now())
    return True


def arrived(part: ZaloPartRow, now: datetime) -> None:
    """The part is sent; one that had to be cut goes on with the `rest` of its text."""
    part.code, part.error = None, ""
    rest = part.body.get("rest")
    if rest:
        part.body, part.state, part.due_at, part.tries, part.zalo_id = {"text": rest}, "waiting", now, 0, None
    else:
        part.state, part.sent_at = "sent", now


def _by_id(session: Session, event: Event) -> ZaloPartRow | None:
    if not event.msg_id:
        return None
    query = select(ZaloPartRow).where(ZaloPartRow.zalo_id == event.msg_id).with_for_update()
    return session.scalars(query).first()


def _by_content(session: Session, event: Event) -> ZaloPartRow | None:
    query = (
        select(ZaloPartRow)
        .where(
            ZaloPartRow.user_id == event.subject, ZaloPartRow.state.in_(_OPEN), ZaloPartRow.zalo_id.is_(None),
            ZaloPartRow.kind != "echo")
        .order_by(ZaloPartRow.id).with_for_update())
    return next((part for part in session.scalars(query) if _same(part, event)), None)


def _same(part: ZaloPartRow, event: Event) -> bool:
    said = _plain(event.message.get("text"))
    own = _plain(part.body.get("text"))
    if said or event.name == "oa_send_text":
        fallback = part.body.get("otherwise")
        other = _plain(fallback.get("text")) if isinstance(fallback, dict) else ""
        return bool(said) and said in (own, other)
    if event.name == "oa_send_template":
        return part.kind in ("template", "info")
    return _KINDS.get(event.name) == part.kind


def _plain(text: object) -> str:
    """Words alone: blanks and line ends may differ on the way."""
    return " ".join(unicodedata.normalize("NFC", text).split()) if isinstance(text, str) else ""
