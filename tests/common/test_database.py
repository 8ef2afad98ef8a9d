"""Addresses that no database has, and what is said of a server that isn't there."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.engine_process import free_port
from common.database import Database, why_away
from common.errors import SetupProblem


@pytest.mark.parametrize("url", [
    "isee@db/isee", "postgres://isee@db/isee", "postgresql+psycopg2://isee@db/isee", "mysql://isee:geheim@db/isee",
])
def test_an_address_that_is_no_databases_is_said(url: str) -> None:
    with pytest.raises(SetupProblem, match="ISEE_DATABASE_URL") as refused:
        Database(url)
    assert "geheim" not in refused.value.detail


def test_a_server_that_is_not_there_is_told_from_a_fault_of_ours(tmp_path: Path) -> None:
    with pytest.raises(OperationalError) as refused, Database(
            f"postgresql+psycopg://isee:geheim@127.0.0.1:{free_port(0)}/isee").session() as session:
        session.execute(text("SELECT 1"))
    assert "refused" in why_away(refused.value) and "geheim" not in why_away(refused.value)
    with pytest.raises(Exception) as ours, Database(f"sqlite:///{tmp_path / 'isee.db'}").session() as session:
        session.execute(text("SELECT * FROM no_such_table"))
    assert why_away(ours.value) == ""
