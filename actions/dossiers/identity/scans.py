"""A photo of the identity card, from "send it" to the answers that it filled in.

The photo itself lives in memory for as long as it is read. What was read waits sealed, half an hour at most, until
the citizen agrees to its use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from actions.dossiers.attachments.uploads import Uploads
from actions.dossiers.eforms.drafts import DraftService
from actions.dossiers.eforms.eform import EField, EForm
from actions.dossiers.eforms.values import Texts
from actions.dossiers.identity import prefill
from actions.dossiers.identity.card import read_card
from actions.dossiers.identity.person import Person
from actions.dossiers.identity.tables import CardScanRow, IdentityConsentRow
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput, NotFound
from common.keyring import Keyring

__all__ = ["CardScans", "Shown", "facts_shown", "note_consent", "packed", "unpacked"]

_LIFE = timedelta(minutes=30)
# Reasons that `card.py` gives and that have a sentence of their own; any other is facts that disagree.
_REASONS = frozenset(("no_code", "not_a_card"))


@dataclass(frozen=True)
class Shown:
    """Values behind a sealed card, for the citizen alone."""

    text: str
    lines: list[dict[str, str]]


class CardScans:
    """One scan at a time for each draft."""

    def __init__(
        self, database: Database, keyring: Keyring, uploads: Uploads, drafts: DraftService, texts: Texts,
        today: Callable[[], date],
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._uploads = uploads
        self._drafts = drafts
        self._texts = texts
        self._today = today

    def expect(self, conversation_id: str, draft_id: str) -> None:
        """The next photo of this conversation is a card's, not an attachment."""
        with self._database.session() as session:
            session.merge(_row(conversation_id, draft_id, None))

    def expected(self, conversation_id: str, draft_id: str) -> bool:
        """Whether a photo of the card may come now; also after one that was read, to take its place."""
        with self._database.session(write=False) as session:
            return self._row_of(session, conversation_id, draft_id) is not None

    def read(self, conversation_id: str, draft_id: str, photo: bytes) -> None:
        """Reads the card's code off `photo` and keeps what it says, sealed; the photo is let go.

        Raises InvalidInput with advice where the photo or its code is of no use, TooLarge, NotReady.
        """
        codes = self._uploads.codes(photo)
        try:
            person = read_card(codes, self._today())
        except InvalidInput as problem:
            reason = problem.detail if problem.detail in _REASONS else "contradiction"
            # Nothing of the code may come along with the error.
            raise InvalidInput(self._texts.render(f"card.problem.{reason}"), field="file") from None
        with self._database.session() as session:
            session.merge(_row(conversation_id, draft_id, packed(self._keyring, person)))

    def person(self, conversation_id: str, draft_id: str) -> Person | None:
        """What was read; None when nothing was, or its time is over."""
        with self._database.session(write=False) as session:
            row = self._row_of(session, conversation_id, draft_id)
            return unpacked(self._keyring, row.sealed) if row and row.sealed else None

    def reveal(self, conversation_id: str, sealed: Mapping[str, Any]) -> Shown | None:
        """What stands behind `{"card": <draft>}` in a reply, while it waits for consent."""
        draft_id = str(sealed.get("card") or "")
        person = self.person(conversation_id, draft_id)
        draft = next((d for d in self._drafts.resumable(conversation_id) if d.id == draft_id), None)
        if person is None or draft is None:
            return None
        lines = facts_shown(self._texts, person)
        return Shown(self._texts.render("card.read", lines=lines, consent=self.consent(draft.form)), lines)

    def consent(self, form: EForm) -> str:
        """The text that the citizen agrees to before what was read is used."""
        return self._texts.render("consent.card.text", title=form.title)

    def fill(self, conversation_id: str, draft_id: str, form: EForm, *, elsewhere: bool = False) -> list[EField]:
        """Puts what was read into the draft, with the citizen's consent (`elsewhere`: given on the page).

        Raises NotFound when it is gone, Conflict before the form's own consent.
        """
        person = self.person(conversation_id, draft_id)
        if person is None:
            raise NotFound(self._texts.render("card.gone"))
        filled = self._drafts.fill(
            conversation_id, draft_id, prefill.answers(form, person), "card",
            elsewhere=elsewhere)
        with self._database.session() as session:
            note_consent(session, self._texts, conversation_id, draft_id, "card")
            session.execute(delete(CardScanRow).where(CardScanRow.draft_id == draft_id))
        return filled

    def drop(self, conversation_id: str, draft_id: str) -> None:
        """Forgets what was read and awaits no photo any more."""
        with self._database.session() as session:
            session.execute(delete(CardScanRow).where(
                CardScanRow.draft_id == draft_id, CardScanRow.conversation_id == conversation_id))

    def erase(self, conversation_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(CardScanRow).where(CardScanRow.conversation_id == conversation_id))
            session.execute(delete(IdentityConsentRow).where(IdentityConsentRow.conversation_id == conversation_id))

    def purge(self) -> None:
        """Forgets what nobody used in time."""
        with self._database.session() as session:
            session.execute(delete(CardScanRow).where(CardScanRow.expires_at < utc_now()))

    def _row_of(self, session: Session, conversation_id: str, draft_id: str) -> CardScanRow | None:
        row = session.get(CardScanRow, draft_id)
        fits = row is not None and row.conversation_id == conversation_id and row.expires_at > utc_now()
        return row if fits else None


def packed(keyring: Keyring, person: Person) -> bytes:
    data = asdict(person) | {"birth": person.birth.isoformat() if person.birth else None}
    return keyring.encrypt(json.dumps(data))


def unpacked(keyring: Keyring, sealed: bytes) -> Person:
    data = json.loads(keyring.decrypt(sealed))
    return Person(**data | {"birth": date.fromisoformat(data["birth"]) if data["birth"] else None})


def facts_shown(texts: Texts, person: Person) -> list[dict[str, str]]:
    """Label and value of each known fact, in full: only for the person it is about."""
    values = {
        "name": person.name, "personal_id": person.personal_id,
        "birth_date": f"{person.birth:%d/%m/%Y}" if person.birth else "",
        "sex": texts.render(f"fact.{person.sex}") if person.sex else "", "address": person.address,
    }
    return [{"label": texts.render(f"fact.{name}"), "value": value} for name, value in values.items() if value]


def note_consent(session: Session, texts: Texts, conversation_id: str, draft_id: str, purpose: str) -> None:
    """Consent to the text of `consent.<purpose>` as it stands, in the caller's transaction."""
    session.add(IdentityConsentRow(
        conversation_id=conversation_id, draft_id=draft_id, purpose=purpose,
        version=texts.render(f"consent.{purpose}.version"), at=utc_now()))


def _row(conversation_id: str, draft_id: str, sealed: bytes | None) -> CardScanRow:
    return CardScanRow(
        draft_id=draft_id, conversation_id=conversation_id, sealed=sealed, expires_at=utc_now() + _LIFE)
