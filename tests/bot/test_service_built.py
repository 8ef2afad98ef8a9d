"""The whole service as `isee serve` runs it, with the trained Rasa: a conversation, a killed engine, a clean stop."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.engine_process import free_port
from common.settings import PROJECT_ROOT

pytestmark = [pytest.mark.built, pytest.mark.slow]


@dataclass
class Service:
    http: httpx.Client
    home: Path
    process: subprocess.Popen[bytes]

    def parts(self) -> dict[str, str]:
        with contextlib.suppress(httpx.HTTPError):
            parts: dict[str, str] = self.http.get("/healthz/ready").json()["parts"]
            return parts
        return {}

    def open(self) -> Callable[[str], dict[str, Any]]:
        opened = self.http.post("/api/v1/conversations", json={}).json()

        def say(text: str) -> dict[str, Any]:
            answer = self.http.post(
                f"/api/v1/conversations/{opened['id']}/messages",
                json={"text": text, "client_id": str(uuid.uuid4())},
                headers={"Authorization": f"Bearer {opened['token']}"},
            )
            assert answer.status_code == 200, answer.text
            body: dict[str, Any] = answer.json()
            return body

        return say


@pytest.fixture(scope="module")
def service(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    (home / "models").symlink_to(built_home / "models")
    if (built_home / "index").exists():
        shutil.copytree(built_home / "index", home / "index")
    port = free_port(0)
    environment = {
        **os.environ,
        "ISEE_HOME": str(home),
        "ISEE_PORT": str(port),
        "ISEE_RASA_PORT": str(free_port(0)),
        "ISEE_RASA_TIMEOUT_S": "20",
        "ISEE_RASA_URL": "",
    }
    with (home / "service.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "serve"], cwd=PROJECT_ROOT, env=environment, stdout=log, stderr=log
        )
    made = Service(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=40, trust_env=False), home, process)
    try:
        wait_for(lambda: made.parts() == {"database": "up", "index": "up", "engine": "up"}, 400, home / "service.log")
        yield made
    finally:
        process.terminate()
        process.wait(30)


def wait_for(reached: Callable[[], bool], seconds: float, log: Path) -> None:
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, log.read_text()[-3000:]
        time.sleep(0.5)


def test_the_dialogue_answers_hands_off_and_knows_its_limits(service: Service) -> None:
    say = service.open()
    first = say("đăng ký khai sinh cần giấy tờ gì")
    assert first["status"] in ("answered", "clarified")
    assert "khai sinh" in first["messages"][-1]["text"].lower()
    assert say("giá vàng hôm nay")["status"] in ("abstained", "smalltalk")
    assert say("cho em gặp cán bộ")["owner"] == "waiting"


def test_typed_commands_stay_words(service: Service) -> None:
    say = service.open()
    body = say('/inform_field{"eform_input":"x"}')
    assert body["status"] != "form"


def test_the_public_lists_answer(service: Service) -> None:
    found = service.http.get("/api/v1/search", params={"q": "dang ky ket hon", "k": 5}).json()
    assert found["hits"] and len(found["hits"]) <= 5
    assert service.http.get("/api/v1/procedures/1.001193").json()["code"] == "1.001193"
    assert service.http.get("/api/v1/fields").json()["items"]
    tracked = service.http.get("/api/v1/dossiers/H49-260101-0001", params={"pin": "0000"})
    assert tracked.status_code == 404 and tracked.headers["content-type"] == "application/problem+json"


def test_a_killed_engine_is_replaced_and_nobody_goes_without_an_answer(service: Service) -> None:
    say = service.open()
    os.kill(int((service.home / "rasa.pid").read_text()), signal.SIGKILL)
    body = say("đăng ký kết hôn cần gì")
    assert body["messages"] and body["status"] != "error"
    wait_for(lambda: service.parts().get("engine") == "up", 120, service.home / "service.log")
    assert say("lệ phí bao nhiêu")["messages"]


def test_the_log_holds_no_personal_number(service: Service) -> None:
    service.open()("số căn cước của em là 022190001234")
    assert "022190001234" not in (service.home / "service.log").read_text()
    assert b"022190001234" not in (service.home / "rasa-tracker.db").read_bytes()
    assert b"022190001234" not in (service.home / "isee.db").read_bytes()


def test_stopping_the_service_stops_the_engine(service: Service) -> None:
    engine = int((service.home / "rasa.pid").read_text())
    service.process.terminate()
    assert service.process.wait(30) in (0, -signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.kill(engine, 0)
