"""The measurements themselves. Times in milliseconds unless a name says otherwise."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

__all__ = ["bare_turns", "percentiles", "questions_from", "sustained", "turns"]


def percentiles(samples: Sequence[float]) -> dict[str, float]:
    """p50, p95, p99 and n of the samples."""
    ordered = sorted(samples)
    pick = {
        f"p{percent}": round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 1)
        for percent in (50, 95, 99)
    }
    return {**pick, "n": len(ordered)}


def questions_from(texts: Sequence[str], count: int, seed: int = 11) -> list[str]:
    """A repeatable sample of `count` questions."""
    return random.Random(seed).choices(list(texts), k=count)  # noqa: S311 - a sample, not a secret


def _open(client: httpx.Client) -> tuple[str, dict[str, str]]:
    created = client.post("/api/v1/conversations", json={"language": "vi"})
    created.raise_for_status()
    body = created.json()
    return f"/api/v1/conversations/{body['id']}/messages", {"Authorization": f"Bearer {body['token']}"}


def turns(url: str, questions: Sequence[str]) -> tuple[list[float], dict[str, int]]:
    """One citizen asks everything in turn: milliseconds of each turn, and how the turns ended."""
    statuses: dict[str, int] = {}
    samples = []
    with httpx.Client(base_url=url, timeout=60) as client:
        path, headers = _open(client)
        for number, question in enumerate(questions):
            if number and number % 20 == 0:
                path, headers = _open(client)  # citizens don't ask two hundred things in one conversation
            begun = time.perf_counter()
            answer = client.post(path, json={"text": question}, headers=headers)
            samples.append((time.perf_counter() - begun) * 1000)
            answer.raise_for_status()
            status = answer.json()["status"]
            statuses[status] = statuses.get(status, 0) + 1
    return samples, statuses


def bare_turns(url: str, questions: Sequence[str]) -> list[float]:
    """The same questions to a bare Rasa bot over its REST channel."""
    samples = []
    with httpx.Client(base_url=url, timeout=60) as client:
        for number, question in enumerate(questions):
            begun = time.perf_counter()
            client.post(
                "/webhooks/rest/webhook", json={"sender": f"bench-{number // 20}", "message": question}
            ).raise_for_status()
            samples.append((time.perf_counter() - begun) * 1000)
    return samples


def sustained(url: str, questions: Sequence[str], citizens: int, seconds: float) -> dict[str, Any]:
    """`citizens` ask without pause for `seconds`: turns a second, latency, failures."""
    until = time.perf_counter() + seconds
    lock = threading.Lock()
    samples: list[float] = []
    failures: dict[str, int] = {}

    def citizen(number: int) -> None:
        mine = questions_from(questions, 500, seed=number)
        with httpx.Client(base_url=url, timeout=60) as client:
            path, headers = _open(client)
            for question in mine:
                if time.perf_counter() > until:
                    return
                begun = time.perf_counter()
                answer = client.post(path, json={"text": question}, headers=headers)
                took = (time.perf_counter() - begun) * 1000
                with lock:
                    samples.append(took)
                    if answer.status_code != 200:
                        failures[str(answer.status_code)] = failures.get(str(answer.status_code), 0) + 1

    _together(citizen, citizens)
    return {
        "citizens": citizens,
        "turns_per_s": round(len(samples) / seconds, 1),
        "latency_ms": percentiles(samples),
        "failures": failures,
    }


def _together(work: Callable[[int], None], count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(work, number) for number in range(count)]:
            done.result()
