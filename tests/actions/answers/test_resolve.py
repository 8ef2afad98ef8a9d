"""Which procedure a turn is about, with the shipped guides and a small real search."""

from __future__ import annotations

import pytest

from actions.answers.resolve import Resolver, naming, nth, wanted_words
from actions.answers.turn import Turn
from actions.centres import Centres
from tests.actions.guide import guide
from tests.actions.support import NameSearch, Shelf, shelf_of, shipped_guides

BIRTH, BIRTH_AGAIN, MARRIAGE, STAY = "1.001193", "1.004884", "1.000894", "1.004194"


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return shelf_of(*shipped_guides())


@pytest.fixture(scope="module")
def resolver(shelf: Shelf) -> Resolver:
    return Resolver(NameSearch(shelf), shelf, Centres.load().names())


@pytest.mark.parametrize(
    "text",
    [
        "thế mất bao nhiêu tiền", "còn lệ phí?", "bao lâu thì có ạ", "the nop o dau", "cần giấy tờ gì vậy em",
        "thế ở Cô Tô thì sao", "em ở phường Bãi Cháy thì nộp ở đâu", "làm online được không",
    ],
)  # fmt: skip
def test_a_follow_up_keeps_the_procedure(resolver: Resolver, text: str) -> None:
    resolved = resolver.resolve(Turn(text=text, intent="ask_fee", procedure=BIRTH))
    assert (resolved.kind, resolved.published and resolved.published.code) == ("same", BIRTH)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("con 3 tháng mới làm có sao ko", "ask_conditions"),
    ],
)
def test_a_situation_keeps_the_procedure(resolver: Resolver, text: str, intent: str) -> None:
    resolved = resolver.resolve(Turn(text=text, intent=intent, procedure=BIRTH))
    assert (resolved.kind, resolved.published and resolved.published.code) == ("same", BIRTH)


def test_a_lodger_stays_with_temporary_residence(resolver: Resolver) -> None:
    turn = Turn(text="tôi là sinh viên ở trọ, chủ nhà không cho đăng ký", intent="ask_conditions", procedure=STAY)
    assert resolver.resolve(turn).published.code == STAY  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "code"), [("đăng ký kết hôn mất bao nhiêu tiền", MARRIAGE), ("đăng ký lại khai sinh thì sao", BIRTH_AGAIN)]
)
def test_a_text_that_names_another_procedure_leaves_this_one(resolver: Resolver, text: str, code: str) -> None:
    resolved = resolver.resolve(Turn(text=text, intent="ask_fee", procedure=BIRTH))
    assert resolved.kind in ("new", "clarify")
    assert (resolved.published or resolved.hits[0]).code == code


def test_a_bare_aspect_without_a_procedure_names_nothing(resolver: Resolver) -> None:
    assert resolver.resolve(Turn(text="lệ phí bao nhiêu", intent="ask_fee")).kind == "unnamed"


def test_a_button_says_its_procedure(resolver: Resolver) -> None:
    turn = Turn(intent="ask_fee", entities={"procedure_code": (MARRIAGE,)}, procedure=BIRTH)
    assert resolver.resolve(turn).published.code == MARRIAGE  # type: ignore[union-attr]
    assert resolver.resolve(Turn(intent="ask_fee")).kind == "unnamed"


def test_an_unknown_code_in_a_button_falls_back(resolver: Resolver) -> None:
    turn = Turn(intent="ask_fee", entities={"procedure_code": ("9.999999",)}, procedure=BIRTH)
    assert resolver.resolve(turn).published.code == BIRTH  # type: ignore[union-attr]


def test_words_choose_among_the_offered(resolver: Resolver) -> None:
    turn = Turn(text="đăng ký lại khai sinh", intent="ask_overview", candidates=(BIRTH, BIRTH_AGAIN))
    assert resolver.resolve(turn).published.code == BIRTH_AGAIN  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["ý mình là đăng ký lại khai sinh", "đăng ký lại khai sinh chứ không phải đăng ký khai sinh"]
)
def test_a_correction_finds_what_is_meant(resolver: Resolver, text: str) -> None:
    resolved = resolver.another(Turn(text=text, intent="correct_topic", procedure=BIRTH))
    assert resolved.published and resolved.published.code == BIRTH_AGAIN


def test_a_correction_without_a_subject_is_open(resolver: Resolver) -> None:
    assert (
        resolver.another(Turn(text="không phải, em hỏi cái khác", intent="correct_topic", procedure=BIRTH)).kind
        == "unknown"
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("không phải khai sinh mà là khai tử", "khai tu"),
        ("tạm trú chứ không phải thường trú", "tam tru"),
        ("ý em là cấp lại căn cước", "cap lai can cuoc"),
    ],
)
def test_what_a_correction_wants(text: str, wanted: str) -> None:
    assert wanted_words(text) == wanted


@pytest.mark.parametrize(
    ("text", "entity", "count", "index"),
    [
        ("cái thứ hai", None, 3, 1), ("cai thu hai", None, 3, 1), ("số 1", None, 3, 0), ("3", None, 3, 2),
        ("cái đầu tiên", None, 3, 0), ("cái cuối cùng", None, 4, 3), ("cái ở giữa", None, 3, 1),
        ("cái ở giữa", None, 4, None),
        ("5", None, 3, None), ("0", None, 3, None), ("chọn cái thứ tư", None, 4, 3), ("gì cũng được", None, 3, None),
        ("cái thứ hai", "2", 3, 1), ("cái cuối", None, 0, None), ("trường hợp 2", None, 2, 1),
    ],
)  # fmt: skip
def test_which_one_is_meant(text: str, entity: str | None, count: int, index: int | None) -> None:
    assert nth(text, entity, count) == index


def test_naming_counts_whole_names() -> None:
    assert naming("làm thẻ thư viện", guide()) > 0.99
    assert naming("mượn sách", guide()) == 0
