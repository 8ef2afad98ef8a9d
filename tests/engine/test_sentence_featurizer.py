"""Runs in the Rasa environment: `.venv-rasa/bin/python -m pytest -c tests/engine/pytest.ini tests/engine`."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rasa.engine", reason="needs the Rasa environment")

from rasa.core.agent import Agent
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.model_training import train_nlu
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.whitespace_tokenizer import WhitespaceTokenizer
from rasa.shared.exceptions import InvalidConfigException, RasaException
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine.sentence_featurizer import ISeeSentenceFeaturizer, default_encoder_dir
from indexer.encoder.manifest import EncoderMissing, find_manifest
from indexer.encoder.onnx import OnnxEncoder

pytestmark = [pytest.mark.rasa, pytest.mark.built]

NORMALISED = "isee_normalised"

NLU = """version: "3.1"
nlu:
- intent: ask_fee
  examples: |
    - làm khai sinh hết bao nhiêu tiền
    - lệ phí đăng ký kết hôn là bao nhiêu
    - em phải nộp phí gì không ạ
    - giá làm căn cước
    - có mất tiền không
- intent: ask_place
  examples: |
    - nộp hồ sơ ở đâu
    - làm giấy khai sinh tại chỗ nào
    - địa chỉ nơi tiếp nhận
    - em phải đến cơ quan nào
    - trung tâm phục vụ hành chính công nằm ở đâu
- intent: greet
  examples: |
    - xin chào
    - chào anh chị
    - em chào ạ
    - alo có ai không
    - chào buổi sáng
"""

CONFIG = """recipe: default.v1
language: vi
assistant_id: test
pipeline:
{first}- name: WhitespaceTokenizer
- name: bot.engine.sentence_featurizer.ISeeSentenceFeaturizer
  encoder_dir: "{encoder}"
