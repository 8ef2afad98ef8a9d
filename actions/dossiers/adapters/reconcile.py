"""Comparing open dossiers with the outside system: what got lost on the way is repaired, what differs is reported."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from pydantic import BaseModel
from sqlalchemy import and_, or_, select

from actions.dossiers.adapters.contract import OneStop, OutsideDossier, OutsideDown, OutsideRefused, OutsideWrong
from actions.dossiers.adapters.mapping import StateMap
from actions.dossiers.adapters.sending import Sending
from actions.dossiers.adapters.tables import OutsideDossierRow
from actions.dossiers.registry.states import State
from actions.dossiers.registry.transitions import PUSHED
from actions.dossiers.tables import DossierRow
from common.database import Database

__all__ = ["Difference", "Reconciliation", "Report"]

_log = structlog.get_logger(__name__)


class Difference(BaseModel):
    """What staff must decide. `kind`: state, refused, wrong_answer, missing."""

    code: str
    outside_code: str
    kind: str
    ours: str
    theirs: str


class Report(BaseModel):
    """One run. `reached` is False when the outside system went away before the end."""

    checked: int = 0
    sent: list[str] = []
    found: list[str] = []
    pushed: list[str] = []
    caught_up: list[str] = []
    differences: list[Difference] = []
    reached: bool = True


@dataclass(frozen=True)
class _Pair:
    dossier_id: str
    code: str
    ours: str
    outside_code: str
    refused: str
    theirs: str


class Reconciliation:
    """Safe to run at any time and on several replicas."""

    def __init__(
        self, database: Database, onestop: OneStop, sending: Sending, mapping: StateMap, states: dict[str, State]
    ) -> None:
        self._database = database
        self._onestop = onestop
        self._sending = sending
        self._mapping = mapping
        self._ended = [name for name, state in states.items() if state.final]

    def run(self) -> Report:
        """Every dossier that is open here or there. Never raises for what the outside system does."""
        report = Report()
        for pair in self._open():
            try:
                self._one(pair, report)
            except OutsideDown:
                report.reached = False
                break
            except OutsideWrong as error:
                report.differences.append(self._difference(pair, "wrong_answer", theirs=error.detail[:120]))
            except OutsideRefused as refused:
                report.differences.append(self._difference(pair, "refused", theirs=refused.detail[:120]))
            report.checked += 1
        _log.info(
            "reconciled", checked=report.checked, sent=len(report.sent), found=len(report.found),
            pushed=len(report.pushed), caught_up=len(report.caught_up), differences=len(report.differences),
            reached=report.reached)
        return report

    def _one(self, pair: _Pair, report: Report) -> None:
        if pair.refused:
            report.differences.append(self._difference(pair, "refused", theirs=pair.refused))
            return
        outside = self._there(pair, report)
        if outside is None:
            return
        self._sending.take(pair.dossier_id, outside)
        before, pair = pair, self._pair(pair.dossier_id)
        if pair.ours != before.ours:
            report.caught_up.append(pair.code)
        theirs = self._mapping.ours(pair.theirs)
        if theirs == pair.ours:
            return
        if pair.ours in PUSHED:
            self._sending.follow(pair.dossier_id)
            pair = self._pair(pair.dossier_id)
            if self._mapping.ours(pair.theirs) == pair.ours:
                report.pushed.append(pair.code)
                return
        report.differences.append(self._difference(pair, "state", theirs=pair.theirs))

    def _there(self, pair: _Pair, report: Report) -> OutsideDossier | None:
        """The dossier as it stands outside; sent, or sent again, when the outside system has none."""
        if pair.outside_code:
            try:
                return self._onestop.status(pair.outside_code)
            except OutsideRefused as refused:
                if refused.code != 404:
                    raise
        found = self._onestop.find(pair.code)
        if found is not None:
            report.found.append(pair.code)
            return found
        if self._sending.submit(pair.dossier_id, again=True):
            report.sent.append(pair.code)
        else:
            pair = self._pair(pair.dossier_id)
            report.differences.append(self._difference(pair, "refused", theirs=pair.refused))
        return None

    def _open(self) -> list[_Pair]:
        known = OutsideDossierRow.dossier_id.is_not(None)
        query = select(DossierRow, OutsideDossierRow).outerjoin(
            OutsideDossierRow, OutsideDossierRow.dossier_id == DossierRow.id)
        # One that ended here stays in view until it has ended there too.
        ended_there = [name for name in self._mapping.names if self._mapping.ours(name) in self._ended]
        differs = and_(known, OutsideDossierRow.outside_state.not_in(ended_there))
        query = query.where(or_(DossierRow.state.not_in(self._ended), differs)).order_by(DossierRow.submitted_at)
        with self._database.session(write=False) as session:
            return [_pair(row, link) for row, link in session.execute(query)]

    def _pair(self, dossier_id: str) -> _Pair:
        query = select(DossierRow, OutsideDossierRow).outerjoin(
            OutsideDossierRow, OutsideDossierRow.dossier_id == DossierRow.id).where(DossierRow.id == dossier_id)
        with self._database.session(write=False) as session:
            row, link = session.execute(query).one()
            return _pair(row, link)

    def _difference(self, pair: _Pair, kind: str, *, theirs: str) -> Difference:
        return Difference(
            code=pair.code, outside_code=pair.outside_code, kind=kind, ours=pair.ours, theirs=theirs)


def _pair(row: DossierRow, link: OutsideDossierRow | None) -> _Pair:
    refused = link.problem if link and link.state == "refused" else ""
    return _Pair(
        row.id, row.code, row.state, (link.outside_code or "") if link else "", refused,
        link.outside_state if link else "")
