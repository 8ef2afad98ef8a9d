"""The sentence encoder as a Rasa featurizer: one dense vector a message, no torch in Rasa's process.

In `config.yml`, after the tokenizer:

    - name: bot.engine.sentence_featurizer.ISeeSentenceFeaturizer
      cache_size: 2048

Give `alias` when another featurizer stands beside it. A trained model holds weights for the encoder's
vectors: the component stores the encoder's fingerprint with the model and refuses to load beside another
encoder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.exceptions import InvalidConfigException, RasaException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, FEATURE_TYPE_SEQUENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from indexer.encoder.manifest import find_manifest
from indexer.encoder.onnx import OnnxEncoder

__all__ = ["ISeeSentenceFeaturizer", "default_encoder_dir"]

_NORMALISED = "isee_normalised"  # set by bot.engine.normaliser, when it stands earlier in the pipeline
_STATE = "encoder.json"


def default_encoder_dir() -> Path:
    """Where `make setup` puts the encoder: ISEE_HOME/models/encoder, ISEE_HOME being `var` in the project."""
    home = os.environ.get("ISEE_HOME") or str(Path(__file__).resolve().parents[2] / "var")
    return Path(home).expanduser() / "models" / "encoder"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class ISeeSentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Sentence features of the encoder for the normalised, re-accented text of a message.

    Sentence features have shape (1, dim). With `sequence_features: true` every token also gets a feature, the
    sentence's vector repeated, (tokens, dim), for classifiers that need both (DIET refuses to train without);
    LogisticRegressionClassifier does without.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["onnxruntime", "tokenizers"]

    @staticmethod
    def supported_languages() -> list[str] | None:
        return None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **DenseFeaturizer.get_default_config(),
            # folder of the built encoder; empty: ISEE_HOME/models/encoder
            "encoder_dir": "",
            # single queries whose vectors are remembered
            "cache_size": 2048,
            # CPU threads of one message
            "threads": 1,
            # length of the vectors: at 1 a linear classifier hardly sees them beside counted words
            "scale": 1.0,
            # repeat the sentence vector for every token
            "sequence_features": False,
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Raises InvalidConfigException that names the field, its rule and its value."""
        for name, least in (("cache_size", 0), ("threads", 1)):
            value = config.get(name, least)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InvalidConfigException(
                    f"ISeeSentenceFeaturizer: {name} must be a whole number of at least {least}. "
                    f"Currently, it is {value!r}."
                )
        scale = config.get("scale", 1.0)
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or scale <= 0:
            raise InvalidConfigException(
                f"ISeeSentenceFeaturizer: scale must be a number above 0. Currently, it is {scale!r}."
            )
        if not isinstance(config.get("sequence_features", False), bool):
            raise InvalidConfigException(
                f"ISeeSentenceFeaturizer: sequence_features must be true or false. Currently, it is "
                f"{config['sequence_features']!r}."
            )

    def __init__(
        self,
        config: dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
    ) -> None:
        super().__init__(name, config)
        self._encoder = OnnxEncoder(_folder(config), threads=config["threads"], cache_size=config["cache_size"])
        self._model_storage, self._resource = model_storage, resource

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa reuses cached features unless this changes: another encoder means other vectors."""
        manifest = find_manifest(_folder(config))
        return manifest.fingerprint if manifest else None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ISeeSentenceFeaturizer:
        """The component before training. Raises EncoderMissing when the encoder isn't built."""
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ISeeSentenceFeaturizer:
        """The component in a trained model. Raises RasaException when the encoder has changed."""
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            trained = json.loads((folder / _STATE).read_text("utf-8"))["fingerprint"]
        if trained != component._encoder.fingerprint:
            raise RasaException(
                f"The dialogue model was trained with the encoder {trained}, but now "
                f"{component._encoder.fingerprint} is installed. Run `.venv/bin/isee train`."
            )
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Nothing is learnt; the encoder's fingerprint is kept with the model."""
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _STATE).write_text(json.dumps({"fingerprint": self._encoder.fingerprint}), "utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Featurise all examples, equal texts once, in batches of similar length."""
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        texts = [_understood(message) for message in messages]
        distinct = list(dict.fromkeys(texts))
        vectors = dict(zip(distinct, self._encoder.encode_queries(distinct), strict=False))
        for message, text in zip(messages, texts, strict=False):
            self._add(message, vectors[text])
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Featurise what citizens typed; messages without text (a button's intent) pass by."""
        for message in messages:
            if message.get(TEXT):
                self._add(message, self._encoder.encode_queries([_understood(message)])[0])
        return messages

    def _add(self, message: Message, vector: np.ndarray) -> None:
        vector = vector * np.float32(self._config["scale"])
        sequence = None
        if self._config["sequence_features"]:
            sequence = np.repeat(vector[None, :], len(message.get(TOKENS_NAMES[TEXT]) or [None]), axis=0)
        for features, kind in ((sequence, FEATURE_TYPE_SEQUENCE), (vector[None, :], FEATURE_TYPE_SENTENCE)):
            if features is not None:
                message.add_features(Features(features, kind, TEXT, self._identifier))


def _folder(config: dict[str, Any]) -> Path:
    return Path(config["encoder_dir"]).expanduser() if config.get("encoder_dir") else default_encoder_dir()


def _understood(message: Message) -> str:
    """The message's text as the encoder should read it: normalised, with its diacritics."""
    known = message.get(_NORMALISED)
    if known:
        return str(known)
    # imported here: the tables of indexer.text load only where no normaliser stands in the pipeline
    from indexer.text import normalise, restore_diacritics

    return str(restore_diacritics(normalise(message.get(TEXT)).value))
