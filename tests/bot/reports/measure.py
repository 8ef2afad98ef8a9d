"""Times the reports over the database of a home: `python -m tests.bot.reports.measure HOME` (see `year.py`).

Lets the service count what is due, then asks for every page over HTTP, as a browser would, and for every chart once.
Beside the time on the clock stands the time of the processor, for a machine that has other work.
"""

from __future__ import annotations

import contextlib
import re
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path

import httpx
from sqlalchemy import func, select

from bot.access.model import Role
from bot.reports.pages import FIGURES, PAGES
from bot.reports.tables import ReportCountRow
from common.clock import local_date
from common.errors import Conflict
from tests.bot.serving import Running, serving

PASSWORD = "mot-mat-khau-dai"
ROUNDS = 12


def main() -> None:
    with serving(Path(sys.argv[1]), engine=False, chat_retention_days=3650) as running:
        running.context.inbox.stop()  # a year of hand-offs taken over at once would be measured instead
        reports = running.context.reports
        while not reports.rollup.counted_at() or reports.rollup.busy:  # the service counts by itself at its start
            time.sleep(0.5)
        started, cpu = time.perf_counter(), time.process_time()
        reports.rollup.run()
        print(f"counting today and yesterday again: {(time.perf_counter() - started) * 1000:.0f} ms, "
              f"of the processor {(time.process_time() - cpu) * 1000:.0f} ms")
        with running.context.database.session(write=False) as session:
            print(f"rows of counts: {session.scalar(select(func.count()).select_from(ReportCountRow))}")
        client = signed_in(running)
        since = (local_date() - timedelta(days=364)).isoformat()
        for title, query in (("30 days", {"days": "30"}), ("90 days", {"days": "90"}), ("a year", {"from": since})):
            for page in PAGES:
                tell(f"{title}, {page}", client, f"/console/reports/{page}", query, ROUNDS)
            for figure in FIGURES:
                tell(f"{title}, chart {figure}", client, f"/console/reports/charts/{figure}.svg", query, 1)
            tell(f"{title}, open data", client, "/console/reports/open-data.zip", query, 3)


def tell(what: str, client: httpx.Client, path: str, query: dict[str, str], rounds: int) -> None:
    times, cpu = [], time.process_time()
    for _ in range(rounds):
        started = time.perf_counter()
        answer = client.get(path, params=query)
        times.append((time.perf_counter() - started) * 1000)
        if answer.status_code == 404:
            return  # a figure that draws nothing
        assert answer.status_code == 200, answer.text
    p95 = statistics.quantiles(times, n=20)[-1] if rounds > 1 else times[0]
    used = (time.process_time() - cpu) * 1000 / rounds
    print(f"{what}: median {statistics.median(times):.0f} ms, p95 {p95:.0f} ms, of the processor {used:.0f} ms")


def signed_in(running: Running) -> httpx.Client:
    with contextlib.suppress(Conflict):
        running.context.accounts.add("dieuhanh", Role.MANAGER, PASSWORD)
    client = httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=60)
    client.post("/console/login", data={"name": "dieuhanh", "password": PASSWORD})
    assert re.search("Báo cáo", client.get("/console/reports").text)
    return client


if __name__ == "__main__":
    main()
