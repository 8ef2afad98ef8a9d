"""While the database can't be reached: a citizen is asked to come again, whoever runs a command reads one sentence."""

from __future__ import annotations

import sys

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import text

from bot.api import problems
from bot.cli.root import main
from bot.engine_process import free_port
from common.database import Database
from common.settings import get_settings


@pytest.fixture
def nowhere() -> str:
    return f"postgresql+psycopg://isee:geheim@127.0.0.1:{free_port(0)}/isee"


async def test_a_request_is_asked_to_come_again(nowhere: str) -> None:
    app = FastAPI()
    problems.install(app)

    @app.get("/")
    def look() -> None:
        with Database(nowhere).session() as session:
            session.execute(text("SELECT 1"))

    async with AsyncClient(transport=ASGITransport(app), base_url="http://isee") as client:
        answer = await client.get("/")
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert "gián đoạn" in answer.json()["detail"] and "127.0.0.1" not in answer.text


def test_a_command_says_it_in_one_sentence(
    nowhere: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ISEE_DATABASE_URL", nowhere)
    monkeypatch.setattr(sys, "argv", ["isee", "dossier", "list"])
    get_settings.cache_clear()
    try:
        with pytest.raises(SystemExit, match="1"):
            main()
    finally:
        get_settings.cache_clear()
    said = capsys.readouterr().err
    assert "Chưa kết nối được cơ sở dữ liệu" in said and "ISEE_DATABASE_URL" in said
    assert "Traceback" not in said and "geheim" not in said
