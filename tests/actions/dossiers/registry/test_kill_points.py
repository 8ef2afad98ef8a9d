"""The service is killed at every step of a submission: no dossier is lost, none is there twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from actions.dossiers.registry.tables import DossierClockRow
from actions.dossiers.tables import DossierEventRow, DossierRow, DossierSequenceRow, DossierValueRow
from actions.outbox import OutboxRow
from common.database import Database
from tests.actions.dossiers.registry.support import count, dossier_of, open_room, ready_drafts, settings_on

ROOT = Path(__file__).parents[4]
MOST_STEPS = 120


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def test_killed_at_every_step_nothing_is_lost_and_nothing_doubled(kind: str, tmp_path: Path) -> None:
    settings = settings_on(kind, tmp_path)
    room, database = open_room(settings)
    drafts = ready_drafts(room, database, MOST_STEPS)
    values = count(database, DossierValueRow)
    answers = len(room.drafts.active("r0").answered)  # type: ignore[union-attr]
    database.dispose()

    command = [sys.executable, "-m", "tests.actions.dossiers.registry.killing", str(tmp_path), settings.database_url]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, timeout=600, check=True)
    told = json.loads(run.stdout)
    steps, ends = told["steps"], told["ends"]
    assert len(steps) >= 30 and {"before COMMIT", "after COMMIT", "before INSERT", "after INSERT"} <= set(steps)
    assert len(steps) < MOST_STEPS and ends == [-signal.SIGKILL] * len(steps)

    left = [dossier_of(database, draft) for draft in drafts[1:len(steps) + 1]]
    committed = [name for name, dossier in zip(steps, left, strict=True) if dossier is not None]
    # It is there only where the killing came after the transaction's end, and then it is whole.
    assert committed and committed[0] == "after COMMIT" and steps[-len(committed):] == committed
    for number, draft in enumerate(drafts[1:len(steps) + 1], start=1):
        before = left[number - 1]
        if before is None:
            open_ = room.drafts.active(f"r{number}")
            assert open_ is not None and open_.stage == "review" and len(open_.answered) == answers
        again = room.submissions.submit(draft)
        assert again.new == (before is None)
        assert before is None or before.code == again.code
    _all_whole(database, len(steps) + 1, values + answers)
    database.dispose()


def _all_whole(database: Database, dossiers: int, answers: int) -> None:
    """Every dossier once, each with its parts: values, first event, clock, notice and letter to the outside."""
    with database.session(write=False) as session:
        rows = session.scalars(select(DossierRow)).all()
        codes = sorted(row.code for row in rows)
        assert len(set(codes)) == len(codes) == len({row.draft_id for row in rows}) == dossiers
        # Numbers have no gap either: a killed transaction gave its number back.
        assert [int(code[-4:]) for code in codes] == list(range(1, dossiers + 1))
        assert session.scalars(select(DossierSequenceRow.last)).one() == dossiers
    for row in rows:
        assert count(database, DossierValueRow, DossierValueRow.dossier_id == row.id) == answers
        assert count(database, DossierEventRow, DossierEventRow.dossier_id == row.id) == 1
        assert count(database, DossierClockRow, DossierClockRow.dossier_id == row.id) == 1
        for topic in ("notice.dossier", "registry.send"):
            assert count(database, OutboxRow, OutboxRow.subject == row.id, OutboxRow.topic == topic) == 1
