"""A dossier room connected to a one-stop simulator, in this process or in another one."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import delete, select, update
from starlette.testclient import TestClient

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.adapters.contract import StatusEvent
from actions.dossiers.adapters.http import HttpOneStop
from actions.dossiers.adapters.service import OutsideRegistry, build_outside
from actions.dossiers.adapters.tables import OutsideDossierRow, OutsideEventRow
from actions.dossiers.attachments.uploads import Upload
from actions.dossiers.registry.transitions import SEND
from actions.dossiers.tables import DossierEventRow, DossierFileRow, DossierRow, DossierValueRow
from actions.outbox.tables import OutboxRow
from bot.engine_process import free_port
from bot.simulator.app import BASE, create_simulator
from common.breaker import CircuitBreaker
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from common.settings import Settings
from common.signatures import Signer

SECRET = "a shared secret of more than 32 characters"


class Rig:
    """Our side: one database, one room, its outside registry."""

    def __init__(self, home: Path, onestop: HttpOneStop | None = None, **settings: Any) -> None:
        self.settings = Settings(
            home=home, database_url="", onestop_secret=SECRET, _env_file=None, **settings)
        self.database = Database.from_settings(self.settings)
        self.database.create_all()
        self.keyring = Keyring.from_settings(self.settings)
        self.room: Dossiers = build_dossiers(self.settings, self.database, self.keyring)
        room = self.room
        made = room.outside or build_outside(
            self.settings, self.database, self.keyring, room.outbox, room.uploads, room.registry, onestop)
        assert made is not None
        self.outside: OutsideRegistry = made
        self._count = 0

    def submits(self, *, file: bytes = b"") -> str:
        """A dossier as a submission leaves it; returns its code."""
        self._count += 1
        now, dossier_id = utc_now(), secrets.token_hex(16)
        code = f"H49-261122-{self._count:04d}"
        with self.database.session() as session:
            session.add(DossierRow(
                id=dossier_id, code=code, draft_id=secrets.token_hex(16), conversation_id="c1", form_slug="khai_sinh",
                form_version=1, procedure_code="1.001193", title="Đăng ký khai sinh", state="submitted",
                pin_digest="0" * 64, consent_version="1", consent_at=now,
                submitted_at=now + timedelta(seconds=self._count), updated_at=now))
            session.flush()
            session.add(DossierValueRow(
                dossier_id=dossier_id, field="applicant_name", position=0, label="Họ và tên", type="name",
                sealed=self.keyring.encrypt('{"value": "Nguyễn Thị Lan", "display": "Nguyễn Thị Lan"}')))
            session.add(DossierEventRow(dossier_id=dossier_id, state="submitted", actor="citizen", at=now))
            self.room.outbox.put(session, SEND, dossier_id, dossier_id, {"code": code})
        if file:
            self.attaches(code, file)
        return code

    def attaches(self, code: str, content: bytes) -> None:
        file_id = self.room.uploads.store("c1", Upload("giay-to.pdf", "application/pdf", content))
        with self.database.session() as session:
            session.execute(update(DossierFileRow).where(DossierFileRow.id == file_id).values(
                dossier_id=self.row(code).id))

    def works(self) -> None:
        """The outbox has its turn now, whatever it was waiting for."""
        with self.database.session() as session:
            session.execute(update(OutboxRow).where(OutboxRow.state == "waiting").values(due_at=utc_now()))
        self.room.outbox.run_due()

    def row(self, code: str) -> DossierRow:
        with self.database.session(write=False) as session:
            return session.scalars(select(DossierRow).where(DossierRow.code == code)).one()

    def link(self, code: str) -> OutsideDossierRow | None:
        with self.database.session(write=False) as session:
            return session.get(OutsideDossierRow, self.row(code).id)

    def events(self) -> list[OutsideEventRow]:
        with self.database.session(write=False) as session:
            return list(session.scalars(select(OutsideEventRow).order_by(OutsideEventRow.id)))

    def states(self, code: str) -> list[str]:
        """The states in the order in which the timeline has them."""
        query = select(DossierEventRow.state).where(
            DossierEventRow.dossier_id == self.row(code).id, DossierEventRow.kind == "state").order_by(
            DossierEventRow.id)
        with self.database.session(write=False) as session:
            return list(session.scalars(query))

    def all_states(self) -> dict[str, str]:
        with self.database.session(write=False) as session:
            return {row.code: row.state for row in session.scalars(select(DossierRow))}

    def empty(self) -> None:
        """No dossier, no event, no work left."""
        with self.database.session() as session:
            for table in (OutsideEventRow, OutboxRow, DossierRow):
                session.execute(delete(table))

    def advance(self, code: str, state: str, note: str = "") -> None:
        """What the citizen does here, or what came to pass before the connection."""
        with self.database.session() as session:
            self.room.registry.advance_in(session, code, state, actor="citizen", note=note)

    def hears(self, event: dict[str, Any]) -> str:
        return self.outside.receive(StatusEvent.model_validate(event))

    def close(self) -> None:
        self.database.dispose()


class Near:
    """A simulator in this process, behind the real client; callbacks are handed over by the test."""

    def __init__(self, folder: Path) -> None:
        self.app = create_simulator(folder / "sim.db", SECRET, "http://127.0.0.1:1")
        self.http = TestClient(self.app, base_url="http://onestop.test")
        self.http.__enter__()
        self.seen: list[tuple[httpx.Request, int, str]] = []
        self.faults(callbacks="manual")
        self.client = HttpOneStop(
            f"http://onestop.test{BASE}", Signer("isee", SECRET.encode()), 5,
            transport=httpx.MockTransport(self._hand_over),
            breaker=CircuitBreaker(failures=10**9), first_wait_s=0.0, longest_wait_s=0.0)

    def _hand_over(self, request: httpx.Request) -> httpx.Response:
        target = request.url.raw_path.decode()
        answer = self.http.request(request.method, target, content=request.read(), headers=dict(request.headers))
        self.seen.append((request, answer.status_code, answer.text))
        return httpx.Response(answer.status_code, content=answer.content, headers={
            "Content-Type": answer.headers.get("Content-Type", "")})

    def faults(self, **wanted: Any) -> None:
        assert self.http.put("/simulator/faults", json={"callbacks": "manual", **wanted}).status_code == 200

    def dossiers(self) -> list[dict[str, Any]]:
        return self.http.get("/simulator/dossiers").json()

    def empty(self) -> None:
        self.faults()
        for item in self.dossiers():
            self.http.delete(f"/simulator/dossiers/{item['code']}")

    def of(self, reference: str) -> dict[str, Any]:
        [found] = [item for item in self.dossiers() if item["reference"] == reference]
        return found

    def move(self, reference: str, state: str, note: str = "") -> dict[str, Any]:
        """Changes the state; returns the callback that would be sent."""
        code = self.of(reference)["code"]
        path = f"/simulator/dossiers/{code}/state"
        sequence = self.http.post(path, json={"state": state, "note": note}).json()["sequence"]
        step = self.of(reference)["history"][sequence - 1]
        return {"event_id": f"e-{code}-{sequence}", "code": code, "reference": reference, **step}

    def close(self) -> None:
        self.http.__exit__(None, None, None)


@contextmanager
def far(folder: Path, isee_url: str, port: int = 0) -> Iterator[str]:
    """The simulator in a process of its own, as `isee onestop-sim` starts it; its address."""
    port = port or free_port(0)
    command = [
        sys.executable, "-m", "bot.cli", "onestop-sim", "--port", str(port), "--isee", isee_url,
        "--database", str(folder / "sim.db")]
    process = subprocess.Popen(
        command, env={**os.environ, "ISEE_HOME": str(folder / "home"), "ISEE_ONESTOP_SECRET": SECRET},
        stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            assert process.poll() is None, "the simulator ended"
            try:
                httpx.get(f"{url}/simulator/faults", trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(10)
