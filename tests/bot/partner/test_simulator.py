"""The service and the simulator as two processes: slow, down, late, twice, out of order, forged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.engine_process import free_port
from bot.simulator.app import BASE
from tests.actions.dossiers.adapters.rig import SECRET, Rig, far
from tests.bot.serving import Running, serving

pytestmark = pytest.mark.slow


class Two:
    """Both systems. `rig` puts dossiers down in the running service's own database."""

    def __init__(self, service: Running, simulator: str) -> None:
        self.service, self.simulator = service, simulator
        self.rig = Rig.__new__(Rig)
        context = service.context
        self.rig.database, self.rig.keyring, self.rig.room = context.database, context.keyring, context.dossiers
        self.rig._count = 0

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, self.simulator + path, json=body, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def faults(self, **wanted: Any) -> None:
        self.call("PUT", "/simulator/faults", wanted)

    def there(self, code: str) -> list[dict[str, Any]]:
        return [item for item in self.call("GET", "/simulator/dossiers") if item["reference"] == code]

    def moves(self, code: str, *states: str) -> None:
        for state in states:
            path = f"/simulator/dossiers/{self.there(code)[0]['code']}/state"
            self.call("POST", path, {"state": state, "note": "ghi chú"})

    def arrives(self, done: Callable[[], bool], seconds: float = 40) -> None:
        """Waits until both sides have talked; the outbox and the callbacks run in their own time."""
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, "never came"
            time.sleep(0.2)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder: Path = tmp_path_factory.mktemp("two")
    port = free_port(0)
    with (
        serving(
            folder / "home", engine=False, onestop_url=f"http://127.0.0.1:{port}{BASE}", onestop_secret=SECRET,
            onestop_timeout_s=1.0,
        ) as service,
        far(folder, service.url, port) as simulator,
    ):
        yield Two(service, simulator)


def test_a_slow_system_that_answers_after_our_timeout_gets_one_dossier(two: Two) -> None:
    two.faults(late_s=2.0)
    code = two.rig.submits()
    two.arrives(lambda: len(two.there(code)) == 1)
    two.faults()
    outside = two.service.context.dossiers.outside
    two.arrives(lambda: outside.code_of(code) != "")
    assert [item["code"] for item in two.there(code)] == [outside.code_of(code)]


def test_changes_arrive_by_callback_in_order_although_sent_twice_shuffled_and_with_forgeries(two: Two) -> None:
    two.faults(callbacks="off")
    code = two.rig.submits()
    two.arrives(lambda: two.service.context.dossiers.outside.code_of(code) != "")
    two.moves(code, "DA_TIEP_NHAN", "DANG_XU_LY", "DA_DUYET")
    two.faults(callbacks="manual", shuffle=True, repeat=2, forge=True)
    told = two.call("POST", "/simulator/callbacks/flush")
    forged = [item for item in told if item["event_id"].startswith("forged")]
    assert forged and {item["status"] for item in forged} == {401}
    assert {item["status"] for item in told if item not in forged} == {200}
    assert two.rig.states(code) == ["submitted", "received", "processing", "approved"]
    two.faults()


def test_while_it_is_down_citizens_submit_and_everything_arrives_later(two: Two) -> None:
    two.faults(down=True)
    codes = [two.rig.submits() for _ in range(3)]
    time.sleep(2)
    two.faults()
    outside = two.service.context.dossiers.outside
    two.arrives(lambda: all(outside.code_of(code) for code in codes), 90)
    assert all(len(two.there(code)) == 1 for code in codes)
    report = outside.reconcile()
    assert report.reached and not report.differences


def test_the_page_for_people_works(two: Two) -> None:
    page = httpx.get(two.simulator + "/", trust_env=False).text
    assert "Hệ thống một cửa mô phỏng" in page
    faults = httpx.post(two.simulator + "/page/faults", data={"callbacks": "off", "repeat": "2"}, trust_env=False)
    assert faults.status_code == 303
    assert two.call("GET", "/simulator/faults")["repeat"] == 2
    two.faults()
