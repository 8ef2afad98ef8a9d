"""Drafts of practice mode: in this process's memory only, gone after an hour, at a restart and at their end.

Nothing typed in practice reaches the database, not even sealed: neither the answers nor the references under which
the dialogue engine hands them on. Only that a trial is on is noted there, so that after a restart the citizen is told.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.eform import EForm
from actions.dossiers.eforms.pending import Entered, Kind

__all__ = ["Practice"]

_LIFE_S = 3600.0
_MOST = 5000  # conversations at once; the ones left alone longest give way


@dataclass
class _Trial:
    draft: Draft
    until: float
    inputs: dict[str, Entered]


class Practice:
    """One trial a conversation. Safe for threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # Told that a trial began or ended, so that one lost by a restart can be told from none (`Intake`).
        self.on_change: Callable[[str, bool], None] = lambda conversation_id, on: None
        self._trials: OrderedDict[str, _Trial] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, conversation_id: str, form: EForm) -> Draft:
        """A fresh trial; the one before is gone."""
        draft = Draft(
            id=f"practice-{secrets.token_hex(8)}", conversation_id=conversation_id, form=form, state="active",
            values={}, consented=False, practice=True)
        with self._lock:
            self._trials.pop(conversation_id, None)
            self._trials[conversation_id] = _Trial(draft, self._now() + _LIFE_S, {})
            while len(self._trials) > _MOST:
                self._trials.popitem(last=False)
        self.on_change(conversation_id, True)
        return draft

    def get(self, conversation_id: str) -> Draft | None:
        with self._lock:
            trial = self._live(conversation_id)
            return trial.draft if trial else None

    def change(self, conversation_id: str, move: Callable[[Draft], Draft]) -> Draft | None:
        """The draft after `move`; None when no trial is on."""
        with self._lock:
            trial = self._live(conversation_id)
            if trial is None:
                return None
            trial.draft, trial.until = move(trial.draft), self._now() + _LIFE_S
            self._trials.move_to_end(conversation_id)
            return trial.draft

    def end(self, conversation_id: str) -> Draft | None:
        """Forgets the trial; returns how it stood."""
        with self._lock:
            trial = self._trials.pop(conversation_id, None)
        if trial:
            self.on_change(conversation_id, False)
        return trial.draft if trial else None

    def hold(self, conversation_id: str, kind: Kind, text: str) -> str:
        """Keeps an input under a reference for the one turn that uses it."""
        ref = f"p{secrets.token_hex(12)}"
        with self._lock:
            trial = self._live(conversation_id)
            if trial:
                trial.inputs = {ref: Entered(kind, text)}
        return ref

    def take(self, conversation_id: str, ref: str) -> Entered | None:
        with self._lock:
            trial = self._live(conversation_id)
            return trial.inputs.pop(ref, None) if trial else None

    def _live(self, conversation_id: str) -> _Trial | None:
        now = self._now()
        for other in [key for key, trial in self._trials.items() if trial.until < now]:
            del self._trials[other]
        return self._trials.get(conversation_id)
