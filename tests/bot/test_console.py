"""The console over HTTP: sign-in, lock-out, forged forms, roles, and a conversation taken over and given back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from bot.access.accounts import Accounts
from bot.access.model import Role
from common.errors import Conflict, InvalidInput
from tests.bot.serving import Running, Talk, serving

PASSWORD = "mot-mat-khau-dai"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as service:
        for name, role in (("lan", Role.AGENT), ("minh", Role.AGENT), ("hoa", Role.OFFICER), ("khoa", Role.AGENT)):
            service.context.accounts.add(name, role, PASSWORD)
        yield service


def sign_in(running: Running, name: str, password: str = PASSWORD) -> httpx.Client:
    client = httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=20)
    client.post("/console/login", data={"name": name, "password": password})
    return client


def hidden(page: httpx.Response) -> dict[str, str]:
    return {
        "csrf": re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1],
        "epoch": (re.findall(r'name="epoch" value="(\d+)"', page.text) or ["0"])[-1],
    }


def test_nothing_is_shown_before_sign_in(running: Running) -> None:
    for path in ("/console/", "/console/conversations", "/console/dossiers", "/console/unanswered"):
        answer = running.http.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/login")


def test_the_session_cookie_is_strict(running: Running) -> None:
    answer = running.http.post("/console/login", data={"name": "lan", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/console" in cookie


def test_five_wrong_passwords_lock_the_account_and_unknown_names_look_the_same(running: Running) -> None:
    def answer(name: str, password: str) -> httpx.Response:
        return running.http.post("/console/login", data={"name": name, "password": password})

    wrong, unknown = answer("khoa", "x"), answer("nobody", "x")
    assert wrong.status_code == unknown.status_code == 401 and wrong.text == unknown.text
    for _ in range(4):
        answer("khoa", "x")
    assert answer("khoa", PASSWORD).status_code == 429


def test_a_person_takes_over_answers_and_gives_back(running: Running) -> None:
    talk: Talk = running.open()
    talk.say("cho em gặp cán bộ, em là 022190001234")
    lan, minh = sign_in(running, "lan"), sign_in(running, "minh")
    assert talk.id in lan.get("/console/conversations").text
    page = lan.get(f"/console/conversations/{talk.id}")
    stale = minh.get(f"/console/conversations/{talk.id}")
    assert "022190001234" not in page.text
    act = f"/console/conversations/{talk.id}"
    page = lan.post(f"{act}/take", data=hidden(page))
    assert "Anh/chị đang trả lời" in page.text
    assert minh.post(f"{act}/take", data=hidden(stale)).status_code == 409
    sent = lan.post(f"{act}/say", data={**hidden(page), "text": "Chào anh/chị <b>ạ</b>"})
    assert "&lt;b&gt;" in sent.text
    assert talk.messages()[-1]["author"] == "agent"
    assert talk.say("cảm ơn").json()["status"] == "agent"
    assert lan.post(f"{act}/say", data={**hidden(sent), "text": "  "}).status_code == 422
    lan.post(f"{act}/give-back", data=hidden(sent))
    assert talk.say("khai sinh").json()["owner"] == "bot"


def test_a_form_without_the_sessions_token_does_nothing(running: Running) -> None:
    talk = running.open()
    lan = sign_in(running, "lan")
    for csrf in ("", "x"):
        answer = lan.post(f"/console/conversations/{talk.id}/take", data={"csrf": csrf, "epoch": "0"})
        assert answer.status_code == 403
    assert running.context.store.get(talk.id).owner == "bot"


def test_roles_bound_what_a_person_sees(running: Running) -> None:
    assert sign_in(running, "hoa").get("/console/conversations").status_code == 403
    assert sign_in(running, "lan").get("/console/dossiers").status_code == 403


def test_signing_out_ends_the_session(running: Running) -> None:
    lan = sign_in(running, "lan")
    page = lan.get("/console/unanswered")
    cookie = lan.cookies["isee_console"]
    lan.post("/console/logout", data=hidden(page))
    again = running.http.get("/console/unanswered", headers={"Cookie": f"isee_console={cookie}"})
    assert again.headers["location"] == "/console/login"


def test_accounts(running: Running) -> None:
    accounts: Accounts = running.context.accounts
    assert accounts.ensure_admin() is None
    with pytest.raises(Conflict):
        accounts.add("lan", Role.AGENT)
    with pytest.raises(InvalidInput):
        accounts.add("Lan Anh", Role.AGENT)
    with pytest.raises(InvalidInput):
        accounts.add("ngan", Role.AGENT, "ngan")
    assert len(accounts.add("tam", Role.OFFICER)) >= 12
    assert accounts.remove("tam") and not accounts.remove("tam")


def test_errors_are_pages_at_the_console_and_problem_documents_elsewhere(running: Running) -> None:
    page = sign_in(running, "lan").get("/console/conversations/none")
    assert page.status_code == 404 and page.headers["content-type"].startswith("text/html")
    elsewhere = running.http.get("/api/v1/procedures/9.999999")
    assert elsewhere.headers["content-type"] == "application/problem+json"
