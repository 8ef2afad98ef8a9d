"""The fence on a real store: whatever the order in which bot, citizen and people act, each epoch has one speaker."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from bot.context import Context
from bot.desk.tables import DeskCaseRow
from bot.gateway.tables import ConversationRow, MessageRow
from bot.gateway.turn import Inbound, Turn
from common.database import Database
from common.errors import Conflict
from common.messages import Reply, Status
from common.settings import Settings
from tests.bot.serving import assemble
from tests.postgres import database_url

PEOPLE = ("lan", "minh", "thu")


def desk_over(url: str, home: Path) -> Context:
    return assemble(Settings(database_url=url, home=home, desk_capacity=2))


def speakers(database: Database) -> dict[tuple[str, int], set[str]]:
    """Who of bot and people spoke, by conversation and epoch."""
    found: dict[tuple[str, int], set[str]] = {}
    with database.session(write=False) as session:
        for row in session.scalars(select(MessageRow).where(MessageRow.author.in_(("bot", "agent")))):
            found.setdefault((row.conversation_id, row.owner_epoch or 0), set()).add(row.author)
    return found


class Fence(RuleBasedStateMachine):
    """One conversation. Answers in the making and views of screens are held back and come in at any time."""

    context: Context

    def __init__(self) -> None:
        super().__init__()
        self.id = self.context.store.open([]).id
        self.turns: list[Turn] = []
        self.views: list[tuple[str, int]] = []
        self.number = 0

    def row(self) -> ConversationRow:
        with self.context.database.session(write=False) as session:
            return session.get_one(ConversationRow, self.id)

    @precondition(lambda self: not self.turns)
    @rule(text=st.sampled_from(("khai sinh", "cho em gặp cán bộ")))
    def citizen_asks(self, text: str) -> None:
        self.number += 1
        begun = self.context.turns.begin(self.id, f"k{self.number}")
        assert begun is not None
        turn = Turn(Inbound(self.id, f"k{self.number}", text=text), begun.conversation, transcript=text, text=text)
        self.context.turns.record(turn)
        self.turns.append(turn)

    @precondition(lambda self: self.turns)
    @rule()
    def bot_answers(self) -> None:
        turn, before = self.turns.pop(), self.row()
        if turn.conversation.owner == "agent":
            turn.status = Status.AGENT
        else:
            turn.status = Status.HANDED_OFF if "cán bộ" in turn.transcript else Status.ANSWERED
            turn.replies = [Reply(text="trả lời", status=turn.status)]
        outcome = self.context.turns.settle(turn)
        spoke = any(message["author"] == "bot" for message in outcome.messages)
        stale = before.owner_epoch != turn.conversation.epoch
        assert spoke == (not stale and turn.conversation.owner != "agent")

    @rule(who=st.sampled_from(PEOPLE))
    def person_looks(self, who: str) -> None:
        self.views = [*self.views[-3:], (who, self.row().owner_epoch)]

    def act(self, index: int, allowed: Any, do: Any) -> None:
        who, epoch = self.views[index % len(self.views)]
        before = self.row()
        current = before.owner_epoch == epoch and allowed(who, before)
        if current:
            do(who, epoch)
        else:
            with pytest.raises(Conflict):
                do(who, epoch)

    @precondition(lambda self: self.views)
    @rule(index=st.integers(0, 3))
    def person_claims(self, index: int) -> None:
        self.act(index, lambda *_: True, lambda who, epoch: self.context.desk.acts.take(self.id, who, epoch))

    @precondition(lambda self: self.views)
    @rule(index=st.integers(0, 3))
    def person_speaks(self, index: int) -> None:
        self.act(index, _owns, lambda who, epoch: self.context.desk.acts.say(self.id, who, epoch, "lời của cán bộ"))

    @precondition(lambda self: self.views)
    @rule(index=st.integers(0, 3), to=st.sampled_from(PEOPLE))
    def person_hands_on(self, index: int, to: str) -> None:
        self.act(index, _owns, lambda who, epoch: self.context.desk.acts.transfer(
            self.id, who, epoch, "đổi ca trực", to="" if to == "thu" else to, unit="Thuế" if to == "thu" else ""))

    @precondition(lambda self: self.views)
    @rule(index=st.integers(0, 3))
    def person_returns(self, index: int) -> None:
        self.act(index, lambda *_: True, lambda who, epoch: self.context.desk.acts.give_back(self.id, epoch, who))

    @rule()
    def desk_assigns(self) -> None:
        self.context.desk.presence.say("lan", "online")
        self.context.desk.assigner.run()

    @invariant()
    def one_speaker_an_epoch(self) -> None:
        assert all(len(who) == 1 for who in speakers(self.context.database).values())

    @invariant()
    def owner_and_case_agree(self) -> None:
        row = self.row()
        with self.context.database.session(write=False) as session:
            cases = session.scalars(select(DeskCaseRow).where(
                DeskCaseRow.conversation_id == self.id, DeskCaseRow.closed_at.is_(None))).all()
        assert [case.agent for case in cases] == ([] if row.owner == "bot" else [row.agent])


def _owns(who: str, row: ConversationRow) -> bool:
    return row.owner == "agent" and row.agent == who


def test_random_interleavings() -> None:
    with tempfile.TemporaryDirectory() as home:
        Fence.context = desk_over(f"sqlite:///{home}/isee.db", Path(home))
        try:
            machine = Fence.TestCase
            machine.settings = settings(
                max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
            machine().runTest()
        finally:
            Fence.context.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_threads_of_two_replicas_never_give_one_conversation_twice(kind: str, tmp_path: Path) -> None:
    url = database_url(kind, tmp_path)
    replicas = [desk_over(url, tmp_path), desk_over(url, tmp_path)]
    try:
        talks = [_waits(replicas[0]) for _ in range(8)]
        for name in PEOPLE:
            replicas[0].desk.presence.say(name, "online")

        def work(number: int) -> None:
            context = replicas[number % 2]
            if number % 3:
                context.desk.assigner.run()
            else:
                with suppress(Conflict):
                    context.desk.acts.take(talks[number % len(talks)], "lan", 1)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(24)))
        with replicas[0].database.session(write=False) as session:
            rows = {row.id: row for row in session.scalars(select(ConversationRow))}
            cases = list(session.scalars(select(DeskCaseRow)))
        for case in cases:
            row = rows[str(case.conversation_id)]
            assert (row.owner, row.agent) == (("agent", case.agent) if case.agent else ("waiting", None))
            assert row.owner_epoch == (2 if case.agent else 1), "changed hands once at most"
        load = {name: sum(case.agent == name for case in cases) for name in PEOPLE}
        assert load["minh"] == load["thu"] == 2, "capacity is kept, and nobody with room is left out while others wait"
    finally:
        for context in replicas:
            context.close()


def _waits(context: Context) -> str:
    """A conversation that waits for a person, at epoch 1."""
    opened = context.store.open([]).id
    begun = context.turns.begin(opened, "k")
    assert begun is not None
    turn = Turn(Inbound(opened, "k", text="gặp cán bộ"), begun.conversation, transcript="gặp cán bộ")
    context.turns.record(turn)
    turn.status, turn.replies = Status.HANDED_OFF, [Reply(text="đã chuyển", status=Status.HANDED_OFF)]
    context.turns.settle(turn)
    return opened
