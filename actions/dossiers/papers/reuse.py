"""Once only: what a person gave or got before is offered instead of being asked for again.

Offered are files that an officer verified, and issued results, of earlier dossiers of the same applicant; only to a
conversation that proved to be that person: by login, or by access to that very dossier (`access.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.access import Access
from actions.dossiers.attachments.uploads import Upload, Uploads
from actions.dossiers.eforms.drafts import Draft, DraftService
from actions.dossiers.eforms.eform import APPLICANT_ID, EField
from actions.dossiers.eforms.formlib import FormLibrary
from actions.dossiers.eforms.values import Texts
from actions.dossiers.identity.logins import Logins
from actions.dossiers.identity.person import person_digest
from actions.dossiers.identity.tables import DossierPersonRow, IdentityConsentRow
from actions.dossiers.papers.kinds import answers, months_after, result_kind, same_paper
from actions.dossiers.papers.tables import PaperCheckRow, PaperCopyRow
from actions.dossiers.results import Results
from actions.dossiers.tables import DossierFileRow, DossierRow, DossierValueRow
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import NotFound
from common.keyring import Keyring

__all__ = ["Paper", "Reuse"]

_EARLIER = 50
_MOST_OFFERED = 3


@dataclass(frozen=True)
class Paper:
    """A paper on hand. `id`: a file's, or `r-` and a result's; `on`: checked or issued; `until` None: no end."""

    id: str
    dossier_code: str
    title: str
    on: date
    until: date | None
    result: bool


class Reuse:
    """Finds what can be used again, and copies it into a draft with consent."""

    def __init__(
        self, database: Database, keyring: Keyring, forms: FormLibrary, drafts: DraftService, uploads: Uploads,
        access: Access, logins: Logins, results: Results, texts: Texts, today: Callable[[], date] = local_date,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._forms = forms
        self._drafts = drafts
        self._uploads = uploads
        self._access = access
        self._logins = logins
        self._results = results
        self._texts = texts
        self._today = today

    def offers(self, draft: Draft, field: EField) -> list[Paper]:
        """What could answer the file question `field`, the latest first; nothing in practice."""
        if field.type != "file" or draft.practice:
            return []
        found: dict[str, Paper] = {}
        with self._database.session(write=False) as session:
            for dossier in self._earlier(session, draft):
                for paper in (*self._files(session, dossier, field), *self._issued(dossier, field)):
                    found.setdefault(f"{paper.title}:{paper.result}", paper)
        return list(found.values())[:_MOST_OFFERED]

    def provenance(self, paper: Paper) -> str:
        """Where the paper comes from and until when it counts, in words without personal values."""
        return self._texts.render(
            "provenance", title=paper.title, code=paper.dossier_code, on=paper.on, until=paper.until,
            result=paper.result)

    def consent(self, draft: Draft, paper: Paper) -> str:
        """The text that the citizen agrees to."""
        return self._texts.render("consent.text", code=paper.dossier_code, title=draft.form.title)

    def take(self, draft: Draft, field: EField, paper_id: str) -> Paper:
        """Copies the paper into the draft as the answer to `field`, with the citizen's consent.

        Raises NotFound when it is not (any more) on offer: who may have it is judged anew.
        """
        paper = next((paper for paper in self.offers(draft, field) if paper.id == paper_id), None)
        if paper is None:
            raise NotFound(self._texts.render("gone"))
        file_id = self._uploads.store(draft.conversation_id, self._content(paper))
        now = utc_now()
        version = self._texts.render("consent.version")
        with self._database.session() as session:
            session.add(PaperCopyRow(
                file_id=file_id, source=paper.id, dossier_code=paper.dossier_code, title=paper.title,
                checked_on=paper.on, valid_until=paper.until, consent_version=version, consent_at=now))
            session.add(IdentityConsentRow(
                conversation_id=draft.conversation_id, draft_id=draft.id, purpose="reuse", version=version, at=now))
        self._drafts.attach(draft.conversation_id, file_id, field.name, "reused")
        return paper

    def index_missing(self) -> int:
        """Notes whose dossier each is, for dossiers older than this index; returns how many."""
        with self._database.session() as session:
            missing = list(session.scalars(
                select(DossierRow.id).outerjoin(DossierPersonRow, DossierPersonRow.dossier_id == DossierRow.id)
                .where(DossierPersonRow.dossier_id.is_(None)).limit(1000)))
            for dossier_id in missing:
                value = session.get(DossierValueRow, (dossier_id, APPLICANT_ID))
                number = json.loads(self._keyring.decrypt(value.sealed))["value"] if value else ""
                session.add(DossierPersonRow(
                    dossier_id=dossier_id, digest=person_digest(self._keyring, number) if number else ""))
            return len(missing)

    def _earlier(self, session: Session, draft: Draft) -> list[DossierRow]:
        """Earlier dossiers of the draft's applicant that this conversation may draw on."""
        typed = draft.values.get(APPLICANT_ID)
        verified = self._logins.verified(draft.conversation_id)
        digest = person_digest(self._keyring, typed.value) if typed and typed.value else (
            verified.digest if verified else "")
        if not digest:
            return []
        rows = session.scalars(
            select(DossierRow).join(DossierPersonRow, DossierPersonRow.dossier_id == DossierRow.id)
            .where(DossierPersonRow.digest == digest).order_by(DossierRow.submitted_at.desc()).limit(_EARLIER))
        if verified and verified.digest == digest:
            return list(rows)
        held = set(self._access.held(draft.conversation_id))
        return [row for row in rows if row.code in held]

    def _files(self, session: Session, dossier: DossierRow, field: EField) -> Iterator[Paper]:
        form = self._forms.get(dossier.form_slug)
        values = session.scalars(select(DossierValueRow).where(
            DossierValueRow.dossier_id == dossier.id, DossierValueRow.type == "file"))
        for value in values:
            asked = form.field(value.field) if form else None
            document = (asked.document or "") if asked else ""
            if not same_paper(field, value.label, document):
                continue
            file_id = json.loads(self._keyring.decrypt(value.sealed))["value"]
            row = session.get(DossierFileRow, file_id) if file_id else None
            check = session.get(PaperCheckRow, file_id) if row else None
            if row is None or check is None or row.dossier_id != dossier.id or self._over(check.valid_until):
                continue
            if row.type not in {_MIME[kind] for kind in field.accept if kind in _MIME}:
                continue
            yield Paper(
                row.id, dossier.code, document or value.label, local_date(check.checked_at), check.valid_until, False)

    def _issued(self, dossier: DossierRow, field: EField) -> Iterator[Paper]:
        kind = result_kind(dossier.procedure_code)
        if kind is None or "pdf" not in field.accept or not answers(kind, field):
            return
        result = self._results.current(dossier.code)
        if result is None:
            return
        until = result.expires_on or (months_after(result.issued_on, kind.months) if kind.months else None)
        if not self._over(until):
            yield Paper(f"r-{result.id}", dossier.code, kind.title, result.issued_on, until, True)

    def _over(self, until: date | None) -> bool:
        return until is not None and until < self._today()

    def _content(self, paper: Paper) -> Upload:
        if not paper.result:
            return self._uploads.read(paper.id)
        result, content = self._results.file(paper.dossier_code)
        if f"r-{result.id}" != paper.id:
            raise NotFound(self._texts.render("gone"))
        return Upload(result.file_name, "application/pdf", content)


_MIME = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}
