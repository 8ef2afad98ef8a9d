import json
from pathlib import Path

import pytest

from bot.evaluation.dialogue import Dialogue, Played, load_dialogues, play, recorded_state, report, rows_of
from common.errors import InvalidInput
from tests.bot.evaluation.bodies import Script, answered, offered

A, B, C = "1.000001", "1.000002", "1.000003"


def user(text: str) -> dict:
    return {"role": "user", "text": text}


CHOICE = Dialogue.model_validate(
    {
        "id": "choice",
        "turns": [user("bằng lái"), {"role": "assistant", "kind": "list", "codes": [A, B]}, user("cái thứ hai")],
        "gold_codes": [B],
    }
)
FOLLOW_UP = Dialogue.model_validate(
    {
        "id": "follow",
        "turns": [user("khai sinh"), {"role": "assistant", "kind": "answer", "codes": [A]}, user("còn phí?")],
        "gold_codes": [A],
    }
)


class Primer:
    def __init__(self) -> None:
        self.states: list[dict] = []

    def __call__(self, conversation: str, state) -> None:
        self.states.append(dict(state))


def test_strict_plays_only_what_the_citizen_said():
    talk = Script(offered(B, A), answered(A))
    steps = play(CHOICE, talk)
    assert talk.said == ["bằng lái", "cái thứ hai"]
    assert [step.primed for step in steps] == [False, False]
    assert steps[0].met and not steps[1].resolved


def test_other_offers_than_recorded_are_replaced_before_the_next_turn():
    primer = Primer()
    steps = play(CHOICE, Script(offered(B, A), answered(B)), primer)
    assert primer.states == [{"procedure": None, "case": None, "candidates": [A, B]}]
    assert steps[1].primed and steps[1].resolved


def test_the_same_offers_are_left_alone():
    primer = Primer()
    play(CHOICE, Script(offered(A, B), answered(B)), primer)
    assert primer.states == []


def test_an_answer_about_another_procedure_is_replaced():
    primer = Primer()
    play(FOLLOW_UP, Script(answered(C), answered(A)), primer)
    assert primer.states[0]["procedure"] == A


def test_an_answer_about_the_recorded_procedure_is_left_alone():
    primer = Primer()
    play(FOLLOW_UP, Script(answered(A), answered(A)), primer)
    assert primer.states == []


def test_turns_without_a_procedure_set_no_state():
    other = Dialogue.model_validate(
        {
            "id": "o",
            "turns": [user("chào"), {"role": "assistant", "kind": "other"}, user("khai sinh")],
            "gold_codes": [A],
        }
    )
    assert recorded_state(other.turns[1]) is None


def test_report_counts_last_turns_by_scene():
    played = [
        Played(CHOICE, play(CHOICE, Script(offered(B, A), answered(A))), play(CHOICE, Script(offered(B), answered(B)))),
        Played(
            FOLLOW_UP, play(FOLLOW_UP, Script(answered(A), answered(A))), play(FOLLOW_UP, Script(*[answered(A)] * 2))
        ),
    ]
    figures = report(played, rounds=100)
    assert (figures["strict"], figures["primed"]) == (0.5, 1.0)
    assert figures["by_scene"]["choice"]["strict"] == 0.0
    assert figures["by_scene"]["follow_up"]["primed"] == 1.0
    assert figures["dialogues"][0]["strict"][1]["text"] == "cái thứ hai"


def test_a_counted_choice_may_be_judged_by_our_own_list():
    def values(*bodies) -> dict:
        steps = play(CHOICE, Script(*bodies))
        (row,) = rows_of([Played(CHOICE, steps, steps)])
        return row.values

    assert CHOICE.counted == 1
    assert FOLLOW_UP.counted is None
    own = values(offered(B, A), answered(A))
    assert (own["strict"], own["strict_own_order"]) == (0.0, 1.0)
    other = values(offered(B, A), answered(B))
    assert (other["strict"], other["strict_own_order"]) == (1.0, 0.0)
    shorter = values(offered(A), answered(A))
    assert (shorter["strict"], shorter["strict_own_order"]) == (0.0, 0.0)


def test_scenes():
    assert (CHOICE.scene, FOLLOW_UP.scene) == ("choice", "follow_up")
    assert FOLLOW_UP.model_copy(update={"gold_codes": [C]}).scene == "switch"


def test_every_bad_line_is_named(tmp_path: Path):
    file = tmp_path / "talks.jsonl"
    last_is_ours = {"id": "x", "turns": [user("a"), {"role": "assistant", "kind": "list"}], "gold_codes": [A]}
    lines = [
        CHOICE.model_dump_json(),
        "{broken",
        json.dumps(last_is_ours),
        '{"id": "y", "turns": [], "gold_codes": []}',
    ]
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        load_dialogues(file)
    for number in (2, 3, 4):
        assert f"talks.jsonl:{number}:" in str(error.value)
