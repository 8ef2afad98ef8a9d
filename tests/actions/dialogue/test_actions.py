"""The actions through rasa-sdk's executor, with trackers as Rasa sends them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.companion.bundle import build_dossiers
from actions.executor import build_executor
from common.database import Database
from common.messages import Reply
from tests.actions.support import services_over

BIRTH, WITHOUT_FORM = "1.001193", "1.005461"
# What the engine itself brings.
BUILT_IN = {"eform"}


@pytest.fixture
def executor(database: Database) -> Any:
    services = services_over(database)
    rooms = build_dossiers(services.settings, database, services.keyring)
    return build_executor(replace(services, dossiers=rooms))


def user(text: str, intent: str, entities: dict[str, str] | None = None, confidence: float = 0.9) -> dict[str, Any]:
    found = [{"entity": name, "value": value} for name, value in (entities or {}).items()]
    parsed = {"intent": {"name": intent, "confidence": confidence}, "entities": found, "text": text}
    return {"event": "user", "text": text, "parse_data": parsed}


async def run(executor: Any, action: str, *events: dict[str, Any], **slots: Any) -> tuple[list[Reply], dict[str, Any]]:
    """The replies and the slots set. The last event is the citizen's message."""
    tracker = {
        "sender_id": "c1",
        "slots": slots,
        "latest_message": events[-1]["parse_data"] if events else {},
        "events": list(events),
        "paused": False,
        "active_loop": {"name": "eform"} if slots.pop("loop", None) else {},
        "latest_action_name": "action_listen",
    }
    result = await executor.run({"next_action": action, "sender_id": "c1", "tracker": tracker, "version": "3.6.21"})
    replies = [Reply.model_validate(message["custom"]) for message in result.responses]
    return replies, {event["name"]: event["value"] for event in result.events if event["event"] == "slot"}


def test_every_action_of_the_domain_is_registered(executor: Any) -> None:
    domain = yaml.safe_load((Path(__file__).parents[3] / "domain.yml").read_text("utf-8"))
    assert set(domain["actions"]) - BUILT_IN <= set(executor.actions)


async def test_an_answer_sets_only_what_changed(executor: Any) -> None:
    message = user("", "ask_fee", {"procedure_code": BIRTH})
    replies, slots = await run(executor, "action_answer", message)
    assert replies[0].answer and replies[0].answer.procedure.code == BIRTH
    assert slots == {"procedure": BIRTH, "aspect": "fee"}
    _, again = await run(executor, "action_answer", message, procedure=BIRTH, aspect="fee")
    assert again == {}


async def test_a_payload_is_no_text(executor: Any) -> None:
    replies, _ = await run(
        executor, "action_answer", user('/ask_fee{"procedure_code":"x"}', "ask_fee"), procedure=BIRTH
    )
    assert replies[0].answer and replies[0].answer.aspect == "fee"


async def test_an_aside_in_a_form_leaves_the_slots_and_the_buttons_to_the_form(executor: Any) -> None:
    replies, slots = await run(executor, "action_answer", user("lệ phí", "ask_fee"), procedure=BIRTH, loop=True)
    assert replies[0].buttons == [] and slots == {}


async def test_repeat_says_the_same_again(executor: Any) -> None:
    first, _ = await run(executor, "action_answer", user("lệ phí", "ask_fee"), procedure=BIRTH)
    said = {"event": "bot", "text": None, "data": {"custom": first[0].model_dump(mode="json", exclude_none=True)}}
    replies, _ = await run(executor, "action_repeat", user("lệ phí", "ask_fee"), said, user("nhắc lại", "repeat"))
    assert replies == first
    smalltalk = {"event": "bot", "text": "Dạ, em chào anh/chị.", "data": {"custom": {"status": "smalltalk"}}}
    replies, _ = await run(executor, "action_repeat", user("chào", "greet"), smalltalk, user("nhắc lại", "repeat"))
    assert replies[0].text == "Dạ, em chào anh/chị."
    nothing, _ = await run(executor, "action_repeat", user("nhắc lại", "repeat"))
    assert "chưa trả lời câu nào" in nothing[0].text


async def test_start_over_forgets(executor: Any) -> None:
    _, slots = await run(executor, "action_start_over", user("bắt đầu lại", "start_over"), procedure=BIRTH, case="x")
    assert slots == {"procedure": None, "case": None}
    replies, slots = await run(executor, "action_start_over", user("quay lại", "go_back"), procedure=BIRTH)
    assert slots == {} and "không có tờ khai nào đang mở" in replies[0].text


async def test_handing_over_carries_the_last_question(executor: Any, database: Database) -> None:
    events = (user("con 3 tháng mới làm có sao ko", "ask_conditions"), user("cho em gặp cán bộ", "talk_to_person"))
    replies, _ = await run(executor, "action_handoff", *events, procedure=BIRTH)
    assert replies[0].status == "handed_off" and "YC-" in replies[0].text
    from actions.handoff import Tickets

    ticket = Tickets(database).waiting("c1")
    assert ticket and ticket.need.endswith("con 3 tháng mới làm có sao ko")


@pytest.mark.parametrize("text", ["cán bộ thái độ quá tệ", "tôi muốn khiếu nại về thái độ cán bộ ở phường Bãi Cháy"])
async def test_a_complaint_opens_a_ticket(executor: Any, database: Database, text: str) -> None:
    replies, _ = await run(executor, "action_complain", user(text, "complain"))
    assert replies[0].status == "handed_off" and "xin lỗi" in replies[0].text


