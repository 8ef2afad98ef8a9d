"""The page at `/`, the widget in one file, and the pages that show how to embed it; all from our own origin."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from bot.api.assets import Asset
from bot.api.bundle import bundle, style_sheet
from bot.zalo.inbound_domain import with_tag
from common.fonts import FONTS

__all__ = ["SCRIPT", "mount_pages"]

_WIDGET = Path(__file__).resolve().parent.parent / "widget"
SCRIPT = "/widget/isee-chat.js"
# Dictation asks for the microphone; every other page of ours forbids it. Each visit asks for the page anew, since it
# names the script's version.
_HEADERS = {
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=(self), payment=()",
    "Cache-Control": "no-cache",
}
_PAGES = {
    "/": "index.html",
    "/en": "index.en.html",
    "/widget/docs": "docs.html",
    "/widget/docs/en": "docs.en.html",
    "/widget/docs/hostile": "hostile.html",
}


def mount_pages(app: FastAPI, folder: Path = _WIDGET) -> None:
    """Serves the pages and the bundle made of `folder`. Raises SetupProblem where its modules can't be bundled."""
    if not (folder / "pages").is_dir():
        return
    assets = {
        SCRIPT: Asset(bundle(folder / "src" / "isee-chat.js"), "text/javascript"),
        "/widget/isee-chat.css": Asset(style_sheet(folder / "src" / "chat.css"), "text/css"),
        "/widget/isee-print.css": Asset(style_sheet(folder / "src" / "print.css"), "text/css"),
    }
    versioned = f"{SCRIPT}?v={assets[SCRIPT].version}"
    pages = {
        path: (folder / "pages" / name).read_text("utf-8").replace(f'src="{SCRIPT}"', f'src="{versioned}"')
        .replace(f'href="{SCRIPT}"', f'href="{versioned}"')
        for path, name in _PAGES.items()
        if (folder / "pages" / name).exists()
    }

    async def page(request: Request) -> HTMLResponse:
        code = request.app.state.context.zalo.settings.verify_code
        return HTMLResponse(with_tag(pages[request.url.path], code), headers=_HEADERS)

    async def asset(request: Request) -> Response:
        return assets[request.url.path].answer(request)

    for path in pages:
        app.add_route(path, page, include_in_schema=False)
    for path in assets:
        app.add_route(path, asset, include_in_schema=False)
    app.mount("/widget/fonts", Lasting(directory=FONTS), name="fonts")
    app.mount("/widget", StaticFiles(directory=folder / "static"), name="widget")


class Lasting(StaticFiles):
    """Files that never change under their name: a browser keeps them for a month without asking."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers.setdefault("Cache-Control", "public, max-age=2592000, immutable")
        return answer
