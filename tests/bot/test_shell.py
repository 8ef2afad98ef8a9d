"""What surrounds every route: one error shape, limits, headers, cross-origin rules, health, the action door."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bot.serving import Running, Talk, serving

PROBLEM = "application/problem+json"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("PUT", "/api/v1/conversations", 405),
        ("GET", "/api/v1/search", 422),
        ("GET", "/api/v1/search?q=", 422),
        ("GET", "/api/v1/search?q=%20", 422),
        ("GET", "/api/v1/search?q=a&k=0", 422),
        ("GET", "/api/v1/search?q=a&k=x", 422),
        ("GET", "/api/v1/search?q=%00", 422),
        ("GET", "/api/v1/procedures?page=0", 422),
        ("GET", "/api/v1/procedures?level=x", 422),
        ("GET", "/api/v1/procedures/9.999999", 404),
        ("GET", "/api/v1/procedures/..%2f..%2fetc", 404),
        ("POST", "/actions", 401),
    ],
)
def test_every_error_is_a_problem_document(running: Running, method: str, path: str, status: int) -> None:
    answer = running.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["status"] == status and answer.json()["detail"]


def test_an_unforeseen_error_shows_an_id_and_nothing_else(running: Running) -> None:
    answer = running.http.get("/api/v1/search", params={"q": "khai sinh"})
    assert answer.status_code == 500 and answer.headers["content-type"] == PROBLEM
    assert answer.headers["X-Request-ID"] in answer.json()["detail"]
    assert "secret" not in answer.text and "Traceback" not in answer.text


def test_a_large_body_is_refused_declared_or_not(talk: Talk) -> None:
    def chunks() -> Any:
        for _ in range(400):
            yield b" " * 1024

    path = f"{talk.path}/messages"
    for content in (b" " * 300_000, chunks()):
        answer = talk.running.http.post(path, content=content, headers=talk.headers)
        assert answer.status_code == 413 and answer.headers["content-type"] == PROBLEM


def test_security_headers_are_on_every_answer(running: Running) -> None:
    for path in ("/healthz/live", "/nowhere", "/openapi.json"):
        headers = running.http.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


def test_other_origins_are_answered_only_when_allowed(running: Running, tmp_path: Any) -> None:
    ask = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in running.http.options("/api/v1/conversations", headers=ask).headers
    with serving(tmp_path, allowed_origins=["https://a.example"]) as service:
        allowed = service.http.options("/api/v1/conversations", headers=ask)
        other = service.http.options("/api/v1/conversations", headers={**ask, "Origin": "https://b.example"})
        policy = service.http.get("/healthz/live").headers["content-security-policy"]
    assert allowed.headers["access-control-allow-origin"] == "https://a.example"
    assert "access-control-allow-origin" not in other.headers
    assert "frame-ancestors https://a.example" in policy


def test_health_metrics_and_openapi(running: Running, talk: Talk) -> None:
    talk.say("khai sinh")
    assert running.http.get("/healthz/live").json() == {"status": "live"}
    assert running.http.get("/healthz/ready").json()["parts"] == {"database": "up", "index": "up", "engine": "external"}
    metrics = running.http.get("/metrics").text
    assert 'isee_turn_step_seconds_count{step="ask_engine"}' in metrics
    assert 'isee_turn_seconds_count{status="answered"}' in metrics
    assert talk.id not in metrics
    spec = running.http.get("/openapi.json").json()
    assert spec["openapi"].startswith("3.") and "Problem" in spec["components"]["schemas"]
    assert "/actions" not in spec["paths"]
    body = spec["paths"]["/api/v1/conversations/{conversation_id}/messages"]["post"]["requestBody"]["content"]
    assert set(body) == {"application/json", "multipart/form-data"}


def test_actions_are_run_for_the_engine_alone(running: Running) -> None:
    secret = {"X-ISee-Secret": running.context.keyring.engine_secret()}
    call = {"next_action": "refuse", "tracker": {}, "domain": {}}
    assert running.http.post("/actions", json=call).status_code == 401
    assert running.http.post("/actions", json=call, headers={"X-ISee-Secret": "x"}).status_code == 401
    refused = running.http.post("/actions", json=call, headers=secret)
    assert (refused.status_code, refused.json()["action_name"]) == (400, "refuse")
    unknown = running.http.post("/actions", json={**call, "next_action": "nothing"}, headers=secret)
    assert (unknown.status_code, unknown.json()["action_name"]) == (404, "nothing")
    assert running.http.post("/actions", content=b"{", headers=secret).status_code == 422


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300) | anything.map(lambda value: json.dumps(value).encode()))
def test_no_body_brings_the_service_down(talk: Talk, body: bytes) -> None:
    headers = {**talk.headers, "Content-Type": "application/json"}
    for path in (f"{talk.path}/messages", f"{talk.path}/feedback", "/api/v1/conversations"):
        answer = talk.running.http.post(path, content=body, headers=headers)
        assert answer.status_code < 500
        assert answer.status_code < 400 or answer.headers["content-type"] == PROBLEM


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_answered_or_refused(talk: Talk, text: str) -> None:
    answer = talk.send({"text": text})
    assert answer.status_code in (200, 413, 422)


def test_one_address_and_one_conversation_have_limits(tmp_path: Any) -> None:
    with serving(tmp_path, conversations_per_minute=2, messages_per_minute=3) as service:
        talk = service.open()
        for _ in range(3):
            assert talk.say("khai sinh").status_code == 200
        held = talk.say("khai sinh")
        assert held.status_code == 429 and int(held.headers["retry-after"]) > 0
        assert service.open().say("khai sinh").status_code == 200
        assert service.http.post("/api/v1/conversations", json={}).status_code == 429
