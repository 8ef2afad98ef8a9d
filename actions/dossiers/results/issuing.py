"""Issuing results: the paper composed or given, the seal under it; fetching, revoking, verifying.

One valid result a dossier: issuing again replaces the one before, and the old paper's QR code says so.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.access import Access
from actions.dossiers.eforms.eform import APPLICANT_NAME
from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.offers import Offer
from actions.dossiers.registry.status import PublicStatus
from actions.dossiers.results.paper import compose
from actions.dossiers.results.sealing import Seal
from actions.dossiers.results.tables import ResultRow
from actions.dossiers.results.vault import Vault
from actions.dossiers.tables import DossierEventRow, DossierRow, DossierValueRow
from actions.outbox import Outbox
from common.clock import local_date, to_local, utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.identifiers import BULLET, parse_dossier_code
from common.keyring import Keyring

__all__ = ["IssuedResult", "Paper", "Results", "Verification"]

# A result exists once the case is decided; it may still be replaced after it was handed over.
_DECIDED = frozenset({"approved", "result_ready", "returned"})


@dataclass(frozen=True)
class Paper:
    """What the officer states about the result; `pdf` is the document itself where another system made it."""

    number: str
    issued_on: date | None
    agency: str
    signed_by: str
    abstract: str
    expires_on: date | None = None
    pdf: bytes | None = None


@dataclass(frozen=True)
class IssuedResult:
    """A result as its holder sees it."""

    id: str
    number: str
    issued_on: date
    agency: str
    signed_by: str
    abstract: str
    expires_on: date | None
    state: str
    reason: str
    at: datetime
    sha256: str

    @property
    def file_name(self) -> str:
        return f"ket-qua-{self.id[:8]}.pdf"


@dataclass(frozen=True)
class Verification:
    """What anyone may learn who holds the paper: nothing that does not stand on it. `holder` is initials."""

    id: str
    state: str
    number: str
    issued_on: date
    agency: str
    signed_by: str
    procedure: str
    holder: str
    expires_on: date | None
    reason: str
    sha256: str
    test: bool

    @property
    def expired(self) -> bool:
        return self.expires_on is not None and self.expires_on < local_date()


class Results:
    """Issues, keeps, verifies. Without a seal (production without a configured one) nothing is issued."""

    def __init__(
        self, database: Database, keyring: Keyring, seal: Callable[[], Seal | None], vault: Vault, access: Access,
        outbox: Outbox, texts: Texts, base_url: str, place: str,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._seal = seal
        self._vault = vault
        self._access = access
        self._outbox = outbox
        self._texts = texts
        self._base_url = base_url
        self._place = place

    def issue(self, code: str, paper: Paper, *, actor: str) -> IssuedResult:
        """Signs and keeps the result of a decided dossier, tells the citizen, replaces an earlier one.

        Raises NotFound, Conflict (not decided yet, no seal, the same file again) or InvalidInput (what is missing).
        """
        seal = self._seal()
        if seal is None:
            raise Conflict(self._texts.render("result.no_seal"))
        self._check(paper)
        number = secrets.token_urlsafe(16)
        with self._database.session(write=False) as session:
            facts = self._facts(session, self._decided(session, code))
        signed = self._signed(seal, number, paper, facts)
        digest = hashlib.sha256(signed).hexdigest()
        # The file first: a row always has its file; a file without row is swept by `Vault.purge`.
        self._vault.keep(number, signed)
        with self._database.session() as session:
            dossier = self._decided(session, code, lock=True)
            for earlier in self._rows(session, dossier.id):
                if earlier.state == "valid":
                    earlier.state = "replaced"
            row = ResultRow(
                id=number, dossier_id=dossier.id, number=paper.number.strip(), issued_on=paper.issued_on,
                agency=paper.agency.strip(), signed_by=paper.signed_by.strip(),
                sealed_abstract=self._keyring.encrypt(paper.abstract.strip()), holder=_initials(facts["holder"]),
                expires_on=paper.expires_on, sha256=digest, seal=seal.fingerprint,
                test=seal.test, actor=actor, at=utc_now())
            session.add(row)
            self._note(session, dossier, actor, self._texts.render("result.timeline", number=row.number), number)
            session.flush()
            return self._issued(row)

    def revoke(self, result_id: str, reason: str, *, actor: str) -> None:
        """Takes a result back; its QR code says so from now on. Raises NotFound or InvalidInput (no reason)."""
        if not reason.strip() or len(reason) > 500:
            raise InvalidInput(self._texts.render("result.reason"), field="reason")
        with self._database.session() as session:
            row = session.get(ResultRow, result_id, with_for_update=True)
            if row is None:
                raise NotFound(self._texts.render("result.unknown"))
            row.state, row.reason = "revoked", reason.strip()
            dossier = session.get_one(DossierRow, row.dossier_id)
            line = self._texts.render("result.revoked_line", number=row.number, reason=row.reason)
            self._note(session, dossier, actor, line, f"{row.id}:revoked")

    def of(self, code: str) -> list[IssuedResult]:
        """Every result of a dossier, the latest first; for officers and for pages whose reader was checked before."""
        with self._database.session(write=False) as session:
            query = select(DossierRow.id).where(DossierRow.code == parse_dossier_code(code).value)
            dossier_id = session.scalar(query)
            return [self._issued(row) for row in self._rows(session, dossier_id)] if dossier_id else []

    def current(self, code: str) -> IssuedResult | None:
        """The valid result of a dossier."""
        return next((result for result in self.of(code) if result.state == "valid"), None)

    def fetch(self, conversation_id: str, code: str) -> tuple[IssuedResult, bytes]:
        """The valid result and its file, for a conversation with access. Raises NotFound."""
        with self._database.session(write=False) as session:
            self._access.check(session, conversation_id, code)
        return self.file(code)

    def file(self, code: str) -> tuple[IssuedResult, bytes]:
        """The valid result and its file; the caller has checked who asks. Raises NotFound."""
        result = self.current(code)
        if result is None:
            raise NotFound(self._texts.render("result.none"))
        return result, self._vault.read(result.id, self._texts.render("result.gone"))

    def verify(self, result_id: str) -> Verification:
        """What the QR code of a paper opens. Raises NotFound."""
        with self._database.session(write=False) as session:
            row = session.get(ResultRow, result_id)
            if row is None:
                raise NotFound(self._texts.render("result.unknown"))
            return self._verification(session, row)

    def said(self, verdict: str) -> str:
        """The sentence for a finding's verdict (or "none")."""
        return self._texts.render(f"signature.{verdict}")

    def offers(self, status: PublicStatus) -> list[Offer]:
        """The way to the result, where there is a valid one."""
        return [Offer(self._texts.render("result.offer"), "/result", 10)] if self.current(status.code) else []

    def purge(self) -> int:
        """Sweeps files that a crash left without a row."""
        return self._vault.purge(self._known)

    def verify_file(self, content: bytes) -> Verification | None:
        """The result that `content` is, byte for byte; None when we never issued this file."""
        digest = hashlib.sha256(content).hexdigest()
        with self._database.session(write=False) as session:
            row = session.scalars(select(ResultRow).where(ResultRow.sha256 == digest)).first()
            return self._verification(session, row) if row else None

    def _known(self, ids: list[str]) -> set[str]:
        with self._database.session(write=False) as session:
            return set(session.scalars(select(ResultRow.id).where(ResultRow.id.in_(ids))))

    def _check(self, paper: Paper) -> None:
        texts = ((paper.number, 80), (paper.agency, 200), (paper.signed_by, 100), (paper.abstract, 4000))
        if paper.issued_on is None or any(not text.strip() or len(text) > longest for text, longest in texts):
            raise InvalidInput(self._texts.render("result.fields"), field="number")
        if paper.issued_on > local_date():
            raise InvalidInput(self._texts.render("result.future"), field="issued_on")
        if paper.expires_on is not None and paper.expires_on <= paper.issued_on:
            raise InvalidInput(self._texts.render("result.expiry"), field="expires_on")

    def _decided(self, session: Session, code: str, *, lock: bool = False) -> DossierRow:
        query = select(DossierRow).where(DossierRow.code == parse_dossier_code(code).value)
        row = session.scalars(query.with_for_update() if lock else query).first()
        if row is None:
            raise NotFound(self._texts.render("result.none"))
        if row.state not in _DECIDED:
            raise Conflict(self._texts.render("result.not_yet", code=row.code, label=row.state))
        return row

    def _facts(self, session: Session, dossier: DossierRow) -> dict[str, str]:
        row = session.get(DossierValueRow, (dossier.id, APPLICANT_NAME))
        holder = json.loads(self._keyring.decrypt(row.sealed))["display"] if row else ""
        return {"code": dossier.code, "procedure": dossier.title, "holder": holder}

    def _signed(self, seal: Seal, number: str, paper: Paper, facts: dict[str, str]) -> bytes:
        address = f"{self._base_url}/verify/{number}"
        pdf = compose(paper, facts, address, self._texts, test=seal.test)
        return seal.sign(pdf, reason=self._texts.render("result.paper.reason"), place=self._place)

    def _note(self, session: Session, dossier: DossierRow, actor: str, line: str, key: str) -> None:
        session.add(DossierEventRow(
            dossier_id=dossier.id, kind="result", state=dossier.state, actor=actor, note=line, at=utc_now()))
        self._outbox.put(
            session, "notice.dossier", f"{dossier.id}:result:{key}", dossier.id,
            {"code": dossier.code, "state": "result", "note": line})

    def _rows(self, session: Session, dossier_id: str) -> list[ResultRow]:
        query = select(ResultRow).where(ResultRow.dossier_id == dossier_id).order_by(ResultRow.at.desc())
        return list(session.scalars(query))

    def _issued(self, row: ResultRow) -> IssuedResult:
        return IssuedResult(
            id=row.id, number=row.number, issued_on=row.issued_on, agency=row.agency, signed_by=row.signed_by,
            abstract=self._keyring.decrypt(row.sealed_abstract).decode(), expires_on=row.expires_on, state=row.state,
            reason=row.reason, at=to_local(row.at), sha256=row.sha256)

    def _verification(self, session: Session, row: ResultRow) -> Verification:
        dossier = session.get_one(DossierRow, row.dossier_id)
        return Verification(
            id=row.id, state=row.state, number=row.number, issued_on=row.issued_on, agency=row.agency,
            signed_by=row.signed_by, procedure=dossier.title, holder=row.holder, expires_on=row.expires_on,
            reason=row.reason, sha256=row.sha256, test=row.test)


def _initials(name: str) -> str:
    """What stands in for a name where strangers look: first letters only."""
    return " ".join(word[0] + BULLET * 3 for word in name.split())
