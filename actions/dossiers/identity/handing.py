"""A login finished in another browser than the conversation's: it waits until its code is typed in the conversation.

Whoever logged in sees the code, whoever holds the conversation types it; so a forwarded link fills nobody's form with
somebody else's identity.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from actions.dossiers.eforms.values import Texts
from actions.dossiers.identity.tables import LoginRow
from common.clock import utc_now
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring

__all__ = ["DIGITS", "Handing"]

DIGITS = 6
_LIFE = timedelta(minutes=15)
_MOST_TRIES = 3


class Handing:
    """One waiting login a conversation, sealed in the table of logins under a key of its own."""

    def __init__(self, database: Database, keyring: Keyring, texts: Texts) -> None:
        self._database = database
        self._keyring = keyring
        self._texts = texts

    def keep(self, conversation_id: str, login: Mapping[str, str]) -> str:
        """Keeps what the login yielded; returns the code that opens it, for a quarter of an hour."""
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        body = {"login": dict(login), "code": self._digest(conversation_id, code), "tries": 0}
        with self._database.session() as session:
            session.merge(LoginRow(
                state=self._key(conversation_id), conversation_id=conversation_id, sealed=self._sealed(body),
                expires_at=utc_now() + _LIFE))
        return code

    def waits(self, conversation_id: str) -> bool:
        """Whether a code is expected in the conversation."""
        with self._database.session(write=False) as session:
            row = session.get(LoginRow, self._key(conversation_id))
            return row is not None and row.expires_at >= utc_now()

    def open(self, conversation_id: str, code: str) -> dict[str, str] | None:
        """What was kept, once; None for a wrong code. Raises NotFound when nothing waits (any more); the third wrong
        code forgets the login.
        """
        with self._database.session() as session:
            row = session.get(LoginRow, self._key(conversation_id), with_for_update=True)
            if row is None or row.expires_at < utc_now():
                raise NotFound(self._texts.render("login.code.over"))
            body: dict[str, Any] = json.loads(self._keyring.decrypt(row.sealed))
            if hmac.compare_digest(body["code"], self._digest(conversation_id, code)):
                session.delete(row)
                login: dict[str, str] = body["login"]
                return login
            body["tries"] += 1
            row.sealed = self._sealed(body)
            if body["tries"] >= _MOST_TRIES:
                session.execute(delete(LoginRow).where(LoginRow.state == row.state))
            return None

    def _sealed(self, body: Mapping[str, Any]) -> bytes:
        return self._keyring.encrypt(json.dumps(body))

    def _key(self, conversation_id: str) -> str:
        return self._keyring.digest("oidc-handing", conversation_id)

    def _digest(self, conversation_id: str, code: str) -> str:
        return self._keyring.digest("oidc-code", f"{conversation_id}/{code}")
