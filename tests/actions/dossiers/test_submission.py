"""Submission: one transaction, one dossier a draft, unique codes, whoever dies or races."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.eforms.draft_store import Draft
from actions.dossiers.eforms.eform import TimeLimit
from actions.dossiers.registry.workdays import Workdays
from actions.dossiers.tables import DossierEventRow, DossierRow, DossierSequenceRow, DossierValueRow, DraftValueRow
from common.database import Database
from common.errors import Conflict, NotFound
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.citizen import KHAI_SINH

ROOT = Path(__file__).parents[3]

# Submits `draft` and is killed at `moment` (before or after the commit); the parent then looks at what is left.
SUBMIT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from actions.companion.bundle import build_dossiers
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings

home, conversation, moment = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
settings = Settings(home=home, _env_file=None)
database = Database.from_settings(settings)
room = build_dossiers(settings, database, Keyring.from_settings(settings))
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
draft = room.drafts.active(conversation)
if moment == "before":
    event.listen(database.engine, "commit", die)
submitted = room.submissions.submit(draft.id)
if moment == "after":
    die()
print(submitted.code)
"""


def fill(room: Dossiers, conversation_id: str = "c1") -> Draft:
    """A draft that only needs to be submitted."""
    room.drafts.start(conversation_id, "khai_sinh")
    room.drafts.consent(conversation_id, True)
    for answer in KHAI_SINH:
        draft = room.drafts.skip(conversation_id) if answer == "bỏ qua" else room.drafts.apply(conversation_id, answer)
        assert not draft.notice, (answer, draft.notice)
    assert draft.stage == "review"
    return draft


def count(database: Database, table: type) -> int:
    with database.session(write=False) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def spawn(home: Settings, conversation_id: str, moment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SUBMIT, str(home.home), conversation_id, moment]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "ISEE_DATABASE_URL": home.database_url}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_submission_moves_the_draft_into_a_dossier(room: Dossiers, database: Database) -> None:
    draft = fill(room)
    submitted = room.submissions.submit(draft.id)
    assert submitted.new and submitted.code.startswith("H49-") and submitted.code.endswith("-0001")
    assert count(database, DraftValueRow) == 0
    assert count(database, DossierValueRow) == len(draft.answered)
    assert count(database, DossierEventRow) == 1
    assert room.drafts.active("c1") is None


def test_personal_values_are_sealed_on_disk(room: Dossiers, database: Database, home: Settings) -> None:
    room.submissions.submit(fill(room).id)
    database.dispose()
    raw = b"".join(path.read_bytes() for path in home.home.glob("isee.db*"))
    for value in ("022190001234", "0912345678", "Nguyễn Thị Lan", "Sản Nhi"):
        assert value.encode() not in raw


def test_an_incomplete_or_unknown_draft_is_refused(room: Dossiers, database: Database) -> None:
    draft = room.drafts.start("c1", "khai_sinh")
    with pytest.raises(Conflict, match="chưa điền"):
        room.submissions.submit(draft.id)
    room.drafts.cancel("c1")
    with pytest.raises(NotFound):
        room.submissions.submit(draft.id)
    assert count(database, DossierRow) == 0 == count(database, DossierSequenceRow)


def test_the_same_draft_from_many_threads_is_one_dossier(room: Dossiers, database: Database) -> None:
    draft = fill(room)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: room.submissions.submit(draft.id), range(8)))
    assert len({result.code for result in results}) == 1
    assert sum(result.new for result in results) == 1
    assert count(database, DossierRow) == 1


def test_many_drafts_from_many_threads_get_their_own_codes(room: Dossiers) -> None:
    drafts = [fill(room, f"c{number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        codes = [result.code for result in pool.map(room.submissions.submit, [draft.id for draft in drafts])]
    assert sorted(code[-4:] for code in codes) == [f"{n:04d}" for n in range(1, 9)]


@pytest.mark.slow
def test_processes_share_the_sequence(room: Dossiers, home: Settings) -> None:
    for number in range(4):
        fill(room, f"c{number}")
    running = [spawn(home, f"c{number}", "never") for number in range(4)]
    codes = [process.communicate(timeout=120)[0].strip() for process in running]
    assert all(process.returncode == 0 for process in running)
    assert sorted(code[-4:] for code in codes) == ["0001", "0002", "0003", "0004"]


@pytest.mark.slow
def test_killed_before_the_commit_leaves_no_half_dossier(
    room: Dossiers, home: Settings, database: Database, keyring: Keyring
) -> None:
    draft = fill(room)
    process = spawn(home, "c1", "before")
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    for table in (DossierRow, DossierValueRow, DossierEventRow, DossierSequenceRow):
        assert count(database, table) == 0
    again = build_dossiers(home, database, keyring)
    reloaded = again.drafts.active("c1")
    assert reloaded is not None and reloaded.values == draft.values
    assert again.submissions.submit(reloaded.id).code.endswith("-0001")


@pytest.mark.slow
def test_killed_after_the_commit_gives_the_same_dossier_on_retry(
    room: Dossiers, home: Settings, database: Database
) -> None:
    draft = fill(room)
    process = spawn(home, "c1", "after")
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    again = room.submissions.submit(draft.id)
    assert not again.new
    assert count(database, DossierRow) == 1


@pytest.mark.parametrize(("start", "amount", "unit", "expected"), [
    (date(2026, 11, 20), 1, "day", date(2026, 11, 23)),           # Saturday moves to Monday
    (date(2026, 11, 20), 3, "working_day", date(2026, 11, 26)),   # 24 November is a public holiday
    (date(2026, 2, 13), 1, "working_day", date(2026, 2, 23)),     # over the Lunar New Year
    (date(2026, 11, 16), 10, "working_day", date(2026, 12, 1)),
])
def test_due_dates_count_working_days(start: date, amount: int, unit: str, expected: date) -> None:
    assert Workdays().due(start, TimeLimit(amount=amount, unit=unit)) == expected
    assert Workdays().due(start, None) is None
