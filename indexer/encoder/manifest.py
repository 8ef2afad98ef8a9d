"""The manifest of a built encoder folder: what it holds and how to use it. Standard library only, Python
3.10 too."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["QUERIES", "EncoderMissing", "Manifest", "find_manifest", "read_manifest", "write_manifest"]

FILE_NAME = "manifest.json"
FORMAT = 1
QUERIES = "queries.onnx"
"""The graph for questions (`eight`), in `files` where there is one; it gives no vectors that are stored."""
_REMEDY = "Run `make setup` to build it."


class EncoderMissing(RuntimeError):
    """There is no usable encoder in a folder; the message names the remedy.

    Rasa's process, which doesn't share the service's error tree, meets this one; `load_encoder` turns it into
    `common.errors.SetupProblem`.
    """


@dataclass(frozen=True)
class Manifest:
    """`engine` is "onnx", or "sentence-transformers" for a model that couldn't be exported.

    `fingerprint` changes whenever vectors may change; an index made under another one is stale. `wanted` is
    what the build was asked for, compared by `ensure_encoder`. `files` holds sizes in bytes. `max_length`
    is in tokens.
    """

    name: str
    engine: str
    dim: int
    fingerprint: str
    source_sha256: str
    st_model: str
    prefixes: dict[str, str]
    max_length: dict[str, int]
    wanted: dict[str, Any] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT

    def complete(self, folder: Path) -> bool:
        """Whether every file is in `folder` with its size."""
        return all((folder / n).is_file() and (folder / n).stat().st_size == size for n, size in self.files.items())


def read_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`. Raises EncoderMissing when there is none, or one of another format."""
    path = Path(folder) / FILE_NAME
    try:
        fields = json.loads(path.read_text("utf-8"))
        manifest = Manifest(**fields)
    except FileNotFoundError as error:
        raise EncoderMissing(f"No sentence encoder in {folder}. {_REMEDY}") from error
    except (ValueError, TypeError) as error:
        raise EncoderMissing(f"{path} can't be read ({error}). {_REMEDY}") from error
    if manifest.format != FORMAT:
        raise EncoderMissing(f"{path} has format {manifest.format}, this version reads {FORMAT}. {_REMEDY}")
    return manifest


def find_manifest(folder: Path) -> Manifest | None:
    """The manifest in `folder`, or None where `read_manifest` would raise."""
    try:
        return read_manifest(folder)
    except EncoderMissing:
        return None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put `manifest` in place of the one in `folder`."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1, sort_keys=True)
    place = Path(folder) / FILE_NAME
    fresh = place.with_suffix(".new")
    fresh.write_text(text + "\n", "utf-8")
    fresh.replace(place)  # who reads it meanwhile finds the old or the new one
