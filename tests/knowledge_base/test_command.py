"""`isee kb …` as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.migrations import migrate
from common.database import Database
from common.settings import PROJECT_ROOT
from knowledge_base.loader import parse_guide
from tests.knowledge_base.official import official_row

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def isee(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs `isee` with a home of its own."""
    home = tmp_path_factory.mktemp("home")
    database = Database(f"sqlite:///{home / 'isee.db'}")
    migrate(database)
    database.create_all()
    url = database.url
    database.dispose()

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "ISEE_HOME": str(home), "ISEE_DATABASE_URL": url, "PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-m", "bot.cli", "kb", *words]
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", env=environment, cwd=PROJECT_ROOT, check=False
        )

    return run


def _rows(path: Path, rows: list[Any]) -> str:
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return str(path)


def test_import_counts_and_names_rejected_rows(isee: Run, tmp_path: Path) -> None:
    rows = [official_row(number) for number in range(900_000, 900_003)]
    file = _rows(tmp_path / "c.jsonl", [*rows, {"code": "x"}])
    first = json.loads(isee("import", file, "--json").stdout)
    assert (first["accepted"], first["unchanged"]) == (3, 0)
    assert first["rejected"][0]["line"] == 4
    told = isee("import", file)
    assert told.returncode == 0
    assert "Đã nhập 0 thủ tục, 3 thủ tục không đổi, 1 dòng bị từ chối." in told.stdout
    assert "dòng 4 x" in told.stdout


def test_nothing_usable_is_a_failure(isee: Run, tmp_path: Path) -> None:
    assert isee("import", _rows(tmp_path / "bad.jsonl", ["x"])).returncode == 1
    missing = isee("import", str(tmp_path / "nowhere.jsonl"))
    assert missing.returncode == 1
    assert "không đọc được tệp" in missing.stderr
    assert "Traceback" not in missing.stderr


def test_export_and_show_repeat_the_guide(isee: Run, tmp_path: Path) -> None:
    isee("import", _rows(tmp_path / "c.jsonl", [official_row(910_000)]))
    written = isee("export", "1.910000").stdout
    guide = parse_guide(written).guide
    assert guide is not None
    assert guide.code == "1.910000"
    done = isee("export", "1.910000", "--to", str(tmp_path / "out"), "--json")
    assert json.loads(done.stdout)["exported"] == 1
    assert (tmp_path / "out" / "1.910000.yml").read_text(encoding="utf-8") == written
    shown = json.loads(isee("show", "1.910000", "--json").stdout)
    assert (shown["origin"], shown["version"], len(shown["history"])) == ("imported", 1, 1)
    lost = isee("show", "9.999999")
    assert lost.returncode == 1
    assert "không có thủ tục mã 9.999999" in lost.stderr


def test_validate_fails_with_places(isee: Run, guides_root: Path, write_guide: Callable[..., Path]) -> None:
    write_guide()
    assert isee("validate", str(guides_root)).returncode == 0
    write_guide(e_form="khong_co", related=[{"code": "9.999999", "why": "x"}])
    done = isee("validate", str(guides_root), "--json")
    assert done.returncode == 1
    assert {problem["field"] for problem in json.loads(done.stdout)["errors"]} == {"e_form", "related[0].code"}


def test_audit_counts_and_fails_with_places(isee: Run, tmp_path: Path) -> None:
    done = isee("audit", "1.004194", "1.014061", "--json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert (report["guides"], report["findings"], report["problems"]) == (2, [], [])
    assert report["values"] == report["found"] + len(report["reasoned"]) > 50
    other = isee("audit", "1.014061", "--records", _rows(tmp_path / "c.jsonl", [official_row(1, code="1.014061")]))
    assert other.returncode == 1
    assert "guides/can_cuoc/1.014061.yml:" in other.stdout
    assert "gần nhất: 5 ngày làm việc" in other.stdout
    assert isee("audit", "9.999999").returncode == 1


def test_stats_count_the_shipped_catalogue(isee: Run) -> None:
    figures = json.loads(isee("stats", "--json").stdout)
    assert figures["procedures"] >= 2166
    assert sum(figures["by_field"].values()) == figures["procedures"]
    coverage = figures["phrasings"]
    assert 0 < coverage["top"] <= coverage["top_of"] == 200
    assert coverage["commune"] <= coverage["commune_of"]
    assert "Thủ tục" in isee("stats").stdout
