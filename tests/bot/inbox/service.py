"""The real service over a few shipped guides, the real encoder and no Rasa: search answers, as it does when Rasa is
down."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn

import bot.app
from bot.app import create_app
from bot.context import Context
from bot.engine_process import free_port
from bot.migrations import migrate
from bot.wiring import assemble
from common.database import Database
from common.settings import Settings
from indexer.search import SearchService
from knowledge_base.loader import GUIDES_DIR, load_guide
from knowledge_base.model import Guide, Origin
from knowledge_base.store import KnowledgeBase
from tests.bot.serving import Running

__all__ = ["DEATH", "few_guides"]

DEATH = "1.000656"
_FILES = ("ho_tich/1.001193", "ho_tich/1.000894", f"ho_tich/{DEATH}", "cu_tru/1.003677", "cu_tru/1.004222")


@contextlib.contextmanager
def few_guides(home: Path, built_home: Path) -> Iterator[Running]:
    """Serves five guides with two phrasings each; the inbox works only when a test says so."""
    (home / "models").symlink_to(built_home / "models")
    settings = Settings(
        database_url="", home=home, port=free_port(0), rasa_url=f"http://127.0.0.1:{free_port(0)}",
        rasa_timeout_s=1.0, messages_per_minute=1000, quiet_hours="",
        smtp_host="127.0.0.1", smtp_port=free_port(0), mail_from="isee@example.org")
    database = Database.from_settings(settings)
    migrate(database)
    kb = KnowledgeBase(database)
    kb.publish_many([_guide(name) for name in _FILES], Origin.CURATED, author="isee", reason="test")
    search = SearchService.from_settings(kb, settings)
    search.ensure_built()
    made: list[Context] = []

    def make(given: Settings) -> Context:
        made.append(assemble(given, database, kb, search))
        return made[-1]

    def prepared(context: Context) -> None:
        context.search.start_following()

    loaded, bot.app.prepare = bot.app.prepare, prepared
    server = uvicorn.Server(uvicorn.Config(
        create_app(settings, make), host="127.0.0.1", port=settings.port, log_level="warning",
        timeout_graceful_shutdown=2, server_header=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the service did not start; its log says why"
            time.sleep(0.02)
        yield Running(f"http://127.0.0.1:{settings.port}", made[0], None)
    finally:
        server.should_exit = True
        thread.join(15)
        bot.app.prepare = loaded


def _guide(name: str) -> Guide:
    guide = load_guide(GUIDES_DIR / f"{name}.yml").guide
    assert guide is not None
    return guide.model_copy(update={"questions": guide.questions[:2]})
