"""The centres' parts, put together once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from actions.centres.aliases import Aliases
from actions.centres.directory import Directory
from actions.centres.editing import PointEditor
from actions.centres.finding import Finder
from actions.centres.places import Centres
from actions.centres.wording import Wording
from actions.handoff.opening import Days
from actions.messages import Messages
from common.clock import utc_now
from common.database import Database

__all__ = ["MESSAGES_FILE", "CentreRoom", "build_centres"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"


@dataclass(frozen=True)
class CentreRoom:
    """Everything about centres and points."""

    names: Centres
    directory: Directory
    editor: PointEditor
    aliases: Aliases
    finder: Finder
    wording: Wording
    texts: Messages


def build_centres(
    database: Database, usual_hours: str, days: Callable[[], Days], now: Callable[[], datetime] = utc_now
) -> CentreRoom:
    """`days` gives the offices' calendar. Raises InvalidInput when `usual_hours` can't be read."""
    texts = Messages.load(MESSAGES_FILE)
    names = Centres.load()
    directory = Directory(database, names, texts, usual_hours, days, now)
    aliases = Aliases(database, names, texts, now)
    return CentreRoom(
        names, directory, PointEditor(database, directory, texts, now), aliases, Finder(directory, aliases),
        Wording(directory, texts), texts)
