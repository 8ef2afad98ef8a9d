from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.actions.dossiers.adapters.rig import Near, Rig


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Near]:
    near = Near(tmp_path)
    yield near
    near.close()


@pytest.fixture
def rig(tmp_path: Path, sim: Near) -> Iterator[Rig]:
    made = Rig(tmp_path / "home", sim.client)
    yield made
    made.close()