def test_every_written_complaint_counts_as_one() -> None:
    from actions.answers import Turn
    from actions.dialogue.base import spoken
    from bot.evaluation.nlu_examples import read_examples

    folder = Path(__file__).parents[3] / "nlu_data" / "nlu"
    complaints = [text for text, intent in read_examples(folder) if intent == "complain"]
    assert not [text for text in complaints if not spoken("action_complain", Turn(text=text))]


async def test_steering_words_around_a_matter_lead_to_it(executor: Any) -> None:
    replies, slots = await run(executor, "action_start_over", user("quay lại đăng ký khai sinh đi", "go_back"))
    assert slots.get("procedure") == BIRTH and replies[0].answer


async def test_abuse_is_met_calmly_and_then_with_a_person(executor: Any) -> None:
    rude = user("đồ ngu", "abuse")
    first, _ = await run(executor, "action_abuse", rude)
    second, _ = await run(executor, "action_abuse", rude, rude)
    assert first[0].text != second[0].text and "cán bộ" in second[0].text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("trung tâm phường Bãi Cháy", "Trung tâm Phục vụ hành chính công phường Bãi Cháy"),
        ("xã Minh Châu giờ là xã nào", "xã Minh Châu thuộc đặc khu Vân Đồn"),
        ("thành phố Hạ Long giờ thế nào", "được chia về các đơn vị sau"),
        ("trung tâm hành chính công ở đâu", "anh/chị ở xã, phường, đặc khu nào"),
    ],
)
async def test_centres_by_place(executor: Any, text: str, said: str) -> None:
    replies, _ = await run(executor, "action_find_centre", user(text, "find_centre"))
    assert said in replies[0].text and "thứ Hai đến thứ Sáu" in replies[0].text


async def test_a_centre_by_a_misspelt_place(executor: Any) -> None:
    asked = user("trung tâm phuong hg gai", "find_centre", {"commune": "06685"})
    replies, _ = await run(executor, "action_find_centre", asked)
    assert "Trung tâm Phục vụ hành chính công phường Hồng Gai" in replies[0].text


async def test_where_to_file_near_a_place_names_its_centre(executor: Any) -> None:
    """No procedure is named, so there is nothing to ask back; with one, its own place is said."""
    asked = user("nop ho so o cho nao gan vung dam ha", "ask_place", {"commune": "06895"})
    replies, slots = await run(executor, "action_answer", asked)
    assert "Trung tâm Phục vụ hành chính công xã Đầm Hà" in replies[0].text and slots["commune"] == "06895"
    replies, _ = await run(executor, "action_answer", asked, procedure=BIRTH)
    assert replies[0].answer and replies[0].answer.procedure.code == BIRTH


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_handoff", "talk_to_person", "em muốn hỏi về đăng ký tạm trú"),
        ("action_complain", "complain", "sếp khó tính quá đi mất"),
        ("action_complain", "complain", "viết dàn ý bài nghị luận"),
        ("action_find_centre", "find_centre", "xe khách từ bến về trung tâm thành phố mất mấy tiếng"),
    ],
)
async def test_an_action_without_a_word_of_its_own_answers_instead(
    executor: Any, database: Database, action: str, intent: str, text: str
) -> None:
    from actions.handoff import Tickets

    replies, _ = await run(executor, action, user(text, intent))
    assert replies[0].status in ("answered", "clarified", "abstained") and "Giờ làm việc" not in replies[0].text
    assert Tickets(database).waiting("c1") is None


async def test_filing_names_its_procedure(executor: Any) -> None:
    said = user("nộp hồ sơ đăng ký khai sinh", "submit_dossier")
    _, slots = await run(executor, "action_start_eform", said)
    assert slots == {"procedure": BIRTH}
    _, slots = await run(executor, "action_start_eform", user("nộp hồ sơ đăng ký lại khai sinh", "submit_dossier"))
    assert slots["procedure"] == "1.004884"
    said = user("nộp hồ sơ đăng ký lại khai tử", "submit_dossier")
    replies, slots = await run(executor, "action_start_eform", said)
    assert slots["procedure"] == WITHOUT_FORM and replies[0].text.startswith("Dạ, em chưa lập được hồ sơ này")


async def test_a_complaint_is_added_to_the_waiting_ticket(executor: Any, database: Database) -> None:
    from actions.handoff import Tickets

    await run(executor, "action_handoff", user("cho em gặp cán bộ", "talk_to_person"))
    await run(executor, "action_complain", user("cán bộ thái độ quá tệ", "complain"))
    ticket = Tickets(database).waiting("c1")
    assert ticket and ticket.reason == "asked"
    assert ticket.facts["also"][0]["reason"] == "complaint" and "thái độ" in ticket.facts["also"][0]["need"]


async def test_other_actions_answer_too(executor: Any) -> None:
    for action, intent in (
        ("action_unknown", "nlu_fallback"),
        ("action_out_of_scope", "out_of_scope"),
        ("action_correct_topic", "correct_topic"),
        ("action_affirm", "affirm"),
        ("action_clarify_choice", "choose_nth"),
        ("action_choose_case", "choose_case"),
    ):
        replies, _ = await run(executor, action, user("giá vàng hôm nay", intent))
        assert replies and replies[0].text and replies[0].buttons
