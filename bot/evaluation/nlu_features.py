"""Features of all examples made once, and intent classifiers trained on parts of them; needs the Rasa environment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["CLASSIFIERS", "DIET", "Bench", "Fold"]

CLASSIFIERS = ("LogisticRegressionClassifier", "DIETClassifier")
DIET = {"name": "DIETClassifier", "entity_recognition": False, "constrain_similarities": True, "random_seed": 7}


@dataclass(frozen=True)
class Fold:
    """What one trained classifier made of the texts held out: intent and confidence, and what it took."""

    found: list[tuple[str, float]]
    seconds: float
    milliseconds: list[float]


class Bench:
    """Features of all texts, made once by the components of config.yml, and classifiers trained on parts of them.

    Counting all texts and then hiding from each fold the words that only its held-out part holds is the same as
    counting the training part alone.
    """

    def __init__(self, config: dict[str, Any], texts: Sequence[str], storage: Path) -> None:
        from rasa.engine.graph import ExecutionContext, GraphSchema
        from rasa.engine.storage.local_model_storage import LocalModelStorage
        from rasa.shared.nlu.constants import TEXT
        from rasa.shared.nlu.training_data.message import Message
        from rasa.shared.nlu.training_data.training_data import TrainingData

        self._storage, self._context = LocalModelStorage.create(storage), ExecutionContext(GraphSchema({}))
        distinct = {text: Message({TEXT: text}) for text in texts}
        self._messages = [distinct[text] for text in texts]
        data = TrainingData(list(distinct.values()))
        for number, step in enumerate(config["pipeline"]):
            if step["name"] in CLASSIFIERS:
                break
            component = self._component(step, f"step{number}")
            if hasattr(component, "train"):
                component.train(data)
            if hasattr(component, "process_training_data"):
                component.process_training_data(data)
            else:
                component.process(data.training_examples)

    def _component(self, step: dict[str, Any], name: str) -> Any:
        from rasa.engine.recipes.default_recipe import DefaultV1Recipe
        from rasa.engine.storage.resource import Resource
        from rasa.shared.utils.common import class_from_module_path

        if "." in step["name"]:
            kind = class_from_module_path(step["name"])
        else:
            kind = DefaultV1Recipe._from_registry(step["name"]).clazz
        settings = {**kind.get_default_config(), **{key: value for key, value in step.items() if key != "name"}}
        self._context.node_name = name
        return kind.create(settings, self._storage, Resource(name), self._context)

    def fold(self, classifier: dict[str, Any], features: str, training: dict[int, str], held: Sequence[int]) -> Fold:
        """Trains on the texts of `training` (number → intent); intent and confidence of each text in `held`."""
        from rasa.shared.nlu.constants import INTENT
        from rasa.shared.nlu.training_data.training_data import TrainingData

        known, words = self._known(list(training), features), classifier["name"] == DIET["name"]
        rows = [self._row(number, features, known, words) for number in training]
        for row, intent in zip(rows, training.values(), strict=True):
            row.set(INTENT, intent)
        component = self._component(classifier, "classifier")
        started = time.perf_counter()
        component.train(TrainingData(rows))
        seconds = time.perf_counter() - started
        asked = [self._row(number, features, known, words) for number in held]
        milliseconds = []
        for row in asked:
            began = time.perf_counter()
            component.process([row])
            milliseconds.append((time.perf_counter() - began) * 1000)
        found = [(row.get(INTENT)["name"], float(row.get(INTENT)["confidence"])) for row in asked]
        return Fold(found, seconds, milliseconds)

    def _known(self, numbers: Sequence[int], features: str) -> dict[str, Any]:
        """By featurizer: 1 for each counted word that the training part holds."""
        import numpy as np

        seen: dict[str, Any] = {}
        for number in numbers if features != "dense" else ():
            for part in self._messages[number].features:
                if part.is_sparse() and part.type == "sentence":
                    mask = seen.setdefault(part.origin, np.zeros(part.features.shape[1], dtype=bool))
                    mask[part.features.tocsr().indices] = True
        return seen

    def _row(self, number: int, features: str, known: dict[str, Any], sequence: bool) -> Any:
        """A copy of one message with the wanted features: those of the whole sentence, for DIET also of each word."""
        from rasa.shared.nlu.constants import TEXT
        from rasa.shared.nlu.training_data.features import Features
        from rasa.shared.nlu.training_data.message import Message
        from scipy.sparse import diags

        source = self._messages[number]
        row = Message({TEXT: source.get(TEXT)})
        for part in source.features:
            if (features == "sparse" and part.is_dense()) or (features == "dense" and part.is_sparse()):
                continue
            if part.type != "sentence" and not sequence:
                continue
            values = part.features
            if part.is_sparse():
                values = (values @ diags(known[part.origin].astype(values.dtype))).tocoo()
            row.add_features(Features(values, part.type, part.attribute, part.origin))
        return row
