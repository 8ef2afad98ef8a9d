"""Signing in step by step, one's own account, other people's accounts, and the log of it all, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pyotp
import pytest

from bot.access.accounts import Accounts
from bot.access.model import LEADERS, AccessRules, Role, Stage
from bot.access.sessions import device_name
from bot.access.tables import StaffRow, StaffSessionRow
from bot.console.session import COOKIE
from bot.gateway.limits import RateLimiter
from common.clock import utc_now
from common.errors import Forbidden, ISeeError, NotAuthenticated, TooManyRequests
from tests.bot.serving import Running, serving

PASSWORD = "mot-mat-khau-dai"
OTHER = "mật khẩu khác hẳn"
STEP_S = 30


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        for name, role in (("chu", Role.ADMIN), ("lan", Role.AGENT)):
            service.context.accounts.add(name, role, PASSWORD)
        yield service


def browser(running: Running) -> httpx.Client:
    chrome = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36"}
    return httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=30, headers=chrome)


def signs_in(running: Running, name: str, password: str = PASSWORD) -> httpx.Client:
    client = browser(running)
    client.post("/console/login", data={"name": name, "password": password})
    return client


def csrf(page: httpx.Response) -> str:
    return re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]


def sends(client: httpx.Client, page: str, path: str, **values: str) -> httpx.Response:
    """Opens `page`, then sends the form of `path` with its token."""
    return client.post(path, data={"csrf": csrf(client.get(page)), **values})


def secret_in(page: httpx.Response) -> str:
    return re.findall(r'class="secret">([^<]+)<', page.text)[0].replace(" ", "")


def entries(running: Running, subject: str) -> list[str]:
    return [entry.action for entry in running.context.audit.page(subject=subject)]


def test_a_generated_password_opens_nothing_but_its_change(running: Running) -> None:
    given = running.context.accounts.add("moi", Role.AGENT)
    planted = "a" * 43
    client = browser(running)
    client.cookies.set(COOKIE, planted, domain="127.0.0.1", path="/console")  # session fixation
    page = client.post("/console/login", data={"name": "moi", "password": given})
    assert page.url.path == "/console/login/next" and "Đặt mật khẩu của mình" in page.text
    before = [cookie.value for cookie in client.cookies.jar if cookie.name == COOKIE]
    assert planted not in before
    for path in ("/console/", "/console/me", "/console/conversations"):
        assert client.get(path).url.path == "/console/login/next"
    token = csrf(page)
    assert client.post("/console/logout", data={"csrf": token}).url.path == "/console/login/next"
    assert client.post("/console/login/code", data={"csrf": token, "code": "123456"}).status_code == 403
    for wrong, said in (
        ("ngắn", "ít nhất 12"), (given, "phải khác"), ("moi-mot-mat-khau", "tên đăng nhập"), ("a" * 14, "dễ đoán"),
    ):
        answer = client.post("/console/login/password", data={"csrf": token, "password": wrong, "again": wrong})
        assert answer.status_code == 422 and said in answer.text, wrong
    changed = client.post("/console/login/password", data={"csrf": token, "password": OTHER, "again": OTHER})
    assert changed.url.path.startswith("/console/") and "Đăng xuất" in changed.text
    after = [cookie.value for cookie in client.cookies.jar if cookie.name == COOKIE]
    assert after != before and not running.context.accounts.sessions.find(before[0])
    assert entries(running, "staff:moi") == ["access.sign_in", "access.password", "access.add"]


def test_the_second_factor_from_set_up_to_a_lost_telephone(running: Running) -> None:
    accounts: Accounts = running.context.accounts
    accounts.add("hai.lop", Role.AGENT, PASSWORD)
    client, elsewhere = signs_in(running, "hai.lop"), signs_in(running, "hai.lop")
    page = client.get("/console/me/factor")
    assert 'src="data:image/svg+xml' in page.text
    totp, now = pyotp.TOTP(secret_in(page)), utc_now()
    assert client.get("/console/me/factor").text.count(secret_in(page)[:4])  # a reload keeps the code to scan
    wrong = client.post("/console/me/factor", data={"csrf": csrf(page), "code": totp.at(now + timedelta(minutes=9))})
    assert wrong.status_code == 422 and "Mã chưa đúng" in wrong.text
    shown = client.post("/console/me/factor", data={"csrf": csrf(page), "code": totp.at(now)})
    codes = re.findall(r"<code>([a-z2-7]{5}-[a-z2-7]{5})</code>", shown.text)
    assert len(set(codes)) == 10
    assert elsewhere.get("/console/me").url.path == "/console/login", "other sessions end"
    with running.context.database.session(write=False) as session:
        row = session.get(StaffRow, "hai.lop")
        assert row and row.totp and totp.secret.encode() not in row.totp

    again = signs_in(running, "hai.lop")
    page = again.get("/console/me")
    assert page.url.path == "/console/login/next" and "Nhập mã xác thực" in page.text
    replayed = again.post("/console/login/code", data={"csrf": csrf(page), "code": totp.at(now)})
    assert replayed.status_code == 401, "the code that turned it on is used up"
    entered = again.post("/console/login/code", data={"csrf": csrf(page), "code": codes[0].upper()})
    assert "Đăng xuất" in entered.text and "access.code_used" in entries(running, "staff:hai.lop")
    third = signs_in(running, "hai.lop")
    page = third.get("/console/login/next")
    for attempt in (codes[0], "000000", "000000", "000000", "000000"):
        assert third.post("/console/login/code", data={"csrf": csrf(page), "code": attempt}).status_code == 401
        # The right password in between doesn't win new tries.
        if attempt == codes[0]:
            signs_in(running, "hai.lop")
    locked = third.post("/console/login/code", data={"csrf": csrf(page), "code": codes[1]})
    assert locked.status_code == 429
    assert "access.tries_lock" in entries(running, "staff:hai.lop")


def test_codes_may_drift_one_step_and_never_come_twice(running: Running) -> None:
    factor = running.context.accounts._factor
    secret = pyotp.random_base32()
    now = utc_now()

    def row() -> StaffRow:
        return StaffRow(name="x", totp=running.context.keyring.encrypt(secret), totp_step=0)

    for steps, good in ((0, True), (1, True), (-1, True), (2, False), (-2, False)):
        code = pyotp.TOTP(secret).at(now + timedelta(seconds=STEP_S * steps))
        assert factor.accepts(row(), code, now) is good, steps
    one = row()
    code, earlier = pyotp.TOTP(secret).at(now), pyotp.TOTP(secret).at(now - timedelta(seconds=STEP_S))
    assert factor.accepts(one, f"{code[:3]} {code[3:]}", now)
    assert not factor.accepts(one, code, now) and not factor.accepts(one, earlier, now)
    for nonsense in ("", "abc", "１２３４５６", "1" * 5000, "\0"):
        assert not factor.accepts(row(), nonsense, now)


def test_leaders_set_a_second_factor_up_before_anything_else(running: Running) -> None:
    context = running.context
    accounts = Accounts(context.database, context.keyring, AccessRules(second_factor=LEADERS))
    accounts.add("sep", Role.MANAGER, PASSWORD)
    begun = accounts.sign_in("sep", PASSWORD, "thử")
    assert begun.stage is Stage.ENROL and accounts.signed_in(begun.token) is None
    someone = accounts.sessions.find(begun.token)
    assert someone
    with pytest.raises(Forbidden):
        accounts.change_password(someone, PASSWORD, OTHER)
    secret, _address = accounts.begin_factor(someone)
    done, codes = accounts.confirm_factor(someone, pyotp.TOTP(secret).now())
    staff = accounts.signed_in(done.token)
    assert done.stage is Stage.FULL and staff and accounts.sessions.find(begun.token) is None
    with pytest.raises(Forbidden, match="bắt buộc"):
        accounts.stop_factor(staff, PASSWORD)
    waiting = accounts.sign_in("sep", PASSWORD)
    assert waiting.stage is Stage.CODE
    pending = accounts.sessions.find(waiting.token)
    assert pending and accounts.enter_code(pending, codes[3]).stage is Stage.FULL
    assert len(set(accounts.new_codes(staff, PASSWORD)) & set(codes)) == 0
    accounts.people.reset_factor("sep", "chu")
    assert accounts.sign_in("sep", PASSWORD).stage is Stage.ENROL


def test_sessions_end_by_hand_and_by_themselves(running: Running) -> None:
    context, accounts = running.context, running.context.accounts
    here, there, far = (signs_in(running, "lan") for _ in range(3))
    page = here.get("/console/me")
    assert "Chrome, Windows" in page.text and page.text.count("Kết thúc</button>") == 2
    ended = re.findall(r"/console/me/sessions/([0-9a-f]+)/end", page.text)
    assert here.post(f"/console/me/sessions/{ended[0]}/end", data={"csrf": csrf(page)}).status_code == 200
    assert [one.get("/console/me").url.path for one in (there, far)].count("/console/login") == 1
    assert sends(here, "/console/me", "/console/me/sessions/end").text.count("Kết thúc</button>") == 0
    assert here.post(f"/console/me/sessions/{ended[1]}/end", data={"csrf": csrf(page)}).status_code == 404
    assert {one.get("/console/me").url.path for one in (there, far)} == {"/console/login"}

    token = here.cookies[COOKIE]
    for column, past in (("used_at", accounts.rules.idle), ("expires_at", timedelta())):
        with context.database.session() as session:
            row = session.get(StaffSessionRow, accounts.sessions.find(token).session)
            kept = getattr(row, column)
            setattr(row, column, utc_now() - past - timedelta(seconds=1))
        assert accounts.signed_in(token) is None, column
        with context.database.session() as session:
            setattr(session.get(StaffSessionRow, row.id), column, kept)
    assert accounts.signed_in(token)


def test_ones_own_password(running: Running) -> None:
    running.context.accounts.add("thu", Role.AGENT, PASSWORD)
    here, there = signs_in(running, "thu"), signs_in(running, "thu")
    me = "/console/me"
    wrong = sends(here, me, f"{me}/password", current="sai", password=OTHER, again=OTHER)
    assert wrong.status_code == 401 and "hiện tại chưa đúng" in wrong.text
    unlike = sends(here, me, f"{me}/password", current=PASSWORD, password=OTHER, again=OTHER + "x")
    assert unlike.status_code == 422
    token = here.cookies[COOKIE]
    assert "Đã đổi mật khẩu" in sends(here, me, f"{me}/password", current=PASSWORD, password=OTHER, again=OTHER).text
    assert here.cookies[COOKIE] != token and there.get(me).url.path == "/console/login"
    with pytest.raises(NotAuthenticated):
        running.context.accounts.sign_in("thu", PASSWORD)


def test_an_administrator_keeps_accounts(running: Running) -> None:
    admin = signs_in(running, "chu")
    people = "/console/people"
    bad = sends(admin, f"{people}/new", f"{people}/new", name="Lê Hoa", role="officer", display_name="Lê Hoa")
    assert bad.status_code == 422 and 'value="Lê Hoa"' in bad.text, "what was typed stays"
    made = sends(
        admin, f"{people}/new", f"{people}/new", name="hoa", role="officer", display_name="Lê <b>Hoa</b>",
        unit="Trung tâm Bãi Cháy", email="hoa@example.gov.vn")
    password = secret_in(made)
    assert "&lt;b&gt;" in admin.get(f"{people}?q=Bãi").text and "hoa" not in admin.get(f"{people}?role=agent").text
    assert password not in admin.get(f"{people}/hoa").text
    twin = sends(admin, f"{people}/new", f"{people}/new", name="hoa2", role="officer", display_name="H",
                 email="HOA@example.gov.vn")
    assert twin.status_code == 409
    hoa = signs_in(running, "hoa", password)
    assert hoa.get("/console/").url.path == "/console/login/next"

    changed = sends(admin, f"{people}/hoa", f"{people}/hoa", role="curator", display_name="Lê Hoa", reason="chuyển tổ")
    assert changed.status_code == 200 and hoa.get("/console/").url.path == "/console/login"
    assert sends(admin, f"{people}/hoa", f"{people}/hoa/lock").status_code == 422, "a reason is asked for"
    sends(admin, f"{people}/hoa", f"{people}/hoa/lock", reason="nghỉ phép")
    with pytest.raises(NotAuthenticated):
        running.context.accounts.sign_in("hoa", password)
    sends(admin, f"{people}/hoa", f"{people}/hoa/unlock")
    fresh = secret_in(sends(admin, f"{people}/hoa", f"{people}/hoa/password"))
    assert running.context.accounts.sign_in("hoa", fresh).stage is Stage.PASSWORD
    assert sends(admin, f"{people}/hoa", f"{people}/hoa/explode").status_code == 404
    assert sends(admin, f"{people}/hoa", f"{people}/hoa/remove", reason="thôi việc").url.path == people
    assert admin.get(f"{people}/hoa").status_code == 404
    assert entries(running, "staff:hoa") == [
        "access.remove", "access.password_reset", "access.unlock", "access.lock", "access.change", "access.add"]

    own = {"role": "agent", "display_name": "Chủ"}
    for path, values in (("chu", own), ("chu/remove", {"reason": "x"}), ("chu/lock", {"reason": "x"})):
        assert sends(admin, f"{people}/chu", f"{people}/{path}", **values).status_code == 403
    known = running.context.accounts.people
    with pytest.raises(Forbidden, match="cuối cùng"):
        known.remove("chu", "system")
    with pytest.raises(Forbidden, match="cuối cùng"):
        known.change("chu", role=Role.AGENT, display_name="", unit="", email="", actor="system")


def test_the_log_is_read_filtered_and_taken_away(running: Running) -> None:
    admin = signs_in(running, "chu")
    known = running.context.accounts.people
    known.add("nhat.ky", Role.AGENT, password=PASSWORD, display_name="=cmd|' /C calc'!A0", actor="chu")
    known.change(
        "nhat.ky", role=Role.AGENT, display_name="Nhật Ký", unit="Tổ 1", email="", actor="chu", reason="<i>sửa")
    page = admin.get("/console/audit?subject=staff:nhat.ky")
    assert "Sửa tài khoản" in page.text and "<ins>Nhật Ký</ins>" in page.text and "&lt;i&gt;sửa" in page.text
    narrowed = admin.get("/console/audit?subject=staff:nhat.ky&action=access.change").text.partition("<tbody>")[2]
    assert "Sửa tài khoản" in narrowed and "Thêm tài khoản" not in narrowed
    assert "Không có việc nào" in admin.get("/console/audit?subject=staff:nhat.ky&until=2020-01-01").text
    assert "Không có việc nào" not in admin.get(f"/console/audit?since={utc_now():%Y-%m-%d}&actor=chu").text
    for name in range(60):
        running.context.audit.note("chu", "access.export", f"x:{name}")
    first = admin.get("/console/audit?subject=x:")
    assert first.text.count("<tr id=") == 50
    older = re.findall(r'rel="next" href="([^"]+)"', first.text)[0].replace("&amp;", "&")
    assert admin.get(older).text.count("<tr id=") == 10
    table = admin.get("/console/audit/export.csv?subject=staff:nhat.ky")
    assert table.headers["content-type"].startswith("text/csv") and "display_name: =cmd" in table.text
    assert not re.search(r'(^|,)"?=', table.text, re.MULTILINE)
    assert entries(running, "audit")[0] == "access.export"


def test_guessing_is_slow_for_a_name_and_for_an_address(running: Running) -> None:
    context = running.context
    context.accounts.add("dich", Role.AGENT, PASSWORD)
    for _ in range(5):
        with pytest.raises(NotAuthenticated):
            context.accounts.sign_in("dich", "sai")
    with pytest.raises(TooManyRequests):
        context.accounts.sign_in("dich", PASSWORD)
    kept, context.failed_sign_ins = context.failed_sign_ins, RateLimiter(3)
    try:
        client = browser(running)
        answers = [
            client.post("/console/login", data={"name": f"nguoi{n}", "password": PASSWORD}).status_code
            for n in range(4)]
        assert answers == [401, 401, 401, 429]
        assert client.post("/console/login", data={"name": "lan", "password": PASSWORD}).status_code == 429
    finally:
        context.failed_sign_ins = kept
    assert "Đăng xuất" in client.post("/console/login", data={"name": "lan", "password": PASSWORD}).text


def test_odd_input_at_the_door_is_answered_plainly(running: Running) -> None:
    client = browser(running)
    for name, password in (("' or 1=1 --", "x"), ("lan\0", "x"), ("𝓵𝓪𝓷", "\ud7ff"), ("x" * 64, "y" * 200)):
        assert client.post("/console/login", data={"name": name, "password": password}).status_code in (401, 422)
    assert client.post("/console/login", data={"name": "x" * 65, "password": "y"}).status_code == 422
    for cookie in ("", "x", "é", "a" * 5000):
        answer = httpx.get(
            f"{running.url}/console/me", headers={"Cookie": f"{COOKIE}={cookie}".encode()}, trust_env=False, timeout=30)
        assert answer.status_code in (303, 431)
    assert device_name("curl/8.5") == "Thiết bị khác"
    with pytest.raises(ISeeError):
        running.context.accounts.sessions.revoke("lan", "none", "lan")
