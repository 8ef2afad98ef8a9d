"""Two hundred submissions at once: unique codes without gaps, no deadlock, everything there, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from actions.dossiers.tables import DossierEventRow, DossierRow
from actions.outbox import OutboxRow
from tests.actions.dossiers.registry.support import count, open_room, ready_drafts, settings_on

CITIZENS = 200


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_hundred_submissions_at_once(kind: str, tmp_path: Path) -> None:
    room, database = open_room(settings_on(kind, tmp_path))
    drafts = ready_drafts(room, database, CITIZENS)
    with ThreadPoolExecutor(CITIZENS) as pool:
        # Each draft twice: a citizen who presses the button again while the first press is still under way.
        given = list(pool.map(room.submissions.submit, [*drafts, *drafts]))

    assert sum(item.new for item in given) == CITIZENS
    assert len({item.code for item in given}) == CITIZENS
    assert [a.code for a in given[:CITIZENS]] == [b.code for b in given[CITIZENS:]]
    with database.session(write=False) as session:
        codes = sorted(session.scalars(select(DossierRow.code)))
    assert [int(code[-4:]) for code in codes] == list(range(1, CITIZENS + 1))
    assert count(database, DossierEventRow) == CITIZENS
    assert count(database, OutboxRow, OutboxRow.topic == "notice.dossier") == CITIZENS
    database.dispose()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_officers_and_citizens_at_the_same_dossier_never_break_the_chain(kind: str, tmp_path: Path) -> None:
    """Everybody moves the same dossier at once: exactly one of each step happens, in a legal order."""
    room, database = open_room(settings_on(kind, tmp_path))
    code = room.submissions.submit(ready_drafts(room, database, 1)[0]).code
    ways = ["received", "withdrawn", "rejected", "processing", "fee_requested"] * 8

    def move(state: str) -> bool:
        try:
            room.registry.advance(code, state, actor="x", note="lý do rõ ràng")
        except Exception as error:
            assert type(error).__name__ == "Conflict"
            return False
        return True

    with ThreadPoolExecutor(len(ways)) as pool:
        happened = sum(pool.map(move, ways))
    states = [entry.state for entry in room.registry.show(code).timeline]
    assert len(states) == happened + 1
    assert all(after in room.registry.states[before].to for before, after in zip(states, states[1:], strict=False))
    database.dispose()
