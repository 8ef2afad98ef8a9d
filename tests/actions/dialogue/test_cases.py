"""Questions about cases through the executor, as Rasa calls it."""

from __future__ import annotations

import json
from typing import Any

from common.messages import Reply, public
from tests.actions.dialogue.test_actions import BIRTH, executor, run, user  # noqa: F401

FIRST = "Cha mẹ bé đã đăng ký kết hôn chưa ạ?"


def said(*replies: Reply) -> list[dict[str, Any]]:
    return [{"event": "bot", "text": None, "data": {"custom": public(reply)}} for reply in replies]


def pressed(reply: Reply, title: str) -> dict[str, Any]:
    payload = next(button.payload for button in reply.buttons if button.title == title) or ""
    intent, _, entities = payload.removeprefix("/").partition("{")
    return user(payload, intent, json.loads("{" + entities) if entities else {})


async def test_from_the_papers_to_the_personal_list(executor: Any) -> None:  # noqa: F811
    papers, _ = await run(executor, "action_answer", user("khai sinh cần giấy tờ gì", "ask_documents"), procedure=BIRTH)
    [reply], slots = await run(executor, "action_answer", pressed(papers[0], "Danh sách cho trường hợp của tôi"))
    assert FIRST in reply.text and slots == {"procedure": BIRTH}
    for title in ("Cha mẹ đã đăng ký kết hôn", "Có giấy chứng sinh", "Không"):
        [reply], _ = await run(executor, "action_choose_case", pressed(reply, title), procedure=BIRTH)
    # Words, whatever intent the classifier makes of them.
    for action, intent in (("action_correct_topic", "deny"), ("action_answer", "nlu_fallback")):
        [done], _ = await run(executor, action, *said(reply), user("tự đi làm", intent), procedure=BIRTH)
        assert done.answer and done.answer.checklist


async def test_a_request_in_words_gives_the_papers_and_then_asks(executor: Any) -> None:  # noqa: F811
    wanted = user("cần giấy tờ gì", "print_checklist")
    replies, slots = await run(executor, "action_answer", wanted, procedure=BIRTH)
    assert [bool(reply.answer) for reply in replies] == [True, False]
    assert FIRST in replies[1].text and slots.get("procedure", BIRTH) == BIRTH


async def test_a_question_in_between_leads_back(executor: Any) -> None:  # noqa: F811
    start = user('/print_checklist{"procedure_code": "1.001193"}', "print_checklist", {"procedure_code": BIRTH})
    [question], _ = await run(executor, "action_answer", start)
    replies, _ = await run(executor, "action_answer", *said(question), user("lệ phí", "ask_fee"), procedure=BIRTH)
    fee, asked = replies
    assert fee.answer and fee.answer.aspect == "fee" and FIRST in asked.text
    # Asked again once; who goes on to other things finds a button instead.
    events = [event for reply in replies for event in said(reply)]
    [aside], _ = await run(executor, "action_answer", *events, user("thời hạn", "ask_time"), procedure=BIRTH)
    assert aside.buttons[0].title == "Lập tiếp danh sách giấy tờ"
    [again], _ = await run(executor, "action_answer", pressed(aside, aside.buttons[0].title), procedure=BIRTH)
    assert FIRST in again.text


async def test_inside_a_form_the_list_is_only_read_out(executor: Any) -> None:  # noqa: F811
    replies, slots = await run(
        executor, "action_answer", user("cần giấy tờ gì", "print_checklist"), procedure=BIRTH, loop=True
    )
    assert len(replies) == 1 and replies[0].answer and replies[0].buttons == [] and slots == {}


async def test_a_case_of_a_plain_answer_narrows_it_as_before(executor: Any) -> None:  # noqa: F811
    chosen = user("", "choose_case", {"procedure_code": BIRTH, "case": "uy_quyen"})
    [reply], slots = await run(executor, "action_choose_case", chosen)
    assert reply.answer and reply.answer.case == "uy_quyen" and slots["case"] == "uy_quyen"


async def test_the_lists_that_there_are_where_no_procedure_is_named(executor: Any) -> None:  # noqa: F811
    start = user('/print_checklist{"procedure_code": "1.001193"}', "print_checklist", {"procedure_code": BIRTH})
    [reply], _ = await run(executor, "action_answer", start)
    await run(executor, "action_choose_case", pressed(reply, "Không rõ"), procedure=BIRTH)
    [mine], _ = await run(executor, "action_answer", user("", "print_checklist"))
    assert [button.url is not None for button in mine.buttons] == [True]
