"""The service in a process of its own, so that a test can kill it: python -m tests.bot.served HOME PORT RASA_PORT."""

from __future__ import annotations

import sys
from pathlib import Path

import uvicorn

from bot.app import create_app
from common import logging as isee_logging
from common.identifiers import mask
from common.settings import Settings
from tests.bot.serving import assemble
from tests.postgres import instead_of_sqlite
from tests.template import use_postgres

if __name__ == "__main__":
    if instead_of_sqlite():
        use_postgres()
    home, port, rasa_port = sys.argv[1:]
    settings = Settings(
        home=Path(home),
        port=int(port),
        rasa_url=f"http://127.0.0.1:{rasa_port}",
        rasa_timeout_s=8,
        messages_per_minute=1000,
    )
    isee_logging.configure(settings, mask)
    uvicorn.run(create_app(settings, assemble), host="127.0.0.1", port=settings.port, log_level="warning")
