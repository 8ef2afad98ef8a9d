"""The event stream: live messages, resuming by Last-Event-ID, owner changes, an end when the service stops."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from tests.bot.serving import Running, Talk, serving


def read(
    talk: Talk, count: int, last_id: str | None = None, ready: threading.Event | None = None
) -> list[dict[str, Any]]:
    """The next `count` events of kind `message`."""
    headers = {**talk.headers, **({"Last-Event-ID": last_id} if last_id is not None else {})}
    found: list[dict[str, Any]] = []
    kind = ""
    with (
        httpx.Client(base_url=talk.running.url, timeout=10, trust_env=False) as http,
        http.stream("GET", f"{talk.path}/events", headers=headers) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
                if kind == "owner" and ready:
                    ready.set()
            if line.startswith("data: ") and kind == "message":
                found.append(json.loads(line.removeprefix("data: ")))
                if len(found) == count:
                    break
    return found


def test_messages_arrive_as_they_are_stored(talk: Talk) -> None:
    ready, seen = threading.Event(), []
    listener = threading.Thread(target=lambda: seen.extend(read(talk, 2, ready=ready)))
    listener.start()
    assert ready.wait(10)
    talk.say("khai sinh")
    listener.join(10)
    assert seen == talk.messages()[1:]


def test_a_stream_resumes_after_the_last_event(talk: Talk) -> None:
    for number in range(3):
        talk.say(f"câu {number}")
    stored = talk.messages()
    assert read(talk, 4, last_id=stored[2]["id"]) == stored[3:]
    assert read(talk, 7, last_id="") == stored


def test_a_stream_ends_when_the_conversation_is_erased(running: Running, talk: Talk) -> None:
    ready, seen = threading.Event(), []
    listener = threading.Thread(target=lambda: seen.extend(read(talk, 9, ready=ready)))
    listener.start()
    assert ready.wait(10)
    talk.running.http.delete(talk.path, headers=talk.headers)
    listener.join(10)
    assert not listener.is_alive() and not seen


def test_too_many_streams_are_refused_and_closed_ones_make_room(running: Running, talk: Talk) -> None:
    hub = running.context.hub
    from contextlib import ExitStack

    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(hub.listening(talk.id))
        answer = running.http.get(f"{talk.path}/events", headers=talk.headers)
        assert answer.status_code == 429 and answer.headers["content-type"] == "application/problem+json"
    talk.say("khai sinh")
    assert len(read(talk, 3, last_id="")) == 3


def test_an_open_stream_does_not_keep_the_service_from_stopping(tmp_path: Path) -> None:
    ready = threading.Event()

    def listen(talk: Talk) -> None:
        with suppress(httpx.HTTPError):
            read(talk, 9, ready=ready)

    with serving(tmp_path) as service:
        listener = threading.Thread(target=listen, args=(service.open(),))
        listener.start()
        assert ready.wait(10)
    listener.join(10)
    assert not listener.is_alive()
