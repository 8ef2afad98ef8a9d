"""Adds the citizens' pages to the application."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.staticfiles import StaticFiles

from bot.pages import (
    appointment,
    centres,
    chat,
    chat_acts,
    chat_leave,
    checklist,
    dossier,
    eform,
    eform_trial,
    files,
    identity,
    notices,
    payment,
    result,
    rights,
    talk_files,
)
from bot.pages.rendering import STATIC

__all__ = ["install_pages"]

ROUTERS: tuple[APIRouter, ...] = (
    checklist.router, eform_trial.router, eform.router, dossier.router, files.router, identity.router,
    result.router, centres.router, appointment.router, payment.router,
    notices.router, rights.router, talk_files.router, chat_acts.router, chat_leave.router, chat.router,
)


def install_pages(app: FastAPI) -> None:
    """Mounts every page's routes and their style sheet."""
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/pages/static", StaticFiles(directory=STATIC), name="pages-static")
