"""The Rasa model: when it is stale, and how it is trained (in its own Python 3.10 environment)."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from common.errors import SetupProblem
from common.keyring import Keyring
from common.settings import PROJECT_ROOT, Settings

__all__ = [
    "MODEL_NAME",
    "RASA_PYTHON",
    "engine_environment",
    "model_digest",
    "model_path",
    "rasa_command",
    "train",
    "trained",
    "validate",
]

RASA_PYTHON = PROJECT_ROOT / ".venv-rasa" / "bin" / "python"
MODEL_NAME = "isee"
# Whatever changes what a trained model does; text and encoder code included, since features come from them.
_SOURCES = (
    "config.yml",
    "domain.yml",
    "domain",
    "nlu_data",
    "bot/engine",
    "indexer/text",
    "indexer/encoder/onnx.py",
    "indexer/spacy_vi",
)
_KINDS = {".yml", ".py", ".tsv", ".txt", ".npz", ".json"}


def model_path(settings: Settings) -> Path:
    return settings.models_dir / "rasa" / f"{MODEL_NAME}.tar.gz"


def spacy_path(settings: Settings) -> Path:
    """The spaCy pipeline as built by the Rasa environment's own spaCy."""
    return settings.models_dir / "spacy_vi_rasa"


def model_digest(settings: Settings) -> str:
    """Changes when the model must be trained anew."""
    state = hashlib.sha256()
    for path in _source_files():
        state.update(str(path.relative_to(PROJECT_ROOT)).encode() + b"\0" + path.read_bytes())
    manifest = settings.encoder_dir / "manifest.json"
    state.update(manifest.read_bytes() if manifest.exists() else b"")
    return state.hexdigest()


def trained(settings: Settings) -> bool:
    """Whether the stored model was trained from what lies here now."""
    stamp = model_path(settings).with_suffix(".digest")
    return model_path(settings).exists() and stamp.exists() and stamp.read_text() == model_digest(settings)


def engine_environment(settings: Settings) -> dict[str, str]:
    """Environment variables of every process that runs Rasa."""
    return {
        **os.environ,
        "ISEE_HOME": str(settings.home),
        "ISEE_PORT": str(settings.port),
        "ISEE_TRACKER_URL": f"sqlite:///{settings.home / 'tracker.db'}",
        "ISEE_ENGINE_SECRET": Keyring.from_settings(settings).engine_secret(),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONPATH": str(PROJECT_ROOT),
        "PYTHONWARNINGS": "ignore",
    }


def rasa_command(*arguments: str) -> list[str]:
    """A `rasa …` command line. Raises SetupProblem when its environment is missing."""
    if not RASA_PYTHON.exists():
        raise SetupProblem("Chưa có môi trường Rasa (.venv-rasa, Python 3.10). Chạy `make setup`.")
    return [str(RASA_PYTHON), "-m", "rasa", *arguments]


def train(settings: Settings) -> None:
    """Builds the spaCy pipeline and trains the dialogue model. Raises SetupProblem with the end of the log."""
    target = model_path(settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = model_digest(settings)
    log = settings.home / "logs" / "rasa-train.log"
    communes = PROJECT_ROOT / "actions" / "centres" / "data" / "communes.json"
    build_spacy = ["-m", "indexer.spacy_vi.build", "--communes", str(communes), "--out", str(spacy_path(settings))]
    _run(settings, [str(RASA_PYTHON), *build_spacy], log)
    _run(
        settings,
        rasa_command(
            "train",
            "--domain",
            _domain(),
            "--data",
            "nlu_data",
            "--config",
            "config.yml",
            "--out",
            str(target.parent),
            "--fixed-model-name",
            f"{MODEL_NAME}-new",
        ),
        log,
    )
    (target.parent / f"{MODEL_NAME}-new.tar.gz").replace(target)
    target.with_suffix(".digest").write_text(digest)


def validate(settings: Settings) -> None:
    """`rasa data validate`, warnings being errors. Raises SetupProblem with what it found."""
    log = settings.home / "logs" / "rasa-validate.log"
    _run(
        settings,
        rasa_command(
            "data",
            "validate",
            "--fail-on-warnings",
            "--domain",
            _domain(),
            "--data",
            "nlu_data",
            "--config",
            "config.yml",
        ),
        log,
    )


def _domain() -> str:
    return "domain" if (PROJECT_ROOT / "domain").is_dir() else "domain.yml"


def _source_files() -> Iterator[Path]:
    for name in _SOURCES:
        source = PROJECT_ROOT / name
        files = [source] if source.is_file() else sorted(source.rglob("*"))
        yield from (path for path in files if path.suffix in _KINDS and "__pycache__" not in path.parts)


def _run(settings: Settings, command: list[str], log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        done = subprocess.run(
            command,
            cwd=PROJECT_ROOT,
            env=engine_environment(settings),
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
        raise SetupProblem(f"Rasa dừng với mã {done.returncode}. Phần cuối của {log}:\n{tail}")
