from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from common.errors import SetupProblem
from common.settings import PROJECT_ROOT, Settings
from indexer.encoder import ensure_encoder, load_encoder
from indexer.encoder.build import st_model_path
from indexer.encoder.manifest import read_manifest
from indexer.encoder.onnx import OnnxEncoder
from indexer.encoder.st import StEncoder
from tests.indexer.encoder.sentences import QUESTIONS, TITLES

_ENSURE = """
import sys
from common.settings import Settings
from indexer.encoder import ensure_encoder
ensure_encoder(Settings(home=sys.argv[1], encoder=sys.argv[2]), lambda share, what: print(what, flush=True))
print("torch" in sys.modules, flush=True)
"""


def _start(home: Path, encoder: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _ENSURE, str(home), encoder], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )


def test_what_is_built(settings: Settings, encoder_dir: Path) -> None:
    manifest = read_manifest(encoder_dir)
    assert (manifest.engine, manifest.dim) == ("onnx", 384)
    assert manifest.prefixes == {"query": "query: ", "passage": "passage: "}
    assert manifest.max_length == {"query": 64, "passage": 128}
    assert len(manifest.fingerprint) == 16
    assert sorted(path.name for path in encoder_dir.iterdir()) == sorted(["manifest.json", *manifest.files])
    assert (Path(st_model_path(settings)) / "modules.json").is_file()
    assert str(PROJECT_ROOT).encode() not in (encoder_dir / "model.onnx").read_bytes()
    assert not list(settings.models_dir.glob(".encoder-build-*"))


def test_second_call_does_nothing(settings: Settings, encoder_dir: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in encoder_dir.iterdir()}
    told: list[str] = []
    started = time.perf_counter()
    assert ensure_encoder(settings, lambda share, what: told.append(what)) == encoder_dir
    print(f"second ensure_encoder: {(time.perf_counter() - started) * 1000:.1f} ms")
    assert {path.name: path.stat().st_mtime_ns for path in encoder_dir.iterdir()} == before
    assert told == []


def test_second_call_needs_no_torch(settings: Settings, encoder_dir: Path) -> None:
    process = _start(settings.home)
    output, _ = process.communicate(timeout=120)
    assert output.split() == ["False"]


@pytest.mark.slow
@pytest.mark.long
def test_killed_halfway_then_built(tmp_path: Path, encoder_dir: Path) -> None:
    process = _start(tmp_path)
    assert process.stdout is not None
    for line in process.stdout:
        if "Exporting" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    settings = Settings(home=tmp_path, encoder="")
    assert list(settings.models_dir.glob(".encoder-build-*"))  # what the killed one left
    assert not settings.encoder_dir.exists()
    with pytest.raises(SetupProblem, match="make setup"):
        load_encoder(settings)
    shares: list[float] = []
    ensure_encoder(settings, lambda share, what: shares.append(share))
    assert shares == sorted(shares) and shares[-1] == 1.0
    assert not list(settings.models_dir.glob(".encoder-build-*"))
    # builds are repeatable
    assert load_encoder(settings, plain=True).fingerprint == read_manifest(encoder_dir).fingerprint


@pytest.mark.slow
@pytest.mark.long
def test_another_model_is_exported_in_full_precision(settings: Settings, encoder_dir: Path, tmp_path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(st_model_path(settings), device="cpu", model_kwargs={"dtype": "float32"})
    with torch.no_grad():  # as after fine-tuning: no longer on the 4-bit grid
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=torch.manual_seed(1))
            parameter.add_(0.002 * parameter.abs().mean() * noise)
    model.save(str(tmp_path / "tuned"), create_model_card=False)
    tuned = Settings(home=tmp_path / "home", encoder=str(tmp_path / "tuned"))
    ensure_encoder(tuned)
    served = load_encoder(tuned)
    assert isinstance(served, OnnxEncoder)
    assert served.fingerprint != read_manifest(encoder_dir).fingerprint
    assert served.manifest.files["model.onnx"] > 100_000_000  # fp32
    own = model.encode_query(QUESTIONS)
    assert (served.encode_queries(QUESTIONS) * own).sum(axis=1).min() >= 0.99999
    stale = served.fingerprint
    weights = tmp_path / "tuned" / "model.safetensors"
    os.utime(weights, (1, 1))  # trained again in place: looked at again, same weights, same fingerprint
    ensure_encoder(tuned)
    assert load_encoder(tuned).fingerprint == stale


@pytest.mark.slow
def test_model_that_cannot_be_exported_is_served_by_sentence_transformers(
    settings: Settings,
    encoder_dir: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> int:
        raise RuntimeError("an operator without ONNX form")

    monkeypatch.setattr("indexer.encoder.export.export_onnx", fails)
    other = Settings(home=tmp_path, encoder=st_model_path(settings))
    with caplog.at_level(logging.WARNING):
        ensure_encoder(other)
    assert "can't be served by ONNX Runtime (an operator without ONNX form)" in caplog.text
    served = load_encoder(other)
    assert isinstance(served, StEncoder)
    vectors = served.encode_passages(TITLES)
    assert vectors.dtype == np.float32
    reference = load_encoder(settings, plain=True)
    assert (vectors * reference.encode_passages(TITLES)).sum(axis=1).min() >= 0.999
    assert served.encode_queries([]).shape == (0, 384)
    assert served.fingerprint != reference.fingerprint


def test_unknown_model_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SetupProblem, match="ISEE_ENCODER"):
        ensure_encoder(Settings(home=tmp_path / "home", encoder=str(tmp_path / "empty")))
    assert not list((tmp_path / "home" / "models").glob(".encoder-build-*"))


def test_too_little_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("indexer.encoder.build._DISK", 1 << 60)
    with pytest.raises(SetupProblem, match="600 MB free"):
        ensure_encoder(Settings(home=tmp_path, encoder=""))


def test_stale_manifest_is_seen(settings: Settings, encoder_dir: Path, tmp_path: Path) -> None:
    manifest = json.loads((encoder_dir / "manifest.json").read_text("utf-8"))
    full = Settings(home=settings.home, encoder="", encoder_vocabulary="full")
    from indexer.encoder.build import _current, _wanted

    assert _current(settings, _wanted(settings))
    assert not _current(full, _wanted(full))
    assert manifest["wanted"] == _wanted(settings)
