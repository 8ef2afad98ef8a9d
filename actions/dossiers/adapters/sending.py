"""Sending to the outside system what happened here: a new dossier, a supplement, a withdrawal. Each exactly once there,
however often it is tried: the idempotency key is the dossier's id (and the step for what follows)."""

from __future__ import annotations

import json

import structlog
from sqlalchemy import func, select

from actions.dossiers.adapters.contract import (
    OneStop,
    OutsideDossier,
    OutsideRefused,
    Submission,
    Supplement,
    Withdrawal,
)
from actions.dossiers.adapters.events import Events, link_of
from actions.dossiers.adapters.mapping import StateMap
from actions.dossiers.adapters.snapshot import Snapshots
from actions.dossiers.adapters.tables import OutsideDossierRow
from actions.dossiers.registry.transitions import PUSHED
from actions.dossiers.tables import DossierEventRow, DossierRow
from actions.outbox import Entry
from common.clock import utc_now
from common.database import Database

__all__ = ["Sending"]

_log = structlog.get_logger(__name__)


class Sending:
    """The outbox's handlers; each may be called again at any time. OutsideDown goes up: the outbox tries later."""

    def __init__(
        self, database: Database, onestop: OneStop, events: Events, snapshots: Snapshots, mapping: StateMap
    ) -> None:
        self._database = database
        self._onestop = onestop
        self._events = events
        self._snapshots = snapshots
        self._mapping = mapping

    def send(self, entry: Entry) -> None:
        """Topic `registry.send`: a new dossier."""
        self.submit(entry.subject)

    def push(self, entry: Entry) -> None:
        """Topic `registry.push`: a supplement or a withdrawal."""
        self.follow(entry.subject)

    def catch_up(self, entry: Entry) -> None:
        """Topic `registry.catch_up`: fetches steps that no callback brought."""
        with self._database.session(write=False) as session:
            link = session.get(OutsideDossierRow, entry.subject)
            code = link.outside_code if link else None
        if code:
            self.take(entry.subject, self._onestop.status(code))

    def submit(self, dossier_id: str, *, again: bool = False) -> bool:
        """Hands a dossier over unless it is there (`again`: although it was); returns whether it is there now."""
        with self._database.session(write=False) as session:
            row, link = session.get(DossierRow, dossier_id), session.get(OutsideDossierRow, dossier_id)
            if row is None or (link and link.outside_code and not again):
                return row is not None
            submission = self._snapshots.submission(session, row)
        try:
            made = self._onestop.submit(submission, dossier_id)
        except OutsideRefused as refused:
            self._refused(dossier_id, refused)
            return False
        self.take(dossier_id, made, submission)
        return True

    def follow(self, dossier_id: str) -> None:
        """Tells the outside system of the supplement or withdrawal that our dossier stands at."""
        with self._database.session(write=False) as session:
            row, link = session.get(DossierRow, dossier_id), session.get(OutsideDossierRow, dossier_id)
            if row is None or row.state not in PUSHED:
                return
            if link and self._mapping.ours(link.outside_state) == row.state:
                return  # it comes from there
            code = link.outside_code if link else None
            sent = json.loads(link.sent_files) if link else []
            step = session.scalar(select(func.max(DossierEventRow.id)).where(
                DossierEventRow.dossier_id == dossier_id, DossierEventRow.state == row.state))
            state, key = row.state, f"{dossier_id}:{row.state}:{step}"
            fresh = self._snapshots.files(session, dossier_id, without=sent)
            fields = self._snapshots.fields(session, dossier_id)
            note = self._snapshots.answers(session, dossier_id)
        if code is None:
            # It was never acknowledged: it goes out whole first, with what was added since.
            if not self.submit(dossier_id):
                return
            fresh, code = [], self._code(dossier_id)
        try:
            if state == "withdrawn":
                outside = self._onestop.withdraw(code, Withdrawal(), key)
            else:
                outside = self._onestop.supplement(code, Supplement(note=note, fields=fields, files=fresh), key)
        except OutsideRefused as refused:
            self._note(dossier_id, refused)
            return
        self.take(dossier_id, outside, files=[file.id for file in fresh])

    def take(
        self, dossier_id: str, outside: OutsideDossier, submission: Submission | None = None,
        files: list[str] | None = None,
    ) -> None:
        """Stores what the outside system answered, and follows it."""
        new = [file.id for file in submission.files] if submission else files or []
        with self._database.session() as session:
            row = session.get(DossierRow, dossier_id, with_for_update=True)
            if row is None:
                return
            self._events.absorb(session, row, outside)
            link = link_of(session, dossier_id)
            link.sent_files = json.dumps(sorted({*json.loads(link.sent_files), *new}))

    def _code(self, dossier_id: str) -> str:
        with self._database.session(write=False) as session:
            link = session.get(OutsideDossierRow, dossier_id)
            assert link is not None and link.outside_code  # `submit` has just returned True
            return link.outside_code

    def _refused(self, dossier_id: str, refused: OutsideRefused) -> None:
        _log.warning("outside_refused", code=refused.code)
        with self._database.session() as session:
            link = link_of(session, dossier_id)
            link.state, link.problem, link.checked_at = "refused", refused.detail[:200], utc_now()

    def _note(self, dossier_id: str, refused: OutsideRefused) -> None:
        _log.warning("outside_refused", code=refused.code)
        with self._database.session() as session:
            link = link_of(session, dossier_id)
            link.problem, link.checked_at = refused.detail[:200], utc_now()
