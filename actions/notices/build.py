"""The notices, put together and joined to the outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from actions.dossiers.eforms.pending import Pending
from actions.dossiers.registry.pages import DossierPages
from actions.messages import Messages
from actions.notices.asking import DateQuestions
from actions.notices.cards import NoticeCards
from actions.notices.choices import Choices
from actions.notices.composing import Composer
from actions.notices.dispatch import DOSSIER, SEND, Dispatch
from actions.notices.mailing import TOPIC as MAIL
from actions.notices.mailing import Mailer
from actions.notices.quiet import QuietHours
from actions.notices.reminders import TOPIC as REMINDER
from actions.notices.reminders import Reminders
from actions.notices.service import Notices
from actions.outbox import Outbox
from common.clock import utc_now
from common.database import Database
from common.keyring import Keyring
from common.links import Links
from common.settings import Settings

__all__ = ["MESSAGES_FILE", "build_notices"]

MESSAGES_FILE = Path(__file__).parent / "messages.yml"


def build_notices(
    settings: Settings, database: Database, keyring: Keyring, outbox: Outbox, links: Links,
    pages: DossierPages, pending: Pending, now: Callable[[], datetime] = utc_now,
) -> Notices:
    """Raises InvalidInput when `ISEE_QUIET_HOURS` can't be read."""
    texts = Messages.load(MESSAGES_FILE)
    choices = Choices(keyring, texts.render("consent.version"), now)
    reminders = Reminders(keyring, outbox, now)
    composer = Composer(settings.base_url)
    mailer = Mailer(settings)
    dispatch = Dispatch(
        database, keyring, outbox, links, pages, choices, reminders, composer,
        QuietHours.parse(settings.quiet_hours), mailer.ready, now)
    outbox.handle(DOSSIER, dispatch.on_dossier)
    outbox.handle(REMINDER, dispatch.on_reminder)
    outbox.handle(SEND, dispatch.on_send)
    outbox.handle(MAIL, mailer.on_mail)
    cards = NoticeCards(texts, settings, links, mailer.ready)
    questions = DateQuestions(database, pending, texts, now)
    return Notices(database, keyring, choices, reminders, composer, dispatch, cards, questions, now)
