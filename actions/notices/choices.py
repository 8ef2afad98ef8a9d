"""What a conversation agreed to be told, and how: opt-in, with the version of the text; as easily taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.notices.tables import NoticeChoiceRow
from common.clock import utc_now
from common.keyring import Keyring

__all__ = ["PURPOSES", "Choice", "Choices", "Purpose"]

Purpose = Literal["dossier", "reminder", "mail", "zalo"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True)
class Choice:
    """`address`, where it was given: of `mail` the e-mail address, of `zalo` the phone number."""

    purpose: str
    given: bool
    text_version: str
    at: datetime
    address: str = ""


class Choices:
    """Reads and writes choices inside the caller's transaction."""

    def __init__(self, keyring: Keyring, text_version: str, now: Callable[[], datetime] = utc_now) -> None:
        self.text_version = text_version
        self._keyring = keyring
        self._now = now

    def all(self, session: Session, conversation_id: str) -> dict[str, Choice]:
        """By purpose; a purpose that was never asked about is absent."""
        rows = session.scalars(select(NoticeChoiceRow).where(NoticeChoiceRow.conversation_id == conversation_id))
        return {row.purpose: self._choice(row) for row in rows}

    def given(self, session: Session, conversation_id: str, purpose: Purpose) -> bool | None:
        """True or False as chosen, None when never asked."""
        row = session.get(NoticeChoiceRow, (conversation_id, purpose))
        return None if row is None else row.given

    def set(
        self, session: Session, conversation_id: str, purpose: Purpose, given: bool, address: str = ""
    ) -> None:
        """Notes a choice, with the present version of the text. A withdrawal forgets the address."""
        row = session.get(NoticeChoiceRow, (conversation_id, purpose))
        if row is None:
            row = NoticeChoiceRow(conversation_id=conversation_id, purpose=purpose)
            session.add(row)
        row.given, row.text_version, row.at = given, self.text_version, self._now()
        row.sealed = self._keyring.encrypt(address) if given and address else None

    def _choice(self, row: NoticeChoiceRow) -> Choice:
        address = self._keyring.decrypt(row.sealed).decode() if row.sealed else ""
        return Choice(row.purpose, row.given, row.text_version, row.at, address)
