"""Supplements: an officer asks for papers by ticking, the citizen answers each, the dossier goes on when all are there;
and the citizen's own withdrawal."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.requests import Asked, RequestStore, Wanted
from actions.dossiers.registry.transitions import CITIZEN, SUPPLEMENT, Transitions
from actions.dossiers.tables import DossierFileRow, DossierRow
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.identifiers import parse_dossier_code

__all__ = ["CITIZEN", "Supplements"]

_SUPPLEMENTED, _WITHDRAWN = "supplemented", "withdrawn"
_MOST, _MOST_FILES = 30, 10
_SHORTEST_REASON, _LONGEST_REASON, _LONGEST_ANSWER = 5, 500, 2000
_LONGEST_NOTE = 1000


class Supplements:
    """Each method is one transaction. Callers have checked who may act (officer's role, `Access`, signed link)."""

    def __init__(
        self, database: Database, requests: RequestStore, transitions: Transitions, texts: Texts,
    ) -> None:
        self._database = database
        self._requests = requests
        self._transitions = transitions
        self._texts = texts

    def request(self, code: str, wanted: Sequence[Wanted], *, actor: str) -> None:
        """Asks for papers and answers. Raises InvalidInput (nothing ticked, a reason missing), NotFound, or Conflict
        when the dossier is at a step where nothing can be asked for."""
        items = [Wanted(item.kind, " ".join(item.subject.split()), " ".join(item.reason.split())) for item in wanted]
        self._check(items)
        with self._database.session() as session:
            row = self._row(session, code)
            self._transitions.by_staff(session, row, SUPPLEMENT)
            # The requests first: a move that finds none would make one of the note.
            self._requests.add(session, row, items, actor=actor)
            if row.state == SUPPLEMENT:
                self._transitions.again(session, row, actor=actor, note=self._note(items))
            else:
                self._transitions.move(session, row, SUPPLEMENT, actor=actor, note=self._note(items))

    def asked(self, code: str) -> list[Asked]:
        """Every request of a dossier, the answered ones included. Raises NotFound."""
        with self._database.session(write=False) as session:
            return self._requests.of(session, self._row(session, code, lock=False).id)

    def answer(self, code: str, number: int, *, text: str = "", files: Sequence[str] = ()) -> list[Asked]:
        """Takes the answer to one request; with the last one the dossier goes on. Returns what is still open.

        `files` are uploads that belong to nothing yet. Raises NotFound, InvalidInput, or Conflict when nothing is asked
        for any more.
        """
        text = text.strip()
        if not text and not files:
            raise InvalidInput(self._texts.render("supplement.empty"), field="file")
        if len(text) > _LONGEST_ANSWER or len(files) > _MOST_FILES:
            limits = {"characters": _LONGEST_ANSWER, "files": _MOST_FILES}
            raise InvalidInput(self._texts.render("supplement.long", **limits), field="text")
        with self._database.session() as session:
            row = self._row(session, code)
            asked = self._requests.one(session, row.id, number)
            if asked is None:
                raise NotFound(self._texts.render("supplement.unknown"))
            if row.state != SUPPLEMENT or asked.state == "closed":
                raise Conflict(self._texts.render("supplement.over"))
            self._take(session, row, files)
            self._requests.answer(session, number, text, files)
            if not self._requests.left(session, row.id):
                self._transitions.move(session, row, _SUPPLEMENTED, actor=CITIZEN)
            return [item for item in self._requests.of(session, row.id) if item.open]

    def withdraw(self, code: str, *, reason: str = "", actor: str = CITIZEN) -> None:
        """The citizen takes the dossier back. Raises NotFound, or Conflict when it is too late for that."""
        with self._database.session() as session:
            row = self._row(session, code)
            self._transitions.move(session, row, _WITHDRAWN, actor=actor, note=reason[:_LONGEST_REASON])

    def _take(self, session: Session, row: DossierRow, files: Sequence[str]) -> None:
        free = (
            DossierFileRow.id.in_(files), DossierFileRow.dossier_id.is_(None), DossierFileRow.draft_id.is_(None))
        taken = session.execute(update(DossierFileRow).where(*free).values(dossier_id=row.id).returning(
            DossierFileRow.id)).all()
        if len(taken) != len(set(files)):
            raise NotFound(self._texts.render("supplement.file_gone"))

    def _check(self, items: Sequence[Wanted]) -> None:
        if not 1 <= len(items) <= _MOST:
            raise InvalidInput(self._texts.render("supplement.nothing", most=_MOST), field="items")
        for item in items:
            if not _SHORTEST_REASON <= len(item.reason) <= _LONGEST_REASON or len(item.subject) > _LONGEST_REASON:
                subject = item.subject or self._texts.render("supplement.other")
                raise InvalidInput(self._texts.render("supplement.reason", subject=subject), field="reason")

    def _note(self, items: Sequence[Wanted]) -> str:
        note = self._texts.render("supplement.note", items=items)
        return note if len(note) <= _LONGEST_NOTE else note[: _LONGEST_NOTE - 1].rsplit(" ", 1)[0] + "…"

    def _row(self, session: Session, code: str, *, lock: bool = True) -> DossierRow:
        query = select(DossierRow).where(DossierRow.code == parse_dossier_code(code).value)
        row = session.scalars(query.with_for_update() if lock else query).first()
        if row is None:
            raise NotFound(self._texts.render("registry.unknown", code=code))
        return row
