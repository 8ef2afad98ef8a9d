"""The adapter: two maps over the encoder's vectors."""

import numpy as np
import pytest

from indexer.encoder import load_encoder
from indexer.encoder.adapter import AdaptedEncoder, Adapter, adapted

DIM = 6


class Fixed:
    """An encoder of vectors that don't depend on the text."""

    dim = DIM
    fingerprint = "base"

    def encode_queries(self, texts):
        return np.eye(DIM, dtype=np.float32)[: len(texts)]

    encode_passages = encode_queries


def random_adapter(seed=0):
    chance = np.random.default_rng(seed)
    return Adapter(*(chance.normal(size=(DIM, DIM)).astype(np.float32) for _ in range(2)), source="abc")


def test_questions_and_texts_go_through_their_own_map():
    adapter = random_adapter()
    encoder = AdaptedEncoder(Fixed(), adapter)
    asked, searched = encoder.encode_queries(["a", "b"]), encoder.encode_passages(["a", "b"])
    expected = adapter.query.T[:2] / np.linalg.norm(adapter.query.T[:2], axis=1, keepdims=True)
    np.testing.assert_allclose(asked, expected, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(searched, axis=1), 1, rtol=1e-5)
    assert not np.allclose(asked, searched)


def test_another_adapter_is_another_fingerprint():
    one, two = (AdaptedEncoder(Fixed(), random_adapter(seed)).fingerprint for seed in (0, 1))
    assert one != two
    assert one.startswith("base")


def test_left_out_for_another_encoder():
    base = Fixed()
    assert adapted(base, "a model that nobody trained on") is base


def test_saved_maps_load_again(tmp_path):
    adapter = random_adapter()
    adapter.save(tmp_path / "adapter.npz")
    again = Adapter.load(tmp_path / "adapter.npz")
    np.testing.assert_allclose(again.query, adapter.query, atol=2e-3)
    np.testing.assert_allclose(again.passage, adapter.passage, atol=2e-3)
    assert again.source == "abc"


@pytest.mark.built
def test_the_default_encoder_is_adapted_and_the_plain_one_is_not(built_home):
    folder = built_home / "models" / "encoder"
    plain, fitted = load_encoder(folder, plain=True), load_encoder(folder)
    assert isinstance(fitted, AdaptedEncoder)
    assert not isinstance(plain, AdaptedEncoder)


@pytest.mark.built
def test_the_adapter_parts_a_question_from_a_wrong_neighbour_more_clearly(built_home):
    """Sentences of no file: what people say is nearer to its own procedure than to the neighbour, and by more."""
    folder = built_home / "models" / "encoder"
    margins = []
    for encoder in (load_encoder(folder, plain=True), load_encoder(folder)):
        asked = encoder.encode_queries(["vợ tôi mới sinh, làm giấy tờ cho cháu", "muốn cắt khẩu ở chỗ cũ"])
        own = encoder.encode_passages(["Đăng ký khai sinh", "Xóa đăng ký thường trú"])
        other = encoder.encode_passages(["Đăng ký khai tử", "Đăng ký tạm trú"])
        margins.append(float(((asked * own).sum(1) - (asked * other).sum(1)).mean()))
    assert margins[1] > max(margins[0], 0)
