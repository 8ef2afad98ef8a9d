from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import SetupProblem
from common.settings import Settings
from indexer.encoder import Encoder, load_encoder
from indexer.encoder.manifest import EncoderMissing
from indexer.encoder.onnx import OnnxEncoder
from tests.indexer.encoder.sentences import FOREIGN, QUESTIONS, TITLES

ALL = TITLES + QUESTIONS + FOREIGN


@pytest.fixture(scope="module")
def st_model(settings: Settings, encoder_dir: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    folder = settings.models_dir / "encoder-st"
    return SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": "float32"})


@pytest.mark.slow
def test_conversion_equals_the_packages_own_engine(st_model: Any, engine: Any) -> None:
    for ours, theirs in (
        (st_model.encode_query(ALL), engine.query(ALL)),
        (st_model.encode_document(ALL), engine.passage(ALL)),
    ):
        cosines = (ours * theirs).sum(axis=1)
        assert cosines.min() >= 0.999, ALL[int(cosines.argmin())]


@pytest.mark.slow
def test_export_equals_the_conversion(st_model: Any, encoder: OnnxEncoder) -> None:
    queries, passages = encoder.encode_queries(ALL), encoder.encode_passages(TITLES)
    own_queries, own_passages = st_model.encode_query(ALL), st_model.encode_document(TITLES)
    assert (queries * own_queries).sum(axis=1).min() >= 0.998  # in 8 bits, see `eight`
    assert (passages * own_passages).sum(axis=1).min() >= 0.999
    first, own_first = (queries @ passages.T).argmax(axis=1), (own_queries @ own_passages.T).argmax(axis=1)
    assert (first == own_first).mean() >= 0.95


def test_questions_find_their_titles(encoder: OnnxEncoder) -> None:
    query = encoder.encode_queries(["mất thẻ bảo hiểm y tế xin lại mấy ngày"])[0]
    scores = encoder.encode_passages(TITLES) @ query
    assert TITLES[int(scores.argmax())] == "Cấp lại thẻ bảo hiểm y tế"


def test_vectors_have_unit_length_and_shape(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_passages(["", "a", "Đăng ký khai sinh", "từ " * 5000])
    assert vectors.shape == (4, encoder.dim) == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert encoder.encode_queries([]).shape == encoder.encode_passages([]).shape == (0, 384)


def test_a_long_text_is_cut_at_the_limit(encoder: OnnxEncoder) -> None:
    assert encoder.count_tokens("hồ sơ " * 1000) == 128
    long = encoder.encode_queries(["hồ sơ " * 200, "hồ sơ " * 400])
    assert np.allclose(long[0], long[1], atol=1e-5)


def test_decomposed_text_gives_the_same_vector(encoder: OnnxEncoder) -> None:
    composed = encoder.encode_queries(["Đăng ký kết hôn ở phường nào ạ"])
    decomposed = encoder.encode_queries([unicodedata.normalize("NFD", "Đăng ký kết hôn ở phường nào ạ")])
    assert np.allclose(composed, decomposed, atol=1e-5)


def test_batching_does_not_change_vectors(encoder: OnnxEncoder) -> None:
    texts = [*ALL, "thửa đất " * 50]
    together = encoder.encode_passages(texts)
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() >= 0.9999


def test_queries_and_passages_differ_by_prefix(encoder: OnnxEncoder) -> None:
    query, passage = encoder.encode_queries(["khai sinh"])[0], encoder.encode_passages(["khai sinh"])[0]
    assert float(query @ passage) < 0.9999


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=120), max_size=4))
def test_any_text_is_encoded(encoder: OnnxEncoder, texts: list[str]) -> None:
    vectors = encoder.encode_queries(texts)
    assert vectors.shape == (len(texts), 384)
    assert np.isfinite(vectors).all()


def test_lone_surrogates_and_specials_are_survived(encoder: OnnxEncoder) -> None:
    vectors = encoder.encode_queries(["\ud83d khai sinh", "</s><pad> khai sinh", "\x00\x01", "🎉" * 300])
    assert np.isfinite(vectors).all()


def test_remembered_query_cannot_be_spoilt(encoder: OnnxEncoder) -> None:
    first = encoder.encode_queries(["cấp lại căn cước"])
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(encoder.encode_queries(["cấp lại căn cước"]), kept)


def test_memory_of_queries_is_bounded(encoder_dir: Path) -> None:
    small = OnnxEncoder(encoder_dir, threads=1, cache_size=3)
    for number in range(10):
        small.encode_queries([f"câu hỏi số {number}"])
    assert len(small._cache) == 3


def test_threads_share_one_encoder(encoder: OnnxEncoder) -> None:
    expected = encoder.encode_passages(ALL)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda text: encoder.encode_passages([text])[0], ALL * 2))
    assert (np.array(results) * np.tile(expected, (2, 1))).sum(axis=1).min() >= 0.9999


def test_load_encoder_takes_settings_or_folder(settings: Settings, encoder_dir: Path, encoder: OnnxEncoder) -> None:
    assert isinstance(encoder, Encoder)
    assert load_encoder(encoder_dir, threads=1).fingerprint == load_encoder(str(encoder_dir)).fingerprint
    assert encoder.fingerprint == load_encoder(settings, plain=True).fingerprint


def test_unbuilt_encoder_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="make setup"):
        load_encoder(tmp_path)
    with pytest.raises(EncoderMissing, match="make setup"):
        OnnxEncoder(tmp_path)


def test_truncated_model_names_the_remedy(tmp_path: Path, encoder_dir: Path) -> None:
    for file in encoder_dir.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "model.onnx").write_bytes((encoder_dir / "model.onnx").read_bytes()[:1000])
    with pytest.raises(SetupProblem, match=r"no complete ONNX encoder.*make setup"):
        load_encoder(tmp_path)
    (tmp_path / "manifest.json").write_text("{broken", "utf-8")
    with pytest.raises(SetupProblem, match=r"manifest\.json can't be read"):
        load_encoder(tmp_path)
