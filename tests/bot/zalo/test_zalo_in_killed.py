"""A process that dies between any two steps: no event is lost, no turn is doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import select, update

from bot.context import Context
from bot.engine_process import free_port
from bot.gateway.tables import ConversationRow, MessageRow
from bot.zalo.events import load, read
from bot.zalo.tables import ZaloEventRow, ZaloUserRow
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from tests.bot.serving import assemble, start_engine
from tests.bot.zalo.incoming import APP, OA, SETTINGS, USER, attached, encoded, follow, said, signature, until

KEY = "k" * 40


class Killed(BaseException):
    """Nothing of ours catches it, as nothing catches a kill."""


@pytest.fixture(autouse=True)
def logs() -> Any:
    """What was logged; drawing the tracebacks of so many deaths would take longer than the tests."""
    with structlog.testing.capture_logs() as captured:
        yield captured


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    made = assemble(Settings(
        home=tmp_path, database_url="", secret_key=KEY, rasa_url="http://127.0.0.1:1",
        messages_per_minute=1000))
    yield made
    made.close()


def put(context: Context, body: dict[str, Any]) -> None:
    event = read(load(encoded(body)) or {}, oa_id=OA, app_id=APP)
    context.zalo.queue.store([(event, encoded(body))])  # type: ignore[list-item]


@contextmanager
def dying(owner: Any, name: str, *, after: bool, calls: int = 1) -> Any:
    """`owner.name` kills the process before or after its work, at its first `calls` calls."""
    original, left = getattr(owner, name), [calls]

    def dies() -> bool:
        left[0] -= 1
        return left[0] >= 0

    def call(*args: Any, **given: Any) -> Any:
        if not after and dies():
            raise Killed
        found = original(*args, **given)
        if after and dies():
            raise Killed
        return found

    async def acall(*args: Any, **given: Any) -> Any:
        if not after and dies():
            raise Killed
        found = await original(*args, **given)
        if after and dies():
            raise Killed
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, acall if asyncio.iscoroutinefunction(original) else call, raising=True)
        yield


@asynccontextmanager
async def process(context: Context) -> AsyncIterator[None]:
    """A worker as a fresh process would run it."""
    context.zalo.lanes.clear()
    with context.database.session() as session:
        session.execute(update(ConversationRow).values(busy_by=None, busy_until=None))
    task = asyncio.create_task(context.zalo.worker.run())
    try:
        async with asyncio.timeout(60):
            yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def waiting(context: Context) -> int:
    return context.zalo.queue.figures().waiting


def said_in(context: Context) -> list[str]:
    """Authors of all messages of all conversations."""
    with context.database.session(write=False) as session:
        return list(session.scalars(select(MessageRow.author).order_by(MessageRow.conversation_id, MessageRow.id)))


STEPS: list[tuple[str, Callable[[Context], Any], str]] = [
    ("opening", lambda context: context.zalo.people, "conversation"),
    ("tying", lambda context: context.zalo.people, "_tie"),
    ("aside", lambda context: context.zalo.asides, "take"),
    ("turn", lambda context: context.gateway, "handle"),
    ("record", lambda context: context.turns, "record"),
    ("settling the turn", lambda context: context.turns, "settle"),
    ("settling the event", lambda context: context.zalo.queue, "settled"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=[name for name, *_ in STEPS])
async def test_killed_at_any_step_of_a_turn(context: Context, step: Any, after: bool) -> None:
    put(context, said("làm giấy khai sinh"))
    _, owner, name = step
    with dying(owner(context), name, after=after):
        with pytest.raises(Killed):
            queued = context.zalo.queue.next(USER)
            await context.zalo.worker._handle(queued, context.zalo.worker._inbox.take)  # type: ignore[arg-type]
        assert waiting(context) == (0 if (name, after) == ("settled", True) else 1), "it is not lost"
        async with process(context):
            while waiting(context):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert said_in(context) == ["bot", "citizen", "bot"], "one greeting, one question, one answer"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("body", [follow(), attached("user_send_sticker", {"id": "1"})], ids=["follow", "sticker"])
async def test_killed_where_something_is_said_without_a_turn(
    context: Context, body: dict[str, Any], after: bool
) -> None:
    put(context, said("khai sinh"))
    async with process(context):
        while waiting(context):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    with context.database.session() as session:
        session.execute(update(ZaloUserRow).values(greeted_at=None))
    put(context, body)
    with dying(context.zalo.queue, "settle", after=after):
        with pytest.raises(Killed):
            queued = context.zalo.queue.next(USER)
            await context.zalo.worker._handle(queued, context.zalo.worker._inbox.take)  # type: ignore[arg-type]
        assert said_in(context) == ["bot", "citizen", "bot"] and waiting(context) == 1, "both or neither"
        async with process(context):
            while waiting(context):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert said_in(context) == ["bot", "citizen", "bot", "system"]


@pytest.mark.slow
def test_a_service_that_is_killed_in_the_middle_of_a_turn_answers_after_its_restart(tmp_path: Path) -> None:
    engine_port = free_port(0)
    engine = start_engine(engine_port, Keyring.from_settings(Settings(home=tmp_path)).engine_secret())
    body = said("chậm thôi nhé", msg_id="kill")
    raw = encoded(body)
    try:
        port = free_port(0)
        first, url = _serve(tmp_path, engine_port, port)
        assert httpx.post(
            f"{url}/channels/zalo/webhook", content=raw, headers=signature(raw, body["timestamp"]), trust_env=False
        ).status_code == 200
        database = Database(f"sqlite:///{tmp_path / 'isee.db'}")
        until(lambda: len(_authors(database)) == 2)  # the question is stored, the engine thinks for three seconds
        first.send_signal(signal.SIGKILL)
        first.wait()
        second, _ = _serve(tmp_path, engine_port, port)
        until(lambda: _state(database) == "done", 60)
        assert _authors(database) == ["bot", "citizen", "bot"]
        second.send_signal(signal.SIGKILL)
        second.wait()
        database.dispose()
    finally:
        engine.kill()
        engine.wait()


def _serve(home: Path, engine_port: int, port: int) -> tuple[subprocess.Popen[bytes], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bot.served", str(home), str(port), str(engine_port)],
        env={**os.environ, **SETTINGS})
    url = f"http://127.0.0.1:{port}"
    limit = time.monotonic() + 90
    while time.monotonic() < limit:
        try:
            if httpx.get(f"{url}/healthz/live", trust_env=False).status_code == 200:
                return process, url
        except httpx.HTTPError:
            time.sleep(0.1)
    process.kill()
    raise RuntimeError("the service did not start")


def _authors(database: Database) -> list[str]:
    with database.session(write=False) as session:
        return list(session.scalars(select(MessageRow.author).order_by(MessageRow.id)))


def _state(database: Database) -> str:
    with database.session(write=False) as session:
        return str(session.scalar(select(ZaloEventRow.state)))
