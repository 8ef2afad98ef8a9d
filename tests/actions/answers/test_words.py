"""Function words and phrases are told from words that only look alike without diacritics."""

from __future__ import annotations

from actions.answers.words import content, left_over, spelled


def test_diacritics_count_where_they_are_written() -> None:
    assert content("cải táng mộ") == ["cai", "tang", "mo"]
    assert content("mô rứa ạ") == []


def test_bare_text_is_read_with_its_diacritics_restored() -> None:
    assert content("nop ho so luon") == ["nop", "ho", "so"]
    assert spelled("khai sinh") == ("khai", "sinh")


def test_phrases_are_taken_away_as_they_are_spelled() -> None:
    assert left_over("nộp hồ sơ ở đâu", ["nộp hồ sơ", "ở đâu"]) == []
    assert left_over("nop ho so o dau", ["nộp hồ sơ", "ở đâu"]) == []
    assert left_over("làm cái phí gì", ["phi"]) == []
    assert left_over("tiện đường", ["tiền"]) == ["tien", "duong"]
