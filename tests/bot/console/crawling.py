"""Follows every link of every page that one person can reach, over HTTP without a browser, and says what is broken."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urldefrag, urlencode, urljoin, urlsplit

import httpx

__all__ = ["Crawl", "Page", "Posts"]

# A code, a number, a name of somebody: pages of one kind are made by one template, so a few of each are looked at.
_OF_A_KIND = 2
_NAMES = re.compile(r"\d|@|^(?:[a-z]+\.)+[a-z]+$")
_IN_CSS = re.compile(r"""url\(\s*['"]?([^'")]+)""")
_ASSETS = {("link", "href"), ("script", "src"), ("img", "src"), ("source", "src"), ("audio", "src"), ("iframe", "src")}
Posts = Callable[[str], bool]


@dataclass
class Page(HTMLParser):
    """What a page refers to: addresses to follow, files that it needs, where its forms go, and its own anchors."""

    text: str
    links: list[str] = field(default_factory=list)
    assets: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    referred: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._asks: str | None = None
        self._fields: dict[str, str] = {}
        self._select = ""
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids.update([given["id"]] if given.get("id") else [])
        self.referred += [given["for"]] if tag in ("label", "output") and given.get("for") else []
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "form", "list"):
            self.referred += given.get(name, "").split()
        self.assets += [given[name] for element, name in _ASSETS if tag == element and given.get(name)]
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if given.get("hx-get"):
            self.links.append(given["hx-get"])
        if given.get("hx-post"):
            self.posts.append(given["hx-post"])
        self._form(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._asks is not None:
            self.links.append(f"{self._asks}?{urlencode(self._fields)}" if self._fields else self._asks)
            self._asks = None
        elif tag == "select":
            self._select = ""

    def _form(self, tag: str, given: dict[str, str]) -> None:
        """A form that asks is followed as it stands, its fields as they are; of one that changes, the address."""
        if tag == "form" and given.get("method", "get").lower() == "get":
            self._asks, self._fields = given.get("action", ""), {}
        elif given.get("formaction") or (tag == "form" and given.get("action")):
            self.posts.append(given.get("formaction") or given["action"])
        if self._asks is None:
            return
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self._fields[name] = given.get("value", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self._fields):
            self._fields[self._select] = given.get("value", "")


@dataclass
class Crawl:
    """One person's walk. `broken` says each fault once, with the page on which it was met; `seen` are the addresses
    whose page was read.

    Args:
        http: signed in as that person, or not signed in at all.
        posts: whether a form of theirs may go to an address.
        stays_within: how the addresses begin that are followed; others of the site are only asked for once.
    """

    http: httpx.Client
    posts: Posts = lambda address: True
    stays_within: tuple[str, ...] = ("/",)
    broken: list[str] = field(default_factory=list)
    seen: dict[str, Page] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._kinds: Counter[tuple[str, ...]] = Counter()
        self._asked: dict[str, httpx.Response | None] = {}
        self._anchors: list[tuple[str, str, str]] = []

    def walk(self, starts: Iterable[str]) -> None:
        waiting = deque((start, "") for start in starts)
        while waiting:
            address, on = waiting.popleft()
            page = self._read(address, on)
            if page is None:
                continue
            for link in page.links:
                place, anchor = urldefrag(urljoin(address, link))
                if not place.startswith(str(self.http.base_url).rstrip("/")) and urlsplit(place).netloc:
                    continue  # somebody else's site
                target = _local(place)
                if anchor:
                    self._anchors.append((target, anchor, address))
                waiting.append((target, address))
        for target, anchor, on in self._anchors:
            there = self.seen.get(target)
            if there is not None and anchor not in there.ids:
                self._tell(f"{on}: #{anchor} is not on {target}")

    def _read(self, address: str, on: str) -> Page | None:
        """The page at `address`, the first time; faults of what it refers to are told."""
        if address in self._asked or not self._wanted(address):
            return None
        answer = self._ask(address, on)
        if answer is None or not answer.headers.get("content-type", "").startswith("text/html"):
            return None
        page = self.seen[address] = Page(answer.text)
        for name, times in page.ids.items():
            if times > 1:
                self._tell(f"{address}: id {name} stands there {times} times")
        for name in {*page.referred} - {*page.ids}:
            self._tell(f"{address}: nothing has the id {name}")
        for action in page.posts:
            target = _local(urljoin(str(answer.url), action))
            if not self.posts(urlsplit(target).path):
                self._tell(f"{address}: a form goes to {target}")
        for asset in page.assets:
            self._needs(urljoin(address, asset), address)
        return page

    def _ask(self, address: str, on: str) -> httpx.Response | None:
        """What stands there; None for a stream of events, which never ends."""
        with self.http.stream("GET", address) as answer:
            streams = answer.headers.get("content-type", "").startswith("text/event-stream")
            if not streams:
                answer.read()
        self._asked[address] = None if streams else answer
        if answer.status_code >= 400:
            self._tell(f"{on or 'the start'}: {address} is {answer.status_code}")
            return None
        if "/login" in str(answer.url) and "/login" not in address:
            self._tell(f"{on}: {address} asks to sign in")
        return self._asked[address]

    def _needs(self, asset: str, on: str) -> None:
        if asset.startswith("data:") or urlsplit(asset).netloc or asset in self._asked:
            return
        found = self._ask(asset, on)
        if found is not None and found.headers.get("content-type", "").startswith("text/css"):
            for inner in _IN_CSS.findall(found.text):
                self._needs(urljoin(asset, inner), asset)

    def _wanted(self, address: str) -> bool:
        """A few of each kind: the same path but for codes and names, asked with the same fields."""
        parts = urlsplit(address)
        if not parts.path.startswith(self.stays_within):
            return False
        path = ["*" if _NAMES.search(part) else part for part in parts.path.split("/")]
        kind = (*path, "?", *sorted(name for name, value in parse_qsl(parts.query) if value))
        self._kinds[kind] += 1
        return self._kinds[kind] <= _OF_A_KIND

    def _tell(self, fault: str) -> None:
        if fault not in self.broken:
            self.broken.append(fault)


def _local(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
