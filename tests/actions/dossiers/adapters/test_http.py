"""The client: what it tries again, what it doesn't, and when it leaves a dead system alone."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from actions.dossiers.adapters.contract import OutsideDown, OutsideRefused, OutsideWrong, Submission
from actions.dossiers.adapters.http import HttpOneStop
from common.breaker import CircuitBreaker
from common.clock import utc_now
from common.errors import SetupProblem
from common.settings import Settings
from common.signatures import Signer

SECRET = "a shared secret of more than 32 characters"
DOSSIER = {
    "code": "MC-1", "reference": "H49-1",
    "history": [{"sequence": 1, "state": "MOI_NOP", "at": "2026-11-22T01:00:00Z"}]}
SUBMISSION = Submission(
    reference="H49-1", procedure_code="1.001193", title="Khai sinh", form="khai_sinh", submitted_at=utc_now(),
    fields=[], files=[])


class Answers:
    """Gives the answers in turn (an exception is raised) and keeps the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.left = list(answers)
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        answer = self.left.pop(0) if len(self.left) > 1 else self.left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(answers: Answers, breaker: CircuitBreaker | None = None) -> HttpOneStop:
    return HttpOneStop(
        "http://x/api", Signer("isee", SECRET.encode()), 1, breaker=breaker, transport=httpx.MockTransport(answers),
        first_wait_s=0, longest_wait_s=0)


@pytest.mark.parametrize("failure", [
    httpx.ConnectError("refused"), httpx.ReadTimeout("late"), httpx.Response(503), httpx.Response(429),
    httpx.RemoteProtocolError("cut"),
])
def test_a_passing_failure_is_tried_again_with_the_same_key_and_a_valid_signature(
    failure: httpx.Response | Exception
) -> None:
    answers = Answers(failure, httpx.Response(201, json=DOSSIER))
    assert client(answers).submit(SUBMISSION, "key-1").code == "MC-1"
    assert [request.headers["Idempotency-Key"] for request in answers.seen] == ["key-1", "key-1"]
    for request in answers.seen:
        assert Signer("isee", SECRET.encode()).accepts(
            request.headers, "POST", "/api/dossiers", request.content, "key-1")


def test_a_considered_no_is_final_and_tells_nothing_of_the_content() -> None:
    answers = Answers(httpx.Response(422, json={"title": "Unprocessable", "detail": "022190001234 is wrong"}))
    with pytest.raises(OutsideRefused, match="HTTP 422 Unprocessable") as caught:
        client(answers).submit(SUBMISSION, "key-1")
    assert len(answers.seen) == 1 and "0221" not in str(caught.value)


@pytest.mark.parametrize("answer", [
    httpx.Response(200, text="<html>"), httpx.Response(200, json=[]), httpx.Response(200, json={"code": "MC-1"}),
    httpx.Response(200, json={**DOSSIER, "history": []}), httpx.Response(200, json={**DOSSIER, "reference": "H49-2"}),
])
def test_an_answer_outside_the_contract_is_named_as_such(answer: httpx.Response) -> None:
    with pytest.raises(OutsideWrong):
        client(Answers(answer)).submit(SUBMISSION, "key-1")


def test_a_dead_system_is_left_alone_until_the_pause_is_over() -> None:
    now = [0.0]
    breaker = CircuitBreaker(failures=2, first_pause_s=10, longest_pause_s=60, clock=lambda: now[0])
    answers = Answers(httpx.ConnectError("refused"))
    broken = client(answers, breaker)
    for _ in range(5):
        with pytest.raises(OutsideDown):
            broken.status("MC-1")
    assert len(answers.seen) == 2  # then nobody asks
    now[0] = 11.0
    answers.left = [httpx.Response(200, json=DOSSIER)]
    assert broken.status("MC-1").code == "MC-1"


def test_a_code_of_the_outside_system_cannot_leave_its_path() -> None:
    answers = Answers(httpx.Response(404, json={"title": "Not found"}))
    with pytest.raises(OutsideRefused):
        client(answers).status("../users?x=1")
    assert answers.seen[0].url.raw_path == b"/api/dossiers/..%2Fusers%3Fx%3D1"


@pytest.mark.parametrize("settings, word", [
    ({"onestop_url": "http://motcua.example.gov.vn", "onestop_secret": SECRET}, "https"),
    ({"onestop_url": "https://motcua.example.gov.vn", "onestop_secret": "short"}, "32"),
])
def test_unsafe_settings_are_refused(tmp_path: Path, settings: dict[str, str], word: str) -> None:
    with pytest.raises(SetupProblem, match=word):
        HttpOneStop.from_settings(Settings(home=tmp_path, _env_file=None, **settings))  # type: ignore[arg-type]


def test_nothing_is_connected_by_default(tmp_path: Path) -> None:
    assert HttpOneStop.from_settings(Settings(home=tmp_path, _env_file=None)) is None
