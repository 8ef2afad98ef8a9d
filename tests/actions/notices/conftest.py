"""A dossier room on a real database, a clock that tests move, and conversations whose notices are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.orm import Session

from actions.dossiers.access import grant
from actions.dossiers.eforms.pending import Pending
from actions.dossiers.registry.pages import DossierPages
from actions.dossiers.tables import DossierRow, DossierValueRow
from actions.messages import Messages
from actions.notices.build import build_notices
from actions.notices.service import Notices
from actions.outbox import Outbox
from common.clock import LOCAL, utc_now
from common.database import Database
from common.keyring import Keyring
from common.links import Links
from common.messages import Reply
from common.settings import Settings

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=LOCAL)


@dataclass
class Clock:
    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Box:
    """Delivers into lists; `fails` breaks the next delivery after it was stored, as a crash would."""

    said: list[tuple[str, Reply]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    fails: bool = False
    _open: list[tuple[str, Reply]] = field(default_factory=list)

    def say(self, session: Session, conversation_id: str, reply: Reply) -> bool:
        if self.fails:
            self.fails = False
            raise RuntimeError("killed here")
        if conversation_id in self.gone:
            return False
        self._open.append((conversation_id, reply))
        return True

    def told(self, conversation_id: str) -> None:
        self.said += self._open
        self._open.clear()


@dataclass
class Office:
    """The parts under test, and dossiers to have news about."""

    settings: Settings
    database: Database
    keyring: Keyring
    outbox: Outbox
    links: Links
    notices: Notices
    clock: Clock
    box: Box

    def dossier(self, number: int, conversation_id: str = "c1", email: str = "", title: str = "Khai sinh") -> str:
        code = f"H49-261124-{number:04d}"
        now = utc_now()
        with self.database.session() as session:
            session.add(DossierRow(
                id=f"d{number}", code=code, draft_id=f"draft{number}", conversation_id=conversation_id,
                form_slug="khai_sinh", form_version=1, procedure_code="1.001193", title=title, state="received",
                pin_digest="0" * 64, consent_version="2026-11", consent_at=now, submitted_at=now, due_on=None,
                updated_at=now))
            session.flush()
            if email:
                session.add(DossierValueRow(
                    dossier_id=f"d{number}", field="applicant_email", position=0, label="Thư điện tử", type="email",
                    sealed=self.keyring.encrypt(json.dumps({"value": email, "display": email}))))
            grant(session, conversation_id, f"d{number}", "submitted")
        return code

    def changes(self, code: str, state: str, key: str = "") -> None:
        with self.database.session() as session:
            self.outbox.put(
                session, "notice.dossier", key or f"{code}:{state}:{self.clock.at.isoformat()}", code,
                {"code": code, "state": state, "note": ""})

    def work(self) -> list[str]:
        """Everything that is due, done; the texts said by it."""
        before = len(self.box.said)
        while self.outbox.run_due():
            pass
        return [reply.text for _, reply in self.box.said[before:]]

    def passes(self, **time: float) -> None:
        self.clock.at += timedelta(**time)


def office_over(database: Database, home: Path, **settings: object) -> Office:
    chosen = Settings(home=home, database_url=database.url, _env_file=None, **settings)
    keyring, clock, box = Keyring(b"n" * 32), Clock(), Box()
    outbox = Outbox(database, keyring, clock)
    links = Links(keyring, "gone")
    notices = build_notices(
        chosen, database, keyring, outbox, links, DossierPages(links, chosen.base_url), Pending(database, keyring),
        clock)
    notices.deliver_by(box)
    return Office(chosen, database, keyring, outbox, links, notices, clock, box)


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    return office_over(database, tmp_path)


@pytest.fixture
def catalogue() -> Messages:
    from actions.notices.build import MESSAGES_FILE

    return Messages.load(MESSAGES_FILE)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Certificate and key of a mail server on localhost."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = utc_now()
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256()))
    chain, secret = folder / "cert.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return chain, secret
