"""Which language a message is in. Above all: Vietnamese without diacritics is never taken for another."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from indexer.text import strip_diacritics
from indexer.text.language import has_vietnamese, language_of
from knowledge_base.phrasing import ENGLISH_DIR, load_phrasings

NLU = Path(__file__).parents[3] / "nlu_data" / "nlu"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("how much does it cost", "en"), ("My father died, what should I do?", "en"), ("fee?", "en"),
        ("How do I get a sổ đỏ?", "en"), ("I lost my CCCD", "en"), ("where is Bai Chay ward office", "en"),
        ("combien ça coûte", "fr"), ("J'ai perdu ma carte", "fr"), ("où dois-je aller ?", "fr"), ("oui", "fr"),
        ("多少钱", "zh"), ("我想办CCCD", "zh"), ("護照", "zh"),
        ("lệ phí bao nhiêu", "vi"), ("le phi bao nhieu", "vi"), ("me toi mat can cuoc", "vi"),
        ("ko biet lam sao", "vi"),
        ("em can lam passport de di du lich", "vi"), ("do xe o dau", "vi"), ("to khai lay o dau", "vi"),
        ("ok", None), ("2", None), ("", None), ("H49-260101-0001", None), ("hello", None), ("passport", None),
        ("これはペンです", None), ("😀", None),
    ],
)  # fmt: skip
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_vietnamese_is_never_taken_for_another_language() -> None:
    """Every tenth phrasing and every dialogue example, with and without diacritics; some examples are English."""
    sentences = [sentence for sentences in load_phrasings().values() for sentence in sentences][::10]
    forms = [form for text in sentences for form in (text, strip_diacritics(text))]
    assert [form for form in forms if language_of(form) not in ("vi", None)] == []
    blocks = [block for file in sorted(NLU.glob("*.yml")) for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]]
    lines = [line for block in blocks for line in str(block.get("examples", "")).splitlines()]
    examples = [line[2:] for line in lines if "](" not in line]
    wrong = {text for text in examples if language_of(text) not in ("vi", None)}
    assert wrong <= {text for text in wrong if text.isascii() or text == "je suis là"}
    assert len(wrong) < 0.005 * len(examples)


def test_english_phrasings_are_english() -> None:
    texts = [text for texts in load_phrasings(ENGLISH_DIR).values() for text in texts]
    assert sum(language_of(text) == "en" for text in texts) > 0.97 * len(texts)
    assert not [text for text in texts if language_of(text) in ("vi", "fr", "zh")]


def test_letters_that_only_vietnamese_has() -> None:
    assert has_vietnamese("đường") and not has_vietnamese("à l'école") and not has_vietnamese("护照")


def test_markup_and_addresses_speak_for_no_language() -> None:
    assert language_of("<img src=x onerror=\"document.title='hacked'\">") is None
    assert language_of("https://example.com/how-much-is-the-fee") is None
    assert language_of("xem giúp em trang https://example.com/how-much-is-the-fee với ạ") == "vi"
