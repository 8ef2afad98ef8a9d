"""The sentence encoder: conversion, export, fast CPU inference.

    settings = get_settings()
    ensure_encoder(settings)             # set-up: builds it once, a no-op afterwards
    encoder = load_encoder(settings)     # shared by all threads of a process
    encoder.encode_queries(["làm giấy khai sinh ở đâu"])

Importable on Python 3.10 without torch or pydantic: what is heavy is imported when used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Encoder", "ensure_encoder", "load_encoder"]


@runtime_checkable
class Encoder(Protocol):
    """What search and featurizers need of an encoder."""

    @property
    def dim(self) -> int:
        """Width of a vector."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors may change."""

    def encode_queries(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Questions as float32 (n, dim), rows of unit length."""

    def encode_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Searched texts as float32 (n, dim), rows of unit length."""


def load_encoder(where: Any, threads: int | None = None, *, plain: bool = False) -> Encoder:
    """The built encoder of `where`: `Settings`, or the folder with its manifest; with its adapter, unless `plain`.

    Raises SetupProblem, which names the remedy, when it isn't built.
    """
    from common.errors import SetupProblem
    from indexer.encoder.manifest import EncoderMissing, read_manifest

    folder = Path(where) if isinstance(where, str | Path) else where.encoder_dir
    threads = threads or (2 if isinstance(where, str | Path) else where.threads)
    try:
        manifest = read_manifest(folder)
        base = _base(folder, manifest.engine, threads)
    except EncoderMissing as error:
        raise SetupProblem(str(error)) from error
    if plain:
        return base
    from indexer.encoder.adapter import adapted

    return adapted(base, str(manifest.wanted.get("source", "")))


def _base(folder: Path, engine: str, threads: int) -> Encoder:
    if engine == "onnx":
        from indexer.encoder.onnx import OnnxEncoder

        return OnnxEncoder(folder, threads)
    from indexer.encoder.st import StEncoder

    return StEncoder(folder, threads)


def ensure_encoder(settings: Any, progress: Callable[[float, str], None] | None = None) -> Path:
    """Build the encoder that `settings` ask for unless it is there; see `indexer.encoder.build`."""
    from indexer.encoder.build import ensure_encoder as build

    return build(settings, progress)
