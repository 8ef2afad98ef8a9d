"""Killed processes: nothing typed is lost, no dossier is made by half or twice, and the service mends itself."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
import uuid

import httpx

from tests.e2e.citizen import BIRTH, Citizen
from tests.e2e.service import ALL_UP, Service


def test_a_service_killed_in_the_middle_takes_everything_up_again(service: Service) -> None:
    filling, submitting = Citizen(service.url), Citizen(service.url)
    filling.begins_birth_form()
    filling.answers_until("child_name", BIRTH)
    submitting.begins_birth_form()
    submitting.answers_until("", BIRTH)
    submit = {"payload": submitting.payload("Nộp hồ sơ"), "client_id": str(uuid.uuid4())}

    def send() -> None:
        with contextlib.suppress(httpx.HTTPError):
            submitting.post(submit)

    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(0.03)  # about half of a turn
    service.kill()
    sender.join(30)
    service.start()

    assert filling.messages()[-1]["form"]["field"]["name"] == "child_name"
    assert filling.says(BIRTH["child_name"]).asks == "child_sex"
    filling.answers_until("", BIRTH)
    assert filling.heard.reviews["Họ và tên người nộp"] == BIRTH["applicant_name"]

    first, second = submitting.post(submit), submitting.post(submit)
    assert first.status_code == second.status_code == 200
    assert first.json()["messages"] == second.json()["messages"]
    code = next(message["dossier"]["code"] for message in first.json()["messages"] if "dossier" in message)
    assert _dossiers_of(service, submitting) == [code]
    sent = [message for message in submitting.messages() if message["author"] == "citizen"]
    assert [message["text"] for message in sent].count("Nộp hồ sơ") == 1


def test_a_killed_engine_means_a_true_sentence_and_recovery(service: Service) -> None:
    filling, asking = Citizen(service.url), Citizen(service.url)
    filling.begins_birth_form()
    filling.answers_until("applicant_phone", BIRTH)
    killed = service.engine_pid
    service.kill_engine()

    turn = asking.says("đăng ký kết hôn cần giấy tờ gì")
    assert turn.answer["procedure"]["code"]
    assert "gián đoạn" in turn.text
    held = filling.says(BIRTH["applicant_phone"])
    assert "vẫn được giữ" in held.text
    ready = service.get("/healthz/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")

    service.wait(lambda: service.parts() == ALL_UP, "the engine to be replaced")
    assert service.engine_pid != killed
    again = asking.says("lệ phí bao nhiêu")
    assert "gián đoạn" not in again.text
    if filling.says(BIRTH["applicant_phone"]).asks == "applicant_phone":
        filling.says(BIRTH["applicant_phone"])
    assert filling.heard.asks == "applicant_email"


def _dossiers_of(service: Service, citizen: Citizen) -> list[str]:
    """Codes of all dossiers that came out of one conversation, as the database has them."""
    with contextlib.closing(sqlite3.connect(f"file:{service.home / 'isee.db'}?mode=ro", uri=True)) as database:
        return [code for (code,) in database.execute(
            "SELECT code FROM dossiers WHERE conversation_id = ?", (citizen.id,))]
