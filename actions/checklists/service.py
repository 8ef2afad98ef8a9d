"""Checklists in the database: answers, ticks, the version of the guide they were made from."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.checklists.decide import (
    Answers,
    IllegalAnswer,
    Question,
    State,
    answers_of,
    decide,
    questions,
)
from actions.checklists.tables import ChecklistRow
from actions.messages import Messages
from common.clock import local_date, utc_now
from common.database import Database
from common.errors import InvalidInput, NotFound
from common.keyring import Keyring
from common.links import Links
from knowledge_base.model import Document, Published
from knowledge_base.tables import GuideVersion

__all__ = ["KIND", "Checklist", "ChecklistService", "item_key"]

_Change = Callable[[Answers], Mapping[str, State]]
KIND = "checklist"
# "Come back on another day", and a paper slip with the code on it: as long as conversations are kept by default.
_LIFE = timedelta(days=90)


@dataclass(frozen=True)
class Checklist:
    """One checklist as it stands. `answers` by case id, `ticked` by item key."""

    id: str
    conversation_id: str
    code: str
    guide_version: int
    answers: Mapping[str, State] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    updated_at: datetime = field(default_factory=utc_now)


def item_key(document: Document) -> str:
    """A short name of a document that stays the same while the guide's line does."""
    text = "|".join((document.name, document.kind, document.when or ""))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class ChecklistService:
    """Makes, fills and shows checklists. Methods that need the guide are given it as it is published now."""

    def __init__(self, database: Database, keyring: Keyring, links: Links, base_url: str, texts: Messages) -> None:
        self._database = database
        self._keyring = keyring
        self._links = links
        self._base_url = base_url
        self.texts = texts

    def begin(self, conversation_id: str, published: Published) -> Checklist:
        """The conversation's checklist of the procedure: the one that exists, else an empty one."""
        return self._changed(conversation_id, published, lambda answers: answers)

    def restart(self, conversation_id: str, published: Published) -> Checklist:
        """Forgets the answers and keeps the ticks."""
        return self._changed(conversation_id, published, lambda _: {})

    def answer(
        self, conversation_id: str, published: Published, index: int, chosen: Collection[str] | None
    ) -> Checklist:
        """Notes the answer to question `index`. `chosen` None: not sure. Raises InvalidInput for an impossible one."""
        asked = questions(published.guide)
        if not 0 <= index < len(asked):
            raise InvalidInput(self.texts.render("checklist.wrong.question"), field="index")
        given = self._read(asked[index], chosen)
        return self._changed(conversation_id, published, lambda answers: {**answers, **given})

    def add(self, conversation_id: str, published: Published, index: int, case: str) -> Checklist:
        """Notes one case more of a question that allows several, and leaves the question open."""
        question = questions(published.guide)[index]
        self._read(question, [case])
        open_ = {known.id for known in question.cases}

        def added(answers: Answers) -> dict[str, State]:
            kept = {key: state for key, state in answers.items() if key not in open_ or state == "yes"}
            return {**kept, case: "yes"}

        return self._changed(conversation_id, published, added)

    def done(self, conversation_id: str, published: Published, index: int) -> Checklist:
        """Closes a question that allows several with the cases noted so far."""
        noted = self.begin(conversation_id, published).answers
        cases = [case.id for case in questions(published.guide)[index].cases if noted.get(case.id) == "yes"]
        return self.answer(conversation_id, published, index, cases)

    def create(
        self, conversation_id: str, published: Published, cases: Collection[str], unsure: Collection[str]
    ) -> Checklist:
        """A checklist from all answers at once: `cases` apply, `unsure` may; the others don't.

        Raises InvalidInput for unknown cases and for answers that a question doesn't allow.
        """
        unknown = {*cases, *unsure} - {case.id for case in published.guide.cases}
        if unknown:
            raise InvalidInput(self.texts.render("checklist.wrong.case", case=min(unknown)), field="cases")
        given: dict[str, State] = {}
        for question in questions(published.guide):
            ids = [case.id for case in question.cases]
            open_ = any(case in unsure for case in ids) and not any(case in cases for case in ids)
            given |= self._read(question, None if open_ else [case for case in ids if case in cases])
        return self._changed(conversation_id, published, lambda _: given)

    def tick(self, checklist_id: str, published: Published, item: str, on: bool) -> Checklist:
        """Ticks or unticks one paper. Raises NotFound for a checklist or paper that isn't there."""
        with self._database.session() as session:
            row = self._row(session, checklist_id)
            kept = self._open(row)
            if item not in self._items(kept, published):
                raise NotFound(self.texts.render("checklist.no_item"))
            ticked = kept.ticked | {item} if on else kept.ticked - {item}
            return self._store(row, kept.answers, ticked, kept.guide_version)

    def tick_all(self, checklist_id: str, published: Published, items: Collection[str]) -> Checklist:
        """Exactly `items` are ticked of the papers that the checklist shows now; others keep their tick."""
        with self._database.session() as session:
            row = self._row(session, checklist_id)
            kept = self._open(row)
            shown = self._items(kept, published)
            return self._store(row, kept.answers, (kept.ticked - shown) | (shown & set(items)), kept.guide_version)

    def seen(self, checklist_id: str, published: Published) -> Checklist:
        """The citizen has read that the guide changed: from now on this version counts."""
        with self._database.session() as session:
            row = self._row(session, checklist_id)
            kept = self._open(row)
            return self._store(row, kept.answers, kept.ticked, published.version)

    def get(self, checklist_id: str, conversation_id: str | None = None) -> Checklist:
        """The checklist, if it is the conversation's (None: whoever has the link). Raises NotFound."""
        with self._database.session(write=False) as session:
            found = self._open(self._row(session, checklist_id, lock=False))
        if conversation_id is not None and found.conversation_id != conversation_id:
            raise NotFound(self.texts.render("checklist.gone"))
        return found

    def of(self, conversation_id: str) -> list[Checklist]:
        """The conversation's checklists, the latest first."""
        with self._database.session(write=False) as session:
            rows = session.scalars(
                select(ChecklistRow)
                .where(ChecklistRow.conversation_id == conversation_id)
                .order_by(ChecklistRow.updated_at.desc())
            )
            return [self._open(row) for row in rows]

    def answers(self, conversation_id: str, code: str) -> Answers:
        """What the conversation answered for a procedure, the latest time; empty when it was not asked."""
        return next((kept.answers for kept in self.of(conversation_id) if kept.code == code), {})

    def changed_on(self, checklist: Checklist, published: Published) -> date | None:
        """The day from which the guide differs from the version that the citizen has seen, or None."""
        if published.version == checklist.guide_version:
            return None
        with self._database.session(write=False) as session:
            at = session.scalars(
                select(GuideVersion.created_at).where(
                    GuideVersion.code == published.code, GuideVersion.version == published.version
                )
            ).first()
        return local_date(at) if at else local_date()

    def address(self, checklist_id: str) -> str:
        """The page's address with its permission in it."""
        return f"{self._base_url}/checklists/{self._links.make(KIND, checklist_id, _LIFE)}"

    def by_token(self, token: str) -> Checklist:
        """The checklist of a link. Raises NotFound for a foreign, altered or expired one."""
        return self.get(self._links.open(KIND, token))

    def erase(self, conversation_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(ChecklistRow).where(ChecklistRow.conversation_id == conversation_id))

    def _read(self, question: Question, chosen: Collection[str] | None) -> dict[str, State]:
        try:
            return answers_of(question, chosen)
        except IllegalAnswer as error:
            raise InvalidInput(
                self.texts.render(f"checklist.wrong.{error.why}", question=question.text), field="cases"
            ) from error

    def _changed(self, conversation_id: str, published: Published, change: _Change) -> Checklist:
        try:
            return self._change(conversation_id, published, change)
        except IntegrityError:  # another request of the same conversation made it at the same moment
            return self._change(conversation_id, published, change)

    def _change(self, conversation_id: str, published: Published, change: _Change) -> Checklist:
        with self._database.session() as session:
            row = session.scalars(
                select(ChecklistRow)
                .where(
                    ChecklistRow.conversation_id == conversation_id, ChecklistRow.procedure_code == published.code
                )
                .with_for_update()
            ).first()
            if row is None:
                row = ChecklistRow(
                    id=uuid.uuid4().hex, conversation_id=conversation_id, procedure_code=published.code,
                    guide_version=published.version, created_at=utc_now(), sealed=b"", updated_at=utc_now(),
                )  # fmt: skip
                session.add(row)
                kept = Checklist(row.id, conversation_id, published.code, published.version)
            else:
                kept = self._open(row)
            answers = dict(change(kept.answers))
            # Answering anew is done in view of the present guide.
            version = kept.guide_version if answers == dict(kept.answers) else published.version
            made = self._store(row, answers, kept.ticked, version)
            session.flush()
            return made

    def _items(self, kept: Checklist, published: Published) -> set[str]:
        return {item_key(line.item) for line in decide(published.guide, kept.answers).documents}

    def _row(self, session: Session, checklist_id: str, *, lock: bool = True) -> ChecklistRow:
        query = select(ChecklistRow).where(ChecklistRow.id == checklist_id)
        row = session.scalars(query.with_for_update() if lock else query).first()
        if row is None:
            raise NotFound(self.texts.render("checklist.gone"))
        return row

    def _store(self, row: ChecklistRow, answers: Answers, ticked: frozenset[str], version: int) -> Checklist:
        body = json.dumps({"answers": dict(answers), "ticked": sorted(ticked)}, separators=(",", ":"))
        row.sealed = self._keyring.encrypt(body)
        row.guide_version, row.updated_at = version, utc_now()
        return Checklist(row.id, row.conversation_id, row.procedure_code, version, answers, ticked, row.updated_at)

    def _open(self, row: ChecklistRow) -> Checklist:
        body = json.loads(self._keyring.decrypt(row.sealed))
        return Checklist(
            row.id, row.conversation_id, row.procedure_code, row.guide_version,
            body["answers"], frozenset(body["ticked"]), row.updated_at,
        )  # fmt: skip
