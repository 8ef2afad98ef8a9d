"""A service and a command start without what only training and analysis need: those libraries take seconds to load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from common.settings import PROJECT_ROOT

LOOK = """
import importlib, sys
importlib.import_module(sys.argv[1])
print(*{"torch", "transformers", "spacy", "sklearn", "pandas", "matplotlib"} & set(sys.modules))
"""


@pytest.mark.parametrize("module", ["bot.cli.serve", "bot.cli.kb"])
def test_a_start_loads_no_library_of_training(module: str) -> None:
    command = [sys.executable, "-c", LOOK, module]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
