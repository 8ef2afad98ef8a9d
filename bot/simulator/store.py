"""The simulator's own database: dossiers, the steps that each went through, and callbacks to deliver."""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["Different", "Store"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS dossiers (
  code TEXT PRIMARY KEY, reference TEXT NOT NULL, title TEXT NOT NULL, fields TEXT NOT NULL, files TEXT NOT NULL,
  made_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_reference ON dossiers (reference);
CREATE TABLE IF NOT EXISTS steps (
  code TEXT NOT NULL, sequence INTEGER NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, at TEXT NOT NULL,
  event_id TEXT NOT NULL UNIQUE, delivered TEXT, PRIMARY KEY (code, sequence));
CREATE TABLE IF NOT EXISTS requests (key TEXT PRIMARY KEY, digest TEXT NOT NULL, code TEXT NOT NULL);
"""


class Different(Exception):
    """An idempotency key came with another body than before."""


class Store:
    """Safe between threads. Of what citizens wrote it keeps the fields' names and the files' digests only."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._lock = threading.Lock()
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.executescript(_SCHEMA)

    def submit(self, key: str, body: bytes, read: dict[str, Any]) -> tuple[str, bool]:
        """The code, and whether the dossier is new. One dossier for each key; raises Different."""
        with self._transaction() as sql:
            known = self._repeated(sql, key, body)
            if known:
                return known, False
            code = f"MC-{datetime.now(UTC):%y%m%d}-{secrets.token_hex(4).upper()}"
            sql.execute(
                "INSERT INTO dossiers VALUES (?, ?, ?, ?, ?, ?)",
                (code, read["reference"], read["title"], _names(read), _digests(read), _now()))
            self._note(sql, key, body, code)
            self._step(sql, code, "MOI_NOP", "")
            return code, True

    def act(self, key: str, body: bytes, code: str, state: str, read: dict[str, Any], note: str) -> None:
        """A supplement or withdrawal: the state that follows, once for each key. Raises Different, KeyError."""
        with self._transaction() as sql:
            if self._repeated(sql, key, body):
                return
            files = json.loads(self._row(sql, code)["files"]) + json.loads(_digests(read))
            sql.execute("UPDATE dossiers SET files = ? WHERE code = ?", (json.dumps(files), code))
            self._note(sql, key, body, code)
            self._step(sql, code, state, note)

    def move(self, code: str, state: str, note: str) -> int:
        """Gives a dossier a state, any; returns the step's number. Raises KeyError."""
        with self._transaction() as sql:
            self._row(sql, code)
            return self._step(sql, code, state, note)

    def forget(self, code: str) -> None:
        """Loses a dossier, as after a restore from an old backup."""
        with self._transaction() as sql:
            for table in ("dossiers", "steps", "requests"):
                sql.execute(f"DELETE FROM {table} WHERE code = ?", (code,))  # noqa: S608  # names from the line above

    def dossier(self, code: str) -> dict[str, Any]:
        """As the contract shows it. Raises KeyError."""
        with self._transaction() as sql:
            row = self._row(sql, code)
            steps = sql.execute(
                "SELECT sequence, state, note, at FROM steps WHERE code = ? ORDER BY sequence", (code,)).fetchall()
        return {"code": code, "reference": row["reference"], "history": [dict(step) for step in steps]}

    def find(self, reference: str) -> list[dict[str, Any]]:
        with self._transaction() as sql:
            rows = sql.execute("SELECT code FROM dossiers WHERE reference = ?", (reference,)).fetchall()
        return [self.dossier(row["code"]) for row in rows]

    def everything(self) -> list[dict[str, Any]]:
        """All dossiers for the page and for tests, the latest first."""
        with self._transaction() as sql:
            rows = sql.execute("SELECT * FROM dossiers ORDER BY made_at DESC, code").fetchall()
        return [
            {**self.dossier(row["code"]), "title": row["title"], "fields": json.loads(row["fields"]),
             "files": json.loads(row["files"])}
            for row in rows
        ]

    def undelivered(self) -> list[dict[str, Any]]:
        """Callbacks that iSee has not acknowledged, oldest first."""
        query = (
            "SELECT s.event_id, s.code, d.reference, s.sequence, s.state, s.note, s.at FROM steps s "
            "JOIN dossiers d ON d.code = s.code WHERE s.delivered IS NULL ORDER BY s.at, s.sequence")
        with self._transaction() as sql:
            return [dict(row) for row in sql.execute(query)]

    def delivered(self, event_id: str) -> None:
        with self._transaction() as sql:
            sql.execute("UPDATE steps SET delivered = ? WHERE event_id = ?", (_now(), event_id))

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _row(self, sql: sqlite3.Connection, code: str) -> sqlite3.Row:
        row: sqlite3.Row | None = sql.execute("SELECT * FROM dossiers WHERE code = ?", (code,)).fetchone()
        if row is None:
            raise KeyError(code)
        return row

    def _repeated(self, sql: sqlite3.Connection, key: str, body: bytes) -> str:
        row = sql.execute("SELECT digest, code FROM requests WHERE key = ?", (key,)).fetchone()
        if row is None:
            return ""
        if row["digest"] != hashlib.sha256(body).hexdigest():
            raise Different(key)
        return str(row["code"])

    def _note(self, sql: sqlite3.Connection, key: str, body: bytes, code: str) -> None:
        sql.execute("INSERT INTO requests VALUES (?, ?, ?)", (key, hashlib.sha256(body).hexdigest(), code))

    def _step(self, sql: sqlite3.Connection, code: str, state: str, note: str) -> int:
        last = sql.execute("SELECT COALESCE(MAX(sequence), 0) FROM steps WHERE code = ?", (code,)).fetchone()[0]
        sql.execute(
            "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (code, last + 1, state, note, _now(), f"evt-{secrets.token_hex(12)}"))
        return int(last) + 1


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _names(read: dict[str, Any]) -> str:
    return json.dumps([field["name"] for field in read.get("fields", [])])


def _digests(read: dict[str, Any]) -> str:
    return json.dumps([file["sha256"] for file in read.get("files", [])])
