"""Sentence vectors on a CPU by ONNX Runtime; runs on Python 3.10 (Rasa) and later, without torch.

Example::

    encoder = OnnxEncoder(Path("var/models/encoder"), threads=2)
    scores = encoder.encode_passages(["Đăng ký khai sinh"]) @ encoder.encode_queries(["làm giấy khai sinh"])[0]
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from indexer.encoder.manifest import QUERIES, EncoderMissing, Manifest, read_manifest

__all__ = ["OnnxEncoder", "Vectors"]

Vectors = npt.NDArray[np.float32]

_BATCH_TOKENS = 256  # padded tokens a run: above it memory grows and speed doesn't
_BATCH_TEXTS = 64
_CACHED_QUERIES = 2048  # x 384 floats = 3 MB


class OnnxEncoder:
    """The encoder in `folder` (`model.onnx`, `tokenizer.json`, `manifest.json`, and `queries.onnx` where questions have
    a graph of their own); safe to share between threads.

    `threads` is the number of CPU threads of one call. Raises EncoderMissing when the folder isn't a
    complete encoder.
    """

    def __init__(self, folder: Path, threads: int = 2, cache_size: int = _CACHED_QUERIES) -> None:
        folder = Path(folder)
        self.manifest: Manifest = read_manifest(folder)
        if self.manifest.engine != "onnx" or not self.manifest.complete(folder):
            raise EncoderMissing(
                f"{folder} holds no complete ONNX encoder (engine: {self.manifest.engine}). Run `make "
                f"setup`, and if ISEE_ENCODER names a model that can't be exported, choose another."
            )
        self._folder, self._threads, self._opening = folder, threads, threading.Lock()
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        self._session("query")
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max(self.manifest.max_length.values()))
        self._closing = _closing_tokens(self._tokenizer)
        self._cache: OrderedDict[str, Vectors] = OrderedDict()
        self._cache_size = cache_size
        self._lock = threading.Lock()

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return self.manifest.dim

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors may change: store it beside what you compute."""
        return self.manifest.fingerprint

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """What citizens type, as float32 (len(texts), dim) of unit length; longer than 64 tokens is cut.

        The 8-bit graph measures a call's texts together: in other company a vector differs by a thousandth.
        The latest 2,048 single queries are remembered.
        """
        if len(texts) != 1:
            return self._encode("query", texts)
        text = texts[0]
        with self._lock:
            known = self._cache.get(text)
            if known is not None:
                self._cache.move_to_end(text)
        if known is None:
            known = self._encode("query", texts)
            known.flags.writeable = False
            with self._lock:
                self._cache[text] = known
                while len(self._cache) > self._cache_size:
                    self._cache.popitem(last=False)
        return known.copy()

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """What is searched, as float32 (len(texts), dim) of unit length; longer than 128 tokens is cut."""
        return self._encode("passage", texts)

    def count_tokens(self, text: str) -> int:
        """Tokens of `text` as a passage, prefix and special tokens included, at most the passage limit."""
        return len(self.tokens("passage", [text])[0])

    def _encode(self, role: str, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        if not len(texts):
            return vectors
        tokens = self.tokens(role, texts)
        batches = _batches([len(ids) for ids in tokens])

        def fill(batch: list[int]) -> None:
            vectors[batch] = self._run(role, [tokens[i] for i in batch])

        if len(batches) == 1:
            fill(batches[0])
            return vectors
        # A batch a thread: threads that share one wait for each other at every operator, half of their time spinning.
        with ThreadPoolExecutor(self._threads) as pool:
            for done in [pool.submit(fill, batch) for batch in reversed(batches)]:
                done.result()
        return vectors

    def tokens(self, role: str, texts: Sequence[str]) -> list[list[int]]:
        """The token ids of each text in its `role` ("query", "passage"), cut to what the role may have."""
        prefix, limit = self.manifest.prefixes[role], self.manifest.max_length[role]
        # lone surrogates (broken input) can't cross into the tokenizer
        clean = [prefix + text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch_fast(clean)]
        # cut here and not by a second tokenizer of 30 MB
        return [ids if len(ids) <= limit else ids[: limit - self._closing] + ids[-self._closing :] for ids in tokens]

    def _session(self, role: str) -> onnxruntime.InferenceSession:
        """What runs texts of `role`. Opened when first needed: most processes encode questions or texts, not both."""
        name = QUERIES if role == "query" and QUERIES in self.manifest.files else "model.onnx"
        with self._opening:
            if name not in self._sessions:
                self._sessions[name] = _session(self._folder / name, self._threads)
            return self._sessions[name]

    def _run(self, role: str, tokens: list[list[int]]) -> Vectors:
        shape = (len(tokens), max(len(ids) for ids in tokens))
        ids, mask = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        for row, row_ids in enumerate(tokens):  # the mask hides padding: any id will do for it
            ids[row, : len(row_ids)] = row_ids
            mask[row, : len(row_ids)] = 1
        (vectors,) = self._session(role).run(["sentence_embedding"], {"input_ids": ids, "attention_mask": mask})
        return vectors


def _session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # as fast without, and batches leave 20 MB less behind
    # threads wait busily inside a run (5 ms instead of 7 a question) but not after it: Rasa needs the cores too
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise EncoderMissing(f"ONNX Runtime can't load {path}: {error}. Run `make setup` to build it again.") from error


def _closing_tokens(tokenizer: Tokenizer) -> int:
    """How many special tokens the tokenizer puts after a text; at least 1 for the models of this kind."""
    special = tokenizer.encode("a").special_tokens_mask
    return next((place for place, mark in enumerate(reversed(special)) if not mark), 1) or 1


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Indices grouped by similar length, so that little is spent on padding."""
    batches: list[list[int]] = []
    current: list[int] = []
    order: list[tuple[int, int]] = sorted((length, index) for index, length in enumerate(lengths))
    for length, index in order:
        if current and (len(current) >= _BATCH_TEXTS or (len(current) + 1) * length > _BATCH_TOKENS):
            batches.append(current)
            current = []
        current.append(index)
    if current:
        batches.append(current)
    return batches
