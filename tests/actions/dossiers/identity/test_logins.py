"""The login: an honest provider fills and marks; whatever a liar says is refused, and nothing is kept of it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select, update

from actions.companion.bundle import Dossiers, build_dossiers
from actions.dossiers.identity.tables import LoginRow, VerifiedPersonRow
from common.clock import utc_now
from common.database import Database
from common.errors import Forbidden, InvalidInput, ISeeError, NotFound, NotReady
from common.keyring import Keyring
from common.settings import Settings
from tests.actions.dossiers.identity.providers import CLAIMS, Liar, honest, liar, query_of, signs_in

Make = Callable[..., Dossiers]


@pytest.fixture(autouse=True)
def _plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # for the provider in this process; ours tells loopback apart


@pytest.fixture
def make(home: Settings, database: Database, keyring: Keyring) -> Make:
    def made(issuer: str, **more: Any) -> Dossiers:
        settings = Settings(
            home=home.home, oidc_issuer=issuer, oidc_client_id="isee", oidc_client_secret="s", _env_file=None, **more)
        return build_dossiers(settings, database, keyring)

    return made


@pytest.fixture
def cheat(make: Make) -> Iterator[tuple[Liar, Dossiers]]:
    with liar() as provider:
        yield provider, make(provider.issuer)


def drafted(room: Dossiers) -> str:
    draft = room.drafts.start("c1", "tam_tru")
    room.drafts.consent("c1", True)
    return draft.id


def lied_to(provider: Liar, room: Dossiers) -> str:
    """A login at the liar's; returns the ticket."""
    begun = room.aids.logins.begin("c1", drafted(room))
    asked = query_of(begun.address)
    provider.nonce = provider.nonce or asked["nonce"]
    return room.aids.logins.finish({"code": "x", "state": asked["state"]}, begun.cookie)


def test_a_login_fills_and_marks(make: Make, database: Database) -> None:
    with honest() as issuer:
        room = make(issuer)
        draft_id = drafted(room)
        begun = room.aids.logins.begin("c1", draft_id)
        asked = query_of(begun.address)
        assert asked["code_challenge_method"] == "S256" and asked["scope"] == "openid" and len(asked["nonce"]) > 40
        back = query_of(signs_in(begun.address))
        ticket = room.aids.logins.finish(back, begun.cookie)
        waiting = room.aids.logins.waiting(ticket, begun.cookie)
        assert {"label": "Số định danh", "value": "022190001234"} in waiting.lines and "VNeID" in waiting.consent
        assert room.aids.logins.verified("c1") is None  # not before consent
        filled = room.aids.logins.agree(ticket, begun.cookie, "c1").filled
        assert [field.name for field in filled] == ["applicant_name", "applicant_id", "applicant_birth_date"]
        draft = room.drafts.active("c1")
        assert draft and {draft.values[field.name].source for field in filled} == {"verified"}
        verified = room.aids.logins.verified("c1")
        assert verified and verified.person.name == "Nguyễn Thị Lan"
        review = room.reviews.reveal("c1", {"draft": draft_id})
        assert review and review.text.count("đã xác thực bằng định danh điện tử") == 3
        with database.session() as session:
            stored = session.scalars(select(VerifiedPersonRow)).one()
            assert session.scalars(select(LoginRow)).all() == []
        assert b"022190001234" not in stored.sealed and "022190001234" not in stored.digest
        with pytest.raises(Forbidden):  # a ticket is used once
            room.aids.logins.agree(ticket, begun.cookie, "c1")
        assert room.aids.logins.log_out("c1", "http://x/").startswith(f"{issuer}/oauth2/end_session?id_token_hint=")
        assert room.aids.logins.verified("c1") is None and room.aids.logins.log_out("c1", "") == ""


