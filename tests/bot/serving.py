"""Starts the real service on a private port, with an engine double in another process, for tests of HTTP behaviour."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from actions.companion.bundle import build_dossiers
from actions.handoff import Tickets
from actions.handoff.desk import Desk
from bot.api.connections import server_options
from bot.app import create_app
from bot.context import Context
from bot.engine_process import free_port
from bot.migrations import migrate
from bot.wiring import connect, services_over
from common.database import Database
from common.errors import NotReady
from common.keyring import Keyring
from common.messages import Button, Reply, Status
from common.settings import Settings
from knowledge_base.store import KnowledgeBase
from tests.template import copy_database

ENGINE = Path(__file__).parent / "engine_double.py"


@dataclass
class Captured:
    intent_message: str
    transcript: str


class FormDouble:
    """Takes "giá trị …" as a form's value, as an open e-form would."""

    def capture(
        self, conversation_id: str, text: str | None = None, payload: str | None = None, client: str = ""
    ) -> Captured | None:
        if text and text.startswith("giá trị"):
            return Captured('/form_value{"ref":"abc"}', "Đã điền một mục")
        return None

    def capture_upload(self, conversation_id: str, filename: str, content: bytes) -> Captured | None:
        return (
            Captured('/form_file{"ref":"f1"}', f"Tệp đã gửi: {filename}") if content.startswith(b"\xff\xd8") else None
        )

    def form_open(self, conversation_id: str) -> bool:
        return False


@dataclass
class Review:
    text: str
    lines: list[dict[str, str]]


class ReviewDouble:
    """Knows the values of draft d1 until it is told that the draft is gone."""

    gone = False

    def reveal(self, conversation_id: str, sealed: Mapping[str, Any]) -> Review | None:
        if self.gone or sealed != {"draft": "d1"}:
            return None
        return Review("Họ và tên: Hoàng Thị Bích Ngà", [{"label": "Họ và tên", "value": "Hoàng Thị Bích Ngà"}])


class SearchDouble:
    """Answers without dialogue."""

    ready = True

    def ensure_built(self) -> int:
        return 0

    def start_following(self) -> None:
        pass

    stop_following = start_following

    @property
    def encoder(self) -> Any:
        raise NotReady("no index is built here")

    snapshot = encoder

    def search(self, text: str, k: int = 10) -> Any:
        raise RuntimeError("a fault inside search, with a secret 022190001234")

    def answer_without_dialogue(self, text: str, last_procedure: str | None = None) -> list[Reply]:
        return [Reply(text=f"tra cứu: {text}", status=Status.ANSWERED, buttons=[Button(title="Lại", payload="lại")])]


    def answer_alone(self, text: str, last_procedure: str | None = None) -> list[Reply]:
        return self.answer_without_dialogue(text)

    def shown(self, outcome: Any, under_discussion: str | None = None) -> Any:
        return outcome


class NoActions:
    async def run(self, action_call: Any) -> Any:
        from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

        name = action_call.get("next_action")
        if name == "refuse":
            raise ActionExecutionRejection(name, "refused")
        raise ActionNotFoundException(name)


@dataclass
class Running:
    url: str
    context: Context
    engine: subprocess.Popen[bytes] | None

    @property
    def http(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=20, trust_env=False)

    def open(self) -> Talk:
        body = self.http.post("/api/v1/conversations", json={"language": "vi"}).json()
        return Talk(self, body["id"], body["token"], body["messages"])


@dataclass
class Talk:
    """One conversation as a client holds it."""

    running: Running
    id: str
    token: str
    greeting: list[dict[str, Any]]

    @property
    def path(self) -> str:
        return f"/api/v1/conversations/{self.id}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def send(self, body: dict[str, Any]) -> httpx.Response:
        return self.running.http.post(f"{self.path}/messages", json=body, headers=self.headers)

    def say(self, text: str, client_id: str | None = None) -> httpx.Response:
        return self.send({"text": text, "client_id": client_id or str(uuid.uuid4())})

    def messages(self, after: str = "") -> list[dict[str, Any]]:
        answer = self.running.http.get(f"{self.path}/messages", params={"after": after}, headers=self.headers)
        listed: list[dict[str, Any]] = answer.json()["messages"]
        return listed


def start_engine(port: int, secret: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, str(ENGINE), str(port), secret])
    for _ in range(100):
        with contextlib.suppress(httpx.HTTPError):
            httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
            return process
        time.sleep(0.05)
    raise RuntimeError("the engine double did not start")


def assemble(settings: Settings) -> Context:
    database = Database.from_settings(settings)
    migrate(database)
    keyring = Keyring.from_settings(settings)
    double = SearchDouble()
    knowledge_base = KnowledgeBase(database)
    dossiers = build_dossiers(settings, database, keyring)
    services = services_over(settings, database, keyring, knowledge_base, double, dossiers)
    return connect(
        settings,
        database,
        keyring,
        knowledge_base=knowledge_base,
        search=double,
        intake=FormDouble(),
        reviews=ReviewDouble(),
        answerer=double,
        executor=NoActions(),
        tickets=Tickets(database),
        dossiers=dossiers,
        people=Desk(services),
    )


@contextlib.contextmanager
def serving(home: Path, *, engine: bool = True, shipped: bool = True, **settings: Any) -> Iterator[Running]:
    """The service over `home`; with `engine=False` nobody listens where Rasa should be, with `shipped=False` the
    guides are those that a test publishes."""
    rasa_port = free_port(0)
    copy_database(home / "isee.db", shipped=shipped)
    chosen = Settings(
        database_url="",
        home=home,
        port=free_port(0),
        rasa_url=f"http://127.0.0.1:{rasa_port}",
        **{
            "rasa_timeout_s": 1.0, "messages_per_minute": 1000, "address_messages_per_minute": 100_000,
            "requests_per_minute": 100_000, **settings,
        },
    )
    made: list[Context] = []

    def make(given: Settings) -> Context:
        made.append(assemble(given))
        if not shipped:
            made[-1].knowledge_base.load_shipped = lambda: None
        return made[-1]

    options = {**server_options(chosen), "log_level": "warning", "lifespan": "on", "timeout_graceful_shutdown": 2}
    config = uvicorn.Config(create_app(chosen, make), **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    double = start_engine(rasa_port, Keyring.from_settings(chosen).engine_secret()) if engine else None
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the service did not start; its log says why"
        time.sleep(0.02)
    try:
        yield Running(f"http://127.0.0.1:{chosen.port}", made[0], double)
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive(), "the service did not stop"
        if double:
            double.kill()
            double.wait()
