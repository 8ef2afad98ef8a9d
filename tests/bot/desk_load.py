"""300 waiting conversations and 40 agents at the real service in a process of its own: how soon do other desks see it?

python -m tests.bot.desk_load [SECONDS]

Every act (a citizen's message, or a claim followed by a return) is timed from the moment its request is sent to the
moment each of the other desks has the new line on its stream. The engine is the tests' double: understanding has its
own figures, and here only the desk is asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bot.access.model import Role
from bot.engine_process import free_port
from common.keyring import Keyring
from common.settings import Settings
from tests.bot.serving import assemble, start_engine

CONVERSATIONS, AGENTS, ACTS_A_SECOND = 300, 40, 4
PASSWORD = "mot-mat-khau-dai"


def client(url: str) -> httpx.AsyncClient:
    # The service closes a connection that is idle for 5 s: one must not be used again at that very moment.
    limits = httpx.Limits(max_connections=100, keepalive_expiry=2)
    return httpx.AsyncClient(base_url=url, timeout=120, trust_env=False, limits=limits)


class Desk:
    """One agent's browser: signed in, with a stream."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.http = client(url)
        self.heard: dict[str, list[float]] = {}
        self.ready = asyncio.Event()

    async def sign_in(self) -> None:
        await self.http.post("/console/login", data={"name": self.name, "password": PASSWORD})
        page = await self.http.get("/console/conversations")
        self.csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]

    async def listen(self) -> None:
        async with self.http.stream("GET", "/console/desk/events", timeout=None) as stream:
            kind = ""
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    kind = line[7:]
                    self.ready.set()
                elif line.startswith("data: ") and kind == "case":
                    self.heard.setdefault(json.loads(line[6:])["conversation"], []).append(time.perf_counter())


def cpu_seconds(pid: int) -> float:
    """What the process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(url: str, seconds: float, pid: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"message": [], "claim": []}
    citizens = client(url)
    talks: list[tuple[str, dict[str, str]]] = []

    async def waits() -> None:
        opened = (await citizens.post("/api/v1/conversations", json={"language": "vi"})).json()
        headers = {"Authorization": f"Bearer {opened['token']}"}
        await citizens.post(f"/api/v1/conversations/{opened['id']}/messages", headers=headers,
                            json={"text": "cho em gặp cán bộ"})
        talks.append((opened["id"], headers))

    for _ in range(CONVERSATIONS // 20):
        await asyncio.gather(*(waits() for _ in range(20)))
    desks = [Desk(url, f"can-bo-{number}") for number in range(AGENTS)]
    for desk in desks:
        await desk.sign_in()
    print(f"{len(talks)} conversations wait, {len(desks)} agents watch", flush=True)
    streams = [asyncio.create_task(desk.listen()) for desk in desks]
    await asyncio.gather(*(desk.ready.wait() for desk in desks))
    await asyncio.sleep(3)

    async def act(number: int) -> None:
        conversation, headers = talks[number % CONVERSATIONS]
        actor = random.choice(desks)
        started = time.perf_counter()
        if number % 3:
            kind = "message"
            await citizens.post(f"/api/v1/conversations/{conversation}/messages", headers=headers,
                                json={"text": f"em hỏi thêm {number}"})
        else:
            kind = "claim"
            await actor.http.post(f"/console/conversations/{conversation}/take",
                                  data={"csrf": actor.csrf, "epoch": "1"})
        await asyncio.sleep(8)
        for desk in desks:
            if kind == "message" or desk is not actor:
                times = [at for at in desk.heard.get(conversation, []) if at >= started]
                found[kind].append(times[0] - started if times else float("inf"))

    used, tasks = cpu_seconds(pid), []
    for number in range(int(seconds * ACTS_A_SECOND)):
        tasks.append(asyncio.create_task(act(number)))
        await asyncio.sleep(1 / ACTS_A_SECOND)
    await asyncio.gather(*tasks)
    print(f"{len(tasks)} acts, service: {(cpu_seconds(pid) - used) / len(tasks) * 1000:.0f} ms CPU an act, "
          f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    for stream in streams:
        stream.cancel()
    return found


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home))
        context = assemble(settings)
        for number in range(AGENTS):
            context.accounts.add(f"can-bo-{number}", Role.AGENT, PASSWORD)
        context.close()
        port, rasa = free_port(0), free_port(0)
        engine = start_engine(rasa, Keyring.from_settings(settings).engine_secret())
        service = subprocess.Popen(
            [sys.executable, "-m", "tests.bot.served", home, str(port), str(rasa)],
            env={**os.environ, "ISEE_CONVERSATIONS_PER_MINUTE": "5000", "ISEE_DESK_AUTO_ASSIGN": "false",
                 "ISEE_OFFICE_HOURS": "Mon-Sun 00:00-23:59"},
            stdout=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}"
            while True:
                try:
                    httpx.get(f"{url}/healthz/live", trust_env=False)
                    break
                except httpx.HTTPError:
                    time.sleep(0.2)
            found = asyncio.run(measure(url, seconds, service.pid))
        finally:
            service.kill()
            engine.kill()
    for kind, times in found.items():
        missed = sum(at == float("inf") for at in times)
        cuts = statistics.quantiles([at for at in times if at != float("inf")], n=20)
        print(f"{kind}: {len(times)} sightings, p50 {cuts[9]:.2f} s, p95 {cuts[18]:.2f} s, "
              f"longest {max(at for at in times if at != float('inf')):.2f} s, missed {missed}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 30)
