"""The composition root: makes the parts of the service, wires them, and serves them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

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
from bot.channels import web, zalo_card, zalo_consent
from bot.channels import zalo as zalo_channel
from bot.channels.zalo_webhook import Webhook
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
        tasks: list[asyncio.Task[None]] = []
        try:
            context.turns.clear_leases()
            context.engine_process.start()
            tasks += _started(context, chosen)
            _log.info("started", address=chosen.base_url)
            yield
        finally:
            await _stop(context, tasks)

    app = make_shell(chosen, lifespan)
    app.add_middleware(Webhook)  # the last added is the outermost
    for router in (
        web.router, checklists.router, knowledge.router, dossiers.router, files.router, health.router, partner.router,
        payments.router, rights.router, notices.router,
        centres.router, appointments.router, actions_route.router, zalo_channel.router, zalo_consent.router,
        zalo_card.router,
    ):
        app.include_router(router)
    install_console(app)
    install_pages(app)
    mount_pages(app)
    return app


def _started(context: Context, settings: Settings) -> list[asyncio.Task[None]]:
    """What the service does beside answering requests."""
    jobs: list[tuple[str, Coroutine[Any, Any, None]]] = [
        ("prepare", _prepare(context)),
        ("retention", retention_loop(context.eraser, settings.chat_retention_days)),
        ("desk watch", context.desk.watch.run()),
        ("desk", desk_loop(context.desk, context.hub)),
        ("outbox", outbox_loop(context.dossiers.outbox.run_due)),
        ("reports", reports_loop(context.reports.rollup, context.reports.forecasts)),
        ("scheduled guides", due_loop(partial(context.drafting.publication.publish_due, gate=context.gate))),
    ]
    if context.wakes:
        jobs.append(("wakes", context.wakes.run()))
    if context.zalo.settings.enabled:
        jobs.append(("zalo", zalo_loop(context.zalo)))
    return [asyncio.create_task(job, name=name) for name, job in jobs]


async def _stop(context: Context, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Ends everything, also after a start that failed half-way: no part's trouble keeps the next from being ended, and
    above all no engine is left running."""
    context.hub.close()
    for task in tasks:
        task.cancel()
    for task, ended in zip(tasks, await asyncio.gather(*tasks, return_exceptions=True), strict=True):
        if isinstance(ended, Exception):
            _log.error("task_failed", task=task.get_name(), exc_info=ended)
    endings: list[tuple[str, Callable[[], Awaitable[object]]]] = [
        ("engine process", context.engine_process.stop),
        ("engine", context.engine.close),
        *([("shared", context.shared.close)] if context.shared else []),
        ("context", partial(run_sync, context.close)),
    ]
    for name, end in endings:
        try:
            await end()
        except Exception as error:
            _log.error("not_ended", part=name, exc_info=error)
    _log.info("stopped")


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
