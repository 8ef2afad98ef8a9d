"""Every page that each role, and a citizen, can reach: no dead link, no link that leads to a refusal, no missing file,
no form that goes nowhere, no reference to an id that isn't there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Match

from bot.access.model import Role
from bot.app import create_app
from bot.console.areas import ALLOWED, menu
from bot.switches.board import Kind
from common.settings import Settings
from knowledge_base.drafting.import_worker import read
from knowledge_base.model import Origin
from tests.actions.dossiers.registry.support import ready_drafts
from tests.bot.console.crawling import Crawl
from tests.bot.console.filling import PASSWORD, sign_in
from tests.bot.inbox.service import DEATH, few_guides
from tests.bot.serving import Running
from tests.bot.test_console import hidden
from tests.bot.test_console_routes import area_of
from tests.knowledge_base.official import official_row

pytestmark = pytest.mark.built
QUESTION = "ông nội em khuất núi thì báo xã thế nào"
APP = create_app(Settings())


@pytest.fixture(scope="module")
def running(built_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A day's work of everybody, so that lists have lines and lines have pages."""
    with few_guides(tmp_path_factory.mktemp("home"), built_home) as service:
        for role in Role:
            service.context.accounts.add(f"vai.{role}", role, PASSWORD)
        knowledge_at_work(service)
        conversations_at_work(service)
        dossiers_at_work(service)
        yield service


def knowledge_at_work(running: Running) -> None:
    """A text of every stage, a value that changed, an upload to accept or refuse."""
    context, by = running.context, "vai.curator"
    kb, drafts = context.knowledge_base, context.drafting.drafts
    guide = kb.published(DEATH, Origin.CURATED).guide
    dearer = guide.fee[0].model_copy(update={"amount": 8000})
    kb.publish(guide.model_copy(update={"fee": [dearer]}), Origin.CURATED, author=by, reason="mức thu mới")
    drafts.begin("1.001193", by)
    drafts.begin("1.000894", by)
    drafts.send("1.000894", "nhờ xem", by, drafts.get("1.000894").revision)
    imports = context.drafting.imports
    number = imports.begin("danh-muc.jsonl", by)
    imports.path(number).parent.mkdir(parents=True, exist_ok=True)
    imports.path(number).write_text(
        json.dumps(official_row(), ensure_ascii=False) + "\n" + json.dumps({"code": "x"}), "utf-8")
    read(context.database, kb, imports, number)


def conversations_at_work(running: Running) -> None:
    """Questions left open, and a conversation at a person's desk."""
    for text in (QUESTION, f"{QUESTION} ạ", "bán lá thuốc nam ngoài chợ cần giấy gì"):
        running.open().say(text)
    running.context.inbox.work()
    switches = running.context.switches
    switches.off(Kind.BOT, "", "thử", "vai.manager")
    talk = running.open()
    assert talk.say("đăng ký khai tử").json()["owner"] == "waiting"
    switches.on(switches.standing()[0].id, "vai.manager")
    agent, at = sign_in(running.url, "vai.agent"), f"/console/conversations/{talk.id}"
    assert "trò chuyện" in agent.post(f"{at}/take", data=hidden(agent.get(at))).text


def dossiers_at_work(running: Running) -> None:
    room = running.context.dossiers
    for draft in ready_drafts(room, running.context.database, 2):
        room.submissions.submit(draft)


def may_post(role: Role | None) -> object:
    """Whether a form of this role may go to an address: somebody listens there who lets them in."""
    routes = [route for route in iter_route_contexts(APP.routes) if isinstance(route.original_route, APIRoute)]

    def may(address: str) -> bool:
        asked = {"type": "http", "method": "POST", "path": address, "root_path": "", "headers": []}
        found = next((route for route in routes if route.matches(asked)[0] is Match.FULL), None)
        area = area_of(found.dependant) if found else None
        return found is not None and (area is None or role in ALLOWED[area])

    return may


@pytest.mark.parametrize("role", list(Role))
def test_every_link_at_the_console_leads_somewhere(running: Running, role: Role) -> None:
    crawl = Crawl(sign_in(running.url, f"vai.{role}"), may_post(role), ("/console",))
    crawl.walk(["/console/"])
    assert not crawl.broken, "\n".join(crawl.broken)
    listed = {entry.path for _, entries in menu(role) for entry in entries}
    assert listed <= {address.split("?")[0] for address in crawl.seen}
    inner = {
        Role.CURATOR: (
            r"/console/guides/[\d.]+$", r"/console/guides/[\d.]+/edit", r"/console/guides/[\d.]+/review",
            r"/console/guides/import/\d+", r"/console/unanswered/\d+/phrasing", "/console/recall/guide/"),
        Role.AGENT: ("/console/conversations/",), Role.OFFICER: ("/console/dossiers/H", "/console/centres/"),
        Role.MANAGER: ("/console/reports/", "/console/audit"),
    }
    for kind in inner.get(role, ()):
        assert any(re.match(kind, address) for address in crawl.seen), (kind, sorted(crawl.seen))


def test_every_link_of_a_citizens_pages_leads_somewhere(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=30) as http:
        page = http.get("/chat")
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
        assert "khai tử" in http.post("/chat", data={**hidden, "text": "đăng ký khai tử"}).text.lower()
        crawl = Crawl(http, may_post(None))
        crawl.walk(["/", "/en", "/widget/docs", "/widget/docs/en", "/chat", "/console/login"])
    assert not crawl.broken, "\n".join(crawl.broken)
    assert {"/chat", "/console/login"} <= set(crawl.seen)
