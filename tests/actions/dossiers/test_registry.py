"""The registry: legal transitions, timeline, tracking without hints."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from actions.dossiers.bundle import Dossiers, build_dossiers
from actions.dossiers.registry.states import load_states
from actions.dossiers.tables import LookupAttemptRow
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound, TooManyRequests
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.test_submission import fill


@pytest.fixture
def code(room: Dossiers) -> str:
    return room.submissions.submit(fill(room).id).code


def test_the_whole_way_to_the_citizen(room: Dossiers, code: str) -> None:
    way = ["received", "processing", "supplement_requested", "processing", "approved", "returned"]
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


def test_wrong_pin_and_unknown_code_look_the_same(room: Dossiers, code: str) -> None:
    with pytest.raises(NotFound) as wrong:
        room.registry.track(code, "9999", "a")
    with pytest.raises(NotFound) as unknown:
        room.registry.track("H49-260101-9999", "1234", "b")
    assert wrong.value.problem() == unknown.value.problem()


def test_a_malformed_pin_says_so_and_costs_no_try(room: Dossiers, code: str) -> None:
    for pin in ("", "12", "12a4", "12345", "１２３４"):
        for _ in range(2):
            with pytest.raises(InvalidInput, match="4 chữ số"):
                room.registry.track(code, pin, "a")
    assert room.registry.track(code, "1234", "a").status == "submitted"


def test_five_wrong_tries_stop_the_client_even_after_a_restart(
    room: Dossiers, code: str, home: Settings, database: Database, keyring: Keyring
) -> None:
    for number in range(5):
        with pytest.raises(NotFound):
            room.registry.track(f"H49-260101-{number:04d}", "1111", "client")
    again = build_dossiers(home, database, keyring).registry
    with pytest.raises(TooManyRequests, match="phút") as caught:
        again.track(code, "1234", "client")
    assert 0 < caught.value.retry_after <= 900
    assert again.track(code, "1234", "someone else").code == code


def test_five_wrong_tries_stop_the_code_for_everyone(room: Dossiers, code: str, database: Database) -> None:
    for number in range(5):
        with pytest.raises(NotFound):
            room.registry.track(code, "1111", f"client {number}")
    with pytest.raises(TooManyRequests):
        room.registry.track(code, "1234", "another")
    with database.session() as session:
        session.execute(update(LookupAttemptRow).values(at=utc_now() - timedelta(minutes=16)))
    assert room.registry.track(code, "1234", "another").code == code


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
