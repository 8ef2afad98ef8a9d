"""See, correct, export, erase, withdraw: what a citizen may do with what is kept of them (Law 91/2025/QH15).

Whoever holds the conversation holds its own data; a dossier's data only as far as `actions.dossiers.access` lets the
conversation act on it. What goes and what stays is data (`holdings.yml`), and always said.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from actions.dossiers.access import Access
from actions.dossiers.eforms.drafts import DraftService
from actions.messages import Messages
from actions.notices.service import Notices
from actions.outbox import Entry, Outbox
from actions.rights.collecting import Collector, moment
from actions.rights.holding import Collect, Held, Line, Record, Section, holdings
from actions.rights.requests import Request, RequestLog
from common.clock import local_now, utc_now
from common.database import Database
from common.errors import InvalidInput, NotFound, NotReady, TooManyRequests
from common.identifiers import parse_dossier_code
from common.settings import Settings

__all__ = ["ERASE", "Rights"]

ERASE = "rights.erase"
# The turn that asked for it is answered first.
_PAUSE = timedelta(seconds=10)
_LONGEST = 1000
_MOST_WAITING = 10


class Rights:
    """The service behind the chat, the page and the API."""

    def __init__(
        self, settings: Settings, database: Database, outbox: Outbox, texts: Messages, log: RequestLog,
        collector: Collector, access: Access, drafts: DraftService, notices: Notices,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.texts = texts
        self.log = log
        self.collector = collector
        self._settings = settings
        self._database = database
        self._outbox = outbox
        self._access = access
        self._drafts = drafts
        self._notices = notices
        self._now = now
        self._erase: Callable[[str], object] | None = None
        # Other parts add what they keep: an id of `holdings.yml`, and how to collect it.
        self.holders: dict[str, Collect] = {
            "chat": collector.chat, "drafts": collector.drafts, "checklists": collector.checklists,
            "appointments": collector.appointments, "dossiers": collector.dossiers,
            "reminders": collector.reminders, "consents": collector.consents, "requests": self._requests,
        }

    def erase_by(self, erase: Callable[[str], object]) -> None:
        """Who deletes a conversation everywhere (the gateway's eraser)."""
        self._erase = erase

    def see(self, conversation_id: str) -> Held:
        """Everything that is kept of the conversation's citizen, with purpose, ground and time."""
        return Held(made_at=local_now(), sections=[
            self._section(name, collect(conversation_id)) for name, collect in self.holders.items()])

    def erase(self, conversation_id: str) -> Request:
        """Deletes now what may be deleted, and notes it. Raises NotReady where nobody deletes in this process."""
        if self._erase is None:
            raise NotReady("nobody erases conversations in this process")
        kept = self._access.held(conversation_id)
        request = self.log.add(conversation_id, "erase", {"kept": kept})
        self._erase(conversation_id)
        return self.log.move(request.number, "done", "")

    def erase_soon(self, conversation_id: str) -> Request:
        """The same after the turn that asks for it: the request is noted now, the data go within seconds."""
        request = self.log.add(conversation_id, "erase", {"kept": self._access.held(conversation_id)})
        with self._database.session() as session:
            self._later(session, conversation_id, request.number)
        return request

    def on_erase(self, entry: Entry) -> None:
        """The work `rights.erase`. Repeating it deletes nothing more."""
        if self._erase is None:
            raise NotReady("nobody erases conversations in this process")
        self._erase(str(entry.payload["conversation"]))
        self.log.move(str(entry.payload["number"]), "done", "")

    def withdraw(self, conversation_id: str) -> Request:
        """Stops notices and drops open drafts now; for submitted dossiers an officer has a request to answer."""
        self._notices.stop(conversation_id)
        self._drafts.erase(conversation_id)
        codes = self._access.held(conversation_id)
        return self.log.add(conversation_id, "withdraw", {"dossiers": codes}, done=not codes)

    def correct(self, conversation_id: str, code: str, what: str) -> Request:
        """Asks an officer to correct a submitted dossier. Raises InvalidInput, or NotFound for another's dossier."""
        what = what.strip()
        if not 3 <= len(what) <= _LONGEST:
            raise InvalidInput(self.texts.render("invalid.what", limit=_LONGEST), field="what")
        if self.log.waiting(conversation_id) >= _MOST_WAITING:
            raise TooManyRequests(self.texts.render("invalid.many"), retry_after=86_400)
        code = parse_dossier_code(code).value
        if code not in self._access.held(conversation_id):
            raise NotFound(self.texts.render("invalid.dossier"))
        return self.log.add(conversation_id, "correct", {"dossier": code, "what": what})

    def codes(self, conversation_id: str) -> list[str]:
        """The dossiers that the conversation may act on now."""
        return self._access.held(conversation_id)

    def archive(self) -> str:
        """How long a submitted dossier is kept, as far as it is known."""
        years = self._settings.dossier_archive_years
        return self.texts.render("archive.known", years=years) if years else self.texts.render("archive.unknown")

    def _section(self, name: str, records: list[Record]) -> Section:
        facts = holdings()[name]
        until = facts["until"].format(chat_days=self._settings.chat_retention_days, archive=self.archive())
        return Section(id=name, records=records, **{**facts, "until": until})

    def _requests(self, conversation_id: str) -> list[Record]:
        return [
            Record(title=request.number, lines=[
                self._line("kind", self.texts.render(f"kind.{request.kind}")),
                self._line("state", self.texts.render(f"state.{request.state}")),
                self._line("received", moment(request.received_at)),
                self._line("due_on", f"{request.due_on:%d/%m/%Y}")])
            for request in self.log.of(conversation_id)
        ]

    def _line(self, key: str, value: str) -> Line:
        return Line(label=self.texts.render(f"record.{key}"), value=value)

    def _later(self, session: Session, conversation_id: str, number: str) -> None:
        # The subject is the request: the conversation's own outbox entries go with it while this one is at work.
        self._outbox.put(
            session, ERASE, number, number, {"conversation": conversation_id, "number": number},
            at=self._now() + _PAUSE)
