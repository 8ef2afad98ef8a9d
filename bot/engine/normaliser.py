"""First step of the pipeline: what the citizen meant to type, beside what was typed.

`Message.text` stays as typed, because entity offsets, the tracker and the gateway refer to it. The
normalised and re-accented form goes to `Message["isee_normalised"]`; the tokenizer and the sentence featurizer
read that.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from indexer.text import normalise, restore_diacritics

__all__ = ["NORMALISED", "ISeeNormaliser", "understood"]

NORMALISED = "isee_normalised"
# What the gateway has masked is no part of the wish.
_MASKED = re.compile(r"\S*•\S*")


def understood(text: str) -> str:
    """`text` normalised (Unicode, teencode, typing residue) and re-accented, in lower case; never empty.

    A text that normalises to nothing stays as it is: without any token the classifier's features would be missing.
    """
    return restore_diacritics(normalise(_MASKED.sub(" ", text)).value).lower().strip() or text


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class ISeeNormaliser(GraphComponent):
    """Sets `isee_normalised` on every message, in training and when parsing alike."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ISeeNormaliser:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text:
                message.set(NORMALISED, understood(text))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data
