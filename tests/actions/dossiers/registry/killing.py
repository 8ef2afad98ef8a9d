"""Submits drafts in forked processes that kill themselves (SIGKILL) at the N-th step; run by `test_kill_points.py`.

A step is every SQL statement, before and after it ran, every flush of a transaction's end (before the COMMIT) and the
moment after the COMMIT: where a process can die with something done and something not. Prints the steps that there are.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from types import SimpleNamespace

from rasa_sdk import Action
from sqlalchemy import event
from sqlalchemy.orm import Session

from actions.companion.bundle import Dossiers, build_dossiers
from actions.companion.dialogue import build_actions
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.citizen import Citizen

NEVER = 10**9


class Steps:
    """Counts the steps of a submission, and dies at one of them."""

    def __init__(self, database: Database, deadly: int) -> None:
        self.names: list[str] = []
        self._deadly = deadly
        engine = database.engine
        event.listen(engine, "before_cursor_execute", lambda _c, _k, sql, *_: self._step(f"before {sql.split()[0]}"))
        event.listen(engine, "after_cursor_execute", lambda _c, _k, sql, *_: self._step(f"after {sql.split()[0]}"))
        event.listen(engine, "commit", lambda _c: self._step("before COMMIT"))
        event.listen(Session, "after_commit", lambda _s: self._step("after COMMIT"))

    def _step(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._deadly:
            os.kill(os.getpid(), signal.SIGKILL)


def submit(
    room: Dossiers, actions: list[Action], database: Database, conversation_id: str, deadly: int
) -> list[str]:
    """Presses "Nộp hồ sơ" in a conversation whose form is on review, as the service does it."""
    citizen = Citizen(room, actions, conversation_id)
    steps = Steps(database, deadly)
    citizen.loop = {"name": "eform"}
    citizen.sends("/confirm_submit")
    return steps.names


def main(home: Path, url: str) -> None:
    """The room is put together once; each child opens connections of its own."""
    settings = Settings(home=home, database_url=url, _env_file=None)
    database = Database.from_settings(settings)
    room = build_dossiers(settings, database, Keyring.from_settings(settings))
    actions = build_actions(SimpleNamespace(settings=settings, kb={}, dossiers=room))
    ends: list[int] = []
    names: list[str] = []
    while len(ends) <= len(names):
        conversation = len(ends)
        readable, writable = os.pipe()
        child = os.fork()
        if child == 0:
            database.engine.dispose(close=False)
            told = submit(room, actions, database, f"r{conversation}", conversation or NEVER)
            os.write(writable, json.dumps(told).encode())
            os._exit(0)
        os.close(writable)
        ends.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        with os.fdopen(readable) as answer:
            names = json.loads(answer.read()) if conversation == 0 else names
    sys.stdout.write(json.dumps({"steps": names, "ends": ends[1:]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
