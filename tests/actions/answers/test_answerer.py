"""Whole turns over the shipped guides: what is said, which slots change, what can be done next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.answers import Answerer, Outcome, Turn
from common.database import Database
from common.messages import Aspect, Status
from tests.actions.support import NameHit, NameResult, NameStanding, services_over, shelf_of, shipped_guides

BIRTH, BIRTH_AGAIN = "1.001193", "1.004884"


class Fixed:
    """A search that always finds the same."""

    def __init__(self, decision: str, *codes: str) -> None:
        names = {made.code: made.name for made in shipped_guides()}
        hits = [NameHit(code, names.get(code, code), 1 - 0.1 * rank) for rank, code in enumerate(codes)]
        self.result = NameResult(decision, 0.8, hits)

    def search(self, text: str, k: int = 10) -> NameResult:
        return self.result

    def among(self, text: str, codes: Sequence[str], before: str = "") -> list[NameStanding]:
        return []  # the words tell the offers apart no further


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('answerer') / 'isee.db'}")
    made.create_all()
    yield made
    made.dispose()


def answerer(database: Database, decision: str = "answer", *codes: str) -> Answerer:
    services = services_over(database)
    return Answerer(replace(services, search=Fixed(decision, *codes)) if codes else services)


def after(turn: Turn, outcome: Outcome, **said: object) -> Turn:
    """The next turn: slots carried over."""
    slots = {name: value for name, value in outcome.slots.items() if name in Turn.__dataclass_fields__}
    lists = {name: tuple(slots[name] or ()) for name in ("candidates", "rivals") if name in slots}
    changes = {"text": "", "intent": "", "entities": {}, **slots, **lists, **said}
    return replace(turn, **changes)  # type: ignore[arg-type]


def test_the_conversation_of_a_new_father(database: Database) -> None:
    first = Turn(text="vk e mới đẻ hôm qua giờ làm giấy tờ cho bé ntn a", intent="ask_overview")
    made = answerer(database, "answer", BIRTH, BIRTH_AGAIN)
    overview = made.answer(first)
    assert overview.slots["procedure"] == BIRTH and overview.slots["rivals"] == [BIRTH_AGAIN]
    fee_turn = after(first, overview, text="thế mất bao nhiêu tiền", intent="ask_fee")
    fee = made.answer(fee_turn)
    assert fee.replies[0].answer and fee.replies[0].answer.aspect is Aspect.FEE
    assert fee.replies[0].answer.procedure.code == BIRTH
    late = answerer(database, "abstain", BIRTH_AGAIN).answer(
        after(fee_turn, fee, text="con 3 tháng mới làm có sao ko", intent="ask_conditions")
    )
    assert "60 ngày" in late.replies[0].text and "«" in late.replies[0].text
    wrong = made.correct(after(fee_turn, fee, text="không phải, em hỏi cái khác", intent="correct_topic"))
    assert wrong.slots["candidates"] == [BIRTH_AGAIN] and wrong.slots["procedure"] is None


def test_what_the_guide_does_not_say_is_not_guessed(database: Database) -> None:
    turn = Turn(text="bé tên Miu có được đội mũ không", intent="ask_conditions", procedure=BIRTH)
    (reply,) = answerer(database, "abstain", BIRTH_AGAIN).answer(turn).replies
    assert reply.status is Status.ABSTAINED and "chưa nêu rõ điểm này" in reply.text
    assert {button.payload for button in reply.buttons} >= {"/talk_to_person"}
    assert any(button.url for button in reply.buttons)


def test_a_choice_is_asked_with_numbers_and_taken_by_number(database: Database) -> None:
    turn = Turn(text="giấy khai sinh mất bao nhiêu tiền", intent="ask_fee")
    made = answerer(database, "clarify", BIRTH, BIRTH_AGAIN)
    asked = made.answer(turn)
    assert asked.replies[0].status is Status.CLARIFIED and "1. " in asked.replies[0].text
    assert len(asked.replies[0].buttons) <= 5 and asked.slots["candidates"] == [BIRTH, BIRTH_AGAIN]
    chosen = made.choose(after(turn, asked, text="cái thứ hai", intent="choose_nth"))
    assert chosen.slots["procedure"] == BIRTH_AGAIN and chosen.slots["rivals"] == [BIRTH]
    assert chosen.replies[0].answer and chosen.replies[0].answer.aspect is Aspect.FEE
    by_name = made.choose(after(turn, asked, text="lấy cái đăng ký lại khai sinh", intent="choose_procedure"))
    assert by_name.slots["procedure"] == BIRTH_AGAIN and by_name.replies[0].answer.aspect is Aspect.FEE
    last = replace(after(turn, asked, text="cái cuối", intent="choose_nth"), entities={"nth": ("last",)})
    assert made.choose(last).slots["procedure"] == BIRTH_AGAIN
    beyond = made.choose(after(turn, asked, text="số 7", intent="choose_nth"))
    assert "từ 1 đến 2" in beyond.replies[0].text and "procedure" not in beyond.slots


def test_first_issue_or_again_is_asked_as_a_fact(database: Database) -> None:
    reply = (
        answerer(database, "clarify", BIRTH, BIRTH_AGAIN)
        .answer(Turn(text="khai sinh", intent="ask_overview"))
        .replies[0]
    )
    assert reply.text.startswith("Dạ, anh/chị làm lần đầu hay làm lại?")
    assert [button.title for button in reply.buttons[:2]] == ["Làm lần đầu", "Làm lại (bị mất, bị hỏng)"]


def test_a_single_doubtful_hit_is_confirmed_by_yes(database: Database) -> None:
    turn = Turn(text="xin giấy cho bé", intent="ask_documents")
    made = answerer(database, "clarify", BIRTH)
    asked = made.answer(turn)
    assert asked.replies[0].text.startswith("Dạ, có phải anh/chị cần làm việc này không: Đăng ký khai sinh?")
    answered = made.affirm(after(turn, asked, text="đúng rồi", intent="affirm"))
    assert answered.replies[0].answer and answered.replies[0].answer.aspect is Aspect.DOCUMENTS


def test_a_case_is_chosen_by_button_and_by_number(database: Database) -> None:
    made = answerer(database)
    turn = Turn(intent="choose_case", entities={"case": ("mang_thai_ho",), "procedure_code": (BIRTH,)})
    outcome = made.choose_case(turn)
    assert outcome.slots == {"procedure": BIRTH, "case": "mang_thai_ho", "candidates": None}
    assert outcome.replies[0].answer and outcome.replies[0].answer.case == "mang_thai_ho"
    numbered = made.choose(Turn(text="trường hợp 2", intent="choose_nth", procedure=BIRTH))
    assert numbered.slots["case"] == "chua_xac_dinh_cha_me"
    fee = made.answer(after(turn, outcome, text="lệ phí bao nhiêu", intent="ask_fee"))
    assert fee.slots["case"] == "mang_thai_ho"


def test_a_case_is_chosen_by_its_words(database: Database) -> None:
    made = answerer(database, "abstain", BIRTH)
    turn = Turn(text="em không có giấy chứng sinh ạ", intent="ask_conditions", procedure=BIRTH)
    assert made.answer(turn).slots["case"] == "khong_giay_chung_sinh"
    assert made.choose_case(replace(turn, intent="choose_case")).slots["case"] == "khong_giay_chung_sinh"
    other = made.choose_case(replace(turn, text="của em là trường hợp sinh ba", intent="choose_case"))
    assert "case" not in other.slots or other.slots["case"] is None
    has_one = replace(turn, text="em có giấy chứng sinh rồi ạ")
    assert made.answer(has_one).slots.get("case") is None


def test_nonsense_gets_no_neighbours(database: Database) -> None:
    outcome = answerer(database, "abstain", BIRTH, BIRTH_AGAIN).answer(Turn(text="asdasd qwe", intent="nlu_fallback"))
    assert outcome.replies[0].status is Status.ABSTAINED and outcome.slots["candidates"] is None
    unlikely = answerer(database, "abstain", BIRTH).answer(Turn(text="khai sinh cho búp bê", intent="ask_overview"))
    assert unlikely.slots["candidates"] is None and unlikely.replies[0].status is Status.ABSTAINED
    near = answerer(database, "abstain", BIRTH).answer(Turn(text="làm giấy khai sinh trễ", intent="ask_overview"))
    assert near.slots["candidates"] == [BIRTH] and near.replies[0].status is Status.ABSTAINED


def test_out_of_scope_is_said_plainly_unless_the_index_is_sure(database: Database) -> None:
    gold = Turn(text="giá vàng hôm nay", intent="out_of_scope", confidence=0.95)
    assert "ngoài lĩnh vực" in answerer(database, "abstain", BIRTH).out_of_scope(gold).replies[0].text
    mistaken = Turn(text="làm giấy cho em bé", intent="out_of_scope", confidence=0.4)
    assert answerer(database, "answer", BIRTH).out_of_scope(mistaken).slots["procedure"] == BIRTH
    assert (
        answerer(database, "clarify", BIRTH, BIRTH_AGAIN).out_of_scope(mistaken).replies[0].status is Status.CLARIFIED
    )


def test_yes_and_no_have_a_meaning(database: Database) -> None:
    made = answerer(database)
    assert made.affirm(Turn(intent="affirm")).replies[0].status is Status.SMALLTALK
    assert made.correct(Turn(text="còn lâu nhé", intent="deny")).replies[0].status is Status.SMALLTALK
    assert made.affirm(Turn(intent="affirm", candidates=(BIRTH,))).slots["procedure"] == BIRTH
    assert made.affirm(Turn(intent="affirm", procedure=BIRTH)).replies[0].status is Status.CONTROL


def test_a_place_in_the_question_names_its_centre(database: Database) -> None:
    (reply,) = answerer(database).answer(Turn(text="thế ở Cô Tô thì sao", intent="ask_place", procedure=BIRTH)).replies
    assert reply.text.startswith("Nơi nhận hồ sơ là Trung tâm Phục vụ hành chính công đặc khu Cô Tô.")


def test_no_centre_is_named_for_what_the_police_do(database: Database) -> None:
    turn = Turn(text="thế ở Cô Tô thì sao", intent="ask_place", procedure="1.014064")
    assert "Công an cấp xã" in (text := answerer(database).answer(turn).replies[0].text)
    assert "Cô Tô" not in text


def test_without_the_engine_search_answers_and_says_so(database: Database) -> None:
    replies = answerer(database, "answer", BIRTH).answer_without_dialogue("lệ phí khai sinh bao nhiêu")
    assert replies[0].answer and replies[0].answer.aspect is Aspect.FEE
    assert "gián đoạn" in replies[-1].text
    follow_up = answerer(database, "abstain").answer_without_dialogue("thế mất bao nhiêu tiền", BIRTH)
    assert follow_up[0].answer and follow_up[0].answer.procedure.code == BIRTH
    (lost,) = answerer(database, "abstain", BIRTH).answer_without_dialogue("asdasd qwe")
    assert lost.status is Status.ABSTAINED and "đã được lưu" in lost.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(min_size=1, max_size=300),
    intent=st.sampled_from(["ask_overview", "ask_fee", "ask_conditions", "nlu_fallback"]),
    procedure=st.sampled_from([None, BIRTH, "9.999999"]),
)
def test_any_text_gets_a_reply_with_a_way_on(database: Database, text: str, intent: str, procedure: str | None) -> None:
    made = answerer(database, "abstain", BIRTH)
    for outcome in (
        made.answer(Turn(text=text, intent=intent, procedure=procedure)),
        made.correct(Turn(text=text, intent="correct_topic", procedure=procedure)),
        made.choose(Turn(text=text, intent="choose_nth", procedure=procedure)),
    ):
        assert outcome.replies and all(reply.text and reply.buttons for reply in outcome.replies)


def test_services_work_from_another_folder(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shelf = shelf_of(*shipped_guides()[:3])
    assert Answerer(services_over(database, shelf)).unknown(Turn(text="?")).replies


def test_a_list_is_offered_again_in_other_words_and_a_single_offer_is_taken_by_a_question(database: Database) -> None:
    made = answerer(database)
    again = made.answer(Turn(text="còn lệ phí thì sao", intent="ask_fee", candidates=(BIRTH, BIRTH_AGAIN)))
    assert again.replies[0].text.startswith("Dạ, phần này mỗi việc một khác.")
    taken = made.answer(Turn(text="còn lệ phí thì sao", intent="ask_fee", candidates=(BIRTH,)))
    assert taken.slots["procedure"] == BIRTH and taken.replies[0].answer.aspect is Aspect.FEE  # type: ignore[union-attr]


def test_rejecting_a_list_does_not_bring_up_what_was_before_it(database: Database) -> None:
    turn = Turn(text="không phải, em hỏi cái khác", intent="correct_topic", candidates=(BIRTH,), rivals=(BIRTH_AGAIN,))
    (reply,) = answerer(database).correct(turn).replies
    assert "nói lại việc cần làm" in reply.text


def test_neighbours_that_share_hardly_a_word_are_not_offered(database: Database) -> None:
    made = answerer(database, "clarify", "1.004873", "1.001022")
    outcome = made.answer(Turn(text="xin cải táng phần mộ trong nghĩa địa", intent="ask_overview"))
    assert outcome.replies[0].status is Status.ABSTAINED and outcome.slots["candidates"] is None


def test_what_is_to_be_filed_is_named_by_the_text_or_by_nothing(database: Database) -> None:
    made = answerer(database, "answer", BIRTH)
    assert made.to_file(Turn(text="nộp hồ sơ đăng ký khai sinh", intent="submit_dossier")) == BIRTH
    for text in ("nop ho so luon", "đăng ký luôn cho em", "khai hồ sơ ngay tại đây"):
        assert made.to_file(Turn(text=text, intent="submit_dossier", procedure=BIRTH_AGAIN)) is None
    unsure = answerer(database, "clarify", BIRTH, BIRTH_AGAIN)
    asked = unsure.to_file(Turn(text="nộp hồ sơ khai sinh", intent="submit_dossier"))
    assert isinstance(asked, Outcome) and asked.slots["candidates"] == [BIRTH, BIRTH_AGAIN]
    elsewhere = made.without_form(Turn(text="nộp hồ sơ khai sinh"), BIRTH_AGAIN).replies[0]
    assert elsewhere.text.startswith("Dạ, em chưa lập được hồ sơ này") and elsewhere.answer


def test_a_number_in_a_sentence_is_no_choice(database: Database) -> None:
    turn = Turn(text="một đàn chim đậu trên 1 cành đa đầu làng", intent="choose_nth")
    assert answerer(database, "abstain", BIRTH).choose(turn).replies[0].status is Status.ABSTAINED


def test_how_to_do_it_is_answered_by_an_overview(database: Database) -> None:
    made = answerer(database, "answer", BIRTH)
    for text, intent in (("làm giấy tờ cho bé thế nào", "ask_documents"), ("làm khai sinh sao em", "ask_steps")):
        (reply,) = made.answer(Turn(text=text, intent=intent, confidence=0.9)).replies
        assert reply.answer and reply.answer.aspect is Aspect.OVERVIEW
    (papers,) = made.answer(Turn(text="làm khai sinh cần giấy tờ gì", intent="ask_documents", confidence=0.9)).replies
    assert papers.answer and papers.answer.aspect is Aspect.DOCUMENTS


def test_the_usual_case_is_offered_first_and_a_part_of_the_offers_asks_again(database: Database) -> None:
    made = answerer(database, "clarify", BIRTH_AGAIN, BIRTH)
    asked = made.answer(Turn(text="khai sinh", intent="ask_overview"))
    assert asked.slots["candidates"] == [BIRTH, BIRTH_AGAIN]
    lost = answerer(database, "abstain", BIRTH)
    turn = Turn(text="con dâu nộp hộ được không", intent="ask_conditions", candidates=(BIRTH, BIRTH_AGAIN))
    assert lost.answer(turn).replies[0].status is Status.CLARIFIED


def test_what_was_said_is_known_without_the_words(database: Database) -> None:
    made = answerer(database)
    again = made.again(Turn(procedure=BIRTH, aspect="fee"))
    assert again and again.replies[0].answer and again.replies[0].answer.aspect is Aspect.FEE
    assert made.again(Turn()) is None


STAY = "2.001159"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("action_set_notices", "người thân ngủ lại nhà thì có cần thông báo lưu trú không"),
        ("action_explain_refusal", "nhà có khách ở qua đêm thì thông báo lưu trú thế nào"),
    ],
)
def test_a_word_of_the_procedure_s_name_is_no_command(database: Database, action: str, text: str) -> None:
    outcome = answerer(database, "answer", STAY).mistaken(Turn(text=text, intent="set_notices", confidence=0.4), action)
    assert outcome and outcome.replies[0].answer and outcome.replies[0].answer.procedure.code == STAY


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("action_set_notices", "đừng nhắn thông báo lưu trú cho tôi nữa"),
        ("action_explain_refusal", "hồ sơ thông báo lưu trú bị trả lại vì thiếu giấy"),
        ("action_my_data", "xóa hết thông tin lưu trú đang lưu của tôi"),
    ],
)
def test_a_command_with_words_of_its_own_stays_one(database: Database, action: str, text: str) -> None:
    assert answerer(database, "answer", STAY).mistaken(Turn(text=text, confidence=0.4), action) is None


def test_what_the_index_does_not_know_stays_a_command(database: Database) -> None:
    turn = Turn(text="cho hỏi cái thông báo vừa rồi là sao vậy", confidence=0.4)
    assert answerer(database, "abstain", STAY).mistaken(turn, "action_explain_refusal") is None
