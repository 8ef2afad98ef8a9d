"""Turns of played conversations that went wrong once, by the cause that was mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.answers import Turn
from actions.answers.aspect import asked_aspect
from actions.answers.facts import fact_about
from actions.answers.passages import situated, speaks_of
from actions.answers.resolve import Resolver
from actions.answers.unlisted import pointed_at
from actions.answers.words import is_yes_or_no
from common.database import Database
from common.messages import Aspect, Status
from tests.actions.answers.test_answerer import BIRTH, BIRTH_AGAIN, answerer, database
from tests.actions.support import NameSearch, shelf_of, shipped_guides

__all__ = ["database"]

DEATH, UNEMPLOYED, MARRIAGE, RECORD = "1.000656", "1.014748", "1.000894", "3.000333"
FUNERAL, OF_THE_INSURED, OF_A_VETERAN = "1.001731", "1.014177", "2.002307"
GUIDES = {guide.code: guide for guide in shipped_guides()}
SHELF = shelf_of(*shipped_guides())
RESOLVER = Resolver(NameSearch(SHELF), SHELF)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cái thứ ba ạ", {2}),
        ("số 3, mất mấy ngày hả em", {2}),
        ("cai thu hai phi bao nhieu", {1}),
        ("trường hợp 2", None),
        ("lấy 2 bản thì sao", None),
        ("cái thứ hai của con tôi bị ghi sai tên", None),
        ("lệ phí bao nhiêu", None),
    ],
)
def test_what_points_at_a_list_and_says_nothing_besides(text: str, meant: set[int] | None) -> None:
    published = SHELF.get(BIRTH)
    assert published
    said = pointed_at(Turn(text=text, procedure=BIRTH), published, RESOLVER)
    assert (set(said.meant) if said else None) == meant


def test_a_number_that_the_procedure_speaks_of_is_no_place() -> None:
    published = SHELF.get(RECORD)
    assert published and pointed_at(Turn(text="số 2 thì sao", procedure=RECORD), published, RESOLVER) is None


def test_a_pick_where_no_list_was_shown_is_asked_back_with_the_neighbours(database: Database) -> None:
    made = answerer(database)
    turn = Turn(text="cái thứ hai phí bao nhiêu", intent="ask_fee", procedure=BIRTH, rivals=(BIRTH_AGAIN, DEATH))
    picked = made.pick(turn)
    assert picked and picked.slots["candidates"] == [BIRTH_AGAIN, DEATH] and picked.slots["aspect"] == "fee"
    assert picked.replies[0].status is Status.CLARIFIED and "đăng ký khai sinh" in picked.replies[0].text.lower()
    first = made.pick(replace(turn, text="số 1"))
    assert first and first.slots["procedure"] == BIRTH and first.slots["aspect"] == "fee"
    refused = made.pick(replace(turn, text="hai cái đầu không phải", intent="choose_nth"))
    assert refused and refused.slots["procedure"] is None and "em hiểu nhầm" in refused.replies[0].text


@pytest.mark.parametrize(
    ("text", "deadline", "payout"),
    [
        ("trong bao nhieu ngay phai lam", True, False),
        ("hạn nộp là khi nào", True, False),
        ("thời hạn giải quyết bao lâu", False, False),
        ("trong bao lâu thì xong", False, False),
        ("duoc bao nhieu tien", False, True),
        ("mỗi tháng được bao nhiêu", False, True),
        ("cho em hỏi phí bao nhiêu tiền", False, False),
        ("nhận hồ sơ mất bao nhiêu tiền", False, False),
    ],
)
def test_a_last_day_is_no_time_and_money_paid_out_no_fee(text: str, deadline: bool, payout: bool) -> None:
    assert (speaks_of("deadline", text), speaks_of("payout", text)) == (deadline, payout)


@pytest.mark.parametrize(
    ("code", "text"), [(DEATH, "Trong 15 ngày kể từ ngày có người mất"), (UNEMPLOYED, "trong 3 tháng kể từ ngày nghỉ")]
)
def test_the_last_day_is_quoted_from_the_guide(database: Database, code: str, text: str) -> None:
    turn = Turn(text="trong bao nhiêu ngày phải nộp", intent="ask_time", procedure=code)
    (reply,) = answerer(database).answer(turn).replies
    assert text in reply.text and "giải quyết thủ tục" not in reply.text
    paid = answerer(database).answer(replace(turn, text="được bao nhiêu tiền", intent="ask_fee")).replies[0]
    assert paid.status is Status.ABSTAINED or "mức" in paid.text
    assert all(one.section != "fee" for one in situated(GUIDES[code], "payout"))


def test_what_is_so_already_is_not_what_is_asked(database: Database) -> None:
    turn = Turn(text="bố bé chưa đăng ký kết hôn thì có ghi tên bố được ko", intent="ask_conditions", procedure=BIRTH)
    kept = answerer(database, "answer", MARRIAGE).answer(turn)
    assert kept.replies[0].answer and kept.replies[0].answer.procedure.code == BIRTH
    left = answerer(database, "answer", MARRIAGE).answer(replace(turn, text="đăng ký kết hôn", intent="ask_overview"))
    assert left.slots["procedure"] == MARRIAGE


def test_the_way_back_to_a_matter_is_no_part_of_its_name() -> None:
    found = RESOLVER.resolve(Turn(text="quay lại cái đăng ký khai tử", intent="ask_overview", procedure=MARRIAGE))
    assert found.published and found.published.code == DEATH


def test_the_other_one_is_what_was_discussed_before(database: Database) -> None:
    turn = Turn(
        text="quay lại cái trước, bao lâu xong", intent="go_back", procedure=DEATH,
        earlier=("đăng ký khai tử", "cảm ơn em", "đăng ký kết hôn"),
    )
    back = answerer(database).pick(turn)
    assert back and back.slots["procedure"] == MARRIAGE and back.slots["aspect"] == "time"
    assert answerer(database).pick(replace(turn, text="quay lại bước trước")) is None


@pytest.mark.parametrize(
    ("text", "yes_or_no"),
    [("biển số có phải đổi không", True), ("có được không ạ", True), ("phải làm sao", False), ("mất bao lâu", False)],
)
def test_questions_of_yes_and_no(text: str, yes_or_no: bool) -> None:
    assert is_yes_or_no(text) is yes_or_no


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("xin tiền mai táng cho bố có bảo hiểm xã hội", OF_THE_INSURED),
        ("tien mai tang cho cuu chien binh", OF_A_VETERAN),
        ("nhà có tang, tiền mai táng xin ở đâu", None),
    ],
)
def test_one_fact_tells_funeral_money_apart(database: Database, text: str, code: str | None) -> None:
    fact = fact_about(FUNERAL)
    assert fact and fact.said(text) == code and set(fact.labels) <= set(GUIDES)
    outcome = answerer(database, "answer", FUNERAL).answer(Turn(text=text, intent="ask_overview"))
    if code:
        assert outcome.slots["procedure"] == code
    else:
        assert outcome.slots["candidates"] == list(fact.labels) and fact.question in outcome.replies[0].text


@pytest.mark.parametrize(
    ("text", "intent", "confidence", "aspect"),
    [
        ("e ban do an online co can giay an toan thuc pham ko", "ask_online", 0.9, Aspect.OVERVIEW),
        ("bán hàng online thì nộp hồ sơ trực tuyến được không", "ask_online", 0.9, Aspect.ONLINE),
        ("có thể đăng ký hộ kinh doanh qua mạng không", "ask_online", 0.9, Aspect.ONLINE),
        ("nhận tiền mai táng cho bố", "ask_fee", 0.6, Aspect.OVERVIEW),
        ("xin tiền hỗ trợ có mất lệ phí không", "ask_fee", 0.9, Aspect.FEE),
        ("công ty yêu cầu lý lịch tư pháp, xin ở đâu", "", 0.0, Aspect.PLACE),
        ("mấy ngày theo luật", "ask_legal", 0.7, Aspect.TIME),
    ],
)
def test_words_that_only_tell_what_it_is_about_name_no_aspect(
    text: str, intent: str, confidence: float, aspect: Aspect
) -> None:
    assert asked_aspect(Turn(text=text, intent=intent, confidence=confidence)) is aspect


def test_a_question_for_conditions_gets_them_not_the_whole(database: Database) -> None:
    turn = Turn(text="điều kiện để được đăng ký kết hôn là gì", intent="ask_conditions")
    (reply,) = answerer(database, "answer", MARRIAGE).answer(turn).replies
    assert reply.answer and reply.answer.aspect is Aspect.CONDITIONS


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("action_eform_consent", "nếu không đồng ý với kết quả thì sao"),
        ("action_book_appointment", "làm sao để biết có lịch biểu diễn hôm nào vậy ạ"),
        ("action_pay_fee", "nó mượn hoài mà sao không chịu trả"),
    ],
)
def test_a_service_that_needs_its_own_word_is_not_entered_without_one(
    database: Database, action: str, text: str
) -> None:
    turn = Turn(text=text, confidence=0.5, procedure=BIRTH)
    outcome = answerer(database, "abstain", DEATH).mistaken(turn, action)
    assert outcome and outcome.replies[0].status in (Status.ABSTAINED, Status.ANSWERED)
    bare = Turn(text="đồng ý", confidence=0.5, procedure=BIRTH)
    assert answerer(database, "abstain", DEATH).mistaken(bare, "action_eform_consent") is None


def test_a_text_that_goes_on_is_told_what_the_guide_leaves_open(database: Database) -> None:
    turn = Turn(text="nếu bạn em đang học ở Đà Lạt thì sao", intent="ask_overview", confidence=0.5, procedure=BIRTH)
    (reply,) = answerer(database, "abstain", DEATH).answer(turn).replies
    assert "chưa nêu rõ điểm này" in reply.text and reply.answer and reply.answer.procedure.code == BIRTH


def test_words_of_no_matter_at_all_are_no_question(database: Database) -> None:
    reply = answerer(database).answer(Turn(text="thôi đi có được không", intent="ask_conditions")).replies[0]
    assert reply.status is Status.SMALLTALK
    asked = answerer(database).answer(Turn(text="cho em hỏi thủ tục với ạ", intent="ask_overview")).replies[0]
    assert asked.status is Status.CLARIFIED
