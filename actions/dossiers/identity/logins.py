"""A citizen's login, from the link in the chat to verified answers in the draft.

Three things tie the steps together: the link (whose draft it is), the `state` at the provider, and a cookie of the
browser that began. What a login yields is used only after the citizen has seen it and agreed, and only by whoever
holds the conversation: a link may have come from somebody else (`handing.py`).
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete

from actions.dossiers.eforms.drafts import Draft, DraftService
from actions.dossiers.eforms.eform import EField
from actions.dossiers.eforms.values import Texts
from actions.dossiers.identity import prefill
from actions.dossiers.identity.handing import Handing
from actions.dossiers.identity.openid import OpenIdClient, Provider, ProviderDown, Untrusted
from actions.dossiers.identity.person import Person, checked, person_digest
from actions.dossiers.identity.scans import facts_shown, note_consent, packed, unpacked
from actions.dossiers.identity.tables import IdentityConsentRow, LoginRow, VerifiedPersonRow
from common.clock import utc_now
from common.database import Database
from common.errors import Forbidden, InvalidInput, NotFound, NotReady
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["Agreed", "Begun", "Logins", "Verified", "Waiting"]

_TIME_TO_LOG_IN = timedelta(minutes=15)
_TIME_TO_AGREE = timedelta(minutes=15)
# As long as a PIN or a link opens a dossier (`access.py`): a borrowed phone forgets.
_VERIFIED_FOR = timedelta(hours=12)
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Begun:
    """Where the browser goes, and the cookie that it must bring back."""

    address: str
    cookie: str


@dataclass(frozen=True)
class Waiting:
    """A login that succeeded and waits for consent."""

    draft: Draft
    lines: list[dict[str, str]]
    consent: str


@dataclass(frozen=True)
class Agreed:
    """What came of a login: the fields filled; with a `code`, none until it is typed in the conversation."""

    draft: Draft
    filled: list[EField]
    code: str = ""


@dataclass(frozen=True)
class Verified:
    """Who a conversation is, vouched for by the provider until `until`."""

    digest: str
    person: Person
    since: datetime
    until: datetime


class Logins:
    """Logins over one OpenID Connect provider."""

    def __init__(
        self, settings: Settings, database: Database, keyring: Keyring, drafts: DraftService, texts: Texts,
        today: Callable[[], date],
    ) -> None:
        self.client = OpenIdClient(Provider.of_citizens(settings))
        self.provider = settings.oidc_name
        self._redirect = f"{settings.base_url}/login/oidc/callback"
        self._claims = settings.oidc_claims
        self._database = database
        self._keyring = keyring
        self._drafts = drafts
        self._texts = texts
        self._today = today
        self._handing = Handing(database, keyring, texts)

    def begin(self, conversation_id: str, draft_id: str) -> Begun:
        """A login for the draft. Raises NotFound where none is configured or the draft is gone, NotReady."""
        if not self.client.on:
            raise NotFound(self._texts.render("login.not_offered"))
        self._draft(conversation_id, draft_id)
        state, nonce, verifier, cookie = (secrets.token_urlsafe(48) for _ in range(4))
        try:
            address = self.client.address(self._redirect, state, nonce, verifier)
        except (ProviderDown, Untrusted) as error:
            raise self._failed(error) from error
        self._keep(state, conversation_id, _TIME_TO_LOG_IN, {
            "draft": draft_id, "nonce": nonce, "verifier": verifier, "cookie": self._digest(cookie)})
        return Begun(address, cookie)

    def finish(self, query: Mapping[str, str], cookie: str) -> str:
        """The provider sent the browser back with `query`: a ticket for the page that asks for consent.

        Raises InvalidInput (cancelled), Forbidden (anything that doesn't hold), NotReady (the provider is down).
        """
        begun = self._take(query.get("state", ""), cookie)
        if begun is None and query.get("error") == "access_denied":
            # Some providers forget the state here (RFC 6749, 4.1.2.1 asks for it); nothing is taken, so none is needed.
            raise InvalidInput(self._texts.render("login.cancelled"))
        if begun is None:
            raise Forbidden(self._texts.render("login.expired"))
        conversation_id, kept = begun
        if not self.client.says(query.get("iss", "")):
            raise self._failed(Untrusted("callback: another issuer"))
        if query.get("error") or not query.get("code"):
            raise InvalidInput(self._texts.render("login.cancelled"))
        try:
            login = self.client.attested(self._redirect, query["code"], kept["nonce"], kept["verifier"])
        except (ProviderDown, Untrusted) as error:
            raise self._failed(error) from error
        person = self._person(login.claims)
        ticket = secrets.token_urlsafe(48)
        self._keep(ticket, conversation_id, _TIME_TO_AGREE, {
            "draft": kept["draft"], "cookie": kept["cookie"], "id_token": login.id_token,
            "person": packed(self._keyring, person).decode()})
        return ticket

    def waiting(self, ticket: str, cookie: str) -> Waiting:
        """What the page shows before consent. Raises Forbidden, NotFound."""
        conversation_id, kept = self._look(ticket, cookie)
        draft = self._draft(conversation_id, kept["draft"])
        consent = self._texts.render("consent.login.text", title=draft.form.title, provider=self.provider)
        return Waiting(draft, facts_shown(self._texts, unpacked(self._keyring, kept["person"].encode())), consent)

    def agree(self, ticket: str, cookie: str, holder: str) -> Agreed:
        """Uses the login, with consent, where the browser holds the conversation (`holder`); else keeps it until its
        code is typed there. Raises Forbidden, NotFound, Conflict.
        """
        conversation_id, kept = self._look(ticket, cookie)
        draft = self._draft(conversation_id, kept["draft"])
        with self._database.session() as session:
            session.execute(delete(LoginRow).where(LoginRow.state == self._digest(ticket)))
        if holder != conversation_id:
            return Agreed(draft, [], self._handing.keep(conversation_id, kept))
        return Agreed(draft, self._use(conversation_id, draft, kept, elsewhere=True))

    def awaits_code(self, conversation_id: str) -> bool:
        """Whether somebody logged in for this conversation in another browser."""
        return self._handing.waits(conversation_id)

    def type_code(self, conversation_id: str, code: str) -> list[EField] | None:
        """Uses the login that waits; the fields filled, or None for a wrong code. Raises NotFound, Conflict."""
        kept = self._handing.open(conversation_id, code)
        if kept is None:
            return None
        return self._use(conversation_id, self._draft(conversation_id, kept["draft"]), kept, elsewhere=False)

    def _use(self, conversation_id: str, draft: Draft, kept: Mapping[str, str], *, elsewhere: bool) -> list[EField]:
        """The conversation is this person from now on, and the draft's fields are filled."""
        person = unpacked(self._keyring, kept["person"].encode())
        filled = self._drafts.fill(
            conversation_id, draft.id, prefill.answers(draft.form, person), "verified", elsewhere=elsewhere)
        now = utc_now()
        sealed = self._keyring.encrypt(json.dumps({"person": kept["person"], "id_token": kept["id_token"]}))
        with self._database.session() as session:
            session.merge(VerifiedPersonRow(
                conversation_id=conversation_id, digest=person_digest(self._keyring, person.personal_id),
                sealed=sealed, verified_at=now, expires_at=now + _VERIFIED_FOR))
            note_consent(session, self._texts, conversation_id, draft.id, "login")
        return filled

    def refuse(self, ticket: str, cookie: str) -> Draft:
        """Forgets the login unused."""
        conversation_id, kept = self._look(ticket, cookie)
        with self._database.session() as session:
            session.execute(delete(LoginRow).where(LoginRow.state == self._digest(ticket)))
        return self._draft(conversation_id, kept["draft"])

    def verified(self, conversation_id: str) -> Verified | None:
        """Who the conversation is now; None when nobody logged in, or it is too long ago."""
        with self._database.session(write=False) as session:
            row = session.get(VerifiedPersonRow, conversation_id)
            if row is None or row.expires_at < utc_now():
                return None
            kept = json.loads(self._keyring.decrypt(row.sealed))
            person = unpacked(self._keyring, kept["person"].encode())
            return Verified(row.digest, person, row.verified_at, row.expires_at)

    def log_out(self, conversation_id: str, back: str) -> str:
        """Forgets the login; returns where the session at the provider itself is ended, or ""."""
        with self._database.session() as session:
            row = session.get(VerifiedPersonRow, conversation_id)
            if row is None:
                return ""
            id_token = json.loads(self._keyring.decrypt(row.sealed))["id_token"]
            session.delete(row)
        return self.client.logout_address(id_token, back)

    def erase(self, conversation_id: str) -> None:
        with self._database.session() as session:
            for table in (LoginRow, VerifiedPersonRow, IdentityConsentRow):
                session.execute(delete(table).where(table.conversation_id == conversation_id))

    def purge(self) -> None:
        """Forgets logins that are over."""
        with self._database.session() as session:
            for table in (LoginRow, VerifiedPersonRow):
                session.execute(delete(table).where(table.expires_at < utc_now()))

    def _person(self, claims: Mapping[str, Any]) -> Person:
        def said(fact: str) -> str:
            value = claims.get(self._claims.get(fact, ""))
            return str(value).strip() if isinstance(value, str | int) else ""

        # "Nam"/"Nữ" as on cards, or the words of OpenID's own claim `gender`.
        sexes = {"nam": "male", "male": "male", "nữ": "female", "female": "female"}
        person = Person(
            said("personal_id"), said("name"), _birth(said("birth_date")),
            sexes.get(said("sex").lower()), said("address"))  # type: ignore[arg-type]
        try:
            return checked(person, self._today())
        except InvalidInput as problem:
            _log.warning("login_claims_unusable", field=problem.extra.get("field", ""))
            raise InvalidInput(self._texts.render("login.incomplete")) from None

    def _draft(self, conversation_id: str, draft_id: str) -> Draft:
        found = next((d for d in self._drafts.resumable(conversation_id) if d.id == draft_id), None)
        if found is None:
            raise NotFound(self._texts.render("login.expired"))
        return found

    def _keep(self, token: str, conversation_id: str, life: timedelta, data: dict[str, str]) -> None:
        with self._database.session() as session:
            session.add(LoginRow(
                state=self._digest(token), conversation_id=conversation_id,
                sealed=self._keyring.encrypt(json.dumps(data)), expires_at=utc_now() + life))

    def _take(self, token: str, cookie: str) -> tuple[str, dict[str, str]] | None:
        """What was kept under `token`, once: whatever comes of it, it is used up."""
        with self._database.session() as session:
            row = session.get(LoginRow, self._digest(token), with_for_update=True)
            found = self._opened(row, cookie)
            if row is not None:
                session.delete(row)
            return found if found and "nonce" in found[1] else None

    def _look(self, token: str, cookie: str) -> tuple[str, dict[str, str]]:
        with self._database.session(write=False) as session:
            found = self._opened(session.get(LoginRow, self._digest(token)), cookie)
        if found is None or "person" not in found[1]:
            raise Forbidden(self._texts.render("login.expired"))
        return found

    def _opened(self, row: LoginRow | None, cookie: str) -> tuple[str, dict[str, str]] | None:
        if row is None or row.expires_at < utc_now():
            return None
        kept: dict[str, str] = json.loads(self._keyring.decrypt(row.sealed))
        return (row.conversation_id, kept) if hmac.compare_digest(kept["cookie"], self._digest(cookie)) else None

    def _digest(self, token: str) -> str:
        return self._keyring.digest("oidc-login", token)

    def _failed(self, error: Exception) -> Exception:
        """Logged by the check that failed, never with claims; told in plain words."""
        _log.warning("login_failed", cause=str(error))
        if isinstance(error, ProviderDown):
            return NotReady(self._texts.render("login.down", provider=self.provider))
        return Forbidden(self._texts.render("login.level" if str(error) == "acr" else "login.refused"))


def _birth(text: str) -> date | None:
    """`yyyymmdd` as the national portal writes it, or ISO."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