def test_a_replayed_answer_a_foreign_state_and_a_foreign_browser_are_refused(make: Make) -> None:
    with honest() as issuer:
        room = make(issuer)
        draft_id = drafted(room)
        begun, other = (room.aids.logins.begin("c1", draft_id) for _ in range(2))
        back = query_of(signs_in(begun.address))
        for query, cookie in (
            (back | {"state": "x" * 64}, begun.cookie), (back | {"state": ""}, begun.cookie),
            (back | {"state": query_of(other.address)["state"]}, begun.cookie), (back, ""),
        ):
            with pytest.raises(Forbidden, match="quá hạn"):
                room.aids.logins.finish(query, cookie)
        fresh = room.aids.logins.begin("c1", draft_id)
        answer = query_of(signs_in(fresh.address))
        ticket = room.aids.logins.finish(answer, fresh.cookie)
        with pytest.raises(Forbidden):
            room.aids.logins.finish(answer, fresh.cookie)
        with pytest.raises(Forbidden):
            room.aids.logins.waiting(ticket, "another browser")
        # The same code under a state of our own: the provider has used it up.
        again = room.aids.logins.begin("c1", draft_id)
        with pytest.raises(Forbidden, match="không hợp lệ"):
            room.aids.logins.finish(answer | {"state": query_of(again.address)["state"]}, again.cookie)


def test_a_cancelled_login_is_no_fault(make: Make, database: Database) -> None:
    with honest() as issuer:
        room = make(issuer)
        begun = room.aids.logins.begin("c1", drafted(room))
        state = query_of(begun.address)["state"]
        with pytest.raises(InvalidInput, match="dừng đăng nhập"):
            room.aids.logins.finish({"error": "access_denied", "state": state}, begun.cookie)
    with database.session() as session:
        assert session.scalars(select(LoginRow)).all() == []


def test_refusing_consent_keeps_nothing(make: Make) -> None:
    with honest() as issuer:
        room = make(issuer)
        begun = room.aids.logins.begin("c1", drafted(room))
        ticket = room.aids.logins.finish(query_of(signs_in(begun.address)), begun.cookie)
        room.aids.logins.refuse(ticket, begun.cookie)
        assert room.aids.logins.verified("c1") is None and room.drafts.active("c1").values == {}  # type: ignore[union-attr]
        with pytest.raises(Forbidden):
            room.aids.logins.agree(ticket, begun.cookie, "c1")


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _none(claims: dict[str, Any]) -> str:
    return f"{_coded(json.dumps({'alg': 'none'}).encode())}.{_coded(json.dumps(claims).encode())}."


def _hmac(claims: dict[str, Any], key: bytes) -> str:
    """By hand: the library refuses to do it."""
    signed = f"{_coded(json.dumps({'alg': 'HS256', 'kid': 'k1'}).encode())}.{_coded(json.dumps(claims).encode())}"
    return f"{signed}.{_coded(hmac.digest(key, signed.encode(), 'sha256'))}"


LIES: dict[str, Callable[[Liar], Callable[[dict[str, Any]], str]]] = {
    "nonce": lambda p: lambda claims: p.signed(claims | {"nonce": "another"}),
    "no nonce": lambda p: lambda claims: p.signed({k: v for k, v in claims.items() if k != "nonce"}),
    "issuer": lambda p: lambda claims: p.signed(claims | {"iss": "https://evil.example"}),
    "audience": lambda p: lambda claims: p.signed(claims | {"aud": "another-client"}),
    "azp": lambda p: lambda claims: p.signed(claims | {"aud": ["isee", "other"], "azp": "other"}),
    "expired": lambda p: lambda claims: p.signed(claims | {"exp": claims["exp"] - 3600, "iat": claims["iat"] - 7200}),
    "no exp": lambda p: lambda claims: p.signed({k: v for k, v in claims.items() if k != "exp"}),
    "alg none": lambda p: _none,
    "hmac with the public key": lambda p: lambda claims: _hmac(claims, p.key.as_pem(private=False)),
    "another key": lambda p: lambda claims: p.signed(claims, RSAKey.generate_key(2048)),
    "unknown kid": lambda p: lambda claims: p.signed(claims, RSAKey.generate_key(2048), kid="k2"),
    "rubbish": lambda p: lambda claims: "a.b.c",
    "empty": lambda p: lambda claims: "",
}


@pytest.mark.parametrize("lie", LIES)
def test_tokens_that_do_not_hold_are_refused(cheat: tuple[Liar, Dossiers], lie: str) -> None:
    provider, room = cheat
    provider.token = LIES[lie](provider)
    with pytest.raises(Forbidden, match="không hợp lệ"):
        lied_to(provider, room)
    assert room.aids.logins.verified("c1") is None


