"""The whole service as `isee serve` runs it, with the trained Rasa: a conversation, a killed engine, a clean stop."""

from __future__ import annotations

import contextlib
import os
import re
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
from tests.bot.filling import Filling, kept_texts, written_in

pytestmark = [pytest.mark.built, pytest.mark.slow]

# A birth registration by the father, which asks for the most; refused answers come first. No value is an example of the
# form, so whatever is found of them was written down by this conversation.
BIRTH = {
    "applicant_name": ["Đặng Quốc Khải 7", "Đặng Quốc Khải"],
    "applicant_id": ["022084517", "022084517329"],
    "applicant_phone": ["09368", "0936 851 742"],
    "applicant_email": ["khai.dang84@example.org"],
    "relation": ["em là bố"],
    "child_name": ["Đặng Ngọc Thảo Vy"],
    "child_sex": ["bé gái"],
    "child_birth_date": ["19/10/2097", "19-10-2026"],
    "birth_place": ["Trạm y tế thôn Khe Vằn"],
    "birth_proof": ["giấy chứng sinh"],
    "birth_proof_file": ["bỏ qua"],
    "ethnicity": ["Sán Chỉ"],
    "hometown": ["tổ 9 khu Vĩnh Tuy, Mạo Khê"],
    "mother_name": ["Lương Mai Quế"],
    "mother_id": ["022187640915"],
    "parents_married": ["chưa"],
    "commune": ["thành phố Móng Cái", "hà khánh"],
    "copies": ["7654", "6"],
}
TYPED = [
    "Đặng Quốc Khải",
    "022084517329",
    "022084517",
    "0936 851 742",
    "0936851742",
    "khai.dang84",
    "Đặng Ngọc Thảo Vy",
    "19/10/2097",
    "19-10-2026",
    "19/10/2026",
    "2026-10-19",
    "Khe Vằn",
    "Vĩnh Tuy, Mạo Khê",
    "Lương Mai Quế",
    "022187640915",
    "Phan Thị Diệu Hằng",
]


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


def test_no_value_of_a_form_is_written_in_clear(service: Service) -> None:
    citizen = Filling(service.http)
    citizen.say("đăng ký khai sinh cho con")
    citizen.say("nộp hồ sơ luôn")
    citizen.press("Đồng ý")
    citizen.fill(BIRTH)
    seen = citizen.heard[-1]
    for value in ("Đặng Quốc Khải", "022084517329", "Đặng Ngọc Thảo Vy", "19/10/2026", "Khe Vằn", "Phường Cao Xanh"):
        assert value in seen["text"], "the review shows its own citizen everything"
    assert citizen.read()[-1] == seen
    citizen.say("sửa tên mẹ thành Phan Thị Diệu Hằng")
    if citizen.asked != "mother_name":
        citizen.press("Họ và tên mẹ")
    citizen.say("Phan Thị Diệu Hằng")
    assert "Họ và tên mẹ: Phan Thị Diệu Hằng" in citizen.heard[-1]["text"]
    code = next(said["dossier"]["code"] for said in citizen.press("Nộp hồ sơ") if "dossier" in said)
    elsewhere = Filling(service.http)
    elsewhere.say(f"tra cứu hồ sơ {code}")
    assert elsewhere.say("7329")[-1]["dossier"]["code"] == code
    assert "Phan Thị Diệu Hằng" in "\n".join(message["text"] for message in citizen.read())
    read = "\n".join(message["text"] for message in elsewhere.read())
    assert "7329" not in read, "the PIN can't be read off the conversation"

    for value in TYPED:
        assert not written_in(service.home, value), value
    kept = kept_texts(service.home)
    assert "Đ••• Q••• K•••" in kept, "what is looked through is the conversation"
    for value in (*TYPED, "Cao Xanh", "hà khánh", "Sán Chỉ"):
        assert value not in kept, value
    assert not re.search(r"(?<![\w.])(7329|7654)(?![\w.])", kept)


def test_stopping_the_service_stops_the_engine(service: Service) -> None:
    engine = int((service.home / "rasa.pid").read_text())
    service.process.terminate()
    assert service.process.wait(30) in (0, -signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.kill(engine, 0)
