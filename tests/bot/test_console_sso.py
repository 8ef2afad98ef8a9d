"""Staff sign in with their organisation's account: an honest provider, a lying one, and people without an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from bot.access.model import Role
from bot.access.tables import StaffRow
from common.settings import Settings
from tests.actions.dossiers.identity.providers import Liar, honest, liar, query_of, signs_in
from tests.bot.serving import Running, serving

START = "/console/login/sso/start"
CLAIMS: dict[str, Any] = {"email": "lan@example.gov.vn", "email_verified": True}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with honest(CLAIMS) as address:
        yield address
    patch.undo()


def client_of(issuer: str) -> dict[str, str]:
    return {"staff_oidc_issuer": issuer, "staff_oidc_client_id": "isee", "staff_oidc_client_secret": "s"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, issuer: str) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False, **client_of(issuer)) as service:
        yield service


def browser(running: Running) -> httpx.Client:
    return httpx.Client(base_url=running.url, trust_env=False, timeout=30)


def test_a_login_reaches_the_account_that_exists(running: Running) -> None:
    people = running.context.accounts.people
    with browser(running) as client:
        assert START in client.get("/console/login").text
        begun = client.get(START)
        cookie = begun.headers["set-cookie"]
        assert begun.status_code == 303 and "HttpOnly" in cookie and "Path=/console/login/sso" in cookie
        asked = query_of(begun.headers["location"])
        assert asked["code_challenge_method"] == "S256" and len(asked["state"]) > 40 and len(asked["nonce"]) > 40
        nobody = client.get(signs_in(begun.headers["location"]))
        assert nobody.status_code == 403 and "Chưa có tài khoản" in nobody.text
        assert people.names() == [], "none is ever made"

        people.add("lan", Role.AGENT, email="Lan@example.gov.vn")
        back = signs_in(client.get(START).headers["location"])
        with browser(running) as stranger:
            assert stranger.get(back).status_code == 403, "the callback belongs to the browser that began"
        entered = client.get(back)
        assert entered.status_code == 200 and 'http-equiv="refresh"' in entered.text
        assert client.get("/console/login/next").headers["location"] == "/console/"
        # The generated password plays no part in this way in, so it needn't be changed first.
        assert "Đăng xuất" in client.get("/console/me").text
        assert client.get(back).status_code == 403, "the cookie of the login is gone"

        people.change("lan", role=Role.AGENT, display_name="", unit="", email="", actor="chu")
        again = client.get(signs_in(client.get(START).headers["location"]))
        assert again.status_code == 200, "tied to the subject, whatever the address is now"
        people.lock("lan", "chu", "nghỉ")
        assert client.get(signs_in(client.get(START).headers["location"])).status_code == 401
        assert client.get(signs_in(client.get(START).headers["location"], deny=True)).status_code == 403
    assert "access.sso_link" in [entry.action for entry in running.context.audit.page(subject="staff:lan")]


def test_a_second_factor_is_still_asked_for(running: Running, issuer: str) -> None:
    accounts = running.context.accounts
    accounts.people.reset_factor("lan", "chu")
    accounts.people.unlock("lan", "chu")
    accounts.people.change("lan", role=Role.AGENT, display_name="", unit="", email="lan@example.gov.vn", actor="chu")
    with running.context.database.session() as session:
        row = session.get(StaffRow, "lan")
        accounts._factor.begin(row)
        row.totp, row.totp_new = row.totp_new, None
    with browser(running) as client:
        client.get(signs_in(client.get(START).headers["location"]))
        assert "Nhập mã xác thực" in client.get("/console/login/next").text
        assert client.get("/console/me").headers["location"] == "/console/login/next"


@pytest.fixture(scope="module")
def lied_to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Liar]]:
    with (
        liar() as provider,
        serving(tmp_path_factory.mktemp("home"), engine=False, **client_of(provider.issuer)) as service,
    ):
        service.context.accounts.add("admin", Role.ADMIN, "mot-mat-khau-dai")
        service.context.accounts.people.add("lan", Role.AGENT, email="lan@example.gov.vn")
        yield service, provider


def test_what_cannot_be_trusted_opens_nothing(lied_to: tuple[Running, Liar], issuer: str) -> None:
    running, provider = lied_to

    def outcome(claims: dict[str, Any], *, nonce: str | None = None, state: str | None = None) -> httpx.Response:
        provider.token = lambda honest_claims: provider.signed({**honest_claims, **claims})
        with browser(running) as client:
            asked = query_of(client.get(START).headers["location"])
            provider.nonce = asked["nonce"] if nonce is None else nonce
            callback = {"code": "c", "state": asked["state"] if state is None else state}
            return client.get("/console/login/sso/callback", params=callback)

    assert outcome(CLAIMS).status_code == 200, "the same, told truly"
    running.context.accounts.people.reset_factor("lan", "admin")
    refused = (
        outcome(CLAIMS, nonce="another"), outcome(CLAIMS, state="another"), outcome(CLAIMS, state=""),
        outcome({**CLAIMS, "aud": "somebody"}), outcome({**CLAIMS, "iss": "https://elsewhere.example"}),
        outcome({**CLAIMS, "exp": 1}),
        outcome({**CLAIMS, "email_verified": False}), outcome({**CLAIMS, "email_verified": "true"}),
        outcome({"email": "", "email_verified": True}), outcome({"email": "ai@example.gov.vn", "email_verified": True}),
    )
    for answer in refused:
        assert answer.status_code == 403 and "isee_console=" not in answer.headers.get("set-cookie", "")
    with browser(running) as client:
        assert client.get("/console/login/sso/callback?code=c&state=x").status_code == 403
        client.cookies.set("isee_console_sso", "gAAAA-forged", domain="127.0.0.1", path="/console/login/sso")
        assert client.get("/console/login/sso/callback?code=c&state=x").status_code == 403


def test_off_by_default(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(ValueError, match="ISEE_STAFF_OIDC_CLIENT_ID"):
        Settings(staff_oidc_issuer="https://x.example")
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service, browser(service) as client:
        assert START not in client.get("/console/login").text and client.get(START).status_code == 403
