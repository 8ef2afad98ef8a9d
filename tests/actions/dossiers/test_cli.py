"""`isee dossier` on a real home folder."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from actions.companion.bundle import Dossiers
from bot.cli import dossier
from common.errors import Conflict
from common.settings import Settings, get_settings
from tests.actions.dossiers.test_submission import fill

RUN = CliRunner()


@pytest.fixture
def code(room: Dossiers, home: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ISEE_HOME", str(home.home))
    get_settings.cache_clear()
    return room.submissions.submit(fill(room).id).code


def test_listing_showing_and_advancing(code: str) -> None:
    listed = json.loads(RUN.invoke(dossier.app, ["list", "--json"]).stdout)
    assert [item["code"] for item in listed] == [code]
    moved = RUN.invoke(dossier.app, ["advance", code, "received", "--actor", "Trần B", "--json"])
    assert json.loads(moved.stdout)["state"] == "received"
    shown = RUN.invoke(dossier.app, ["show", code])
    assert "Đã tiếp nhận" in shown.stdout and "022•••••••••" in shown.stdout
    revealed = json.loads(RUN.invoke(dossier.app, ["show", code, "--reveal-to", "Trần B", "--json"]).stdout)
    assert "022190001234" in [field["value"] for field in revealed["fields"]]
    assert json.loads(RUN.invoke(dossier.app, ["list", "--state", "submitted", "--json"]).stdout) == []


def test_an_illegal_step_is_refused(code: str) -> None:
    result = RUN.invoke(dossier.app, ["advance", code, "returned", "--actor", "Trần B"])
    assert isinstance(result.exception, Conflict) and "Có thể chuyển sang" in result.exception.detail
