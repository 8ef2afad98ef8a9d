"""The composition root: makes the parts of the service, wires them, and serves them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import structlog
import uvicorn
from anyio.to_thread import run_sync
from fastapi import FastAPI

from bot.api import actions as actions_route
from bot.api import (
    appointments,
    centres,
    checklists,
    dossiers,
    files,
    health,
    knowledge,
    notices,
    partner,
    payments,
    rights,
)
from bot.api.connections import raise_open_files, server_options
from bot.api.pages import mount_pages
from bot.api.shell import make_shell
from bot.background import due_loop, outbox_loop
from bot.channels import web, zalo_consent
from bot.channels import zalo as zalo_channel
from bot.console.web import install_console
from bot.context import Context
from bot.desk.room import desk_loop
from bot.gateway.retention import retention_loop
from bot.pages import install_pages
from bot.reports.chores import reports_loop
from bot.wiring import prepare, wire
from bot.zalo.room import zalo_loop
from common import logging as isee_logging
from common.errors import SetupProblem
from common.identifiers import mask
from common.settings import Settings, get_settings

__all__ = ["create_app", "serve"]

_log = structlog.get_logger(__name__)


def create_app(settings: Settings | None = None, make_context: Callable[[Settings], Context] = wire) -> FastAPI:
    """The service. Its parts are made when it starts, in this order: database, knowledge, search, engine."""
    chosen = settings or get_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        context: Context = await run_sync(make_context, chosen)
        app.state.context = context
        context.turns.clear_leases()
        context.engine_process.start()
        tasks = [
            asyncio.create_task(_prepare(context), name="prepare"),
            asyncio.create_task(retention_loop(context.eraser, chosen.chat_retention_days), name="retention"),
            asyncio.create_task(context.desk.watch.run(), name="desk watch"),
            asyncio.create_task(desk_loop(context.desk, context.hub), name="desk"),
            asyncio.create_task(outbox_loop(context.dossiers.outbox.run_due), name="outbox"),
            asyncio.create_task(reports_loop(context.reports.rollup, context.reports.forecasts), name="reports"),
            asyncio.create_task(due_loop(context.drafting.publication.publish_due), name="scheduled guides"),
            *([asyncio.create_task(context.wakes.run(), name="wakes")] if context.wakes else []),
            *([asyncio.create_task(zalo_loop(context.zalo), name="zalo")] if context.zalo.settings.enabled else []),
        ]
        _log.info("started", address=chosen.base_url)
        try:
            yield
        finally:
            context.hub.close()
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await context.engine_process.stop()
            await context.engine.close()
            if context.shared:
                await context.shared.close()
            await run_sync(context.close)
            _log.info("stopped")

    app = make_shell(chosen, lifespan)
    for router in (
        # First: under a flood, looking for the route is most of what a request costs.
        zalo_channel.router,
        web.router, checklists.router, knowledge.router, dossiers.router, files.router, health.router, partner.router,
        payments.router, rights.router, notices.router,
        centres.router, appointments.router, actions_route.router, zalo_consent.router,
    ):
        app.include_router(router)
    install_console(app)
    install_pages(app)
    mount_pages(app)
    return app


def serve(settings: Settings | None = None, announce: Callable[[Settings, str | None], None] | None = None) -> None:
    """Serves until interrupted (`isee serve`). The address comes from the settings.

    `announce` is told the settings and, at the very first start, the password made for the console's `admin`.
    Raises SetupProblem when `make setup` has not been run or the port is taken.
    """
    chosen = settings or get_settings()
    isee_logging.configure(chosen, mask)
    _check_port(chosen)
    context = wire(chosen)  # before the server starts, so that an incomplete set-up ends with its one sentence
    password = context.accounts.ensure_admin()
    if announce:
        announce(chosen, password)
    raise_open_files(chosen.connections)
    uvicorn.run(create_app(chosen, lambda _: context), **server_options(chosen))


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SetupProblem(
                f"Không mở được {settings.host}:{settings.port} ({error.strerror}). "
                "Dừng chương trình đang dùng cổng này, hoặc chọn cổng khác: make run PORT=8001"
            ) from error


async def _prepare(context: Context) -> None:
    """Loads guides and index beside the running server; until then `/healthz/ready` says "starting"."""
    try:
        await run_sync(prepare, context)
        _log.info("knowledge_ready")
    except Exception as error:
        context.failure = str(error)
        _log.error("knowledge_failed", exc_info=error)
