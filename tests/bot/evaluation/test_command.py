"""`isee eval` on the terminal: what needs no built model."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.cli.evaluate import app
from bot.evaluation.answers import report as answers_report
from bot.evaluation.dialogue import Played, play
from bot.evaluation.dialogue import report as dialogue_report
from bot.evaluation.tables import print_answers, print_dialogues, print_retrieval
from indexer.evaluation.retrieval import report, rows_of
from indexer.evaluation.runs import Run, save_run
from tests.bot.evaluation.bodies import Script, answered, offered
from tests.bot.evaluation.test_answers import turn
from tests.bot.evaluation.test_dialogue import CHOICE
from tests.indexer.evaluation.outcomes import outcome


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    before = [outcome(id="1", hits=("B", "A")), outcome(id="2")]
    after = [outcome(id="1"), outcome(id="2")]
    for name, outcomes in (("a", before), ("b", after)):
        save_run(Run(kind="retrieval", rows=rows_of(outcomes)), tmp_path / f"{name}.json")
    return str(tmp_path / "a.json"), str(tmp_path / "b.json")


def test_compare_prints_json_for_machines(runs):
    done = CliRunner().invoke(app, ["compare", *runs, "--json", "--rounds", "100"])
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert found["metrics"]["top1"]["delta"] == 0.5
    assert found["changed"]["top1"]["gained"][0]["question"] == "làm khai sinh"


def test_compare_prints_tables_for_people(runs):
    done = CliRunner().invoke(app, ["compare", *runs])
    assert done.exit_code == 0
    assert "+0.5000" in done.output and "được thêm 1" in done.output


def printed(show, figures) -> str:
    console = Console(record=True, width=200, file=StringIO())
    show(figures, console)
    return console.export_text()


def test_every_block_of_a_retrieval_run_is_printed():
    foreign = [outcome(wanted="abstain", gold=(), done="abstain", source="smalltalk:bye")]
    text = printed(print_retrieval, report([outcome()], seen=frozenset("A"), out_of_scope=foreign, rounds=100))
    for words in ("Thủ tục chưa gặp", "Ngoài phạm vi", "smalltalk:bye", "ECE", "wrong_confident_strict"):
        assert words in text


def test_a_whole_turn_run_is_printed_with_its_wrong_aspects():
    figures = answers_report([turn(answered("1.000001", "time"), aspect="fee")], fallbacks={"late": 2}, rounds=100)
    text = printed(print_answers, figures)
    assert "cần fee: time 1" in text
    assert "2 lượt được trả lời không qua Rasa (late 2)" in text


def test_an_unresolved_dialogue_is_printed_turn_by_turn():
    wrong = play(CHOICE, Script(offered("1.000009"), answered("1.000001")))
    text = printed(print_dialogues, dialogue_report([Played(CHOICE, wrong, wrong)], rounds=100))
    assert "✗ cái thứ hai → answered 1.000001" in text
