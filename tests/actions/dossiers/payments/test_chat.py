"""The fee in chat: of the dossier held, of one of several, after the PIN for a foreign one."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.companion.cards import Cards
from actions.companion.payments_chat import PayFee
from actions.dossiers import MESSAGES_FILE
from actions.messages import Messages
from tests.actions.dossiers.payments.test_payments import Office, office

__all__ = ["office"]


@pytest.fixture
def ask(office: Office) -> Any:
    """Says something about paying in conversation c2; returns the replies."""
    services = SimpleNamespace(settings=office.settings, kb={}, dossiers=office.room)
    action = PayFee(services, Cards(Messages.load(MESSAGES_FILE), office.settings.portal_url))

    def said(text: str = "nộp tiền ở đâu", payload: str = "") -> list[dict[str, Any]]:
        data = json.loads(payload.partition("{")[1] + payload.partition("{")[2] or "{}")
        entities = [{"entity": name, "value": value} for name, value in data.items()]
        message = {"intent": {"name": "pay_fee"}, "entities": entities, "text": text}
        tracker = Tracker("c2", {}, message, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        asyncio.run(action.run(dispatcher, tracker, {}))
        return [message["custom"] for message in dispatcher.messages]

    return said


def test_the_only_dossier_that_owes_is_answered_at_once(office: Office, ask: Any) -> None:
    for procedure in ("1.000002", "1.000001"):
        office.room.access.grant("c2", office.dossier(procedure), "submitted")
    [reply] = ask()
    assert "8.000 đồng" in reply["text"] and reply["dossier"]["code"] == "H49-261122-0002"
    assert reply["buttons"][0]["url"].endswith("/payment")
    assert "1234567890" not in json.dumps(reply)  # the account stands on the page alone


def test_several_that_owe_are_offered_by_code(office: Office, ask: Any) -> None:
    for _ in range(2):
        office.room.access.grant("c2", office.dossier(), "pin")
    [reply] = ask()
    payloads = [button["payload"] for button in reply["buttons"]]
    assert len(payloads) == 2 and all(payload.startswith("/pay_fee") for payload in payloads)
    [chosen] = ask(payload=payloads[0])
    assert chosen["dossier"]["code"] in payloads[0]


def test_without_a_dossier_the_code_is_asked_for(ask: Any) -> None:
    [reply] = ask()
    assert "mã hồ sơ" in reply["text"]


def test_a_dossier_that_is_not_held_needs_its_pin_and_tells_nothing(office: Office, ask: Any) -> None:
    code = office.dossier()
    [reply] = ask(f"đóng lệ phí hồ sơ {code}")
    [unknown] = ask("đóng lệ phí hồ sơ H49-261122-9999")
    assert "4 số cuối" in reply["text"] and "8.000" not in reply["text"]
    assert reply["text"].replace(code, "x") == unknown["text"].replace("H49-261122-9999", "x")


def test_what_was_paid_comes_with_its_receipt(office: Office, ask: Any) -> None:
    code = office.dossier()
    office.room.access.grant("c2", code, "submitted")
    office.reports(code)
    [reply] = ask()
    assert "Đã nhận 8.000 đồng" in reply["text"] and reply["buttons"][0]["url"].endswith("/receipt.pdf")


def test_an_unknown_amount_is_said_as_unknown(office: Office, ask: Any) -> None:
    office.room.access.grant("c2", office.dossier("1.000003"), "submitted")
    [reply] = ask()
    assert "chưa nêu rõ" in reply["text"]
