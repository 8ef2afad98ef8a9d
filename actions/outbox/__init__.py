"""The transactional outbox: work that must follow a change in the database, and reminders for later."""

from actions.outbox.outbox import Entry, Outbox
from actions.outbox.tables import OutboxRow

__all__ = ["Entry", "Outbox", "OutboxRow"]
