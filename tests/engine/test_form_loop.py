"""The e-form loop: one action for a value, one more for an aside, and a clean end."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("rasa.engine", reason="needs the Rasa environment")

from tests.engine.conftest import Engine

pytestmark = [pytest.mark.rasa, pytest.mark.built, pytest.mark.slow]
CLOSED: list[dict[str, Any]] = [
    {"event": "active_loop", "name": None},
    {"event": "slot", "name": "requested_slot", "value": None},
]


@pytest.fixture
def form(engine: Engine) -> Engine:
    """An engine with a form open."""
    engine.actions.scripts["action_start_eform"] = [{"event": "followup", "name": "eform"}]
    turn = engine.say("nop ho so luon")
    assert turn["active_loop"] == "eform"
    assert engine.actions.names() == ["action_start_eform", "action_ask_eform_input"]
    engine.actions.calls.clear()
    return engine


def test_a_value_costs_one_action(form: Engine) -> None:
    turn = form.say('/inform_field{"eform_input":"ref-1"}')
    assert form.actions.names() == ["action_eform_input"]
    assert turn["active_loop"] == "eform"
    entities = form.actions.calls[0]["tracker"]["latest_message"]["entities"]
    assert [(entity["entity"], entity["value"]) for entity in entities] == [("eform_input", "ref-1")]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("lệ phí bao nhiêu", "action_answer"),
        ("cần giấy tờ gì", "action_answer"),
        ("giá vàng hôm nay", "action_out_of_scope"),
        ("xã Minh Châu giờ thuộc xã nào", "action_find_centre"),
        ("mày ngu quá", "action_abuse"),
        ("tôi muốn khiếu nại", "action_complain"),
    ],
)
def test_an_aside_is_answered_and_the_form_asks_again(form: Engine, text: str, action: str) -> None:
    turn = form.say(text)
    assert form.actions.names() == [action, "action_ask_eform_input"]
    assert turn["active_loop"] == "eform"


@pytest.mark.parametrize("text", ["xin chào", "cảm ơn", "bạn là ai", "bạn làm được gì"])
def test_smalltalk_in_a_form_asks_again(form: Engine, text: str) -> None:
    turn = form.say(text)
    assert form.actions.names() == ["action_ask_eform_input"]
    assert [reply.get("custom", {}).get("status") for reply in turn["replies"]] == ["smalltalk", "answered"]


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("quay lại bước trước", "action_eform_back"),
        ("bỏ qua câu này", "action_eform_skip"),
        ('/edit_field{"field":"ho_ten"}', "action_eform_edit"),
        ("/give_consent", "action_eform_consent"),
        ("vâng", "action_eform_consent"),
        ("tiếp tục tờ khai", "action_eform_resume"),
        ("cho em gặp cán bộ", "action_handoff"),
        ("tra cuu ho so H49-260804-0001", "action_track_dossier"),
        ('/provide_pin{"ref":"r"}', "action_track_pin"),
    ],
)
def test_a_command_costs_one_action_and_keeps_the_form(form: Engine, text: str, action: str) -> None:
    turn = form.say(text)
    assert form.actions.names() == [action]
    assert turn["active_loop"] == "eform"


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("/confirm_submit", "action_submit_eform"),
        ("hủy hồ sơ", "action_eform_cancel"),
        ("bắt đầu lại", "action_eform_cancel"),
        ("tạm dừng", "action_eform_pause"),
        ("/refuse_consent", "action_eform_consent"),
    ],
)
def test_an_action_that_closes_the_form_ends_the_turn(form: Engine, text: str, action: str) -> None:
    form.actions.scripts[action] = CLOSED
    turn = form.say(text)
    assert form.actions.names() == [action]
    assert turn["active_loop"] is None
    form.actions.calls.clear()
    form.say("lệ phí bao nhiêu")
    assert form.actions.names() == ["action_answer"]


def test_a_form_is_taken_up_again(engine: Engine) -> None:
    engine.actions.scripts["action_eform_resume"] = [{"event": "followup", "name": "eform"}]
    turn = engine.say("làm tiếp hồ sơ")
    assert engine.actions.names() == ["action_eform_resume", "action_ask_eform_input"]
    assert turn["active_loop"] == "eform"
