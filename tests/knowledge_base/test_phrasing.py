from pathlib import Path

from knowledge_base.catalogue import catalogue_codes
from knowledge_base.loader import GUIDES_DIR, load_tree
from knowledge_base.model import Guide
from knowledge_base.phrasing import ENGLISH_DIR, check_phrasings, load_phrasings, with_phrasings

CODES = {"1.000001", "1.000002"}


def write(folder: Path, text: str, name: str = "a.yml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_shipped_phrasings_are_sound():
    assert check_phrasings(catalogue_codes()) == []


def test_the_english_phrasings_are_sound_and_cover_every_curated_guide():
    assert check_phrasings(catalogue_codes(), ENGLISH_DIR) == []
    guides = [file.guide for file in load_tree(GUIDES_DIR) if file.guide]
    assert {guide.code for guide in guides} == set(load_phrasings(ENGLISH_DIR))
    assert all(guide.name_en for guide in guides)


def test_phrasings_are_read_by_code(tmp_path):
    write(tmp_path, '"1.000001":\n  - sang tên xe cũ\n  - Sang tên xe cũ\n  - bán xe rồi làm gì\n')
    assert load_phrasings(tmp_path) == {"1.000001": ("sang tên xe cũ", "bán xe rồi làm gì")}


def test_each_problem_is_named_with_its_line(tmp_path):
    write(tmp_path, '"1.000001":\n  - câu một\n  - {a: b}\n"9.999999":\n  - câu hai\n"1.000002":\n  - Câu một\n')
    problems = [(problem.line, problem.field, problem.detail) for problem in check_phrasings(CODES, tmp_path)]
    assert problems == [
        (3, "1.000001", "mỗi mục phải là một câu"),
        (5, "9.999999", "không có thủ tục mang mã này trong danh mục"),
        (7, "1.000002", "câu «Câu một» đã dùng cho 1.000001"),
    ]


def test_a_broken_file_loses_nothing_of_the_others(tmp_path):
    write(tmp_path, '"1.000001": [sang tên xe]\n')
    write(tmp_path, '"1.000002": [chưa đóng ngoặc\n', name="b.yml")
    (tmp_path / "c.yml").write_bytes(b"\xff\xfe")
    assert load_phrasings(tmp_path) == {"1.000001": ("sang tên xe",)}
    assert {problem.file for problem in check_phrasings(CODES, tmp_path)} == {"b.yml", "c.yml"}


def test_a_guide_without_phrasings_stays_as_it_is():
    guide = Guide(code="9.999999", name="Không có", field="Thử")
    assert with_phrasings(guide) is guide


def test_a_question_of_another_guide_is_no_phrasing(tmp_path):
    write(tmp_path, '"1.000001": [Mất xe]\n"1.000002": [mất xe rồi]\n')
    guide = Guide(code="1.000002", name="Có", field="Thử", questions=["mất xe", "mất xe rồi"])
    problems = [(problem.field, problem.detail) for problem in check_phrasings(CODES, tmp_path, [guide])]
    assert problems == [("1.000001", "câu «Mất xe» đã dùng cho 1.000002")]
