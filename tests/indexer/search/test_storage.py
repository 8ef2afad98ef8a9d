import json
from pathlib import Path

import numpy as np
import pytest

from common.errors import SetupProblem
from indexer.search.storage import load_index, save_index
from indexer.search.types import Entry, EntryKind

ENTRIES = [Entry("1.000001", EntryKind.NAME, "đăng ký khai sinh"), Entry("1.000002", EntryKind.NAME, "kết hôn")]


def save(folder: Path, fill: float = 1.0) -> None:
    vectors = np.eye(2, 4, dtype=np.float32) * fill
    save_index(
        folder, encoder="e", revision=3, digests={"1.000001": "a", "1.000002": "b"}, entries=ENTRIES, vectors=vectors
    )


def test_nothing_stored_is_none(tmp_path):
    assert load_index(tmp_path) is None


def test_what_was_saved_is_loaded(tmp_path):
    save(tmp_path)
    stored = load_index(tmp_path)
    assert stored.entries == ENTRIES
    assert stored.manifest.revision == 3
    assert np.array_equal(stored.vectors.reconstruct_n(0, 2), np.eye(2, 4, dtype=np.float32))


def test_a_reader_keeps_its_generation_while_a_new_one_is_written(tmp_path):
    save(tmp_path)
    before = load_index(tmp_path)
    save(tmp_path, fill=0.5)
    assert before.vectors.reconstruct(0)[0] == 1.0
    assert load_index(tmp_path).vectors.reconstruct(0)[0] == 0.5


def test_a_crash_before_the_switch_leaves_the_old_index(tmp_path):
    save(tmp_path)
    half = tmp_path / "generation-half"
    half.mkdir()
    (half / "vectors.faiss").write_bytes(b"half")
    assert load_index(tmp_path).entries == ENTRIES


@pytest.mark.parametrize("name", ["vectors.faiss", "entries.jsonl", "manifest.json"])
def test_damage_is_named_with_its_remedy(tmp_path, name):
    save(tmp_path)
    generation = tmp_path / (tmp_path / "CURRENT").read_text()
    (generation / name).write_bytes(b"\x00broken")
    with pytest.raises(SetupProblem, match=f"{name}.*isee index build --force"):
        load_index(tmp_path)


def test_another_format_is_rebuilt_not_misread(tmp_path):
    save(tmp_path)
    manifest = tmp_path / (tmp_path / "CURRENT").read_text() / "manifest.json"
    data = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**data, "format": 0}))
    assert load_index(tmp_path) is None
