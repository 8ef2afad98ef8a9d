"""What citizens are told unasked: changes of their dossiers, reminders, renewals, and what may come next."""

from actions.notices.delivery import Deliver
from actions.notices.reminders import Reminder
from actions.notices.service import Notices

__all__ = ["Deliver", "Notices", "Reminder"]
