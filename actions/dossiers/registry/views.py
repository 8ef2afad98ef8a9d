"""Rows of a dossier turned into what is shown of it; reads only, inside the caller's transaction."""

from __future__ import annotations

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.dossiers.eforms.values import Texts, masked
from actions.dossiers.registry.clock import DossierClock, Lateness
from actions.dossiers.registry.receipt import ReceiptLine
from actions.dossiers.registry.requests import Asked, RequestStore
from actions.dossiers.registry.states import State
from actions.dossiers.registry.status import DossierSummary, PublicStatus, RequestView, TimelineEntry
from actions.dossiers.tables import DossierEventRow, DossierRow, DossierValueRow
from common.clock import to_local
from common.identifiers import mask
from common.keyring import Keyring

__all__ = ["Views"]


# Kinds of events that the timeline knows; what another part adds under a kind of its own is for officers.
_FOR_CITIZENS = {"state", "due", "late", "result", "payment", "assisted"}
_NAMED = {*_FOR_CITIZENS, "access", "assigned", "paper"}


class Views:
    """Public views name no officer and repeat no personal number."""

    def __init__(
        self, states: dict[str, State], clock: DossierClock, requests: RequestStore, keyring: Keyring, texts: Texts,
    ) -> None:
        self._states = states
        self._clock = clock
        self._requests = requests
        self._keyring = keyring
        self._texts = texts

    def public(self, session: Session, row: DossierRow) -> PublicStatus:
        """Where the dossier stands, in plain words."""
        state, lateness = self._states[row.state], self._clock.lateness(session, row)
        due = row.due_on if state.clock == "runs" else None
        return PublicStatus(
            code=row.code, procedure=row.title, procedure_code=row.procedure_code, status=row.state,
            status_label=state.label, status_text=state.description, submitted_at=to_local(row.submitted_at),
            summary=self._texts.render("status.line", sentence=state.sentence, due=due), acts=state.acts,
            due_on=row.due_on, late=lateness.days > 0, days_late=lateness.days,
            late_text=self._late_text(state, lateness), next_step=state.next_step,
            can_withdraw="withdrawn" in state.to, timeline=self.timeline(session, row, public=True),
            requests=[self._public_request(item) for item in self._requests.of(session, row.id)])

    def summary(self, session: Session, row: DossierRow) -> DossierSummary:
        return DossierSummary(
            code=row.code, procedure_code=row.procedure_code, title=row.title, state=row.state,
            label=self._states[row.state].label, submitted_at=to_local(row.submitted_at), due_on=row.due_on,
            days_late=self._clock.lateness(session, row).days, centre=row.centre, officer=row.officer)

    def timeline(self, session: Session, row: DossierRow, *, public: bool) -> list[TimelineEntry]:
        """What happened, in order; who looked at personal values is for officers only."""
        query = select(DossierEventRow).where(DossierEventRow.dossier_id == row.id).order_by(DossierEventRow.id)
        entries = []
        for event in session.scalars(query):
            if public and event.kind not in _FOR_CITIZENS:
                continue
            # Officers' names are no business of whoever holds the code; numbers in notes are masked.
            entries.append(TimelineEntry(
                state=event.state, label=self._label(event), at=to_local(event.at), kind=event.kind,
                note=mask(event.note) if public else event.note, actor="" if public else event.actor))
        return entries

    def assisted(self, session: Session, row: DossierRow) -> str:
        """What the timeline says of help at a counter; "" for a dossier that its citizen filed alone."""
        note = session.scalar(select(DossierEventRow.note).where(
            DossierEventRow.dossier_id == row.id, DossierEventRow.kind == "assisted"))
        return note or ""

    def lines(self, session: Session, row: DossierRow, *, bare: bool) -> list[ReceiptLine]:
        """The submitted values; personal ones masked unless `bare`."""
        query = select(DossierValueRow).where(DossierValueRow.dossier_id == row.id).order_by(DossierValueRow.position)
        lines = []
        for value in session.scalars(query):
            data = json.loads(self._keyring.decrypt(value.sealed))
            display, source = data["display"], data.get("source", "typed")
            mark = self._texts.render(f"source.{source}") if display and source != "typed" else ""
            shown = display if bare else masked(value.label, display)
            lines.append(ReceiptLine(label=value.label, value=shown, mark=mark))
        return lines

    def requests(self, session: Session, row: DossierRow, *, bare: bool) -> list[RequestView]:
        """For officers: with the files' ids, and the written answers masked unless `bare`."""
        return [
            self._request(item, reason=item.reason).model_copy(update={
                "file_ids": list(item.files), "answer": item.answer if bare else mask(item.answer)})
            for item in self._requests.of(session, row.id)]

    def lateness(self, session: Session, row: DossierRow) -> Lateness:
        return self._clock.lateness(session, row)

    def _public_request(self, item: Asked) -> RequestView:
        return self._request(item, reason=mask(item.reason))

    def _request(self, item: Asked, *, reason: str) -> RequestView:
        return RequestView.model_validate({
            "id": item.id, "kind": item.kind, "subject": item.subject, "reason": reason, "state": item.state,
            "asked_at": to_local(item.asked_at), "files": len(item.files),
            "answered_at": to_local(item.answered_at) if item.answered_at else None})

    def _label(self, event: DossierEventRow) -> str:
        if event.kind == "state":
            return self._states[event.state].label
        return self._texts.render(f"timeline.{event.kind if event.kind in _NAMED else 'other'}")

    def _late_text(self, state: State, lateness: Lateness) -> str:
        if state.clock == "ended":
            return ""
        values = {"reason": lateness.reason, "expected": lateness.expected_on}
        if lateness.days:
            return self._texts.render("status.late", days=lateness.days, **values)
        return self._texts.render("status.explained", **values) if lateness.reason else ""
