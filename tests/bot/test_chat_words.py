"""What the chat page says: the widget's own words, cards, fees, numbers and choices."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import bot.pages
from bot.pages.chat_facts import Card
from bot.pages.chat_texts import texts
from bot.pages.chat_view import asked, blocks, shown
from common.settings import PROJECT_ROOT


@pytest.mark.parametrize("language", ["vi", "en"])
def test_words_shared_with_the_widget_are_the_same(language: str) -> None:
    source = (PROJECT_ROOT / "bot/widget/src/texts.js").read_text("utf-8")
    own = yaml.safe_load((Path(bot.pages.__file__).parent / "chat.yml").read_text("utf-8"))[language]
    part = source.partition(f"const {language.upper()} = {{")[2].partition("\n};")[0]
    found = re.findall(r'^  (\w+): (?:\(\w+\) => `([^`]*)`|"((?:[^"\\]|\\.)*)")', part, re.MULTILINE)
    said = {key: quoted or made.replace("${", "{") for key, made, quoted in found}
    shared = [key for key, words in own.items() if key in said and isinstance(words, str)]
    assert len(shared) > 45, "the widget's words are where this test looks for them"
    assert {key: own[key] for key in shared} == {key: said[key] for key in shared}


def test_both_languages_say_the_same_things() -> None:
    assert texts("vi").by_key.keys() == texts("en").by_key.keys()
    assert not texts("vi").by_key.keys() & vars(texts("vi")).keys(), "templates would get the object's own part"
    for key, words in texts("vi").by_key.items():
        other = texts("en").by_key[key]
        if isinstance(words, str):
            assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", other)), key
        elif isinstance(words, dict):
            assert words.keys() == other.keys(), key
        else:
            assert len(words) == len(other), key


ANSWER = {
    "procedure": {"code": "1.004194", "name": "Đăng ký tạm trú"}, "aspect": "overview", "guide_version": 2,
    "decision_no": "9354/QĐ-BCA-C06", "checked_on": "2026-11-21", "origin": "curated",
    "fields": {
        "fee": [{"amount": 7000, "currency": "VND"}, {"amount": 10000, "currency": "VND", "when": "danh_sach"}],
        "time": [{"amount": 3.0, "unit": "working_day"}], "places": ["Công an cấp xã"],
        "channels": ["direct", "online"], "cases": [{"id": "danh_sach", "label": "Đăng ký theo danh sách"}],
        "documents": [
            {"name": "Tờ khai", "kind": "form", "copies": 1}, {"name": "Danh sách", "kind": "copy", "copies": 2,
             "when": "danh_sach", "note": "Mỗi người một dòng."}],
    },
    "sources": [{"title": "Cổng", "url": "https://example.org/x"}, {"title": "Xấu", "url": "javascript:alert(1)"}],
}  # fmt: skip


def test_a_card_says_facts_papers_and_where_they_come_from() -> None:
    card = Card(ANSWER, texts("vi"))
    assert dict(card.facts) == {
        "Lệ phí": "7.000 đồng – 10.000 đồng", "Thời hạn": "3 ngày làm việc", "Nơi nộp": "Công an cấp xã",
        "Trực tuyến": "Có nộp trực tuyến"}
    assert card.groups == [
        ("Trường hợp nào cũng cần", [("Tờ khai", "mẫu đơn")]),
        ("Đăng ký theo danh sách", [("Danh sách", "bản sao · 2 bản · Mỗi người một dòng.")])]
    assert card.provenance == "Bản hướng dẫn 2, Quyết định 9354/QĐ-BCA-C06, kiểm tra ngày 21/11/2026"
    assert [one["title"] for one in card.sources] == ["Cổng"]


@pytest.mark.parametrize(
    ("fees", "words"),
    [
        ([], "Trung tâm xác nhận khi nộp"), ([{"amount": 0}], "Không thu phí"), ([{"amount": 8000}], "8.000 đồng"),
        ([{"amount": 8000, "when": "x"}], "8.000 đồng (tùy trường hợp)"),
        ([{"amount": 8000}, {"note": "khác"}], "8.000 đồng (tùy trường hợp)"),
        ([{"amount": 0, "when": "x"}, {"note": "khác"}], "Tùy trường hợp"),
        ([{"verbatim": "Theo nghị quyết"}], "Theo nghị quyết"),
    ],
)  # fmt: skip
def test_fees_in_one_line(fees: list[dict[str, object]], words: str) -> None:
    answer = {**ANSWER, "fields": {**ANSWER["fields"], "fee": fees}}  # type: ignore[dict-item]
    assert dict(Card(answer, texts("vi")).facts)["Lệ phí"] == words


def test_numbers_are_written_as_the_language_writes_them() -> None:
    fields = {**ANSWER["fields"], "fee": [{"amount": 8000}], "time": [{"amount": 0.5, "unit": "day"}]}  # type: ignore[dict-item]
    facts = dict(Card({**ANSWER, "fields": fields}, texts("en")).facts)
    assert (facts["Fee"], facts["Time"]) == ("8,000 VND", "0.5 days")


@pytest.mark.parametrize(("aspect", "official"), [("overview", ["Official name: Kết hôn"]), ("documents", [])])
def test_in_english_the_card_hides_neither_the_reason_nor_what_is_only_vietnamese(
    aspect: str, official: list[str]
) -> None:
    text = (
        '我能看懂您的问题。\n\nThis is the procedure "Marriage registration".\nOfficial name: Kết hôn\n\n'
        "Papers needed:\n• Tờ khai\n\nThe parts in Vietnamese are quoted."
    )
    answer = {**ANSWER, "aspect": aspect, "procedure": {"code": "1.000894", "name": "Marriage registration"}}
    one = shown([{"id": "1", "author": "bot", "text": text, "answer": answer}], texts("en"))[0]
    assert [line for block in one.blocks for line in block.lines] == [
        "我能看懂您的问题。", 'This is the procedure "Marriage registration".', *official,
        "The parts in Vietnamese are quoted."]


def test_many_choices_of_a_question_are_a_list_to_pick_from() -> None:
    choices = [{"value": str(number), "label": f"Nơi {number}"} for number in range(12)]
    message = {
        "id": "1", "author": "bot", "text": "Ở đâu ạ?",
        "buttons": [{"title": one["label"], "payload": one["value"]} for one in choices]
        + [{"title": "Để sau", "payload": "/pause_form"}, {"title": "Gọi", "phone": "1900 1234"}],
        "form": {"title": "Tờ khai", "step": 2, "total": 9, "field": {
            "name": "commune", "label": "Nơi ở", "type": "choice", "choices": choices, "accept": ["jpg"]}},
    }
    one = shown([message], texts("vi"))[0]
    assert len(one.picks) == 12 and [choice["title"] for choice in one.choices] == ["Để sau"]
    assert one.links == [("Gọi", "tel:19001234")]
    question = asked([message, {"id": "2", "author": "system", "text": "…"}], "bot")
    assert question and question.label == "Nơi ở" and question.accept == ".jpg,.jpeg,.heic,.heif"
    assert asked([message], "agent") is None
    assert asked([message, {"id": "3", "author": "bot", "text": ""}], "bot") is None


@given(st.text(alphabet=st.sampled_from("ab1•-. \n"), max_size=80))
def test_no_word_of_an_answer_is_lost(text: str) -> None:
    kept = "".join(line for block in blocks(text) for line in block.lines)
    assert [c for c in kept if c in "ab"] == [c for c in text if c in "ab"]
