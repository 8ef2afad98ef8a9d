"""Sentence vectors by sentence-transformers and torch: slower, for models that can't be exported to ONNX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from common.errors import SetupProblem
from indexer.encoder.manifest import Manifest, read_manifest

__all__ = ["StEncoder", "load_st", "prefixes_of"]

Vectors = npt.NDArray[np.float32]


class StEncoder:
    """The encoder whose manifest lies in `folder`, run by sentence-transformers on the CPU."""

    def __init__(self, folder: Path, threads: int = 2) -> None:
        import torch

        self.manifest: Manifest = read_manifest(Path(folder))
        torch.set_num_threads(threads)
        self._model = load_st(self.manifest.st_model, Path(folder))

    @property
    def dim(self) -> int:
        return self.manifest.dim

    @property
    def fingerprint(self) -> str:
        return self.manifest.fingerprint

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As `OnnxEncoder.encode_queries`."""
        return self._encode(texts, "query")

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """As `OnnxEncoder.encode_passages`."""
        return self._encode(texts, "passage")

    def _encode(self, texts: Sequence[str], role: str) -> Vectors:
        if not len(texts):
            return np.zeros((0, self.dim), dtype=np.float32)
        vectors: Vectors = self._model.encode(
            list(texts),
            prompt=self.manifest.prefixes[role],
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
            processing_kwargs=None,
        )
        return np.asarray(vectors, dtype=np.float32)


def load_st(name: str, relative_to: Path | None = None) -> Any:
    """The sentence-transformers model `name` (a path, also relative to a folder, or a hub name), float32 on
    CPU.

    Raises SetupProblem when it can't be loaded.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    path = (relative_to / name) if relative_to and name.startswith(".") else Path(name).expanduser()
    transformers_logging.disable_progress_bar()
    try:
        # the plain attention is the one that torch's exporter turns into few, known operators
        options = {"dtype": "float32", "attn_implementation": "eager"}
        return SentenceTransformer(str(path.resolve()) if path.is_dir() else name, device="cpu", model_kwargs=options)
    except Exception as error:
        raise SetupProblem(
            f"{name} can't be loaded as a sentence-transformers model: {error}. Let ISEE_ENCODER be a folder "
            f"that SentenceTransformer reads, a hub name where the hub is reachable, or empty."
        ) from error


def prefixes_of(model: Any) -> dict[str, str]:
    """The query and passage prefixes that `model` declares ("" where it declares none)."""
    prompts = model.prompts or {}
    passage = next((prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), "")
    return {"query": prompts.get("query") or "", "passage": passage}
