"""The spaCy pipeline, built and loaded again as Rasa does it."""

import subprocess
import sys
from pathlib import Path

import pytest

spacy = pytest.importorskip("spacy")

from indexer.spacy_vi import LABELS, build  # noqa: E402

COMMUNES = Path(__file__).resolve().parents[3] / "actions" / "centres" / "data" / "communes.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "spacy_vi"
    build(path, COMMUNES)
    return path


@pytest.fixture(scope="module")
def nlp(folder: Path) -> "spacy.language.Language":
    return spacy.load(folder)


@pytest.mark.parametrize(
    ("text", "entity", "label", "identifier"),
    [
        ("thế ở Cô Tô thì sao?", "Cô Tô", "commune", "07192"),
        ("em o phuong bai chay", "phuong bai chay", "commune", "06673"),
        ("nhà ở p.hà tu", "p.hà tu", "commune", "06652"),
        ("trước là huyện Vân Đồn", "huyện Vân Đồn", "old_place", "Huyện Vân Đồn"),
        ("tôi ở Đồng Rui", "Đồng Rui", "old_place", "Xã Đồng Rui"),
        ("ở An Sinh", "An Sinh", "commune", None),
        ("mat so do roi", "so do", "document", "giấy chứng nhận quyền sử dụng đất"),
        ("hồ sơ H49-260101-0001.", "H49-260101-0001", "dossier_code", None),
        ("thủ tục 1.001193,", "1.001193", "procedure_code", None),
        ("số 022199001234", "022199001234", "personal_id", None),
        ("gọi 0912.345.678 nhé", "0912.345.678", "phone", None),
        ("gọi 0912 345 678", "0912 345 678", "phone", None),
        ("sinh 12/3/2026", "12/3/2026", "date", None),
        ("ngay 5 thang 4 nam 2025", "ngay 5 thang 4 nam 2025", "date", None),
        ("nộp 8.000 đồng", "8.000 đồng", "amount", None),
        ("hết 50k à", "50k", "amount", None),
        ("cái thứ hai", "cái thứ hai", "nth", "2"),
        ("cai dau tien", "cai dau tien", "nth", "1"),
    ],
)
def test_entities(nlp: "spacy.language.Language", text: str, entity: str, label: str, identifier: str) -> None:
    found = {(ent.text, ent.label_): ent.ent_id_ for ent in nlp(text).ents}
    assert (entity, label) in found
    if identifier:
        assert found[entity, label] == identifier


@pytest.mark.parametrize("text", ["chính sách an sinh xã hội", "thứ hai có làm không", "hai bên thống nhất"])
def test_everyday_words_are_no_entities(nlp: "spacy.language.Language", text: str) -> None:
    assert not nlp(text).ents


def test_labels(nlp: "spacy.language.Language") -> None:
    assert set(nlp.get_pipe("entity_ruler").labels) == set(LABELS)


def test_each_of_the_54_communes_is_found_bare_and_marked(nlp: "spacy.language.Language") -> None:
    import json

    from indexer.text import strip_diacritics

    rows = json.loads(COMMUNES.read_text(encoding="utf-8"))["communes"]
    assert len(rows) == 54
    for row in rows:
        for text in (row["name"], strip_diacritics(row["name"]).lower()):
            ids = {ent.ent_id_ for ent in nlp(f"em ở {text}").ents if ent.label_ == "commune"}
            assert ids == {row["code"]}, text


def test_loads_without_our_code(folder: Path, tmp_path: Path) -> None:
    code = f"import spacy; print([e.label_ for e in spacy.load({str(folder)!r})('ở Cô Tô').ents])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "['commune']" in done.stdout
