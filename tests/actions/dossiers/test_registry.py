"""The registry: legal transitions, timeline, tracking without hints."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.companion.bundle import Dossiers
from actions.dossiers.registry.states import load_states
from common.errors import Conflict, InvalidInput, NotFound
from tests.actions.dossiers.test_submission import fill


@pytest.fixture
def code(room: Dossiers) -> str:
    return room.submissions.submit(fill(room).id).code


def test_the_whole_way_to_the_citizen(room: Dossiers, code: str) -> None:
    way = [
        "received", "processing", "supplement_requested", "supplemented", "processing", "fee_requested", "processing",
        "approved", "result_ready", "returned"]
    for state in way:
        room.registry.advance(code, state, actor="Trần Văn B", note="Bổ sung giấy chứng sinh, đt 0912345678")
    status = room.registry.track(code, "1234", "client")
    assert [entry.state for entry in status.timeline] == ["submitted", *way]
    assert status.status_label == "Đã trả kết quả"
    # The public view names no officer and repeats no number.
    assert "0912345678" not in status.model_dump_json() and "Trần Văn B" not in status.model_dump_json()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(way=st.lists(st.sampled_from(list(load_states())), max_size=6))
def test_only_legal_transitions_happen(room: Dossiers, way: list[str]) -> None:
    registry = room.registry
    code = room.submissions.submit(fill(room, "c1").id).code
    for state in way:
        before = registry.show(code).state
        if state in registry.states[before].to:
            assert registry.advance(code, state, actor="x", note="lý do").state == state
        else:
            with pytest.raises(Conflict, match="không chuyển sang"):
                registry.advance(code, state, actor="x", note="lý do")
            assert registry.show(code).state == before
    states = [entry.state for entry in registry.show(code).timeline]
    assert all(after in registry.states[before].to for before, after in pairwise(states))


def test_reasons_and_names_are_required(room: Dossiers, code: str) -> None:
    with pytest.raises(InvalidInput, match="lý do"):
        room.registry.advance(code, "rejected", actor="x")
    with pytest.raises(InvalidInput, match="submitted, received"):
        room.registry.advance(code, "done", actor="x")
    with pytest.raises(InvalidInput, match="người thực hiện"):
        room.registry.advance(code, "received", actor=" ")
    with pytest.raises(NotFound):
        room.registry.advance("H49-260101-9999", "received", actor="x")


def test_officers_see_masked_values_until_they_reveal(room: Dossiers, code: str) -> None:
    assert "022190001234" not in room.registry.show(code).model_dump_json()
    assert "022190001234" in room.registry.show(code, reveal_to="Lê C").model_dump_json()
    seen = room.registry.show(code).timeline[-1]
    assert (seen.actor, seen.label) == ("Lê C", "Xem thông tin cá nhân")
    assert len(room.registry.track(code, "1234", "a").timeline) == 1


def test_the_receipt_belongs_to_its_conversation(room: Dossiers, code: str) -> None:
    receipt = room.registry.receipt(code, "c1")
    assert receipt.code == code and receipt.next_steps
    assert "022190001234" not in receipt.model_dump_json()
    with pytest.raises(NotFound):
        room.registry.receipt(code, "c2")
