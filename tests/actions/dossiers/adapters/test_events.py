"""What comes in: twice, late, out of order, unknown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actions.dossiers.adapters.events import link_of
from actions.dossiers.adapters.mapping import StateMap
from actions.dossiers.registry.requests import Wanted
from actions.dossiers.registry.states import load_states
from common.errors import Conflict, SetupProblem
from tests.actions.dossiers.adapters.rig import Near, Rig


@pytest.fixture
def code(rig: Rig) -> str:
    made = rig.submits()
    rig.works()
    return made


def test_a_step_moves_the_dossier_and_says_why(rig: Rig, sim: Near, code: str) -> None:
    assert rig.hears(sim.move(code, "DA_TIEP_NHAN")) == "applied"
    assert rig.hears(sim.move(code, "TU_CHOI", "Không thuộc thẩm quyền")) == "applied"
    status = rig.room.registry.status(code)
    assert status.status == "rejected" and status.timeline[-1].note == "Không thuộc thẩm quyền"


def test_the_same_event_twice_changes_nothing(rig: Rig, sim: Near, code: str) -> None:
    event = sim.move(code, "DA_TIEP_NHAN")
    assert [rig.hears(event), rig.hears(event)] == ["applied", "duplicate"]
    assert rig.hears({**event, "event_id": "another-id"}) == "duplicate"
    assert rig.states(code) == ["submitted", "received"]


def test_steps_out_of_order_are_applied_in_order(rig: Rig, sim: Near, code: str) -> None:
    first, second, third = (sim.move(code, state) for state in ("DA_TIEP_NHAN", "DANG_XU_LY", "DA_DUYET"))
    assert rig.hears(third) == "waiting" and rig.hears(second) == "waiting"
    assert rig.row(code).state == "submitted"
    assert rig.hears(first) == "applied"
    assert rig.states(code) == ["submitted", "received", "processing", "approved"]


def test_a_step_that_never_came_is_fetched(rig: Rig, sim: Near, code: str) -> None:
    sim.move(code, "DA_TIEP_NHAN")
    assert rig.hears(sim.move(code, "DANG_XU_LY")) == "waiting"
    rig.works()
    assert rig.states(code) == ["submitted", "received", "processing"]
    assert rig.room.outbox.failed() == []


def test_a_callback_that_overtakes_our_own_receipt_is_used(rig: Rig, sim: Near) -> None:
    late = rig.submits()
    sim.faults(lose_next=3)
    rig.works()
    assert rig.outside.code_of(late) == ""
    event = {**sim.move(late, "DA_TIEP_NHAN")}
    assert rig.hears(event) == "waiting"  # step 1 is not here yet
    rig.works()
    assert rig.outside.code_of(late) == event["code"] and rig.states(late) == ["submitted", "received"]


def test_what_our_rules_cannot_follow_is_kept_and_the_rest_goes_on(rig: Rig, sim: Near, code: str) -> None:
    assert rig.hears(sim.move(code, "CHUYEN_LIEN_THONG")) == "kept"
    assert rig.hears(sim.move(code, "DA_BO_SUNG")) == "kept"  # nothing was asked for
    assert rig.hears(sim.move(code, "DA_TIEP_NHAN")) == "applied"
    kept = rig.outside.kept()
    assert [event.state for event in kept] == ["DA_BO_SUNG", "CHUYEN_LIEN_THONG"] and all(e.why for e in kept)
    rig.outside.settle(kept[0].id)
    assert len(rig.outside.kept()) == 1


def test_events_of_strangers_are_kept(rig: Rig, sim: Near, code: str) -> None:
    event = sim.move(code, "DA_TIEP_NHAN")
    assert rig.hears({**event, "event_id": "x1", "reference": "H49-261122-9999"}) == "kept"
    assert rig.hears({**event, "event_id": "x2", "code": "ANOTHER-CODE"}) == "kept"
    assert rig.row(code).state == "submitted"


def test_a_system_that_skips_steps_is_followed_through_what_the_file_says(rig: Rig, sim: Near, code: str) -> None:
    assert rig.hears(sim.move(code, "CO_KET_QUA")) == "applied"
    assert rig.states(code) == ["submitted", "received", "processing", "approved", "result_ready"]


def test_a_refusal_without_reason_says_that_there_is_none(rig: Rig, sim: Near, code: str) -> None:
    rig.hears(sim.move(code, "TU_CHOI"))
    assert "chưa ghi lý do" in rig.room.registry.status(code).timeline[-1].note


def test_notes_are_not_readable_in_the_database(rig: Rig, sim: Near, code: str, tmp_path: Path) -> None:
    rig.hears({**sim.move(code, "CHUYEN_LIEN_THONG"), "note": "022190001234 thiếu giấy"})
    stored = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("isee.db*"))
    assert b"022190001234" not in stored


def test_events_on_many_replicas_at_once_are_applied_once_and_in_order(rig: Rig, sim: Near, code: str) -> None:
    states = ("DA_TIEP_NHAN", "DANG_XU_LY", "DA_DUYET", "CO_KET_QUA")
    told = [sim.move(code, state) for state in states] * 3
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(rig.hears, reversed(told)))
    assert outcomes.count("duplicate") == 8
    assert rig.states(code) == ["submitted", "received", "processing", "approved", "result_ready"]


def test_staff_decide_where_the_outside_system_does(rig: Rig, sim: Near, code: str) -> None:
    registry = rig.room.registry
    registry_shows = registry.show(code)
    assert registry_shows.next_states == ["withdrawn"] and rig.outside.code_of(code) in registry_shows.decided_elsewhere
    for act in (
        lambda: registry.advance(code, "received", actor="Lê C"),
        lambda: registry.refuse(code, ground="Điều 5", reason="Không đúng thẩm quyền", actor="Lê C"),
        lambda: rig.room.supplements.request(code, [Wanted("other", "", "Thiếu giấy tờ")], actor="Lê C"),
    ):
        with pytest.raises(Conflict, match="hệ thống một cửa"):
            act()
    # Its own decision that our rules could not follow is made good by hand, and the citizen's withdrawal is told there.
    sim.move(code, "DA_TIEP_NHAN")
    rig.hears(sim.move(code, "DANG_XU_LY"))
    rig.works()
    rig.hears(sim.move(code, "DA_BO_SUNG"))
    assert registry.show(code).next_states == ["withdrawn"] and rig.row(code).state == "processing"
    registry.advance(code, "withdrawn", actor="Lê C", note="Người nộp xin rút")
    rig.works()
    assert sim.of(code)["history"][-1]["state"] == "DA_RUT"


def test_a_dossier_refused_outside_is_decided_here(rig: Rig) -> None:
    made = rig.submits()
    with rig.database.session() as session:
        link_of(session, rig.row(made).id).state = "refused"
    rig.room.registry.advance(made, "received", actor="Lê C")
    assert rig.states(made) == ["submitted", "received"]


@pytest.mark.parametrize("text, word", [
    ("DA_XONG: {state: nowhere}", "nowhere"),
    ("DA_XONG: {state: approved, through: [gone]}", "gone"),
    ("DA_XONG: approved", "trạng thái"),
    ("- a\n- b", "trạng thái"),
])
def test_a_wrong_mapping_is_refused_with_its_place(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "map.yml"
    file.write_text(text, "utf-8")
    with pytest.raises(SetupProblem, match=word):
        StateMap.load(load_states(), str(file))


def test_every_shipped_mapping_can_be_walked_from_a_new_dossier_or_says_no() -> None:
    states = load_states()
    mapping = StateMap.load(states)
    for name in mapping.names:
        moves = mapping.moves("submitted", name)
        here = "submitted"
        for state in moves or []:
            assert state in states[here].to
            here = state
        assert moves is None or here == mapping.ours(name)
