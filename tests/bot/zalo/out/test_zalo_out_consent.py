"""The consent: PKCE both ways, whose it is, used once, and what it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.zalo.alarms import Alarms
from bot.zalo.consent import Consent, ConsentFailed
from bot.zalo.keeper_oauth import challenge, new_verifier
from bot.zalo.keeper_store import TokenStore
from common.audit import AuditRow
from common.clock import utc_now
from common.database import Database
from tests.bot.zalo.fake_platform import OA, VERIFIER, Platform
from tests.bot.zalo.out.tokens import TOKEN, kinds, standing
from tests.bot.zalo.out_parts import KEYRING, oauth_of, store_tokens


def test_challenge_is_the_one_of_rfc_7636() -> None:
    assert challenge(VERIFIER) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    made = {new_verifier() for _ in range(20)}
    assert len(made) == 20 and all(len(verifier) == 43 and "=" not in verifier for verifier in made)


def consent_of(platform: Platform, database: Database, now: Any = utc_now, **more: Any) -> Consent:
    store = TokenStore(database, KEYRING, OA)
    return Consent(
        platform.settings(**more), "https://isee.example", database, KEYRING, oauth_of(platform), store,
        Alarms(database), now)


async def test_consent_per_request_pair(platform: Platform, database: Database) -> None:
    consent = consent_of(platform, database)
    address = urlsplit(consent.begin("lan"))
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.path == "/v4/oa/permission"
    assert set(query) == {"app_id", "redirect_uri", "code_challenge", "state"}
    assert query["redirect_uri"] == "https://isee.example/channels/zalo/callback"

    assert await consent.finish("a-code", OA, query["state"]) == "lan"
    call = platform.to(TOKEN)[0]
    assert call.headers["secret_key"] == "app-secret-for-tests-only"
    assert call.body["grant_type"] == "authorization_code" and call.body["code"] == "a-code"
    assert challenge(call.body["code_verifier"]) == query["code_challenge"]
    assert standing(database).access == "access-1"
    with pytest.raises(ConsentFailed, match="state"):  # once
        await consent.finish("a-code", OA, query["state"])


async def test_consent_fixed_pair_is_the_one_saved_at_zalo(platform: Platform, database: Database) -> None:
    consent = consent_of(platform, database, pkce_verifier=VERIFIER)
    query = parse_qs(urlsplit(consent.begin("lan")).query)
    assert query["code_challenge"] == ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"]
    await consent.finish("a-code", OA, query["state"][0])
    assert platform.to(TOKEN)[0].body["code_verifier"] == VERIFIER


async def test_consent_refusals_store_nothing(platform: Platform, database: Database) -> None:
    consent = consent_of(platform, database)

    def state() -> str:
        return parse_qs(urlsplit(consent.begin("lan")).query)["state"][0]

    cases: list[tuple[str, str, str]] = [("x", OA, "made-up"), ("x", "999", state()), ("", OA, state())]
    for (code, oa_id, given_state), reason in zip(cases, ("state", "oa", "refused"), strict=True):
        with pytest.raises(ConsentFailed, match=reason):
            await consent.finish(code, oa_id, given_state)
    platform.then(TOKEN, {"error": -14003, "error_name": "Invalid redirect uri"})
    with pytest.raises(ConsentFailed) as caught:
        await consent.finish("x", OA, state())
    assert (caught.value.reason, caught.value.code) == ("refused", -14003)
    # Whoever has the link may consent with an OA of their own and write ours into the address: the token tells.
    platform.then("/v2.0/oa/getoa", {"error": 0, "data": {"oaid": "999"}})
    with pytest.raises(ConsentFailed, match="oa"):
        await consent.finish("x", OA, state())
    late = state()
    old = consent_of(platform, database, lambda: utc_now() + timedelta(minutes=31))
    with pytest.raises(ConsentFailed, match="state"):
        await old.finish("x", OA, late)
    assert standing(database) is None


async def test_consent_ends_a_stop_and_is_audited(platform: Platform, database: Database) -> None:
    store = store_tokens(platform, database)
    store.begin(1)
    store.stop("consent")
    Alarms(database).raise_("consent")
    consent = consent_of(platform, database)
    await consent.finish("c", OA, parse_qs(urlsplit(consent.begin("lan")).query)["state"][0])
    assert standing(database).stopped == "" and kinds(database) == set()
    with database.session(write=False) as session:
        assert {"zalo.consent", "zalo.consent_begun"} <= {row.action for row in session.query(AuditRow)}
