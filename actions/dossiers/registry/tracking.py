"""Looking a dossier up by code and PIN: who has the code but not the PIN learns nothing, not even that it exists."""

from __future__ import annotations

import hmac
import json
import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.eforms.eform import APPLICANT_ID
from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.attempts import LookupLimit, Standing
from actions.dossiers.registry.submission import pin_digest
from actions.dossiers.tables import DossierRow, DossierValueRow
from common.database import Database
from common.errors import InvalidInput, ISeeError, NotFound, TooManyRequests
from common.identifiers import parse_dossier_code
from common.keyring import Keyring

__all__ = ["Tracking"]

_SHAPE = re.compile(r"[0-9]{4}|[0-9]{12}")


class Tracking:
    """Proves that a caller may see a dossier."""

    def __init__(self, database: Database, keyring: Keyring, texts: Texts) -> None:
        self._database = database
        self._keyring = keyring
        self._texts = texts
        self._limit = LookupLimit(keyring)
        # What is opened where there is no dossier, so that the same work is done.
        self._nobody = keyring.encrypt(json.dumps({"value": "x" * 12, "display": "x" * 12}))

    def prove(self, code: str, pin: str, client: str) -> str:
        """The code in its usual form, when `pin` (or the whole personal number) is its applicant's.

        Raises InvalidInput (shape of code or PIN; no look into the database), NotFound (wrong PIN, or no such dossier)
        or TooManyRequests (this caller has to wait). The last two don't depend on whether the dossier exists: the same
        statements run and the same sentences are said.
        """
        code = parse_dossier_code(code).value
        pin = re.sub(r"[\s.\-]", "", pin)
        if not _SHAPE.fullmatch(pin):
            raise InvalidInput(self._texts.render("track.pin_format"), field="pin")
        with self._database.session() as session:
            standing = self._limit.standing(session, code, client, whole=len(pin) == 12)
            right = self._matches(session, code, pin, standing)
            if right and not standing.wait:
                return code
            # A stopped caller's try is written, but not counted: it must not keep him out for ever.
            self._limit.record(session, standing, counted=not standing.wait)
            problem = self._problem(standing)
        raise problem

    def _matches(self, session: Session, code: str, pin: str, standing: Standing) -> bool:
        """Whether the secret is right, after the same work for any code and any secret."""
        found = session.execute(
            select(DossierRow.pin_digest, DossierValueRow.sealed)
            .outerjoin(DossierValueRow, (DossierValueRow.dossier_id == DossierRow.id)
                       & (DossierValueRow.field == APPLICANT_ID))
            .where(DossierRow.code == code)).first()
        stored, sealed = (found.pin_digest, found.sealed or self._nobody) if found else ("0" * 64, self._nobody)
        whole = str(json.loads(self._keyring.decrypt(sealed))["value"])
        by_pin = hmac.compare_digest(stored, pin_digest(self._keyring, code, pin[-4:]))
        by_whole = hmac.compare_digest(whole.encode(), pin.encode())
        return by_whole if len(pin) == 12 else by_pin and not standing.full

    def _problem(self, standing: Standing) -> ISeeError:
        if standing.wait:
            minutes = int(standing.wait // 60) + 1
            return TooManyRequests(self._texts.render("track.too_many", minutes=minutes), retry_after=standing.wait)
        return NotFound(self._texts.render("track.need_full" if standing.full else "track.not_found"))
