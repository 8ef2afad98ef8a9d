"""The service's log: JSON, one line an event, personal numbers masked, request id bound.

`configure(settings)` is called once by the composition root. Code logs with
`structlog.get_logger(__name__).info("event_name", key=value)`; libraries that use the standard module end in
the same format.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from common.settings import Settings

__all__ = ["configure", "masking"]

# A long text keeps both ends: a traceback's last lines say what happened.
_LONGEST = 4000
_HEAD = 500
# Their INFO lines repeat what our own request line says, or name URLs with query strings.
_QUIET = (
    "httpx",
    "rasa_sdk",
    "httpcore",
    "uvicorn.access",
    "alembic",
    "sse_starlette",
    "multipart",
    "sqlalchemy.engine",
    "asyncio",
)


def masking(mask: Callable[[str], str]) -> Processor:
    """A processor that masks and shortens every text in an event, however deep."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return mask(value if len(value) <= _LONGEST else f"{value[:_HEAD]} … {value[_HEAD - _LONGEST :]}")
        if isinstance(value, dict):
            return {key: clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set):
            return [clean(item) for item in value]
        return value if isinstance(value, int | float | bool | None) else mask(str(value))

    def processor(_logger: Any, _name: str, event: EventDict) -> EventDict:
        kept = {key: event[key] for key in ("timestamp", "level", "logger", "request_id") if key in event}
        return {**{key: clean(value) for key, value in event.items() if key not in kept}, **kept}

    return processor


def configure(settings: Settings, mask: Callable[[str], str]) -> None:
    """Routes structlog and the standard log to standard error as JSON lines at `settings.log_level`."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*before, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                masking(mask),
                structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
