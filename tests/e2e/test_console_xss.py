"""Script payloads in every field that a citizen can fill are text at the console: nothing executes, whoever looks.

The console is walked as an administrator, from its own menu and links, with a browser that reports dialogs, errors of
the Content-Security-Policy and any element that a payload would have made.
"""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Iterator

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from PIL import Image
from playwright.sync_api import Browser, Page

from actions.dossiers.registry.requests import Wanted
from bot.access.model import Role
from bot.app import create_app
from common.settings import Settings
from tests.bot.serving import Running, Talk, serving

PASSWORD = "mot-mat-khau-dai"
MARK = "xss7f3a"
IMAGE = f'"><img src=x onerror="window.{MARK}=1">'
SCRIPT = f"</textarea></title><script>window.{MARK}=1;alert('{MARK}')</script>"
SVG = f"'><svg/onload=window.{MARK}=1><a href=javascript:alert('{MARK}')>{MARK}</a>{{{{7*7}}}}"
MOST_PAGES = 70
# Downloads and streams are no pages.
NO_PAGES = re.compile(r"\.(csv|ics|pdf|xlsx|zip|json|ya?ml)$|/(export|events|live|stream|download|logout|files/)")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as service:
        service.context.accounts.add("chu", Role.ADMIN, PASSWORD)
        yield service


@pytest.fixture(scope="module")
def filled(running: Running) -> str:
    """Every field filled with payloads; the code of the dossier among them."""
    talk, other = running.open(), running.open()
    for text in (IMAGE, SCRIPT, SVG):
        assert talk.say(f"câu mơ hồ {text}").status_code == 200
        assert other.say(f"cho em gặp cán bộ {text}").status_code == 200
    _uploads(other)
    _rates(talk)
    code = _files_a_dossier(running, talk)
    dossiers = running.context.dossiers
    dossiers.rights.correct(talk.id, code, f"Sửa tên {IMAGE}")
    mail = {"purpose": "mail", "given": True, "address": f"<svg/onload=window.{MARK}=1>@example.vn"}
    assert running.http.put(f"{talk.path}/notices", json=mail, headers=talk.headers).status_code in (204, 422)
    _answers_a_supplement(running, code)
    dossiers.supplements.withdraw(code, reason=f"Đổi ý {SCRIPT}")
    return code


def _picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(out, "JPEG")
    return out.getvalue()


def _uploads(talk: Talk) -> None:
    name = IMAGE.replace("/", "_") + ".jpg"
    answer = talk.running.http.post(
        f"{talk.path}/messages", headers=talk.headers, files={"file": (name, _picture(), "image/jpeg")},
        data={"client_id": str(uuid.uuid4())})
    assert answer.status_code == 200, answer.text


def _rates(talk: Talk) -> None:
    said = next(message for message in talk.messages() if message["author"] == "bot")
    body = {"message_id": said["id"], "helpful": False, "note": SCRIPT}
    assert talk.running.http.post(f"{talk.path}/feedback", json=body, headers=talk.headers).status_code == 204


def _files_a_dossier(running: Running, talk: Talk) -> str:
    dossiers = running.context.dossiers
    dossiers.drafts.start(talk.id, "tam_tru")
    draft = dossiers.drafts.consent(talk.id, True)
    typed = {
        "applicant_name": "Nguyễn Thị Lan", "applicant_id": "022190001234", "applicant_phone": "0912345678",
        "applicant_birth_date": "05/03/1990", "permanent_address": f"thôn 3, xã Hải Hòa {IMAGE}",
        "commune": "phường Bãi Cháy", "stay_address": f"số 12, tổ 3 {SVG}", "stay_months": "12", "housing": "Thuê",
        "owner_name": "Trần Văn Minh", "owner_consent": "có", "with_minor": "không",
    }
    dossiers.drafts.write(talk.id, typed, complete=False)
    name = f"hợp đồng {IMAGE}.jpg"
    dossiers.drafts.attach(
        talk.id, dossiers.uploads.store(talk.id, dossiers.uploads.check(name, _picture(), ["jpg"])), "housing_file")
    written = dossiers.drafts.write(talk.id, {}, complete=True)
    assert not written.problems, written.problems
    return str(dossiers.submissions.submit(draft.id).code)


def _answers_a_supplement(running: Running, code: str) -> None:
    dossiers = running.context.dossiers
    for state in ("received", "processing"):
        dossiers.registry.advance(code, state, actor="chu")
    dossiers.supplements.request(code, [Wanted("field", "Nơi ở", "Ghi đủ số nhà")], actor="chu")
    (asked,) = dossiers.supplements.asked(code)
    assert dossiers.supplements.answer(code, asked.id, text=f"số 12 {SVG}") == []


class Watcher:
    """A browser page that remembers whatever ran or was stopped."""

    def __init__(self, page: Page) -> None:
        self.page, self.seen, self.texts = page, list[str](), list[str]()
        page.on("dialog", lambda dialog: (self.seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.seen.append(f"error {error}"))
        page.on("console", lambda line: "Content Security Policy" in line.text and self.seen.append(line.text))

    def look(self, address: str) -> list[str]:
        """Opens a page; returns the console's links on it."""
        answer = self.page.goto(address, wait_until="load")
        assert answer and (answer.status < 500 or answer.status == 503), address  # 503: no index here
        made = self.page.evaluate(
            """mark => [window[mark] ? "ran" : "", ...[...document.querySelectorAll("*")].flatMap(node =>
                 [...node.attributes].filter(one => one.name.startsWith("on") || /^\\s*javascript:/i.test(one.value)
                   && ["href", "src", "action", "formaction"].includes(one.name)).map(() => node.outerHTML))
               ].filter(Boolean)""", MARK)
        assert not made and not self.seen, (address, made, self.seen)
        self.texts.append(self.page.content())
        links: list[str] = self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        return [link.partition("#")[0] for link in links]


def test_payloads_are_text_on_every_page_of_the_console(running: Running, filled: str, browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1366, "height": 800})
    watcher = Watcher(page)
    page.goto(f"{running.url}/console/login")
    page.fill("#name", "chu")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("button", name="Đăng xuất").wait_for()
    plain = [
        route.path for route in iter_route_contexts(create_app(Settings()).routes)
        if (route.path or "").startswith("/console/") and "GET" in (route.methods or ()) and "{" not in route.path
        and "login" not in route.path
    ]
    waiting = [f"{running.url}{path}" for path in plain] + [f"{running.url}/console/dossiers/{filled}"]
    seen: set[str] = set()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        path = address.removeprefix(running.url)
        if path in seen or not path.startswith("/console/") or NO_PAGES.search(path):
            continue
        seen.add(path)
        kinds = [re.sub(r"\d+|[0-9a-f-]{32,36}|H49[\w.-]+", "N", one.partition("?")[0]) for one in seen]
        links = watcher.look(address)
        # Of many pages of one kind a few are enough.
        waiting += [link for link in links if kinds.count(
            re.sub(r"\d+|[0-9a-f-]{32,36}|H49[\w.-]+", "N", link.removeprefix(running.url).partition("?")[0])) < 4]
    shown = [text for text in watcher.texts if MARK in text]
    assert len(shown) >= 4, "the payloads were not even looked at"
    for payload in ("&lt;img src=x", "&lt;script&gt;", "&lt;svg/onload"):
        assert any(payload in text for text in shown), payload
    page.close()


def test_the_policy_would_stop_what_slips_through(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False, timeout=30) as client:
        policy = client.get("/console/login").headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy and "default-src 'none'" in policy
