"""Fills the editor's form as a browser without JavaScript would: what the page holds, changed here and there."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx

__all__ = ["Editor", "csrf", "sign_in"]

PASSWORD = "mot-mat-khau-dai"


def sign_in(url: str, name: str) -> httpx.Client:
    client = httpx.Client(base_url=url, trust_env=False, follow_redirects=True, timeout=30)
    client.post("/console/login", data={"name": name, "password": PASSWORD})
    return client


def csrf(page: httpx.Response) -> str:
    return str(re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1])


class _Reader(HTMLParser):
    """Collects the fields of the form `guide`."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self._inside, self._open = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside |= tag == "form" and given.get("id") == "guide"
        mine = self._inside or given.get("form") == "guide"
        if tag == "input" and mine and given.get("name"):
            if given.get("type") != "checkbox" or "checked" in given:
                self.fields.append((given["name"], given.get("value", "")))
        elif tag in ("textarea", "select") and mine:
            self._open = tag
            self.fields.append((given["name"], ""))
        elif tag == "option" and self._open and "selected" in given:
            self.fields[-1] = (self.fields[-1][0], given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._open == "textarea":
            self.fields[-1] = (self.fields[-1][0], self.fields[-1][1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._open:
            self._open = ""
        if tag == "form":
            self._inside = False


class Editor:
    """The editor as it was when this person opened it."""

    def __init__(self, client: httpx.Client, code: str) -> None:
        self._client, self._path = client, f"/console/guides/{code}/edit"
        self.page = client.get(self._path)
        self.fields = self._read()

    def press(self, do: str = "save", **changed: str) -> httpx.Response:
        """Types (`fee__1__amount` names `fee.1.amount`), then presses a button; the page that follows is read anew."""
        new = {name.replace("__", "."): value for name, value in changed.items()}
        assert new.keys() <= {name for name, _ in self.fields}, "the form has no such field"
        typed = [(name, new.get(name, value)) for name, value in self.fields]
        answer = self._client.post(
            self._path, content=urlencode([*typed, ("do", do)]),
            headers={"Content-Type": "application/x-www-form-urlencoded"})
        if str(answer.url).split("?")[0].split("#")[0].endswith("/edit"):
            self.page, self.fields = answer, _fields(answer.text) or self.fields
        return answer

    def _read(self) -> list[tuple[str, str]]:
        return _fields(self.page.text)


def _fields(text: str) -> list[tuple[str, str]]:
    reader = _Reader()
    reader.feed(text)
    return reader.fields
