"""The Vietnamese spaCy pipeline inside Rasa: tokens of the normalised text, entities of the text as typed.

Rasa's own `SpacyNLP` wants the model's path in config.yml and lower-cases the text, which loses dossier codes
and place names; here the path comes from `ISEE_HOME` and each text is read once for each use.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import spacy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.exceptions import RasaException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from spacy.language import Language
from spacy.tokens import Span

from bot.engine.normaliser import NORMALISED, ISeeNormaliser

_CODES = ("dossier_code", "procedure_code")
_BREAKS = {"dossier_code": re.compile(r"\s*[-–—_]+\s*|\s+"), "procedure_code": re.compile(r"\s*[.,]+\s*")}

__all__ = ["VietnameseEntities", "VietnameseTokenizer", "load_pipeline", "pipeline_path"]


def pipeline_path() -> Path:
    """Where the pipeline built at set-up lies: ISEE_HOME/models/spacy_vi_rasa."""
    home = Path(os.environ.get("ISEE_HOME") or Path(__file__).resolve().parents[2] / "var")
    return home.expanduser().resolve() / "models" / "spacy_vi_rasa"


@lru_cache(maxsize=1)
def load_pipeline() -> Language:
    """The `vi` pipeline, loaded once a process. Raises RasaException saying how to build it."""
    path = pipeline_path()
    try:
        return spacy.load(path)
    except OSError as error:
        raise RasaException(
            f"No usable spaCy pipeline at {path}: run `make setup` (it builds the pipeline), then train again."
        ) from error


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class VietnameseTokenizer(Tokenizer):
    """Tokens of the normalised text, by spaCy's `vi` tokenizer. Offsets refer to the normalised text."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [ISeeNormaliser]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = message.get(NORMALISED) if attribute == TEXT else message.get(attribute)
        if not text:
            return []
        tokens = [Token(token.text, token.idx) for token in load_pipeline().make_doc(text) if token.text.strip()]
        return self._apply_token_pattern(tokens)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class VietnameseEntities(GraphComponent, EntityExtractorMixin):
    """Entities of the `vi` pipeline: places, document names, identifiers, dates, amounts, ordinals.

    `value` is the pipeline's canonical value (`ent_id`) where a pattern has one, else the text as typed.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._labels = set(config["labels"] or [])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"labels": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> VietnameseEntities:
        load_pipeline()
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = [self._entity(span) for span in load_pipeline()(message.get(TEXT) or "").ents if self._wanted(span)]
            message.set(ENTITIES, message.get(ENTITIES, []) + self.add_extractor_name(found), add_to_output=True)
        return messages

    def _wanted(self, span: Span) -> bool:
        return not self._labels or span.label_ in self._labels

    @staticmethod
    def _entity(span: Span) -> dict[str, Any]:
        return {
            "entity": span.label_,
            "value": span.ent_id_ or _as_stored(span),
            "start": span.start_char,
            "end": span.end_char,
        }


def _as_stored(span: Span) -> str:
    """The text of `span`; a code without the blanks, commas and long dashes that people type into it."""
    if span.label_ not in _CODES:
        return str(span.text)
    point = "." if span.label_ == "procedure_code" else "-"
    return _BREAKS[span.label_].sub(point, str(span.text).strip())
