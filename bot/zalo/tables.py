"""Tables of the Zalo channel: who writes to us, what came in, what goes out, and the keys to the platform."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from common.clock import utc_now
from common.database import Base, UtcDateTime

__all__ = [
    "ZaloAlarmRow", "ZaloConsentRow", "ZaloEventRow", "ZaloLaneRow", "ZaloMenuRow", "ZaloPartRow", "ZaloTokenRow",
    "ZaloUploadRow", "ZaloUserRow", "ZaloButtonRow",
]

_CONVERSATION = "conversations.id"
_ID = 32


class ZaloUserRow(Base):
    """A citizen as Zalo knows them (the id holds for one OA only), and where their conversation stands.

    `turned_upto` is the conversation's last message that was turned into parts to send. `paused_until` counts while
    staff answer in Zalo's own tool. `text_only_at`: they were told that only text is read; `buttons_refused_at`: the
    platform took no buttons for them. `left_at`: they stopped following the OA then, by the platform's clock, and at
    `erase_at` what is kept of them goes; both empty again once they come back.
    """

    __tablename__ = "zalo_users"

    user_id: Mapped[str] = mapped_column(String(_ID), primary_key=True)
    oa_id: Mapped[str] = mapped_column(String(_ID))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey(_CONVERSATION, ondelete="SET NULL"), unique=True)
    follows: Mapped[bool | None]
    last_interaction: Mapped[datetime | None] = mapped_column(UtcDateTime)
    greeted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    text_only_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    buttons_refused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    turned_upto: Mapped[str] = mapped_column(String(26), default="")
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    paused_by: Mapped[str | None] = mapped_column(String(_ID))
    info_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erase_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)


class ZaloLaneRow(Base):
    """A lease on one user's events ("in") or messages ("out"), so that both keep their order over all replicas."""

    __tablename__ = "zalo_lanes"

    subject: Mapped[str] = mapped_column(String(_ID), primary_key=True)
    direction: Mapped[str] = mapped_column(String(3), primary_key=True)
    busy_by: Mapped[str | None] = mapped_column(String(36))
    busy_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZaloEventRow(Base):
    """One event of the webhook, kept sealed until it was worked off. `key` is what repeats are known by (7 days)."""

    __tablename__ = "zalo_events"
    __table_args__ = (Index("ix_zalo_events_work", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    subject: Mapped[str] = mapped_column(String(_ID), index=True, default="")
    name: Mapped[str] = mapped_column(String(64))
    sent_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(8), default="waiting")  # waiting, done, dead
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    error: Mapped[str] = mapped_column(String(500), default="")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZaloButtonRow(Base):
    """What an opaque button token stands for: one payload, offered to one user in one conversation."""

    __tablename__ = "zalo_buttons"

    token: Mapped[str] = mapped_column(String(24), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(_ID), index=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"), index=True)
    message_id: Mapped[str] = mapped_column(String(26))
    title: Mapped[str] = mapped_column(String(80))
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)


class ZaloMenuRow(Base):
    """The numbered menu that a user saw last, where buttons can't be had: number n stands for `tokens[n - 1]`."""

    __tablename__ = "zalo_menus"

    user_id: Mapped[str] = mapped_column(String(_ID), primary_key=True)
    tokens: Mapped[list[str]] = mapped_column(JSON)
    until: Mapped[datetime] = mapped_column(UtcDateTime)


class ZaloPartRow(Base):
    """One message to send, or sent: part `part` of our message `message_id`, in the order of `id` for each user.

    `state`: waiting; sending (the request may be on its way); unknown (no answer: the echo decides); sent; failed
    (given up, see `code`); dropped (the owner changed, the citizen left); echo (a person wrote it in Zalo's own tool).

    `body` by `kind`: text, buttons, info: the platform's `message` object as it is sent (SPEC 5.4, 5.7, 5.8), beside it
    the `rest` of a text that had to be cut; image:
    `{"text"?, "media", "name", "otherwise"}` and file: `{"media", "name", "otherwise"}`, where `room.media.load(media)`
    gives the bytes to upload (None: gone) and `otherwise` is the `message` object to send if there is no picture;
    template and phone: `{"template_id", "code", "state", "on"}`, for a phone its sealed number, too
    (`bot.zalo.notices`); echo: empty. A buttons part that the platform refuses is rewritten in place by
    `room.menus.as_menu(part_id)`, which always fits one text.
    """

    __tablename__ = "zalo_parts"
    __table_args__ = (
        UniqueConstraint("conversation_id", "message_id", "part"),
        Index("ix_zalo_parts_work", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(String(_ID), index=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey(_CONVERSATION, ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(26))
    part: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(12))  # text, buttons, image, file, info, template
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    author: Mapped[str] = mapped_column(String(8))
    owner_epoch: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    code: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    zalo_id: Mapped[str | None] = mapped_column(String(64), index=True)
    quota: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now, index=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZaloTokenRow(Base):
    """The OA's pair of tokens, sealed. `pending_since` is written before a refresh and cleared with its result: the
    refresh token works once, so a mark that is found at start means that a person has to look."""

    __tablename__ = "zalo_tokens"

    oa_id: Mapped[str] = mapped_column(String(_ID), primary_key=True)
    access: Mapped[bytes] = mapped_column(LargeBinary)
    refresh: Mapped[bytes] = mapped_column(LargeBinary)
    generation: Mapped[int] = mapped_column(default=1)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refreshed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    pending_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    pending_by: Mapped[str | None] = mapped_column(String(36))
    stopped: Mapped[str] = mapped_column(String(300), default="")


class ZaloConsentRow(Base):
    """A consent that was begun: its `state` (digest) and the verifier that its code is redeemed with; used once."""

    __tablename__ = "zalo_consents"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    verifier: Mapped[bytes] = mapped_column(LargeBinary)
    actor: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ZaloUploadRow(Base):
    """What was uploaded, by the SHA-256 of its content: ids live seven days on the platform, here six."""

    __tablename__ = "zalo_uploads"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  # image, gif, file
    reference: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ZaloAlarmRow(Base):
    """Something that a person has to look at. One open row for each kind; it counts how often it came."""

    __tablename__ = "zalo_alarms"
    __table_args__ = (
        Index(
            "uq_zalo_alarms_open", "kind", unique=True,
            sqlite_where=text("cleared_at IS NULL"), postgresql_where=text("cleared_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(500), default="")
    count: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utc_now)
    cleared_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cleared_by: Mapped[str | None] = mapped_column(String(64))
