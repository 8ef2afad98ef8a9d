"""Moving a dossier from one state to the next: only legally, with its event, its clock and its notice, in one
transaction."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from actions.dossiers.eforms.values import Texts
from actions.dossiers.registry.clock import DossierClock
from actions.dossiers.registry.requests import RequestStore, Wanted
from actions.dossiers.registry.states import State
from actions.dossiers.tables import DossierEventRow, DossierRow
from actions.outbox import Outbox
from common.audit import record
from common.clock import utc_now
from common.errors import Conflict, InvalidInput

__all__ = ["CITIZEN", "NOTICE", "PUSH", "PUSHED", "SEND", "SUPPLEMENT", "Transitions", "tell"]

NOTICE = "notice.dossier"
SEND = "registry.send"
PUSH = "registry.push"
# What the citizen does here and an outside system must hear of (`adapters`).
PUSHED = frozenset({"supplemented", "withdrawn"})
SUPPLEMENT = "supplement_requested"
CITIZEN = "citizen"
_LONGEST_NOTE, _LONGEST_ACTOR = 1000, 100


class Transitions:
    """The state machine; works inside the caller's transaction."""

    def __init__(
        self, states: dict[str, State], clock: DossierClock, requests: RequestStore, outbox: Outbox, texts: Texts,
    ) -> None:
        self._states = states
        self._clock = clock
        self._requests = requests
        self._outbox = outbox
        self._texts = texts
        # Why staff can't move a dossier to a state here ("" where they can): an outside system may decide on it.
        self.decided_elsewhere: Callable[[Session, DossierRow, str], str] = lambda session, row, state: ""

    def by_staff(self, session: Session, row: DossierRow, state: str) -> None:
        """Raises Conflict where the decision is not made here."""
        why = self.decided_elsewhere(session, row, state)
        if why:
            raise Conflict(why)

    def target(self, state: str, *, actor: str, note: str) -> State:
        """The state called for. Raises InvalidInput for an unknown one, a missing reason or name, or too much text."""
        target = self._states.get(state)
        if target is None:
            known = ", ".join(self._states)
            raise InvalidInput(self._texts.render("registry.unknown_state", state=state, known=known), field="state")
        if target.note and not note.strip():
            raise InvalidInput(self._texts.render("registry.note_needed", label=target.label), field="note")
        if not actor.strip() or len(actor) > _LONGEST_ACTOR or len(note) > _LONGEST_NOTE:
            raise InvalidInput(self._texts.render("registry.actor_needed"), field="actor")
        return target

    def move(self, session: Session, row: DossierRow, state: str, *, actor: str, note: str = "") -> DossierEventRow:
        """Moves the locked `row` on, notes it and puts the notice down. Raises InvalidInput (`target`) or Conflict
        when no way leads there."""
        target, here = self.target(state, actor=actor, note=note), self._states[row.state]
        if state not in here.to:
            allowed = ", ".join(self._states[name].label for name in here.to) or self._texts.render("registry.final")
            raise Conflict(self._texts.render(
                "registry.illegal", code=row.code, here=here.label, there=target.label, allowed=allowed))
        if row.state == SUPPLEMENT:
            self._requests.close(session, row.id)
        if actor != CITIZEN:  # the note may tell of the citizen: it stands in the timeline, not in the log
            record(session, actor, "dossier.move", f"dossier:{row.code}",
                   before={"state": row.state}, after={"state": state})
        row.state = state
        event = self._event(session, row, actor, note)
        self._clock.turn(session, row, here, target)
        if state == SUPPLEMENT and not self._requests.left(session, row.id):
            # Asked for in words only (by an outside system, on the terminal): the citizen answers those.
            self._requests.add(session, row, [Wanted("other", "", note.strip())], actor=actor)
        tell(self._outbox, session, row, event)
        if state in PUSHED:
            self._outbox.put(session, PUSH, f"{row.id}:{event.id}", row.id, {"code": row.code})
        return event

    def again(self, session: Session, row: DossierRow, *, actor: str, note: str) -> DossierEventRow:
        """The same state said once more, with more to it (a further paper is asked for)."""
        self.target(row.state, actor=actor, note=note)
        event = self._event(session, row, actor, note)
        tell(self._outbox, session, row, event)
        return event

    def _event(self, session: Session, row: DossierRow, actor: str, note: str) -> DossierEventRow:
        row.updated_at = utc_now()
        event = DossierEventRow(
            dossier_id=row.id, state=row.state, actor=actor.strip(), note=note.strip(), at=row.updated_at)
        session.add(event)
        session.flush()
        return event


def tell(outbox: Outbox, session: Session, row: DossierRow, event: DossierEventRow) -> None:
    """Puts the notice of a flushed event down, in its own transaction: it follows the commit, once."""
    payload = {"code": row.code, "state": event.state, "note": event.note}
    outbox.put(session, NOTICE, f"{row.id}:{event.id}", row.id, payload)
