"""The real service and the simulated Zalo: consent, answers, a dead token, lost answers, staff in Zalo's own tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from bot.engine_process import free_port
from bot.zalo.tables import ZaloPartRow, ZaloTokenRow
from bot.zalo_sim.app import environment
from tests.bot.serving import Running, serving
from tests.bot.zalo.sim import BA_TU, CUONG, Simulated, simulated, wait_for


@dataclass
class Both:
    isee: Running
    zalo: Simulated

    def shown(self, user_id: str = BA_TU) -> list[str]:
        """What the OA said on a phone."""
        return [str(bubble.get("text") or "") for bubble in self.zalo.chat(user_id) if bubble["author"] != "user"]

    def answered(self, question: str, user_id: str = BA_TU) -> None:
        self.zalo.says(question, user_id)
        wait_for(lambda: any(f"nghe: {question}" in text for text in self.shown(user_id)), f"an answer to {question}")

    def parts(self) -> list[ZaloPartRow]:
        with self.isee.context.database.session(write=False) as session:
            return list(session.query(ZaloPartRow).order_by(ZaloPartRow.id))

    def all_sent(self) -> bool:
        return {part.state for part in self.parts()} <= {"sent", "echo"}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    home, port = tmp_path_factory.mktemp("home"), free_port(0)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(f"http://127.0.0.1:{port}").items():
            patch.setenv(name, value)
        with serving(home) as isee:
            isee.context.zalo.worker._ready = lambda: True  # the double of the engine needs no start
            with simulated(tmp_path_factory.mktemp("zalo"), isee.url, port) as zalo:
                yield Both(isee, zalo)


def test_before_the_consent_answers_wait_and_after_it_they_arrive(both: Both) -> None:
    both.zalo.says("có ai không")
    room = both.isee.context.zalo
    wait_for(lambda: any(alarm.kind == "consent" for alarm in room.alarms.open()), "the alarm")
    address = room.consent.begin("lan")
    with httpx.Client(follow_redirects=False, timeout=20, trust_env=False) as browser:
        query = httpx.URL(address).params
        agreed = browser.post(f"{both.zalo.url}/v4/oa/permission", data={
            "redirect_uri": query["redirect_uri"], "code_challenge": query["code_challenge"],
            "state": query["state"]})
        back = urlsplit(agreed.headers["location"])
        page = browser.get(f"{both.isee.url}{back.path}?{back.query}")
    assert page.status_code == 200 and "Đã kết nối" in page.text
    wait_for(lambda: any("nghe: có ai không" in text for text in both.shown()), "the answer that waited")
    wait_for(lambda: not room.alarms.open(), "the alarm's end")


def test_the_token_dies_and_nobody_notices(both: Both) -> None:
    both.answered("câu trước")
    generation = both.isee.context.zalo.keeper._store.standing().generation
    with both.isee.context.database.session() as session:
        row = session.query(ZaloTokenRow).one()
        row.refreshed_at -= timedelta(hours=1)
    with both.zalo.http as http:
        assert http.post("/simulator/token/expire").status_code == 200
    both.answered("câu sau")
    assert both.isee.context.zalo.keeper._store.standing().generation > generation


def test_a_lost_answer_is_settled_by_its_echo_and_nothing_is_said_twice(both: Both) -> None:
    wait_for(both.all_sent, "quiet")
    both.zalo.faults(lose_next=1)
    both.answered("mất trả lời")
    wait_for(both.all_sent, "the echo")
    both.zalo.faults()
    assert sum("nghe: mất trả lời" in text for text in both.shown()) == 1


def test_refused_buttons_become_a_numbered_menu(both: Both) -> None:
    both.zalo.faults(buttons=False)
    both.answered("không có nút", CUONG)
    wait_for(lambda: any("1. Xem lệ phí" in text for text in both.shown(CUONG)), "the menu")
    both.zalo.faults()
    wait_for(both.all_sent, "quiet")


def test_staff_in_zalos_own_tool_silence_the_bot(both: Both) -> None:
    assert both.zalo.post(f"/staff/{BA_TU}/text", text="Cán bộ đây ạ").status_code == 200
    wait_for(lambda: any(part.state == "echo" for part in both.parts()), "the echo of staff")
    both.zalo.says("câu khi có cán bộ")
    both.answered("người khác vẫn được trả lời", CUONG)
    wait_for(both.all_sent, "quiet")
    assert not any("nghe: câu khi có cán bộ" in text for text in both.shown())
