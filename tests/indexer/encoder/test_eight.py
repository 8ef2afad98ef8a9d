"""The graph for questions: what earlier versions built gets one, and it says what the exact graph says."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from common.settings import Settings
from indexer.encoder import ensure_encoder
from indexer.encoder.manifest import QUERIES, read_manifest, write_manifest
from indexer.encoder.onnx import OnnxEncoder
from tests.indexer.encoder.sentences import QUESTIONS


def _earlier(encoder_dir: Path, home: Path) -> Settings:
    """A home with the encoder as it was built before questions had a graph of their own."""
    models = home / "models"
    shutil.copytree(encoder_dir.parent, models)
    folder = models / "encoder"
    (folder / QUERIES).unlink()
    manifest = read_manifest(folder)
    files = {name: size for name, size in manifest.files.items() if name != QUERIES}
    write_manifest(folder, dataclasses.replace(manifest, files=files))
    return Settings(home=home, encoder="", encoder_vocabulary="trimmed")


@pytest.mark.slow
@pytest.mark.long
def test_an_earlier_encoder_gets_its_graph_for_questions(encoder_dir: Path, tmp_path: Path) -> None:
    settings = _earlier(encoder_dir, tmp_path)
    exact = OnnxEncoder(settings.encoder_dir)
    before = read_manifest(settings.encoder_dir)
    ensure_encoder(settings)
    after = read_manifest(settings.encoder_dir)
    assert after.fingerprint == before.fingerprint  # stored vectors stay good
    assert sorted(path.name for path in settings.encoder_dir.iterdir()) == sorted(["manifest.json", *after.files])
    quick = OnnxEncoder(settings.encoder_dir)
    assert (quick.encode_passages(QUESTIONS) == exact.encode_passages(QUESTIONS)).all()
    cosines = (quick.encode_queries(QUESTIONS) * exact.encode_queries(QUESTIONS)).sum(axis=1)
    assert 0.998 <= cosines.min() < 1.0
