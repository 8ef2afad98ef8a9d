"""Second turns by their intent: what is said once a procedure is under discussion or a list is offered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

pytest.importorskip("rasa.engine", reason="needs the Rasa environment")

from tests.engine.conftest import ROOT, Engine

pytestmark = [pytest.mark.rasa, pytest.mark.built, pytest.mark.slow]

LINES: dict[str, list[str]] = yaml.safe_load((Path(__file__).parent / "follow_ups.yml").read_text("utf-8"))
TOTAL = sum(map(len, LINES.values()))
# Measured: see docs/understanding.md. A step back of more than one line in thirty fails.
LEAST_RIGHT = 0.93
# Taking these for a question about a procedure would change what the conversation is about.
NEVER_OTHER = {"choose_nth", "talk_to_person", "track_dossier"}


def test_the_set_is_large_and_unseen() -> None:
    training = {
        line.strip().removeprefix("- ").lower()
        for path in (ROOT / "nlu_data" / "nlu").glob("*.yml")
        for line in path.read_text("utf-8").splitlines()
    }
    assert TOTAL >= 100
    assert not [line for lines in LINES.values() for line in lines if line.lower() in training]


def test_follow_ups_are_understood(engine: Engine) -> None:
    missed = []
    for intent, lines in LINES.items():
        for line in lines:
            got = engine.post("/webhooks/isee/parse", {"text": line})[1]["intent"]
            if got["name"] != intent:
                missed.append((line, intent, got["name"], round(got["confidence"], 2)))
    assert len(missed) <= (1 - LEAST_RIGHT) * TOTAL, missed
    assert not [miss for miss in missed if miss[1] in NEVER_OTHER], missed
