"""Starts what is measured as separate processes on private ports, and stops them again."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from bot.rasa_model import engine_environment, rasa_command
from common.errors import SetupProblem
from common.settings import PROJECT_ROOT, Settings

__all__ = ["Running", "bare_bot", "engine_ready", "free_port", "resident_mb", "service"]

_START_LIMIT_S = 240
_BARE_PROJECT = {
    "config.yml": """\
recipe: default.v1
language: vi
pipeline:
- name: WhitespaceTokenizer
- name: CountVectorsFeaturizer
- name: LogisticRegressionClassifier
policies:
- name: RulePolicy
""",
    "domain.yml": """\
version: '3.1'
intents: [ask, greet]
responses:
  utter_ask:
  - text: Vâng.
  utter_greet:
  - text: Chào.
""",
    "data/nlu.yml": """\
version: '3.1'
nlu:
- intent: ask
  examples: |
    - cần giấy tờ gì
    - lệ phí bao nhiêu
    - nộp ở đâu
- intent: greet
  examples: |
    - xin chào
    - chào em
    - alo
""",
    "data/rules.yml": """\
version: '3.1'
rules:
- rule: ask
  steps:
  - intent: ask
  - action: utter_ask
- rule: greet
  steps:
  - intent: greet
  - action: utter_greet
""",
    "credentials.yml": "rest:\n",
    "endpoints.yml": "",
}


class Running:
    """A started process with its address and the seconds it took to become ready."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], ready_s: float) -> None:
        self.url, self.process, self.ready_s = url, process, ready_s


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(settings: Settings, home: Path, extra: Mapping[str, str] | None = None) -> Iterator[Running]:
    """iSee with its Rasa engine, its state in `home`, models shared with the real one; of its index it has a copy, for
    it writes that anew after an import.

    `extra`: environment variables to set besides.
    """
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "models").exists() and settings.models_dir.exists():
        (home / "models").symlink_to(settings.models_dir)
    if not (home / "index").exists() and settings.index_dir.exists():
        shutil.copytree(settings.index_dir, home / "index")
    port = free_port()
    environment = {
        **os.environ,
        "ISEE_HOME": str(home),
        "ISEE_PORT": str(port),
        "ISEE_RASA_PORT": str(free_port()),
        "ISEE_DATABASE_URL": "",
        "ISEE_MESSAGES_PER_MINUTE": "1000000",
        "ISEE_CONVERSATIONS_PER_MINUTE": "1000000",
        "ISEE_ADDRESS_MESSAGES_PER_MINUTE": "1000000",
        "ISEE_REQUESTS_PER_MINUTE": "10000000",
        "ISEE_LOG_LEVEL": "WARNING",
        **(extra or {}),
    }
    command = [sys.executable, "-m", "bot.cli", "serve"]
    with _started(
        command, environment, home / "service.log", f"http://127.0.0.1:{port}", "/healthz/ready", whole=engine_ready
    ) as running:
        yield running


@contextmanager
def bare_bot(settings: Settings, folder: Path) -> Iterator[Running]:
    """The smallest Rasa bot that answers over its REST channel: what a turn costs without iSee."""
    _write_bare_project(folder)
    environment = engine_environment(settings)
    environment.pop("PYTHONPATH")
    done = subprocess.run(
        rasa_command("train", "--quiet"), cwd=folder, env=environment, capture_output=True, check=False
    )
    if done.returncode:
        raise SetupProblem("Không huấn luyện được bot đối chứng: " + done.stderr.decode(errors="replace")[-500:])
    port = free_port()
    command = rasa_command("run", "--port", str(port), "-i", "127.0.0.1")
    with _started(command, environment, folder / "bare.log", f"http://127.0.0.1:{port}", "/", cwd=folder) as running:
        yield running


@contextmanager
def _started(
    command: list[str],
    environment: dict[str, str],
    log: Path,
    url: str,
    ready: str,
    *,
    cwd: Path = PROJECT_ROOT,
    whole: Callable[[httpx.Response], bool] = lambda response: response.status_code == 200,
) -> Iterator[Running]:
    begun = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        _await(process, url + ready, log, whole)
        yield Running(url, process, time.perf_counter() - begun)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


def engine_ready(response: httpx.Response) -> bool:
    """Ready with its engine: without it the service answers too, but by search alone."""
    return response.status_code == 200 and response.json().get("status") == "ready"


def _await(process: subprocess.Popen[bytes], url: str, log: Path, whole: Callable[[httpx.Response], bool]) -> None:
    limit = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < limit:
        if process.poll() is not None:
            break
        try:
            if whole(httpx.get(url, timeout=2)):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SetupProblem(f"{url} không sẵn sàng. Phần cuối của nhật ký:\n" + log.read_text(errors="replace")[-1500:])


def resident_mb(pid: int) -> dict[str, float]:
    """Resident memory of a process and its children by name, in MB (Linux: /proc)."""
    found: dict[str, float] = {}
    for child in [pid, *_descendants(pid)]:
        try:
            status = Path(f"/proc/{child}/status").read_text()
            command = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        kilobytes = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
        name = "rasa" if "rasa" in command.split("\0", 3)[2:3] or "-m\0rasa" in command else "service"
        found[name] = round(found.get(name, 0.0) + kilobytes / 1024, 1)
    return found


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [descendant for child in children for descendant in (child, *_descendants(child))]


def _write_bare_project(folder: Path) -> None:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, text in _BARE_PROJECT.items():
        (folder / name).write_text(text, encoding="utf-8")
