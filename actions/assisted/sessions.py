"""Assisted mode: staff at a counter type a citizen's e-form. Who acted where for whom, with which consent, stands on
the session from the start, on the dossier's timeline and receipt from the submission on.

Staff see what they type in the open session and nothing else: an ended session opens no page, and the audit list shows
no name of a citizen.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.assisted.tables import AssistedSessionRow
from actions.centres.directory import Directory
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.tables import DossierEventRow, DossierRow
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.keyring import Keyring

__all__ = ["Assisted", "AssistedSession"]

# A counter visit; what is left open longer is ended, so that nobody types into yesterday's citizen.
_LIFE = timedelta(hours=4)


@dataclass(frozen=True)
class AssistedSession:
    """One session; `citizen` is the name only for the one who typed it, "" otherwise."""

    id: str
    conversation_id: str
    staff: str
    place: str
    procedure_code: str
    citizen: str
    consent_version: str
    consent_at: datetime
    draft_id: str
    dossier_code: str
    opened_at: datetime
    ended_at: datetime | None


class Assisted:
    """Opens, finds, ends and lists sessions."""

    def __init__(
        self, database: Database, keyring: Keyring, directory: Directory, drafts: DraftService, texts: Messages,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._directory = directory
        self._drafts = drafts
        self._texts = texts
        self._now = now

    @property
    def consent_text(self) -> str:
        return self._texts.render("consent.text")

    def open(
        self, conversation_id: str, staff: str, point_id: str, slug: str, citizen: str, consented: bool
    ) -> AssistedSession:
        """Starts the e-form in a fresh conversation of its own, with the citizen's consent to being helped noted; the
        e-form's own consent is asked on its page. Raises InvalidInput, NotFound."""
        citizen = self.check(slug, citizen, consented)
        point = self._directory.point(point_id)
        draft = self._drafts.start(conversation_id, slug)
        now = self._now()
        row = AssistedSessionRow(
            id=secrets.token_hex(16), conversation_id=conversation_id, staff=staff, point_id=point.id,
            point_name=point.name, procedure_code=draft.form.procedure, sealed_citizen=self._keyring.encrypt(citizen),
            consent_version=self._texts.render("consent.version"), consent_at=now, draft_id=draft.id, dossier_code="",
            opened_at=now)
        with self._database.session() as session:
            session.add(row)
            session.flush()
            return self._read(row, reveal=True)

    def check(self, slug: str, citizen: str, consented: bool) -> str:
        """The citizen's name, tidied. Raises InvalidInput naming what is missing."""
        citizen = " ".join(citizen.split())
        if self._drafts.forms.get(slug) is None:
            raise InvalidInput(self._texts.render("problem.form"), field="form")
        if not consented:
            raise InvalidInput(self._texts.render("problem.consent"), field="consent")
        if not 2 <= len(citizen) <= 100:
            raise InvalidInput(self._texts.render("problem.citizen"), field="citizen")
        return citizen

    def banner(self, conversation_id: str) -> str:
        """What stands above the e-form and the receipt of an assisted session; "" for a citizen's own conversation.

        Raises Conflict once it is over: after the staff ended it, or some hours after it began (the receipt of a
        submitted one can be printed until then).
        """
        with self._database.session(write=False) as session:
            row = self._row(session, conversation_id)
        if row is None:
            return ""
        if row.dossier_code and row.opened_at > self._now() - _LIFE:
            return self._texts.render("printing", code=row.dossier_code, place=row.point_name)
        if not self._is_open(row):
            raise Conflict(self._texts.render("problem.ended"))
        citizen = self._keyring.decrypt(row.sealed_citizen).decode()
        return self._texts.render("banner", place=row.point_name, staff=row.staff, citizen=citizen)

    def end(self, session_id: str, staff: str) -> None:
        """The staff member ends their session; a draft that was not submitted goes with what was typed."""
        with self._database.session() as session:
            row = session.get(AssistedSessionRow, session_id, with_for_update=True)
            if row is None or row.staff != staff:
                raise NotFound(self._texts.render("problem.gone"))
            row.ended_at = row.ended_at or self._now()
            conversation_id, submitted = row.conversation_id, bool(row.dossier_code)
        if not submitted:
            self._drafts.erase(conversation_id)

    def expire(self) -> None:
        """Ends what was left open."""
        with self._database.session(write=False) as session:
            left = session.execute(select(AssistedSessionRow.id, AssistedSessionRow.staff).where(
                AssistedSessionRow.ended_at.is_(None), AssistedSessionRow.opened_at < self._now() - _LIFE)).all()
        for session_id, staff in left:
            self.end(session_id, staff)

    def on_submitted(self, session: Session, dossier: DossierRow) -> None:
        """In the submission's transaction: notes on the timeline who typed it where, and closes the session."""
        row = self._row(session, dossier.conversation_id, lock=True)
        if row is None or row.draft_id != dossier.draft_id:
            return
        row.dossier_id, row.dossier_code, row.ended_at = dossier.id, dossier.code, self._now()
        session.add(DossierEventRow(
            dossier_id=dossier.id, kind="assisted", state=dossier.state, actor=row.staff,
            note=self._texts.render("timeline", staff=row.staff, place=row.point_name), at=self._now()))

    def audit(self, staff: str = "", limit: int = 200) -> list[AssistedSession]:
        """Sessions, the latest first: of one staff member, or of all for officers. No citizen's name."""
        query = select(AssistedSessionRow).order_by(AssistedSessionRow.opened_at.desc()).limit(limit)
        if staff:
            query = query.where(AssistedSessionRow.staff == staff)
        with self._database.session(write=False) as session:
            return [self._read(row, reveal=False) for row in session.scalars(query)]

    def erase(self, conversation_id: str) -> None:
        """Forgets the citizen's name and the tie to the conversation; that somebody helped stays with the dossier."""
        with self._database.session() as session:
            row = self._row(session, conversation_id, lock=True)
            if row:
                row.sealed_citizen, row.conversation_id = self._keyring.encrypt(""), f"gone-{row.id}"
                row.ended_at = row.ended_at or self._now()

    def _is_open(self, row: AssistedSessionRow) -> bool:
        return row.ended_at is None and row.opened_at > self._now() - _LIFE

    def _row(self, session: Session, conversation_id: str, *, lock: bool = False) -> AssistedSessionRow | None:
        query = select(AssistedSessionRow).where(AssistedSessionRow.conversation_id == conversation_id)
        return session.scalars(query.with_for_update() if lock else query).first()

    def _read(self, row: AssistedSessionRow, *, reveal: bool) -> AssistedSession:
        citizen = self._keyring.decrypt(row.sealed_citizen).decode() if reveal else ""
        return AssistedSession(
            row.id, row.conversation_id, row.staff, row.point_name, row.procedure_code, citizen, row.consent_version,
            row.consent_at, row.draft_id, row.dossier_code, row.opened_at, row.ended_at)
