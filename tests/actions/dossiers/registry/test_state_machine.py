"""Whatever officers and the citizen try, in whatever order: only legal moves happen, and timeline, clock, requests and
notices stay consistent with the state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import cycle, pairwise
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from actions.companion.bundle import Dossiers
from actions.dossiers.registry.requests import Wanted
from actions.dossiers.registry.states import FIRST, load_states
from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.tables import DossierRow
from actions.outbox import OutboxRow
from common.database import Database
from common.errors import Conflict, ISeeError, NotFound
from common.settings import Settings
from tests.actions.dossiers.registry.support import open_room, ready_drafts

STATES = load_states()
EXAMPLES, STEPS = 15, 20


@pytest.fixture(scope="module", autouse=True)
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One room for all examples: each takes a dossier of its own."""
    OneDossier.room, OneDossier.database = open_room(
        Settings(home=tmp_path_factory.mktemp("states"), _env_file=None))
    OneDossier.drafts = cycle(ready_drafts(OneDossier.room, OneDossier.database, 20 * EXAMPLES))
    yield
    OneDossier.database.dispose()


class OneDossier(RuleBasedStateMachine):
    """The model knows the state and how often something was told; the registry has to agree."""

    room: ClassVar[Dossiers]
    database: ClassVar[Database]
    drafts: ClassVar[Iterator[str]]

    @initialize()
    def submit(self) -> None:
        self.code = self.room.submissions.submit(next(self.drafts)).code
        self.state, self.told, self.due = FIRST, 1, self.room.registry.status(self.code).due_on

    @rule(state=st.sampled_from(sorted(STATES)), note=st.sampled_from(["", "Thiếu bản sao giấy chứng sinh"]))
    def advance(self, state: str, note: str) -> None:
        legal = state in STATES[self.state].to and (note or not STATES[state].note)
        try:
            self.room.registry.advance(self.code, state, actor="Lê C", note=note)
        except ISeeError:
            assert not legal
        else:
            assert legal
            self.state, self.told = state, self.told + 1

    @rule(papers=st.integers(1, 3))
    def ask_for_papers(self, papers: int) -> None:
        wanted = [Wanted("document", f"Giấy tờ {number}", "Bản chụp bị mờ") for number in range(papers)]
        legal = "supplement_requested" in STATES[self.state].to or self.state == "supplement_requested"
        try:
            self.room.supplements.request(self.code, wanted, actor="Lê C")
        except Conflict:
            assert not legal
        else:
            assert legal
            self.state, self.told = "supplement_requested", self.told + 1

    @rule(pick=st.integers(0, 5), text=st.sampled_from(["", "Đã sửa đúng"]))
    def answer(self, pick: int, text: str) -> None:
        asked = self.room.supplements.asked(self.code)
        number = asked[pick % len(asked)].id if asked else 1
        left = [item.id for item in asked if item.open and item.id != number]
        try:
            self.room.supplements.answer(self.code, number, text=text)
        except (Conflict, NotFound):
            assert self.state != "supplement_requested" or not asked or asked[pick % len(asked)].state == "closed"
        except ISeeError:
            assert not text
        else:
            assert self.state == "supplement_requested" and text
            if not left:
                self.state, self.told = "supplemented", self.told + 1

    @rule()
    def withdraw(self) -> None:
        try:
            self.room.supplements.withdraw(self.code)
        except Conflict:
            assert "withdrawn" not in STATES[self.state].to
        else:
            self.state, self.told = "withdrawn", self.told + 1

    @precondition(lambda self: STATES[self.state].clock != "ended")
    @rule()
    def explain(self) -> None:
        self.room.registry.explain(self.code, reason="Chờ xác minh của tỉnh khác", expected_on=None, actor="Lê C")
        self.told += 1

    @invariant()
    def everything_agrees(self) -> None:
        if not hasattr(self, "code"):
            return
        status, shown = self.room.registry.status(self.code), STATES[self.state]
        assert (status.status, status.status_label) == (self.state, shown.label)
        moves = [entry.state for entry in status.timeline if entry.kind == "state"]
        assert moves[0] == FIRST and moves[-1] == self.state
        assert all(after in STATES[before].to or before == after for before, after in pairwise(moves))
        assert [entry.at for entry in status.timeline] == sorted(entry.at for entry in status.timeline)
        # Somebody waits for the citizen exactly while there is something to answer.
        assert bool(status.open_requests) == (self.state == "supplement_requested")
        with self.database.session(write=False) as session:
            row = session.scalars(select(DossierRow).where(DossierRow.code == self.code)).one()
            clock = session.get_one(DossierClockRow, row.id)
            told = session.scalar(select(func.count()).select_from(OutboxRow).where(
                OutboxRow.subject == row.id, OutboxRow.topic == "notice.dossier"))
        assert told == self.told, "each change is told once"
        assert (clock.stopped_on is not None) == (shown.clock == "stopped") or shown.clock == "ended"
        assert (clock.ended_on is not None) == (shown.clock == "ended")
        assert isinstance(row.due_on, date) and row.due_on == self.due, "nothing waited, so nothing moved"


OneDossier.TestCase.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck))
TestOneDossier = OneDossier.TestCase


def test_every_state_says_what_a_citizen_needs() -> None:
    for name, state in STATES.items():
        assert state.label and state.next_step.endswith("."), name
        assert not state.sentence.endswith("."), "the due date follows"
        assert state.final == (state.acts == "nobody"), name
    assert STATES["supplement_requested"].clock == "stopped"


def test_states_that_lead_nowhere_or_cannot_be_reached_are_found(tmp_path: Path) -> None:
    state = "{label: A, sentence: A, action: A, description: A, next_step: A., acts: officer, to: [%s]}"
    file = tmp_path / "states.yml"
    file.write_text(f"submitted: {state % 'gone'}", "utf-8")
    with pytest.raises(ValueError, match="gone, which is not a state"):
        load_states(file)
    file.write_text(f"submitted: {state % ''}\nlost: {state % ''}", "utf-8")
    with pytest.raises(ValueError, match="no way leads from submitted to lost"):
        load_states(file)