def test_the_liar_telling_the_truth_is_believed(cheat: tuple[Liar, Dossiers]) -> None:
    assert lied_to(*cheat)


@pytest.mark.parametrize(("claims", "words"), [
    ({"SoDinhDanh": "123"}, "số định danh"), ({"SoDinhDanh": ""}, "số định danh"),
    ({"NgayThangNamSinh": "19910305"}, "số định danh"), ({"HoVaTen": "<b>x</b>"}, "số định danh"),
    ({"SoDinhDanh": ["022190001234"]}, "số định danh"),
])
def test_claims_that_make_no_person_are_told(cheat: tuple[Liar, Dossiers], claims: dict[str, Any], words: str) -> None:
    provider, room = cheat
    provider.token = lambda honest_claims: provider.signed(honest_claims | claims)
    with pytest.raises(InvalidInput, match=words):
        lied_to(provider, room)


def test_userinfo_counts_only_for_the_same_subject(cheat: tuple[Liar, Dossiers]) -> None:
    provider, room = cheat
    provider.userinfo = {"sub": "somebody-else", **CLAIMS}
    with pytest.raises(Forbidden):
        lied_to(provider, room)
    provider.userinfo = {"sub": "lan", "SoDinhDanh": "099999999999"}  # and the signed token wins over it
    provider.nonce = ""
    assert lied_to(provider, room)


@pytest.mark.parametrize("about", [
    {"issuer": "https://evil.example"}, {"authorization_endpoint": "http://evil.example/auth"},
    {"authorization_endpoint": "javascript:alert(1)"}, {"authorization_endpoint": None},
])
def test_metadata_that_lead_elsewhere_are_refused(cheat: tuple[Liar, Dossiers], about: dict[str, Any]) -> None:
    provider, room = cheat
    provider.about = about
    with pytest.raises(ISeeError):
        room.aids.logins.begin("c1", drafted(room))


def test_a_callback_naming_another_issuer_is_refused(cheat: tuple[Liar, Dossiers]) -> None:
    _provider, room = cheat
    begun = room.aids.logins.begin("c1", drafted(room))
    query = {"code": "x", "state": query_of(begun.address)["state"], "iss": "https://evil.example"}
    with pytest.raises(Forbidden):
        room.aids.logins.finish(query, begun.cookie)


def test_the_level_of_assurance_asked_for_must_be_met(make: Make) -> None:
    with liar() as provider:
        room = make(provider.issuer, oidc_acr_values="LoA2 LoA3")
        assert query_of(room.aids.logins.begin("c1", drafted(room)).address)["acr_values"] == "LoA2 LoA3"
        provider.token = lambda claims: provider.signed(claims | {"acr": "LoA1"})
        with pytest.raises(Forbidden, match="Mức xác thực"):
            lied_to(provider, room)
        provider.token = lambda claims: provider.signed(claims | {"acr": "LoA3"})
        provider.nonce = ""
        assert lied_to(provider, room)


def test_without_provider_or_with_one_that_is_down_typing_goes_on(room: Dossiers, make: Make) -> None:
    draft_id = drafted(room)
    with pytest.raises(NotFound, match="nhập thông tin như bình thường"):
        room.aids.logins.begin("c1", draft_id)
    down = make("http://127.0.0.1:9")
    with pytest.raises(NotReady, match="vẫn được giữ"):
        down.aids.logins.begin("c1", draft_id)
    draft = room.drafts.active("c1")
    assert draft and draft.field
    aid = room.aids.at(draft, draft.field)
    assert aid and all(button.url is None for button in aid.buttons)


def test_logins_run_out(make: Make, database: Database) -> None:
    with honest() as issuer:
        room = make(issuer)
        begun = room.aids.logins.begin("c1", drafted(room))
        with database.session() as session:
            session.execute(update(LoginRow).values(expires_at=utc_now() - timedelta(seconds=1)))
        with pytest.raises(Forbidden):
            room.aids.logins.finish(query_of(signs_in(begun.address)), begun.cookie)
