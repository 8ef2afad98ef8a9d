"""The specification's examples, vectors and settings; and that each of its twelve invariants has a test of its name."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.zalo.client_wire import proof_of
from bot.zalo.events import Refusal, load, read
from bot.zalo.inbound_reading import phone
from bot.zalo.keeper_oauth import challenge
from bot.zalo.menus import Choice, block
from bot.zalo.menus_parts import lay_out
from bot.zalo.model import Event
from bot.zalo.notices import phone_84
from bot.zalo.rendering.info import request_info
from bot.zalo.settings import ZaloSettings
from bot.zalo.words import zalo_texts
from tests.bot.zalo import spec
from tests.bot.zalo.incoming import APP, OA

HERE = Path(__file__).parent
_INVARIANT = re.compile(r"def test_invariant_(\d+)_")


def test_each_of_the_twelve_invariants_has_a_test() -> None:
    named = [int(number) for file in HERE.rglob("test_*.py") for number in _INVARIANT.findall(file.read_text("utf-8"))]
    assert set(named) == set(range(1, 13))


@pytest.mark.parametrize("body, subject", spec.EVENTS, ids=[body["event_name"] for body, _ in spec.EVENTS])
def test_every_example_event_is_read(body: dict[str, Any], subject: str | None) -> None:
    found = read(load(json.dumps(body).encode()) or {}, oa_id=OA, app_id=APP)
    if subject is None:
        assert found is Refusal.UNWANTED
        return
    assert isinstance(found, Event) and found.subject == subject and found.sent_ms == int(body["timestamp"])
    assert found.msg_id == body.get("message", {}).get("msg_id", "")
    assert found.admin_id == body.get("sender", {}).get("admin_id", "")
    if "info" in body:
        assert phone(found) == "0912345678"


def test_every_vector_holds() -> None:
    assert challenge(spec.PKCE[0]) == spec.PKCE[1]
    assert proof_of(*spec.PROOF[:2]) == spec.PROOF[2]
    number, digest = spec.HASH_PHONE
    assert all(phone_84(form) == number for form in ("0912345678", "+84912345678", "84 912 345 678"))
    assert hashlib.sha256(phone_84("0912345678").encode()).hexdigest() == digest


@pytest.mark.parametrize("name", spec.SETTINGS)
def test_every_setting_has_its_name_and_value(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    field = ZaloSettings.model_fields[name.removeprefix("ZALO_").lower()]
    if spec.SETTINGS[name] is not None:
        assert field.default == spec.SETTINGS[name]
    monkeypatch.setenv("ZBS_TEMPLATE_RESULT_READY", "300001")
    assert ZaloSettings(_env_file=None).templates == {"result_ready": "300001"}


def test_buttons_are_written_as_in_the_example_and_no_template_type_goes_along_unless_set() -> None:
    shown = spec.SENDS["buttons"]
    choices = [
        Choice("Tra cứu hồ sơ", token="#qn:9f2c41d0"), Choice("Cổng dịch vụ công", url="https://dichvucong.gov.vn"),
        Choice("Gọi tổng đài", phone="0203 312 3456")]
    laid = lay_out(shown["text"], choices, zalo_texts(), ZaloSettings(_env_file=None), buttons=True)
    assert [part.body for part in laid.parts] == [shown]
    typed = block(choices, ZaloSettings(_env_file=None, buttons_template_type="button"))
    assert typed and typed["payload"]["template_type"] == "button"


def test_the_question_for_a_number_is_one_element_within_its_limits() -> None:
    image = "https://example.invalid/logo.png"
    payload = request_info(zalo_texts(), image)["attachment"]["payload"]
    [element] = payload["elements"]
    assert payload["template_type"] == "request_user_info" and element["image_url"] == image
    assert 0 < len(element["title"]) <= 100 and 0 < len(element["subtitle"]) <= 500
    assert "image_url" not in request_info(zalo_texts())["attachment"]["payload"]["elements"][0]
