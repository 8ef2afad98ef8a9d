"""The demo page at `/` and the widget's files, served from our own origin."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles

from common.fonts import FONTS

__all__ = ["mount_pages"]

_WIDGET = Path(__file__).resolve().parent.parent / "widget"


def mount_pages(app: FastAPI, folder: Path = _WIDGET) -> None:
    """Serves `folder` under `/widget` and its `index.html` as `/`."""
    if not (folder / "index.html").exists():
        return

    @app.get("/", include_in_schema=False)
    async def demo() -> FileResponse:
        return FileResponse(folder / "index.html")

    app.mount("/widget/fonts", StaticFiles(directory=FONTS), name="fonts")
    app.mount("/widget", StaticFiles(directory=folder), name="widget")
