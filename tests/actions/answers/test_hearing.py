"""What a message in another language is before anybody is asked."""

from __future__ import annotations

import pytest

from actions.answers.hearing import Heard, hear, names_matter
from actions.answers.words import data
from common.language import Language
from common.messages import Aspect


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Yes!", "en", "vâng"), ("no thanks", "en", "không"), ("Cancel.", "en", "hủy"), ("go back", "en", "quay lại"),
        ("skip this", "en", "bỏ qua"), ("the second one", "en", "số 2"), ("I agree", "en", "đồng ý"),
        ("Can I talk to a person please?", "en", "cho em gặp cán bộ"),
        ("status of my application", "en", "tra cứu hồ sơ"), ("What is my dossier status?", "en", "tra cứu hồ sơ"),
        ("File a dossier", "en", "nộp hồ sơ"), ("Make a checklist.", "en", "in danh sách giấy tờ"),
        ("I want to book an appointment", "en", "đặt lịch hẹn"), ("我要预约", "zh", "đặt lịch hẹn"),
        ("oui", "fr", "vâng"), ("Annuler", "fr", "hủy"), ("je veux parler à quelqu’un", "fr", "cho em gặp cán bộ"),
        ("是的", "zh", "vâng"), ("取消", "zh", "hủy"), ("转人工", "zh", "cho em gặp cán bộ"),
    ],
)  # fmt: skip
def test_set_phrases_and_wishes_become_vietnamese_words(text: str, language: Language, words: str) -> None:
    assert hear(text, language) == Heard(words)


@pytest.mark.parametrize(
    ("text", "language", "kind"),
    [("Hello!", "en", "greet"), ("thanks a lot", "en", "thank"), ("help", "en", "help"), ("Bonjour", "fr", "greet"),
     ("你好！", "zh", "greet"), ("谢谢", "zh", "thank"), ("who are you?", "en", "bot_identity")],
)  # fmt: skip
def test_talk_is_told(text: str, language: Language, kind: str) -> None:
    assert hear(text, language).talk == kind


@pytest.mark.parametrize(
    ("text", "language", "aspect"),
    [
        ("how much is a passport", "en", "fee"), ("how long does it take", "en", "time"),
        ("where do I go", "en", "place"),
        ("what do I need to marry", "en", "documents"), ("can I do it online", "en", "online"),
        ("register a birth", "en", "overview"), ("combien de temps faut-il ?", "fr", "time"),
        ("combien coûte-t-il", "fr", "fee"),
        ("quels documents pour le passeport", "fr", "documents"),
        ("办护照要多少钱", "zh", "fee"), ("需要什么材料", "zh", "documents"),
        ("在哪里办", "zh", "place"),
    ],
)  # fmt: skip
def test_a_question_asks_for_a_part_of_a_guide(text: str, language: Language, aspect: str) -> None:
    assert hear(text, language) == Heard(intent=f"/ask_{aspect}")


@pytest.mark.parametrize(
    ("text", "language", "named"),
    [("how much is it?", "en", False), ("and where do I have to go?", "en", False),
     ("how much is a passport", "en", True),
     ("c'est combien ?", "fr", False), ("combien coûte un passeport", "fr", True),
     ("要多少钱？", "zh", False), ("护照要多少钱？", "zh", True)],
)  # fmt: skip
def test_a_matter_is_told_from_words_of_asking(text: str, language: Language, named: bool) -> None:
    assert names_matter(text, language) is named


def test_the_phrases_are_whole() -> None:
    """Each part in each language, as text (YAML reads a bare no as a truth value), a whole phrase with one meaning."""
    known = data("foreign")
    assert set(known["aspects"]) == set(Aspect) - {Aspect.OVERVIEW}
    groups = [*known["said"].values(), *known["wishes"].values(), *known["talk"].values(), *known["aspects"].values()]
    assert all({"en", "fr", "zh"} <= set(group) for group in groups)
    for language in ("en", "fr", "zh"):
        phrases = [phrase for group in (*known["said"].values(), *known["talk"].values()) for phrase in group[language]]
        assert all(isinstance(phrase, str) for phrase in [*phrases, *known["neutral"][language]])
        assert len(phrases) == len(set(phrases))
