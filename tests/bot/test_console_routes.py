"""Every route of the console times every role: who may enter stands in the areas, and nothing is left open.

The routes are read from the application itself, so a new one that forgets its area fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.routing import Mount

from bot.access.model import Role
from bot.app import create_app
from bot.console.areas import ALLOWED, Area
from bot.console.session import COOKIE
from common.settings import Settings
from tests.bot.serving import Running, serving

PUBLIC = {
    ("GET", "/console/login"), ("POST", "/console/login"),
    ("GET", "/console/login/sso/start"), ("GET", "/console/login/sso/callback"),
}
# In the middle of signing in: a session that may do nothing else.
PENDING = {
    ("GET", "/console/login/next"), ("POST", "/console/login/code"), ("POST", "/console/login/password"),
    ("POST", "/console/login/factor"),
}
# Everybody who is signed in: the way home, one's own account, the way out.
ANYBODY = re.compile(r"^/console/(|logout|me(/.*)?)$")
NO_ROLE, NO_TOKEN = "không có quyền", "hết hiệu lực"


APP = create_app(Settings())


def routes() -> list[tuple[str, str, RouteContext]]:
    """Method, path and route of everything below /console, also of routers inside routers."""
    return [
        (method, route.path, route) for route in iter_route_contexts(APP.routes)
        if isinstance(route.original_route, APIRoute) and route.path.startswith("/console") for method in route.methods
    ]


def area_of(dependant: Dependant) -> Area | None:
    """The area that the route's dependencies ask for."""
    found = [getattr(dependant.call, "area", None), *map(area_of, dependant.dependencies)]
    areas = {area for area in found if area}
    assert len(areas) <= 1, dependant.path
    return areas.pop() if areas else None


ROUTES = routes()
GUARDED = [
    (method, path, area) for method, path, route in ROUTES if (area := area_of(route.dependant)) is not None
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        yield service


@pytest.fixture(scope="module")
def tokens(running: Running) -> dict[Role, str]:
    accounts, password = running.context.accounts, "mot-mat-khau-dai"
    for role in Role:
        accounts.add(f"vai.{role}", role, password)
    return {role: accounts.sign_in(f"vai.{role}", password).token for role in Role}


def asks(http: httpx.Client, method: str, path: str, token: str = "", **given: object) -> tuple[int, str]:
    """Status and page; of an event stream the status alone."""
    address = re.sub(r"\{[^}]+\}", "1", path)
    cookies = {"Cookie": f"{COOKIE}={token}"} if token else {}
    body = {"data": given.pop("data", {})} if method == "POST" else {}
    with http.stream(method, address, headers={**cookies, **given}, **body) as answer:  # type: ignore[arg-type]
        streams = answer.headers.get("content-type", "").startswith("text/event-stream")
        text = "" if streams else answer.read().decode("utf-8", "replace")
        return answer.status_code, text or answer.headers.get("location", "")


def test_every_route_says_who_may_enter() -> None:
    known = {(method, path) for method, path, _ in GUARDED}
    for method, path, _route in ROUTES:
        ways = [
            (method, path) in known, (method, path) in PUBLIC, (method, path) in PENDING, bool(ANYBODY.match(path))]
        assert sum(ways) == 1, f"{method} {path}: give the route an area of bot/console/areas.py"
    assert {(method, path) for method, path, _ in ROUTES} >= PUBLIC | PENDING
    mounts = [route.path for route in APP.routes if isinstance(route, Mount)]
    assert [path for path in mounts if path.startswith("/console")] == ["/console/static"]


def test_nobody_enters_without_signing_in(running: Running) -> None:
    with running.http as http:
        for method, path, _route in ROUTES:
            if (method, path) not in PUBLIC:
                assert asks(http, method, path) == (303, "/console/login"), (method, path)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_enters_its_areas_alone(running: Running, tokens: dict[Role, str], role: Role) -> None:
    """Outside its areas it gets 403; inside, a page is never refused, and a form is only without its token."""
    with running.http as http:
        for method, path, area in GUARDED:
            if path.endswith(".zip") and role in ALLOWED[area]:
                continue  # packing all guides takes seconds; the tests of that part fetch it
            status, text = asks(http, method, path, tokens[role])
            where = (role, method, path, status)
            if role not in ALLOWED[area]:
                assert status == 403 and NO_ROLE in text, where
            elif method == "GET":
                assert status not in (401, 403) and (status < 500 or status == 503), where  # 503: no index here
            else:
                assert status == 403 and NO_TOKEN in text, where


@pytest.mark.parametrize("value", ["a%00b", "99999999999999999999"])
def test_an_address_that_no_row_can_have_is_no_fault(running: Running, tokens: dict[Role, str], value: str) -> None:
    """Neither a NUL nor such a number fits into a PostgreSQL column, nor the number into one of SQLite."""
    with running.http as http:
        for method, path, _area in GUARDED:
            if method == "GET" and "{" in path:
                status, _text = asks(http, method, re.sub(r"\{[^}]+\}", value, path), tokens[Role.ADMIN])
                assert status < 500 or status == 503, (path, status)


def test_forms_of_everybody_need_their_token_and_this_site(running: Running, tokens: dict[Role, str]) -> None:
    token = tokens[Role.ASSISTANT]
    with running.http as http:
        own = [(method, path) for method, path, _ in ROUTES if method == "POST" and ANYBODY.match(path)]
        for method, path in own:
            assert asks(http, method, path, token)[0] == 403, path
        csrf = running.context.accounts.signed_in(token).csrf
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert asks(http, "POST", "/console/logout", token, data={"csrf": csrf}, **foreign)[0] == 403
        assert asks(http, "POST", "/console/login", data={"name": "x", "password": "y"}, **foreign)[0] == 303
        assert running.context.accounts.signed_in(token)