- name: LogisticRegressionClassifier
policies: []
"""


@pytest.fixture(scope="module")
def encoder_dir() -> Path:
    given = os.environ.get("ISEE_TEST_HOME")
    folder = Path(given) / "models" / "encoder" if given else default_encoder_dir()
    if find_manifest(folder) is None:
        pytest.fail(f"no encoder in {folder}: run `make setup` first")
    return folder


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage.create(tmp_path)


def _config(encoder_dir: Path, **changes: Any) -> dict[str, Any]:
    return {**ISeeSentenceFeaturizer.get_default_config(), "encoder_dir": str(encoder_dir), **changes}


def _create(encoder_dir: Path, storage: LocalModelStorage, **changes: Any) -> ISeeSentenceFeaturizer:
    context = ExecutionContext(GraphSchema({}), node_name="featurizer")
    config = _config(encoder_dir, **changes)
    return ISeeSentenceFeaturizer.create(config, storage, Resource("featurizer"), context)


def _message(text: str, normalised: str) -> Message:
    message = Message({TEXT: text, NORMALISED: normalised, INTENT: "ask_place"})
    WhitespaceTokenizer.create(
        WhitespaceTokenizer.get_default_config(), None, None, ExecutionContext(GraphSchema({}))
    ).process([message])
    return message


def test_sentence_vector_of_the_normalised_text(encoder_dir: Path, storage: LocalModelStorage) -> None:
    message = _message("lam giay khai sinh o dau", "làm giấy khai sinh ở đâu")
    _create(encoder_dir, storage).process([message])
    sequence, sentence = message.get_dense_features(TEXT)
    expected = OnnxEncoder(encoder_dir, threads=1).encode_queries(["làm giấy khai sinh ở đâu"])
    assert sequence is None
    assert sentence.features.shape == (1, 384)
    assert np.allclose(sentence.features, expected, atol=1e-5)


def test_sequence_features_on_request(encoder_dir: Path, storage: LocalModelStorage) -> None:
    message = _message("nộp hồ sơ ở đâu", "nộp hồ sơ ở đâu")
    _create(encoder_dir, storage, sequence_features=True).process([message])
    sequence, sentence = message.get_dense_features(TEXT)
    assert sequence.features.shape == (len(message.get(TOKENS_NAMES[TEXT])), 384) == (5, 384)
    assert np.array_equal(sequence.features[2:3], sentence.features)


def test_messages_without_text_pass_by(encoder_dir: Path, storage: LocalModelStorage) -> None:
    message = Message({INTENT: "greet"})
    _create(encoder_dir, storage).process([message])
    assert message.features == []


def test_training_and_parsing_give_the_same_vectors(encoder_dir: Path, storage: LocalModelStorage) -> None:
    component = _create(encoder_dir, storage)
    texts = ["lệ phí bao nhiêu", "nộp ở đâu", "lệ phí bao nhiêu", "xin chào"]
    training = TrainingData([_message(text, text) for text in texts] + [Message({INTENT: "greet"})])
    component.process_training_data(training)
    trained = [message for message in training.training_examples if message.get(TEXT)]
    assert {message.get(TEXT) for message in trained} == set(texts)
    for message in trained:
        parsed = component.process([_message(message.get(TEXT), message.get(NORMALISED))])[0]
        one, other = message.get_dense_features(TEXT)[1], parsed.get_dense_features(TEXT)[1]
        # The 8-bit products round by what else is in the batch: a hair's breadth, no other meaning.
        assert float((one.features * other.features).sum()) > 0.999


def test_model_refuses_another_encoder(encoder_dir: Path, storage: LocalModelStorage) -> None:
    component = _create(encoder_dir, storage)
    resource = component.train(TrainingData([]))
    context = ExecutionContext(GraphSchema({}), node_name="featurizer")
    assert ISeeSentenceFeaturizer.load(_config(encoder_dir), storage, resource, context)
    with storage.write_to(resource) as folder:
        (folder / "encoder.json").write_text(json.dumps({"fingerprint": "0123456789abcdef"}), "utf-8")
    with pytest.raises(RasaException, match=r"trained with the encoder 0123456789abcdef.*isee train"):
        ISeeSentenceFeaturizer.load(_config(encoder_dir), storage, resource, context)


def test_missing_encoder_names_the_remedy(tmp_path: Path, storage: LocalModelStorage) -> None:
    with pytest.raises(EncoderMissing, match="make setup"):
        _create(tmp_path / "nothing", storage)
    assert ISeeSentenceFeaturizer.fingerprint_addon(_config(tmp_path / "nothing")) is None


def test_cached_features_depend_on_the_encoder(encoder_dir: Path) -> None:
    manifest = find_manifest(encoder_dir)
    assert manifest is not None
    assert ISeeSentenceFeaturizer.fingerprint_addon(_config(encoder_dir)) == manifest.fingerprint


@pytest.mark.parametrize(
    ("field", "value"), [("cache_size", -1), ("threads", 0), ("threads", "two"), ("sequence_features", "yes")]
)
def test_wrong_settings_are_named(encoder_dir: Path, field: str, value: Any) -> None:
    with pytest.raises(InvalidConfigException, match=rf"{field} must be .* Currently, it is"):
        ISeeSentenceFeaturizer.validate_config(_config(encoder_dir, **{field: value}))


def test_default_folder_follows_isee_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ISEE_HOME", str(tmp_path))
    assert default_encoder_dir() == tmp_path / "models" / "encoder"
    monkeypatch.delenv("ISEE_HOME")
    assert default_encoder_dir().parts[-3:] == ("var", "models", "encoder")


def _train(tmp_path: Path, encoder_dir: Path, first: str) -> Agent:
    (tmp_path / "nlu.yml").write_text(NLU, "utf-8")
    (tmp_path / "config.yml").write_text(CONFIG.format(first=first, encoder=encoder_dir), "utf-8")
    model = train_nlu(
        config=str(tmp_path / "config.yml"), nlu_data=str(tmp_path / "nlu.yml"), output=str(tmp_path / "models")
    )
    assert model is not None
    return Agent.load(model)


def _intent(agent: Agent, text: str) -> str:
    return str(asyncio.run(agent.parse_message(text))["intent"]["name"])


@pytest.mark.slow
def test_trained_pipeline_understands_unseen_words(tmp_path: Path, encoder_dir: Path) -> None:
    agent = _train(tmp_path, encoder_dir, "")
    assert _intent(agent, "chi phí hết mấy đồng vậy") == "ask_fee"
    assert _intent(agent, "em tới phòng nào để nộp giấy tờ") == "ask_place"
    assert _intent(agent, "kính chào cán bộ") == "greet"
    assert _intent(agent, "nop ho so o dau vay") == "ask_place"


@pytest.mark.slow
def test_trained_pipeline_with_the_normaliser(tmp_path: Path, encoder_dir: Path) -> None:
    agent = _train(tmp_path, encoder_dir, "- name: bot.engine.normaliser.ISeeNormaliser\n")
    assert _intent(agent, "le phi bao nhieu") == "ask_fee"
