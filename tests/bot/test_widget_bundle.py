"""The widget's one file: how it's laid together, how large it is, how it's served; and the pages around it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import brotli
import httpx
import pytest

from bot.api.bundle import bundle, style_sheet
from common.errors import SetupProblem
from common.settings import PROJECT_ROOT
from tests.bot.serving import Running

SOURCES = PROJECT_ROOT / "bot" / "widget" / "src"
BUDGET = 30 * 1024


def lay(folder: Path, **modules: str) -> str:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, "utf-8")
    return bundle(folder / "main.js")


def raw(running: Running, path: str, **headers: str) -> httpx.Response:
    """As it comes over the line, before any decoding."""
    with running.http as client, client.stream("GET", path, headers=headers) as answer:
        answer._content = b"".join(answer.iter_raw())
    return answer


# Laying modules together


def test_the_whole_widget_is_one_module_within_its_budget() -> None:
    text = bundle(SOURCES / "isee-chat.js")
    assert len(gzip.compress(text.encode(), 9)) <= BUDGET
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)
    assert 'customElements.define("isee-chat"' in text
    for path in SOURCES.glob("*.js"):  # no module is left out: each brings a name that the bundle defines
        named = re.findall(r"^export (?:const|class|(?:async )?function\*?) (\w+)", path.read_text("utf-8"), re.M)
        for name in named:
            assert re.search(rf"(?:const|class|function\*?) {name}\b", text), f"{path.name} is in no bundle"


def test_it_names_no_address_but_its_own() -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", bundle(SOURCES / "isee-chat.js")))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_imported_modules_come_first_and_once(tmp_path: Path) -> None:
    text = lay(
        tmp_path,
        main='import { a } from "./one.js";\nimport { b } from "./two.js";\nconsole.log(a, b);',
        one='import { b } from "./two.js";\nexport const a = b + 1;',
        two="export const b = 1;",
    )
    assert text.count("const b=1") == 1
    assert text.index("const b=1") < text.index("const a=b+1") < text.index("console.log")


def test_a_circle_is_laid_once(tmp_path: Path) -> None:
    text = lay(
        tmp_path,
        main='import { a } from "./one.js";\na();',
        one='import { b } from "./two.js";\nexport function a() { b(); }',
        two='import { a } from "./one.js";\nexport function b() { a(); }',
    )
    assert text.count("function a()") == text.count("function b()") == 1


def test_a_style_sheet_becomes_a_string_and_text_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text('/* no */ p::before {\n  content: "▸ \\"x\\"";\n}\n', "utf-8")
    text = lay(
        tmp_path, main='import S from "./a.css";\nconst t = `a  // b ${S}\n  c`; // gone\nconst u = /\\/\\*x/.test(t);')
    assert 'p::before { content: \\"▸ \\\\\\"x\\\\\\"\\"; }' in text
    assert "`a  // b ${S}\n  c`" in text and "gone" not in text and r"/\/\*x/.test(t)" in text
    assert style_sheet(tmp_path / "a.css").startswith("p::before {")


@pytest.mark.parametrize(
    ("modules", "told"),
    [
        ({"main": 'import { a } from "./none.js";\n'}, "isn't there"),
        ({"main": 'import { a } from "./one.js";\n', "one": "export const b = 1;"}, "doesn't export"),
        (
            {"main": 'import { a } from "./one.js";\nconst b = 1;', "one": "export const a = 1;\nconst b = 2;"},
            "both define b",
        ),
        ({"main": 'import { a as b } from "./one.js";\n', "one": "export const a = 1;"}, "doesn't export"),
        ({"main": 'import * as a from "./one.js";\n', "one": "export const a = 1;"}, "can't be bundled"),
        ({"main": "export default 1;"}, "can't be bundled"),
        ({"main": 'import "https://cdn.example/x.js";\n'}, "can't be bundled"),
    ],
)
def test_what_cannot_be_laid_is_an_error(tmp_path: Path, modules: dict[str, str], told: str) -> None:
    with pytest.raises(SetupProblem, match=told):
        lay(tmp_path, **modules)


# Serving


def test_it_comes_compressed_with_its_version_and_is_not_sent_twice(running: Running) -> None:
    plain = raw(running, "/widget/isee-chat.js", **{"Accept-Encoding": "identity"})
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "content-encoding" not in plain.headers
    for encoding, unpack in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        answer = raw(running, "/widget/isee-chat.js", **{"Accept-Encoding": f"{encoding}, x"})
        assert answer.headers["content-encoding"] == encoding and answer.headers["vary"] == "Accept-Encoding"
        assert unpack(answer.content) == plain.content and len(answer.content) <= BUDGET
    etag = plain.headers["etag"]
    again = raw(running, "/widget/isee-chat.js", **{"If-None-Match": etag})
    assert again.status_code == 304 and not again.content and again.headers["etag"] == etag
    assert raw(running, "/widget/isee-chat.js", **{"If-None-Match": '"other"'}).status_code == 200


def test_the_version_in_the_address_makes_it_last(running: Running) -> None:
    page = running.http.get("/").text
    (versioned,) = set(re.findall(r'"(/widget/isee-chat\.js\?v=[0-9a-f]+)"', page))
    assert "immutable" in running.http.get(versioned).headers["cache-control"]
    for path in ("/widget/isee-chat.js", "/widget/isee-chat.js?v=000000000000"):
        assert "immutable" not in running.http.get(path).headers["cache-control"], "an old page's copy doesn't stick"


def test_there_is_one_way_to_the_widget(running: Running) -> None:
    for path in ("/widget/src/isee-chat.js", "/widget/api.js", "/widget/pages/index.html", "/widget/../src/api.js"):
        assert running.http.get(path).status_code == 404, path
    for path in ("/widget/isee-chat.css", "/widget/isee-print.css", "/widget/icon.svg", "/widget/page.css"):
        assert running.http.get(path).status_code == 200, path


@pytest.mark.parametrize("path", ["/", "/en", "/widget/docs", "/widget/docs/en", "/widget/docs/hostile"])
def test_pages_with_the_widget_may_use_the_microphone_and_nothing_from_elsewhere(running: Running, path: str) -> None:
    answer = running.http.get(path)
    allowed = answer.headers["permissions-policy"]
    assert "microphone=(self)" in allowed and "camera=()" in allowed
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', answer.text)
    assert loaded and all(address.startswith("/widget/") for address in loaded)


def test_other_pages_may_not_use_the_microphone(running: Running) -> None:
    assert "microphone=()" in running.http.get("/console/login").headers["permissions-policy"]


def test_what_the_documents_name_exists() -> None:
    document = (PROJECT_ROOT / "docs" / "widget.md").read_text("utf-8")
    folder = PROJECT_ROOT / "bot" / "widget" / "pages"
    pages = [(folder / name).read_text("utf-8") for name in ("docs.html", "docs.en.html")]
    sheet = (SOURCES / "chat.css").read_text("utf-8")
    script = bundle(SOURCES / "isee-chat.js")
    used = set(re.findall(r"var\((--isee-[\w-]+)", sheet))
    for text in (document, *pages):
        assert set(re.findall(r"--isee-[\w-]+", text)) == used
        events = set(re.findall(r"\bisee-(?:ready|open|close|message|status)\b", text))
        assert events == set(re.findall(r'"(isee-(?:ready|open|close|message|status))"', script))
