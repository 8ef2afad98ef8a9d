"""Card, login and files over real HTTP: what a browser sends, and what somebody else's browser gets."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from PIL import Image

from actions.dossiers.eforms.draft import Draft
from bot.access.model import Role
from common.settings import Settings
from tests.actions.dossiers.identity.cards_drawn import card, jpeg
from tests.actions.dossiers.identity.providers import honest, signs_in
from tests.bot.serving import Running, Talk, serving


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    patch = pytest.MonkeyPatch()
    patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with honest() as issuer:
        yield issuer
    patch.undo()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Running]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(home, engine=False, oidc_issuer=provider, oidc_client_id="isee", oidc_client_secret="s") as service:
        yield service


def draft_of(running: Running, talk: Talk) -> tuple[Draft, str]:
    """An open, consented form of the conversation, and the token of its pages."""
    dossiers = running.context.dossiers
    dossiers.drafts.start(talk.id, "tam_tru")
    draft = dossiers.drafts.consent(talk.id, True)
    assert draft
    return draft, dossiers.form_pages.path(talk.id, draft.id).rpartition("/")[2]


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    return out.getvalue()


def stored(running: Running) -> list[Path]:
    settings: Settings = running.context.settings
    return [path for path in settings.home.rglob("*") if path.is_file() and "uploads" in path.parts]


def test_a_card_on_the_page(running: Running) -> None:
    talk = running.open()
    _draft, token = draft_of(running, talk)
    before = stored(running)
    with running.http as browser:
        assert "Đọc mã QR" in browser.get(f"/card/{token}").text
        bad = browser.post(f"/card/{token}", files={"file": ("a.jpg", picture(), "image/jpeg")})
        assert bad.status_code == 422 and "ảnh mờ" in bad.text and "Đọc mã QR" in bad.text
        read = browser.post(f"/card/{token}", files={"file": ("a.jpg", jpeg(card()), "image/jpeg")})
        assert read.status_code == 303
        shown = browser.get(f"/card/{token}")
        assert "022190001234" in shown.text and "Đồng ý điền" in shown.text
        assert shown.headers["referrer-policy"] == "no-referrer" and shown.headers["cache-control"] == "no-store"
        filled = browser.post(f"/card/{token}/fill")
        assert filled.status_code == 303 and filled.headers["location"] == f"/forms/{token}"
        assert "022190001234" not in browser.get(f"/card/{token}").text
        assert browser.post(f"/card/{token}/fill").status_code == 404
    draft = running.context.dossiers.drafts.active(talk.id)
    assert draft and draft.values["applicant_id"].source == "card" and draft.elsewhere
    assert stored(running) == before


@pytest.mark.parametrize("content", [b"", b"MZ", b"%PDF-1.7", b"\xff\xd8\xff" + b"\0" * 500, b"\0" * 11_000_000])
def test_whatever_is_sent_as_a_card_is_answered_as_a_page(running: Running, content: bytes) -> None:
    _draft, token = draft_of(running, running.open())
    answer = running.http.post(f"/card/{token}", files={"file": ("a", content, "image/jpeg")})
    assert answer.status_code in (413, 422)


def test_links_and_other_sites(running: Running) -> None:
    _draft, token = draft_of(running, running.open())
    with running.http as browser:
        for path in ("/card/x", f"/card/{token}x", "/papers/x/housing_file", f"/papers/{token}/applicant_name",
                     "/login/oidc/start?draft=x", "/dossiers/x/files"):
            answer = browser.get(path)
            assert answer.status_code == 404 and "<h1>" in answer.text, path
        foreign = browser.post(f"/card/{token}/fill", headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        for path in ("/login/oidc/callback", "/login/oidc/callback?state=x&code=y", "/login/oidc/confirm/x"):
            assert browser.get(path).status_code == 403, path


def test_a_login_in_somebody_elses_browser_fills_nothing_without_its_code(running: Running) -> None:
    """A forwarded link: whoever logs in does not hold the conversation."""
    talk = running.open()
    _draft, token = draft_of(running, talk)

    def logged_in() -> str:
        with running.http as stranger:
            stranger.post("/api/v1/conversations", json={})  # the stranger has a conversation too
            arrived = stranger.get(signs_in(stranger.get(f"/login/oidc/start?draft={token}").headers["location"]))
            shown = stranger.post(arrived.headers["location"], data={"agree": "yes"}).text
            assert "Không đọc hoặc gửi mã này cho ai" in shown and "/forms/" not in shown
            return "".join(re.findall(r"<h2>(\d{3}) (\d{3})</h2>", shown)[0])

    dossiers = running.context.dossiers

    def typed(code: str) -> Draft:
        captured = dossiers.intake.capture(talk.id, text=code)
        assert captured and code not in captured.transcript + captured.intent_message
        [ref] = re.findall(r'"eform_input":"(\w+)"', captured.intent_message)
        entered = dossiers.intake.take(talk.id, ref)
        now = dossiers.drafts.active(talk.id)
        assert entered and now and dossiers.aids.take(now, entered.text) is None
        return dossiers.drafts.prompt(talk.id)

    code = logged_in()
    assert dossiers.drafts.prompt(talk.id).values == {} and dossiers.aids.logins.verified(talk.id) is None
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _ in range(3):
        after = typed(wrong)
        assert after.values == {} and "chưa đúng" in after.notice
    assert not dossiers.aids.logins.awaits_code(talk.id), "the third wrong code forgets the login"
    code = logged_in()
    after = typed(f"{code[:3]} {code[3:]}")
    assert after.values["applicant_id"].source == "verified" and "đã xác thực" in after.notice
    assert dossiers.aids.logins.verified(talk.id) and not dossiers.aids.logins.awaits_code(talk.id)


def test_a_login_in_the_browser(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False, timeout=30) as browser:
        opened = browser.post("/api/v1/conversations", json={}).json()
        talk = Talk(running, opened["id"], opened["token"], [])
        draft, token = draft_of(running, talk)
        begun = browser.get(f"/login/oidc/start?draft={token}")
        assert begun.status_code == 303
        cookie = begun.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/login/oidc" in cookie
        back = signs_in(begun.headers["location"])
        # Another browser has no cookie; and the state is used up.
        assert httpx.get(back, trust_env=False, timeout=30).status_code == 403
        begun = browser.get(f"/login/oidc/start?draft={token}")
        arrived = browser.get(signs_in(begun.headers["location"]))
        assert arrived.status_code == 303
        page = browser.get(arrived.headers["location"])
        assert "022190001234" in page.text and "chính anh/chị đang làm hồ sơ này" in page.text
        ticket = arrived.headers["location"]
        assert httpx.get(running.url + ticket, trust_env=False, timeout=30).status_code == 403
        done = browser.post(ticket, data={"agree": "yes"})
        assert "đã điền 3 mục" in done.text and "/login/oidc/logout" in done.text
        found = running.context.dossiers.drafts.active(talk.id)
        assert found and found.values["applicant_id"].source == "verified"
        review = running.context.dossiers.reviews.reveal(talk.id, {"draft": draft.id})
        assert review and "(đã xác thực bằng định danh điện tử)" in review.text
        hidden = re.search(r'name="draft" value="([^"]+)"', done.text)
        assert hidden
        out = browser.post("/login/oidc/logout", data={"draft": hidden[1]})
        assert "Đã đăng xuất" in out.text and "end_session" in out.text
        assert running.context.dossiers.aids.logins.verified(talk.id) is None
        begun = browser.get(f"/login/oidc/start?draft={token}")
        cancelled = browser.get(signs_in(begun.headers["location"], deny=True))
        assert cancelled.status_code == 422 and "dừng đăng nhập" in cancelled.text


def test_files_over_the_api(running: Running) -> None:
    dossiers = running.context.dossiers
    talk, other = running.open(), running.open()
    upload = dossiers.uploads.check("Hợp đồng\r\nthuê nhà.jpg", picture(), ["jpg"])
    file_id = dossiers.uploads.store(talk.id, upload)
    with running.http as http:
        answer = http.get(f"{talk.path}/files/{file_id}", headers=talk.headers)
        assert answer.status_code == 200 and answer.content == upload.content
        assert answer.headers["content-disposition"].startswith('attachment; filename="tep.jpg"')
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert http.get(f"{other.path}/files/{file_id}", headers=other.headers).status_code == 404
        assert http.get(f"{talk.path}/files/{'0' * 32}", headers=talk.headers).status_code == 404
        assert http.get(f"{talk.path}/files/..%2F..%2Fsecrets", headers=talk.headers).status_code in (404, 422)
        assert http.get(f"{talk.path}/files/{file_id}").status_code == 401


def submitted(running: Running, talk: Talk) -> tuple[str, str]:
    dossiers = running.context.dossiers
    draft, _token = draft_of(running, talk)
    typed = {
        "applicant_name": "Nguyễn Thị Lan", "applicant_id": "022190001234", "applicant_phone": "0912345678",
        "applicant_birth_date": "05/03/1990", "permanent_address": "thôn 3, xã Hải Hòa", "commune": "phường Bãi Cháy",
        "stay_address": "số 12, tổ 3", "stay_months": "12", "housing": "Thuê", "owner_name": "Trần Văn Minh",
        "owner_consent": "có", "with_minor": "không",
    }
    dossiers.drafts.write(talk.id, typed, complete=False)
    file_id = dossiers.uploads.store(talk.id, dossiers.uploads.check("hop dong.jpg", picture(), ["jpg"]))
    dossiers.drafts.attach(talk.id, file_id, "housing_file")
    assert not dossiers.drafts.write(talk.id, {}, complete=True).problems
    return dossiers.submissions.submit(draft.id).code, file_id


def test_files_of_a_dossier_for_its_link_and_for_officers(running: Running) -> None:
    context, talk = running.context, running.open()
    code, file_id = submitted(running, talk)
    token = context.dossiers.pages.path(code).rpartition("/")[2]
    with running.http as browser:
        assert "hop dong.jpg" in browser.get(f"/dossiers/{token}/files").text
        got = browser.get(f"/dossiers/{token}/files/{file_id}")
        assert got.status_code == 200 and got.headers["content-disposition"].startswith("attachment")
        assert browser.get(f"/dossiers/{token}/files/{'0' * 32}").status_code == 404
        assert browser.get(f"/console/dossiers/{code}/files/{file_id}").status_code == 303  # to the sign-in
    context.accounts.add("canbo.a", Role.OFFICER, "mat khau dai 123")
    with httpx.Client(base_url=running.url, trust_env=False, timeout=30) as officer:
        officer.post("/console/login", data={"name": "canbo.a", "password": "mat khau dai 123"})
        listed = officer.get(f"/console/dossiers/{code}/files").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', listed)
        assert "hop dong.jpg" in listed and csrf
        assert officer.get(f"/console/dossiers/{code}/files/{file_id}").headers["content-type"] == "image/jpeg"
        at = f"/console/dossiers/{code}/files/{file_id}/verify"
        assert officer.post(at, data={"until": "2030-01-01"}).status_code == 403  # no token of ours
        for wrong in ("2001-01-01", "tomorrow"):
            assert officer.post(at, data={"csrf": csrf[1], "until": wrong}).status_code == 422
        until = date(date.today().year + 1, 1, 1).isoformat()
        assert officer.post(at, data={"csrf": csrf[1], "until": until}).status_code == 303
        assert "Đã kiểm tra" in officer.get(f"/console/dossiers/{code}/files").text
    notes = [entry.note for entry in context.dossiers.registry.show(code).timeline]
    assert "Xem tệp: Giấy tờ về chỗ ở" in notes
    _draft, again = draft_of(running, talk)
    context.dossiers.drafts.write(
        talk.id, {"applicant_name": "Nguyễn Thị Lan", "applicant_id": "022190001234"}, complete=False)
    with running.http as browser:
        at = f"/papers/{again}/housing_file"
        assert at in browser.get(f"/forms/{again}").text
        shown = browser.get(at)
        assert f"hồ sơ {code}" in shown.text and "cán bộ đã kiểm tra" in shown.text
        assert browser.post(at, data={"paper": file_id}).status_code == 422  # no consent
        assert browser.post(at, data={"paper": file_id, "agree": "yes"}).status_code == 303
        assert browser.post(at, data={"paper": "0" * 32, "agree": "yes"}).status_code == 404
    draft = context.dossiers.drafts.active(talk.id)
    assert draft and draft.values["housing_file"].source == "reused"
